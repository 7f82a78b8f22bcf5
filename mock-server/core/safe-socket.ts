/** Owns the last step to a socket: one that throws never stops the others, one that is closed hears nothing more. */
import type { Logger } from '../../client/ports/ports.ts'
import type { ServerSocket } from './contract.ts'

/** A socket that never throws. */
export interface SafeSocket {
  send(frame: string): void
  /** Idempotent. Nothing is sent afterwards. */
  close(code?: number, reason?: string): void
  /** The other side is gone. */
  gone(): void
  readonly open: boolean
}

/** Wraps a host's socket. */
export function safeSocket(socket: ServerSocket, logger: Logger): SafeSocket {
  let open = true
  const attempt = (what: string, run: () => void): void => {
    try {
      run()
    } catch (cause) {
      logger('warn', `A socket could not ${what}`, { cause })
    }
  }
  return {
    send: (frame) => {
      if (open) attempt('send', () => socket.send(frame))
    },
    close: (code, reason) => {
      if (!open) return
      open = false
      attempt('close', () => socket.close(code, reason))
    },
    gone: () => {
      open = false
    },
    get open() {
      return open
    },
  }
}
