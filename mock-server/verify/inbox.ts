/** Owns waiting: for the first item that fits, or for the proof that none comes. */
import type { Clock } from '../../client/ports/ports.ts'
import { NoAnswer } from './verdict.ts'

const MOST_ITEMS = 20_000

interface Waiter<T> {
  readonly fits: (item: T) => boolean
  readonly settle: (item: T | undefined) => void
}

/** What arrived on a connection and was not asked for yet. */
export class Inbox<T> {
  readonly #clock: Clock
  readonly #items: T[] = []
  readonly #waiters = new Set<Waiter<T>>()
  #ended: string | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Why nothing will come any more; undefined while something may. */
  get ended(): string | undefined {
    return this.#ended
  }

  push(item: T): void {
    for (const waiter of this.#waiters) {
      if (!waiter.fits(item)) continue
      waiter.settle(item)
      return
    }
    this.#items.push(item)
    if (this.#items.length > MOST_ITEMS) this.#items.shift()
  }

  end(why: string): void {
    this.#ended ??= why
    for (const waiter of [...this.#waiters]) waiter.settle(undefined)
  }

  /** Takes the first item that fits, now or within a time; undefined when none came, or none can come any more. */
  within(ms: number, fits: (item: T) => boolean): Promise<T | undefined> {
    const at = this.#items.findIndex(fits)
    if (at >= 0) return Promise.resolve(this.#items.splice(at, 1)[0])
    if (this.#ended !== undefined) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const waiter: Waiter<T> = {
        fits,
        settle: (item) => {
          cancel()
          this.#waiters.delete(waiter)
          resolve(item)
        },
      }
      const cancel = this.#clock.after(ms, () => waiter.settle(undefined))
      this.#waiters.add(waiter)
    })
  }

  /** Like {@link within}; rejects with {@link NoAnswer} when nothing came. `what` is named in the message. */
  async next(ms: number, what: string, fits: (item: T) => boolean): Promise<T> {
    const item = await this.within(ms, fits)
    if (item !== undefined) return item
    throw new NoAnswer(this.#ended === undefined ? `no ${what} within ${ms} ms` : `no ${what}: ${this.#ended}`)
  }

  /** Forgets what came so far. */
  clear(): void {
    this.#items.length = 0
  }
}
