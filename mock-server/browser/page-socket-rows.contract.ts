/**
 * The table that the emulated `WebSocket` is held to: each row does something with a `WebSocket` and answers what it saw,
 * and must see the same of the emulated one and of the browser's own. The subjects follow the web platform's own tests.
 */

/** Where a row finds its sockets. */
export interface Ground {
  /** `ws://HOST`, whose paths lead to a scripted server (scripted-socket.contract.ts). */
  readonly base: string
  readonly refused: string
}

/** One row. */
export interface Row {
  readonly subject: string
  /** Why the emulated socket answers otherwise, for the rows where it does. */
  readonly differs?: string
  run(ground: Ground): unknown
}

/** The name of what a call throws; `nothing` when it returns. */
function thrown(call: () => unknown): string {
  try {
    call()
    return 'nothing'
  } catch (error) {
    return error instanceof DOMException || error instanceof Error ? error.name : 'no error'
  }
}

/** Words for an event, and the state of its socket while it is dispatched. */
function words(event: Event, socket: WebSocket): string {
  const state = ` [${socket.readyState}]`
  if (event instanceof MessageEvent) return `message ${String(event.data).slice(0, 40)}${state}`
  if (event instanceof CloseEvent) return `close ${event.code} '${event.reason}' ${event.wasClean}${state}`
  return event.type + state
}

/** What a socket tells until it closes, and what `act` does on the way. */
function story(
  socket: WebSocket,
  act: Partial<Record<'open' | 'message', (event: Event) => void>> = {},
): Promise<string[]> {
  const told: string[] = []
  return new Promise((resolve) => {
    for (const type of ['open', 'message', 'error', 'close'] as const) {
      socket.addEventListener(type, (event) => {
        told.push(words(event, socket))
        if (type === 'open' || type === 'message') act[type]?.(event)
        if (type === 'close') resolve(told)
      })
    }
  })
}

const opened = (socket: WebSocket): Promise<Event> =>
  new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
const message = (socket: WebSocket): Promise<MessageEvent> =>
  new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
const closed = (socket: WebSocket): Promise<CloseEvent> =>
  new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))

async function afterOpen<T>(url: string, look: (socket: WebSocket) => T | Promise<T>): Promise<T> {
  const socket = new WebSocket(url)
  await opened(socket)
  try {
    return await look(socket)
  } finally {
    socket.close()
  }
}

export const ROWS: readonly Row[] = [
  {
    subject: 'constructor: without an argument, without new, with an address that is none',
    run: ({ base }) => [
      thrown(() => Reflect.construct(WebSocket, [])),
      thrown(() => Reflect.apply(WebSocket, undefined, [base])),
      thrown(() => new WebSocket('ws://no space')),
      thrown(() => new WebSocket(`${base.replace('ws', 'ftp')}/ws`)),
      thrown(() => new WebSocket(`${base}/ws#part`)),
    ],
  },
  {
    subject: 'constructor: subprotocols that are invalid or not unique',
    run: ({ base }) =>
      [['a', 'a'], [''], 'a b', ['a', 'A'], ['(']].map((protocols) =>
        thrown(() => new WebSocket(`${base}/ws`, protocols)),
      ),
  },
  {
    subject: 'attributes of a new socket, and of one to an http address',
    async run({ base }) {
      const look = (socket: WebSocket): unknown => {
        const { readyState, protocol, extensions, binaryType, bufferedAmount, onopen, onclose } = socket
        const path = socket.url.replace(base, '')
        return { path, readyState, protocol, extensions, binaryType, bufferedAmount, onopen, onclose }
      }
      const sockets = [new WebSocket(`${base}/ws?a=%20b`), new WebSocket(`${base.replace('ws', 'http')}/ws`)]
      const seen = sockets.map(look)
      for (const socket of sockets) socket.close()
      await Promise.all(sockets.map(closed))
      return seen
    },
  },
  {
    subject: 'attributes cannot be set; binaryType takes its two values only',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, (socket) => {
        const failures = ['url', 'readyState', 'protocol', 'extensions', 'bufferedAmount', 'OPEN'].map((name) =>
          thrown(() => {
            Reflect.set(socket, name, 9) || Reflect.getOwnPropertyDescriptor(socket, name)
          }),
        )
        Reflect.set(socket, 'binaryType', 'arraybuffer')
        const set = socket.binaryType
        Reflect.set(socket, 'binaryType', 'text')
        return [failures, socket.readyState, socket.protocol, set, socket.binaryType]
      }),
  },
  {
    subject: 'what it is: instanceof, tag, constants, constructor name',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, (socket) => [
        socket instanceof WebSocket,
        socket instanceof EventTarget,
        Object.prototype.toString.call(socket),
        [socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED],
        [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED],
        socket.constructor.name,
      ]),
  },
  {
    subject: 'open: comes later than the constructor, once, and before what the server sends at once',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws?greet`)
      const told = story(socket, { message: () => socket.close(1000) })
      await Promise.resolve()
      return [socket.readyState, await told]
    },
  },
  {
    subject: 'a subprotocol: the first one that the app offers',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`, ['second', 'first'])
      await opened(socket)
      const { protocol } = socket
      socket.close()
      return protocol
    },
  },
  {
    subject: 'message: data, origin and the rest of its event',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        socket.send('text')
        const event = await message(socket)
        const { data, lastEventId, source, ports, bubbles, cancelable, type } = event
        const own = event.target === socket && event.origin === base
        return { data, lastEventId, source, ports: [...ports], bubbles, cancelable, type, own }
      }),
  },
  {
    subject: 'event: isTrusted',
    differs: 'events that a page dispatches are never trusted',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        socket.send('text')
        return (await message(socket)).isTrusted
      }),
  },
  {
    subject: 'messages: a thousand, in order, each in a task of its own',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        const order: string[] = []
        await new Promise<void>((resolve) => {
          socket.onmessage = ({ data }) => {
            order.push(data)
            queueMicrotask(() => order.push('microtask'))
            if (data === '1000') queueMicrotask(resolve)
          }
          socket.send('count 1000')
        })
        return order
      }),
  },
  {
    subject: 'message: a megabyte of text, of one to four bytes a sign',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        const text = 'aß€😀'.repeat(100_000)
        socket.send(text)
        return (await message(socket)).data === text
      }),
  },
  {
    subject: 'send: while connecting, and without an argument',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      const early = [thrown(() => socket.send('early')), thrown(() => Reflect.apply(socket.send, socket, []))]
      const { readyState } = socket
      await opened(socket)
      socket.close()
      return [early, readyState]
    },
  },
  {
    subject: 'send: what is no text becomes text; halves of a surrogate pair are replaced',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        const seen: string[] = []
        for (const value of [null, undefined, 7, true, { toString: () => 'object' }, ['a', 'b'], '\ud800x\udc00', '']) {
          Reflect.apply(socket.send, socket, [value])
          seen.push((await message(socket)).data)
        }
        return seen
      }),
  },
  {
    subject: 'send: bufferedAmount grows at once by the length in UTF-8, and empties',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        socket.send('aß€😀')
        const grown = socket.bufferedAmount
        await message(socket)
        return [grown, socket.bufferedAmount]
      }),
  },
  {
    subject: 'send: after close it throws nothing, says nothing, and stays in the buffer',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        const told = story(socket)
        socket.close(1000)
        socket.send('late')
        const closing = socket.bufferedAmount
        const events = await told
        socket.send('later')
        return [events, closing, socket.bufferedAmount]
      }),
  },
  {
    subject: 'send: binary data, to a server that takes none',
    async run({ base }) {
      const seen: unknown[] = []
      for (const data of [new Uint8Array([1]), new Uint8Array([1]).buffer, new Blob(['b'])]) {
        const socket = new WebSocket(`${base}/ws`)
        seen.push(await story(socket, { open: () => socket.send(data) }))
      }
      return seen
    },
  },
  {
    subject: 'send: everything before a close arrives before the close',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      return story(socket, {
        open() {
          for (const frame of ['one', 'two', 'end 4001 bye']) socket.send(frame)
        },
      })
    },
  },
  {
    subject: 'close: codes and reasons that are not allowed',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, (socket) => [
        [0, 999, 1001, 1005, 1006, 2999, 5000, 65_536, -1, Number.NaN].map((code) => thrown(() => socket.close(code))),
        thrown(() => socket.close(1000, 'x'.repeat(124))),
        thrown(() => socket.close(1000, 'ü'.repeat(62))),
        thrown(() => Reflect.apply(socket.close, socket, ['what'])),
        socket.readyState,
      ]),
  },
  {
    subject: 'close: states, code, reason and wasClean by arguments',
    async run({ base }) {
      const seen: unknown[] = []
      const ways: [code?: number, reason?: string][] = [
        [],
        [1000],
        [3000, 'three'],
        [4999, 'ü'.repeat(61)],
        [3000.4, 'between'],
        [1000, '\ud800'],
      ]
      for (const way of ways) {
        const socket = new WebSocket(`${base}/ws`)
        const told = story(socket, {
          open: () => {
            socket.close(...way)
            seen.push(socket.readyState)
          },
        })
        seen.push(await told, socket.readyState)
      }
      return seen
    },
  },
  {
    subject: 'close: a reason without a code',
    differs:
      'Chromium reads the missing code as 0 and refuses it; the standard, like the emulated socket, does without',
    run: ({ base }) => afterOpen(`${base}/ws`, (socket) => thrown(() => socket.close(undefined, 'a reason alone'))),
  },
  {
    subject: 'close: while connecting',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      const told = story(socket)
      socket.close()
      return [socket.readyState, await told]
    },
  },
  {
    subject: 'close: twice, and from within its own events',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      const told = story(socket, {
        open() {
          socket.close(3001, 'first')
          socket.close(3002, 'second')
        },
      })
      socket.addEventListener('close', () => socket.close(3003))
      return told
    },
  },
  {
    subject: 'close: what the server sent before is not told any more',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      return story(socket, {
        open() {
          socket.send('echo')
          socket.close(1000)
        },
      })
    },
  },
  {
    subject: 'closed by the server: last words, code and reason',
    async run({ base }) {
      const seen: unknown[] = []
      for (const order of ['last', 'end 1000 fine', 'end 1011 broken', 'end 4321 own code']) {
        const socket = new WebSocket(`${base}/ws`)
        seen.push(await story(socket, { open: () => socket.send(order) }))
      }
      return seen
    },
  },
  {
    subject: 'refused by the server: error, then close',
    run: ({ refused }) => story(new WebSocket(refused)),
  },
  {
    subject: 'listeners: once, signal, handleEvent, twice the same, removed',
    run: ({ base }) =>
      afterOpen(`${base}/ws`, async (socket) => {
        const told: string[] = []
        const listener = (): unknown => told.push('plain')
        const abort = new AbortController()
        socket.addEventListener('message', () => told.push('once'), { once: true })
        socket.addEventListener('message', () => told.push('signal'), { signal: abort.signal })
        socket.addEventListener('message', { handleEvent: () => told.push('object') })
        socket.addEventListener('message', listener)
        socket.addEventListener('message', listener)
        const gone = (): unknown => told.push('gone')
        socket.addEventListener('message', gone)
        socket.removeEventListener('message', gone)
        socket.send('one')
        await message(socket)
        abort.abort()
        socket.send('two')
        await message(socket)
        return told
      }),
  },
  {
    subject: 'handlers: their place among listeners, `this`, values that are no function, and after the end',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      const told: unknown[] = []
      socket.addEventListener('message', () => told.push('before'))
      socket.onmessage = () => told.push('replaced')
      socket.addEventListener('message', () => told.push('between'))
      socket.onmessage = function (this: WebSocket, event) {
        told.push('handler', this === socket, event.currentTarget === socket)
      }
      await opened(socket)
      socket.send('one')
      await message(socket)
      socket.onmessage = null
      socket.onmessage = () => told.push('handler at the end')
      socket.send('two')
      await message(socket)
      for (const value of [7, 'text', {}, undefined]) {
        Reflect.set(socket, 'onmessage', value)
        told.push(typeof socket.onmessage, socket.onmessage === null)
      }
      const onclose = (): unknown => told.push('close')
      socket.onclose = onclose
      socket.close()
      await closed(socket)
      told.push(socket.onclose === onclose)
      return told
    },
  },
  {
    subject: 'handlers: one that throws stops nobody',
    async run({ base }) {
      const socket = new WebSocket(`${base}/ws`)
      const told: string[] = []
      const report = (event: ErrorEvent): void => {
        event.preventDefault()
        event.stopImmediatePropagation()
        told.push('reported')
      }
      addEventListener('error', report, { capture: true })
      socket.onopen = () => {
        throw new Error('on purpose')
      }
      socket.addEventListener('open', () => told.push('next'))
      await opened(socket)
      removeEventListener('error', report, { capture: true })
      socket.close()
      return told
    },
  },
  {
    subject: 'a subclass with members of its own',
    async run({ base }) {
      class Named extends WebSocket {
        readonly label = 'plan'
        override get protocol(): string {
          return 'mine'
        }
        greet(): void {
          this.send(`hello from ${this.label}`)
        }
      }
      const socket = new Named(`${base}/ws`)
      await opened(socket)
      socket.greet()
      const { data } = await message(socket)
      socket.close()
      return [data, socket.protocol, socket instanceof Named, socket instanceof WebSocket, socket.readyState]
    },
  },
  {
    subject: 'a subclass that calls a method of its super class',
    differs: "the super class is the browser's own, whose methods refuse an object that is not the browser's own",
    async run({ base }) {
      class Logged extends WebSocket {
        override send(data: string): void {
          super.send(`logged ${data}`)
        }
      }
      const socket = new Logged(`${base}/ws`)
      await opened(socket)
      const failure = thrown(() => socket.send('text'))
      const seen = failure === 'nothing' ? (await message(socket)).data : failure
      socket.close()
      return seen
    },
  },
]
