/** The line between this page and its server, to be cut and mended by hand: every socket that the page opens goes through it. */

/** The line. */
export interface Line {
  readonly down: boolean
  /** Closes every socket; those that are opened meanwhile are closed as well. Requests over HTTP go on. */
  cut(): void
  mend(): void
}

/** Puts the line under every `WebSocket` that is made from now on. */
export function layLine(): Line {
  const sockets = new Set<WebSocket>()
  let down = false
  globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
    construct(target, args: [string, ...string[]]) {
      const socket = new target(...args)
      sockets.add(socket)
      socket.addEventListener('close', () => sockets.delete(socket))
      if (down) socket.close()
      return socket
    },
  })
  return {
    get down() {
      return down
    },
    cut() {
      down = true
      for (const socket of sockets) socket.close()
    },
    mend() {
      down = false
    },
  }
}
