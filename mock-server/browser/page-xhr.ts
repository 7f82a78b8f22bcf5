/**
 * `XMLHttpRequest` to the mock's paths, on the browser's own objects: only `open` is replaced. A request to any other URL
 * is the browser's from end to end, be it synchronous, aborted at once, or streamed. One to the mock is opened by the
 * browser too, but never sent: its answer shadows the object's attributes, and its events are dispatched on the object,
 * so that every kind of listener works.
 */
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { RestAnswer } from '../core/contract.ts'
import type { TabBridge } from './tab-bridge.ts'

/** The server that a request belongs to. */
export interface XhrClaim {
  readonly bridge: TabBridge
  readonly logger: Logger
}

type Body = Document | XMLHttpRequestBodyInit | null | undefined
type OpenArguments = [method: string, url: string | URL, asynchronous?: boolean, ...credentials: string[]]

/** What an answered object shadows, and an opened one again shows of itself. */
const SHADOWED = [
  'send',
  'abort',
  'setRequestHeader',
  'getResponseHeader',
  'getAllResponseHeaders',
  'readyState',
  'status',
  'statusText',
  'responseURL',
  'response',
  'responseText',
  'responseXML',
] as const

/** Leads requests that are claimed to their server, until the returned function is called. */
export function interceptXhr(claimOf: (url: string | URL) => XhrClaim | undefined): Cancel {
  const { prototype } = XMLHttpRequest
  const nativeOpen = Object.getOwnPropertyDescriptor(prototype, 'open')
  if (nativeOpen === undefined) return () => {}
  const open = function (this: XMLHttpRequest, ...call: OpenArguments): void {
    for (const name of SHADOWED) Reflect.deleteProperty(this, name)
    Reflect.apply(nativeOpen.value, this, call)
    const [method, url, asynchronous = true] = call
    const claim = claimOf(url)
    if (claim === undefined) return
    if (asynchronous) takeOver(this, method, new URL(url, document.baseURI), claim)
    else claim.logger('warn', 'The mock server cannot answer a synchronous XMLHttpRequest; it goes to the network.')
  }
  Object.defineProperty(prototype, 'open', { ...nativeOpen, value: open })
  return () => {
    if (prototype.open === open) Object.defineProperty(prototype, 'open', nativeOpen)
  }
}

function takeOver(xhr: XMLHttpRequest, method: string, url: URL, { bridge }: XhrClaim): void {
  const headers = new Headers()
  /** Ends the timer once the request is over, however it ends; undefined before it is sent and afterwards. */
  let running: { readonly stopTimer: Cancel } | undefined

  const show = (attributes: { readonly [Name in (typeof SHADOWED)[number]]?: unknown }): void => {
    for (const [name, value] of Object.entries(attributes)) {
      Object.defineProperty(xhr, name, { value, configurable: true, enumerable: true })
    }
  }
  const enter = (readyState: number): void => {
    show({ readyState })
    xhr.dispatchEvent(new Event('readystatechange'))
  }
  /** A request that did not succeed: `error`, `timeout` or `abort`. */
  const end = (event: 'error' | 'timeout' | 'abort'): void => {
    running?.stopTimer()
    running = undefined
    show({ status: 0, statusText: '', responseURL: '', response: '', responseText: '', responseXML: null })
    enter(XMLHttpRequest.DONE)
    for (const type of [event, 'loadend']) xhr.dispatchEvent(new ProgressEvent(type))
  }

  async function send(body: Body): Promise<void> {
    const timer = xhr.timeout > 0 ? setTimeout(() => end('timeout'), xhr.timeout) : undefined
    const mine = { stopTimer: () => clearTimeout(timer) }
    running = mine
    try {
      const carries = body !== null && body !== undefined && !/^(GET|HEAD)$/i.test(method)
      const content = body instanceof Document ? new XMLSerializer().serializeToString(body) : body
      const request = new Request(url, { method, headers, ...(carries ? { body: content ?? null } : {}) })
      const text = await request.text()
      const path = url.pathname + url.search
      const sent = { method: request.method, url: path, headers: Object.fromEntries(request.headers), body: text }
      const answer = await bridge.request(sent)
      if (running !== mine) return
      mine.stopTimer()
      running = undefined
      if (answer !== undefined) return receive(answer, text.length)
      // The path is not the server's after all: the browser has opened the request, now it sends it.
      for (const name of SHADOWED) Reflect.deleteProperty(xhr, name)
      xhr.send(body)
    } catch {
      if (running === mine) end('error')
    }
  }

  function receive(answer: RestAnswer, sentLength: number): void {
    const answered = new Headers(answer.headers)
    const bytes = new TextEncoder().encode(answer.body)
    const progress = { lengthComputable: true, loaded: bytes.length, total: bytes.length }
    if (sentLength > 0) {
      for (const type of ['loadstart', 'progress', 'load', 'loadend']) {
        xhr.upload.dispatchEvent(
          new ProgressEvent(type, { lengthComputable: true, loaded: sentLength, total: sentLength }),
        )
      }
    }
    xhr.dispatchEvent(new ProgressEvent('loadstart'))
    show({
      status: answer.status,
      statusText: '',
      responseURL: url.href,
      getResponseHeader: (name: string) => answered.get(name),
      getAllResponseHeaders: () => [...answered].map(([name, value]) => `${name}: ${value}\r\n`).join(''),
    })
    enter(XMLHttpRequest.HEADERS_RECEIVED)
    const type = answered.get('content-type') ?? ''
    show({ response: responseOf(xhr.responseType, answer.body, bytes, type) })
    // Of another type these two throw when they are read, as the browser's own still do.
    if (xhr.responseType === '' || xhr.responseType === 'text') show({ responseText: answer.body })
    enter(XMLHttpRequest.LOADING)
    xhr.dispatchEvent(new ProgressEvent('progress', progress))
    enter(XMLHttpRequest.DONE)
    for (const event of ['load', 'loadend']) xhr.dispatchEvent(new ProgressEvent(event, progress))
  }

  show({
    setRequestHeader(name: string, value: string) {
      // The browser checks it, and has it in case that the request is sent after all.
      XMLHttpRequest.prototype.setRequestHeader.call(xhr, name, value)
      headers.append(name, value)
    },
    send(body: Body) {
      if (running !== undefined) throw new DOMException('The request was already sent', 'InvalidStateError')
      void send(body)
    },
    abort() {
      if (running === undefined) return
      end('abort')
      show({ readyState: XMLHttpRequest.UNSENT })
    },
  })
}

function responseOf(
  kind: XMLHttpRequestResponseType,
  text: string,
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
): unknown {
  switch (kind) {
    case 'json':
      try {
        return JSON.parse(text)
      } catch {
        return null
      }
    case 'arraybuffer':
      return bytes.buffer
    case 'blob':
      return new Blob([bytes], { type })
    case 'document':
      return new DOMParser().parseFromString(text, type.startsWith('text/html') ? 'text/html' : 'text/xml')
    default:
      return text
  }
}
