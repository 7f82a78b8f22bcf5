/** A server's end of a socket that does what the frames it gets say: alike over a network and behind a page's bridge. */

/** What a script can do with its socket. */
export interface ScriptedSocket {
  send(text: string): void
  /** Without a code: a close frame that holds none. */
  close(code?: number, reason?: string): void
}

/** Path of sockets that are refused before they open. */
export const REFUSED = '/refused'

/** Follows a script: greets if the path asks for it; answers each frame by its first word. */
export function followScript(path: string, socket: ScriptedSocket): (frame: string) => void {
  if (path.includes('greet')) socket.send('hello')
  return (frame) => {
    const [order = '', first = '', ...rest] = frame.split(' ')
    if (order === 'count') for (let at = 1; at <= Number(first); at += 1) socket.send(String(at))
    else if (order === 'end') socket.close(Number(first), rest.join(' '))
    else if (order === 'last') {
      socket.send('last words')
      socket.close(4000, 'over')
    } else socket.send(frame)
  }
}
