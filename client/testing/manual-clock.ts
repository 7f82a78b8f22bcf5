/** A clock that stands still until the test moves it. Owns the order of timers: by time, then by age. */
import type { Cancel, Clock } from '../ports/ports.ts'

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/**
 * Time under the test's hand: a {@link Clock} whose timers run only inside `advance` and `runAll`, in order of their time.
 * @example
 * const clock = new ManualClock()
 * clock.after(2_000, reconnect)
 * clock.advance(2_000) // reconnect ran
 */
export class ManualClock implements Clock {
  #nowMs: number
  /** Insertion order breaks ties, so timers of one instant run in the order in which they were set. */
  readonly #timers = new Set<Timer>()

  /** `startMs`: the first `now()`, in milliseconds since the epoch; 0 by default. */
  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** When the next timer is due, in milliseconds since the epoch; undefined when none waits. */
  get nextDue(): number | undefined {
    return this.#next()?.dueMs
  }

  /** Moves time forward by `ms` and runs every timer that falls due on the way, those included that timers set. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let timer = this.#next(); timer !== undefined && timer.dueMs <= untilMs; timer = this.#next())
      this.#fire(timer)
    this.#nowMs = untilMs
  }

  /** Moves time forward by `ms` in one go, as for a sleeping laptop or a throttled tab: timers that are due run late, at the new time. */
  jump(ms: number): void {
    this.#nowMs += ms
    this.advance(0)
  }

  /**
   * Runs timers until none waits, moving time along, and returns how many ran.
   * Throws after `limit` of them (10,000 by default): something re-arms itself for ever.
   */
  runAll(limit = 10_000): number {
    let ran = 0
    for (let timer = this.#next(); timer !== undefined; timer = this.#next()) {
      if (ran === limit) throw new Error(`ManualClock.runAll: ${limit} timers ran and ${this.waiting} still wait`)
      this.#fire(timer)
      ran += 1
    }
    return ran
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (next === undefined || timer.dueMs < next.dueMs) next = timer
    return next
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer)
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
    timer.run()
  }
}
