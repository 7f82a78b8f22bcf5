/** A plain socket for the servers' own tests: sends objects, keeps what comes in, waits for a frame that fits. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Json } from './listen.ts'
import { readJson } from './listen.ts'

/** A connected socket. */
export interface PlainSocket {
  send(message: Json): void
  sendText(text: string): void
  /** Takes the frames that came in since the last call, oldest first. */
  take(): Json[]
  /** Takes frames up to the first one that fits, and answers all of them; waits for it if it is not there yet. */
  until(fits: (message: Json) => boolean): Promise<Json[]>
  /** Resolves with code and reason when the socket is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  close(): void
}

/** Opens a socket; rejects when the server refuses. */
export async function plainSocket(url: string): Promise<PlainSocket> {
  const socket = new WebSocket(url)
  let inbox: Json[] = []
  let arrived = (): void => {}
  socket.on('message', (data) => {
    inbox.push(readJson(String(data)) ?? {})
    arrived()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  await once(socket, 'open')
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    sendText: (text) => socket.send(text),
    take() {
      const taken = inbox
      inbox = []
      return taken
    },
    async until(fits) {
      for (;;) {
        const at = inbox.findIndex(fits)
        if (at >= 0) return inbox.splice(0, at + 1)
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    },
    closed,
    close: () => socket.close(),
  }
}
