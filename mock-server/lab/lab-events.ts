/** Owns the lab's log: what each fault did and to whom, bounded, for whoever looks now or listens from now on. */
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { FaultName } from './script.ts'

/** What a fault did. `what` is a command or `METHOD /path`: never a body, never a secret. */
export type LabEffect =
  | { readonly type: 'began'; readonly forMs?: number }
  /** `touched`: how many frames, requests and lines it was for. */
  | { readonly type: 'ended'; readonly touched: number }
  /** Never reached the server. */
  | { readonly type: 'lost'; readonly what: string }
  /** Was done; the answer never arrives. */
  | { readonly type: 'ack-lost'; readonly what: string }
  /** The line was closed with a code; 1006: it broke. */
  | { readonly type: 'closed'; readonly code: number }
  /** The line is dead, and nobody was told. */
  | { readonly type: 'silenced' }
  /** So many frames that were held back are let go. */
  | { readonly type: 'released'; readonly frames: number }
  /** A handshake was refused; 0: nobody answered. */
  | { readonly type: 'refused'; readonly status: number }
  | { readonly type: 'answered'; readonly status: number; readonly what: string }
  | { readonly type: 'repeated'; readonly what: string }
  | { readonly type: 'overtaken'; readonly what: string }
  /** More waited for the client than it may leave unread. */
  | { readonly type: 'overflowed'; readonly characters: number }
  | { readonly type: 'down' }
  | { readonly type: 'up'; readonly memory: 'kept' | 'lost' }
  | { readonly type: 'failed'; readonly message: string }

/** One line of the log. */
export interface LabEvent {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly fault: FaultName
  /** `id` of the step, or its number in the script; `set` and `inject` for what no script holds. */
  readonly step: string
  /** `everybody` of the step, or one of them: `ann`, `ann#2` for a second tab, `POST /events`. */
  readonly target: string
  readonly effect: LabEffect
}

/** Events that are kept. */
const KEPT = 2000

/** The log. */
export class LabEvents {
  readonly #logger: Logger
  #kept: LabEvent[] = []
  readonly #listeners = new Set<(event: LabEvent) => void>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** The newest 2,000, oldest first. */
  get kept(): readonly LabEvent[] {
    return this.#kept.slice(-KEPT)
  }

  add(event: LabEvent): void {
    this.#kept.push(event)
    // In bulk, so that each event costs the same.
    if (this.#kept.length > KEPT * 1.5) this.#kept = this.#kept.slice(-KEPT)
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (cause) {
        this.#logger('error', 'A listener of the lab failed', { cause })
      }
    }
  }

  subscribe(listener: (event: LabEvent) => void): Cancel {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
