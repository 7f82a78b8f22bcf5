/** Owns the last step to a socket: one that throws never stops the others, one that is closed hears nothing more. */
import type { Logger } from '../../client/ports/ports.ts'
import type { ServerSocket } from './contract.ts'

/** A socket that never throws. */
export interface SafeSocket {
  send(frame: string): void
  sendAll(frames: readonly string[]): void
  /** Idempotent. Nothing is sent afterwards. */
  close(code?: number, reason?: string): void
  /** The other side is gone. */
  gone(): void
  readonly open: boolean
}

/** Wraps a host's socket. */
export function safeSocket(socket: ServerSocket, logger: Logger): SafeSocket {
  let open = true
  const failed = (what: string, cause: unknown): void => logger('warn', `A socket could not ${what}`, { cause })
  return {
    send: (frame) => {
      if (!open) return
      try {
        socket.send(frame)
      } catch (cause) {
        failed('send', cause)
      }
    },
    sendAll: (frames) => {
      if (!open) return
      try {
        sendAll(socket, frames)
      } catch (cause) {
        failed('send', cause)
      }
    },
    close: (code, reason) => {
      if (!open) return
      open = false
      try {
        socket.close(code, reason)
      } catch (cause) {
        failed('close', cause)
      }
    },
    gone: () => {
      open = false
    },
    get open() {
      return open
    },
  }
}

/** Sends frames to a socket in one go, if it can take them so. */
export function sendAll(socket: ServerSocket, frames: readonly string[]): void {
  if (socket.sendAll) socket.sendAll(frames)
  else for (const frame of frames) socket.send(frame)
}
