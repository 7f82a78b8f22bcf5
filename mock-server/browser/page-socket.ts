/**
 * The `WebSocket` that a page gets for a path of the mock server: the interface, states, errors and order of events of the
 * web platform (https://websockets.spec.whatwg.org), with a bridge in the network's place. It is held to the browser's own
 * by the table in `page-socket-rows.contract.ts`.
 *
 * Events are dispatched in tasks of their own, as the platform does: `opened` and `frame` come in the tasks of the port,
 * everything that begins in this tab is put off by {@link later}.
 */
import type { Logger } from '../../client/ports/ports.ts'
import { later } from './later.ts'
import type { BridgeSocket, TabBridge } from './tab-bridge.ts'

/** What of a server a socket needs. */
export interface SocketClaim {
  readonly bridge: Pick<TabBridge, 'open'>
  readonly logger: Logger
}

type Handler = ((this: WebSocket, event: never) => unknown) | null
type State = 0 | 1 | 2 | 3

const CONNECTING = 0
const OPEN = 1
const CLOSING = 2
const CLOSED = 3

type HandlerType = 'open' | 'message' | 'error' | 'close'

const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/
/** Longest reason of a close frame, in bytes. */
const MOST_REASON = 123

/**
 * The address of a socket as the platform reads it, or a `SyntaxError`.
 * @see https://websockets.spec.whatwg.org/#dom-websocket-websocket
 */
export function socketUrl(given: unknown): URL {
  let url: URL
  try {
    url = new URL(String(given), document.baseURI)
  } catch {
    throw new DOMException(`Failed to construct 'WebSocket': The URL '${String(given)}' is invalid.`, 'SyntaxError')
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') url.protocol = url.protocol.replace('http', 'ws')
  return url
}

function protocolsOf(given: unknown): readonly string[] {
  const protocols = given === undefined ? [] : [given].flat().map(String)
  if (new Set(protocols).size === protocols.length && protocols.every((protocol) => TOKEN.test(protocol)))
    return protocols
  const words = `Failed to construct 'WebSocket': The subprotocols '${protocols}' are invalid or not unique.`
  throw new DOMException(words, 'SyntaxError')
}

const bytesOf = (data: string | number): number =>
  typeof data === 'number' ? data : new TextEncoder().encode(data).length

/** An emulated socket. Made by the page network for what a server claims; `protocols` as the app gave them. */
export class PageWebSocket extends EventTarget {
  readonly #url: URL
  readonly #protocols: readonly string[]
  readonly #logger: Logger
  readonly #socket: BridgeSocket
  readonly #handlers = new Map<HandlerType, { handler: Handler; listener: (event: Event) => void }>()
  #protocol = ''
  #state: State = CONNECTING
  #binaryType: BinaryType = 'blob'
  /** Lengths, or texts whose lengths nobody has asked for. */
  #buffered: (string | number)[] = []
  #draining = false

  constructor(claim: SocketClaim, url: URL, protocols: unknown) {
    super()
    this.#protocols = protocolsOf(protocols)
    this.#url = url
    this.#logger = claim.logger
    this.#socket = claim.bridge.open(url.pathname + url.search, {
      opened: () => this.#opened(),
      frame: (text) => {
        if (this.#state !== OPEN) return
        this.dispatchEvent(new MessageEvent('message', { data: text, origin: this.#url.origin }))
      },
      closed: (code, reason) => {
        // What this end began is ended by this end.
        if (this.#state < CLOSING) this.#ended(code, reason)
      },
    })
  }

  get url(): string {
    return this.#url.href
  }
  get protocol(): string {
    return this.#protocol
  }
  get extensions(): string {
    return ''
  }
  get readyState(): State {
    return this.#state
  }
  get bufferedAmount(): number {
    this.#buffered = [this.#buffered.reduce((sum: number, data) => sum + bytesOf(data), 0)]
    return bytesOf(this.#buffered[0] ?? 0)
  }
  get binaryType(): BinaryType {
    return this.#binaryType
  }
  set binaryType(type: BinaryType) {
    // Any other value is ignored, as for every enumeration of the platform.
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type
  }

  get onopen(): Handler {
    return this.#handlers.get('open')?.handler ?? null
  }
  set onopen(handler: Handler) {
    this.#handle('open', handler)
  }
  get onmessage(): Handler {
    return this.#handlers.get('message')?.handler ?? null
  }
  set onmessage(handler: Handler) {
    this.#handle('message', handler)
  }
  get onerror(): Handler {
    return this.#handlers.get('error')?.handler ?? null
  }
  set onerror(handler: Handler) {
    this.#handle('error', handler)
  }
  get onclose(): Handler {
    return this.#handlers.get('close')?.handler ?? null
  }
  set onclose(handler: Handler) {
    this.#handle('close', handler)
  }

  send(...given: readonly (string | BufferSource | Blob)[]): void {
    if (given.length === 0) throw new TypeError("Failed to execute 'send' on 'WebSocket': 1 argument required.")
    const [data] = given
    if (this.#state === CONNECTING) {
      const words = "Failed to execute 'send' on 'WebSocket': Still in CONNECTING state."
      throw new DOMException(words, 'InvalidStateError')
    }
    const binary = data instanceof Blob ? data.size : isBytes(data) ? data.byteLength : undefined
    const text = wellFormed(String(data))
    this.#buffered.push(binary ?? text)
    // What is given to a socket that closes stays in its buffer for good.
    if (this.#state !== OPEN) return
    // Before anything else is done: each microsecond here is one that others wait for the frame.
    if (binary === undefined) this.#socket.send(text)
    if (!this.#draining) {
      this.#draining = true
      later(() => {
        this.#draining = false
        if (this.#state === OPEN) this.#buffered = []
      })
    }
    if (binary === undefined) return
    this.#logger('warn', 'The mock server takes text frames only; a binary one closed its socket.')
    const reason = 'text frames only'
    this.#socket.close(1003, reason)
    later(() => this.#ended(1003, reason))
  }

  close(code?: number, reason?: string): void {
    const number = code === undefined ? undefined : clamped(code)
    if (number !== undefined && number !== 1000 && !(number >= 3000 && number <= 4999)) {
      const words = `Failed to execute 'close' on 'WebSocket': The close code must be either 1000, or between 3000 and 4999. ${number} is neither.`
      throw new DOMException(words, 'InvalidAccessError')
    }
    const why = reason === undefined ? '' : wellFormed(String(reason))
    // Not asked of no reason: the socket may be one of a frame that is gone, and with it the frame's globals.
    if (why !== '' && bytesOf(why) > MOST_REASON) {
      const words = `Failed to execute 'close' on 'WebSocket': The close reason must not be greater than ${MOST_REASON} UTF-8 bytes.`
      throw new DOMException(words, 'SyntaxError')
    }
    if (this.#state >= CLOSING) return
    const wasOpen = this.#state === OPEN
    this.#state = CLOSING
    const told = number ?? (why === '' ? 1005 : 1000)
    this.#socket.close(told, why)
    later(() => (wasOpen ? this.#ended(told, why) : this.#ended(1006, '')))
  }

  #opened(): void {
    if (this.#state !== CONNECTING) return
    this.#state = OPEN
    this.#protocol = this.#protocols[0] ?? ''
    this.dispatchEvent(new Event('open'))
  }

  #ended(code: number, reason: string): void {
    if (this.#state === CLOSED) return
    const wasOpen = this.#state === OPEN
    this.#state = CLOSED
    if (code === 1006 && !wasOpen) this.dispatchEvent(new Event('error'))
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean: code !== 1006 }))
  }

  /** A handler keeps its place among the listeners when another takes its place, and loses it when it is taken away. */
  #handle(type: HandlerType, given: unknown): void {
    const known = this.#handlers.get(type)
    const handler = isHandler(given) ? given : null
    if (handler === null) {
      if (known) this.removeEventListener(type, known.listener)
      this.#handlers.delete(type)
    } else if (known) {
      known.handler = handler
    } else {
      const listener = (event: Event): void => {
        const current: unknown = this.#handlers.get(type)?.handler
        if (typeof current === 'function') Reflect.apply(current, this, [event])
      }
      this.#handlers.set(type, { handler, listener })
      this.addEventListener(type, listener)
    }
  }
}

/**
 * A socket as `new WebSocket` (or a subclass of it) gives one: an instance of the platform's class, for whoever asks, with
 * the emulated members before the platform's, and a subclass's own before both.
 */
export function asInstanceOf(
  native: typeof WebSocket,
  subclass: object | undefined,
  socket: PageWebSocket,
): PageWebSocket {
  const emulated = PageWebSocket.prototype
  if (Object.getPrototypeOf(emulated) !== native.prototype) {
    Reflect.deleteProperty(emulated, 'constructor')
    Object.setPrototypeOf(emulated, native.prototype)
  }
  if (subclass === undefined) return socket
  for (const key of Reflect.ownKeys(emulated)) {
    const descriptor = Object.getOwnPropertyDescriptor(emulated, key)
    if (descriptor && !definesBelow(native.prototype, subclass, key)) Object.defineProperty(socket, key, descriptor)
  }
  return Object.setPrototypeOf(socket, subclass)
}

/** Whether an object, or one it inherits from before `end`, has the key. */
function definesBelow(end: object, from: object, key: PropertyKey): boolean {
  for (let at: object | null = from; at !== null && at !== end; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, key)) return true
  }
  return false
}

const isBytes = (data: unknown): data is BufferSource => data instanceof ArrayBuffer || ArrayBuffer.isView(data)

/** The platform takes any object, though only functions are called. */
const isHandler = (value: unknown): value is Exclude<Handler, null> =>
  typeof value === 'function' || (typeof value === 'object' && value !== null)

/** A text as UTF-8 can carry it: halves of surrogate pairs become U+FFFD. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD')

/** `[Clamp] unsigned short`: to the nearest integer in its range, ties to even, NaN to 0. */
function clamped(value: unknown): number {
  const number = Math.min(Math.max(Number(value) || 0, 0), 65_535)
  const low = Math.floor(number)
  const half = number - low
  return half < 0.5 || (half === 0.5 && low % 2 === 0) ? low : low + 1
}
