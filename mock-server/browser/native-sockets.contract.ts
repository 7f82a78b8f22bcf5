/** Vitest's global setup of the browser tests: a server on a real network for the browser's own `WebSocket` to talk to. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { WebSocketServer } from 'ws'
import { followScript, REFUSED } from './scripted-socket.contract.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server, `ws://127.0.0.1:PORT`. */
    readonly nativeSockets: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, stream, head) => {
    if (request.url === REFUSED) stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
    else
      sockets.handleUpgrade(request, stream, head, (socket) => {
        const follow = followScript(request.url ?? '', {
          send: (text) => socket.send(text),
          close: (code, reason) => socket.close(code, reason),
        })
        socket.on('message', (data, isBinary) =>
          isBinary ? socket.close(1003, 'text frames only') : follow(String(data)),
        )
      })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  project.provide('nativeSockets', `ws://127.0.0.1:${port}`)
  return async () => {
    for (const socket of sockets.clients) socket.terminate()
    http.close()
    await once(http, 'close')
  }
}
