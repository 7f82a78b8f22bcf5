/** Owns one direction of a line: what is on its way, in order, and when it arrives. */
import type { Cancel, Clock } from '../../client/ports/ports.ts'

interface Parcel {
  readonly dueMs: number
  readonly size: number
  readonly arrive: () => void
}

/** Parcels arrive in the order in which they were sent: each when it is due, those before it have arrived, and the lane is not held. */
export class Lane {
  readonly #clock: Clock
  #parcels: Parcel[] = []
  #waiting = 0
  /** When the wire is free again, where bandwidth is scarce. */
  #freeMs = 0
  #held = false
  #cancel: Cancel | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** UTF-16 code units on their way. */
  get waiting(): number {
    return this.#waiting
  }

  get isEmpty(): boolean {
    return this.#parcels.length === 0
  }

  /** Sends: `busyMs` is how long it keeps the wire busy, `delayMs` how long it travels then. At once if nothing delays it. */
  send(size: number, busyMs: number, delayMs: number, arrive: () => void): void {
    const now = this.#clock.now()
    this.#freeMs = Math.max(this.#freeMs, now) + busyMs
    const dueMs = this.#freeMs + delayMs
    if (dueMs <= now && !this.#held && this.isEmpty) {
      arrive()
      return
    }
    this.#waiting += size
    this.#parcels.push({ dueMs, size, arrive })
    if (this.#parcels.length === 1) this.#arm()
  }

  /** Nothing arrives while it is held; returns how much waits. */
  hold(held: boolean): number {
    this.#held = held
    const waiting = this.#parcels.length
    if (held) this.#cancel?.()
    else this.#arm()
    return waiting
  }

  /** Everything arrives now. */
  flush(): void {
    this.#held = false
    this.#cancel?.()
    this.#freeMs = 0
    while (this.#parcels.length > 0) this.#arrive()
  }

  /** Everything is lost. */
  clear(): void {
    this.#cancel?.()
    this.#parcels = []
    this.#waiting = 0
  }

  #arm(): void {
    this.#cancel?.()
    const [first] = this.#parcels
    if (first === undefined || this.#held) return
    this.#cancel = this.#clock.after(Math.max(0, first.dueMs - this.#clock.now()), () => {
      const now = this.#clock.now()
      while (!this.#held && this.#parcels[0] !== undefined && this.#parcels[0].dueMs <= now) this.#arrive()
      this.#arm()
    })
  }

  #arrive(): void {
    const parcel = this.#parcels.shift()
    if (parcel === undefined) return
    this.#waiting -= parcel.size
    parcel.arrive()
  }
}
