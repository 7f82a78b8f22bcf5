/**
 * Finds out that an open socket is dead although nobody closed it (a cable was pulled, a router forgot the connection).
 * The vendor's protocol has no question that every server answers, so:
 *
 *     a server that answers calls     silent for 25 s: an empty call, to be answered within 20 s
 *     any other                       silent for 5 min: replaced; until then nobody can know
 *
 * A page that has reason to doubt (the network went away, the tab is seen again) asks at once.
 *
 * Silence is judged by timestamps: timers of a hidden tab or a sleeping laptop are late.
 */
import type { Cancel, Clock } from '../ports/ports.ts'
import { HANDSHAKE_TIMEOUT_MS, QUIET_MS, SILENCE_MS } from './live-ports.ts'

/** Watches one socket after the other. */
export class SignOfLife {
  readonly #clock: Clock
  readonly #ask: () => void
  readonly #dead: () => void
  #heardAt = 0
  #askedAt: number | undefined
  #answers = false
  #timer: Cancel | undefined

  /** `ask` wants an answer of the server, `dead` is called when there was none. */
  constructor(clock: Clock, ask: () => void, dead: () => void) {
    this.#clock = clock
    this.#ask = ask
    this.#dead = dead
  }

  /** Since when the socket brought nothing, in milliseconds. */
  get quietMs(): number {
    return this.#clock.now() - this.#heardAt
  }

  heard(): void {
    this.#heardAt = this.#clock.now()
    this.#askedAt = undefined
  }

  /** Watches a socket that has just said something. */
  watch(answers: boolean): void {
    this.#answers = answers
    this.heard()
    this.#look()
  }

  /** There is reason to doubt: asks now, unless an answer is awaited already or the server gives none. */
  doubt(): void {
    if (this.#answers && this.#timer && this.#askedAt === undefined) this.#look(0)
  }

  /** Idempotent. */
  stop(): void {
    this.#timer?.()
    this.#timer = undefined
  }

  #look(patienceMs: number = QUIET_MS): void {
    this.stop()
    const now = this.#clock.now()
    if (this.#answers && this.#askedAt === undefined && this.quietMs >= patienceMs) {
      this.#askedAt = now
      this.#ask()
    }
    const asked = this.#askedAt
    const due =
      asked !== undefined ? asked + HANDSHAKE_TIMEOUT_MS : this.#heardAt + (this.#answers ? QUIET_MS : SILENCE_MS)
    if (now >= due) this.#dead()
    else this.#timer = this.#clock.after(due - now, () => this.#look())
  }
}
