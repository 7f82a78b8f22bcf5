/** The run of the guided minute: from step to step by itself, or as fast as the visitor wants it. */
import { type Cast, STEPS } from './steps.ts'

/** Where the minute stands. `step` counts from 0. */
export type MinuteState =
  | { readonly state: 'waiting' }
  /** Something is happening. */
  | { readonly state: 'acting'; readonly step: number }
  /** It has happened; the next step comes after a while for reading, or when asked for. */
  | { readonly state: 'reading'; readonly step: number; readonly ms: number }
  | { readonly state: 'over' }
  | { readonly state: 'failed'; readonly step: number }
  | { readonly state: 'left' }

/** Time to read one word, and never less than the shortest, in milliseconds. */
const WORD_MS = 190
const SHORTEST_MS = 4_000

/** A run. */
export class Minute {
  readonly #tell: (state: MinuteState) => void
  /** Resolves what waits now; a later wait is none of it. */
  #skip: (() => void) | undefined
  #hurried = false
  #paused: boolean
  #state: MinuteState = { state: 'waiting' }

  /** True if no step begins by itself, however long the visitor waits. */
  readonly byHand: boolean

  constructor(byHand: boolean, tell: (state: MinuteState) => void) {
    this.byHand = byHand
    this.#paused = byHand
    this.#tell = tell
  }

  get state(): MinuteState {
    return this.#state
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** Goes through all steps. */
  async run(cast: Cast): Promise<void> {
    for (const [step, { act, what, look }] of STEPS.entries()) {
      this.#hurried = false
      this.#enter({ state: 'acting', step })
      try {
        await act(cast)
      } catch (error) {
        if (this.#state.state === 'left') return
        console.warn('The guided minute stumbled', error)
        this.#enter({ state: 'failed', step })
        return
      }
      const ms = Math.max(SHORTEST_MS, `${what} ${look}`.split(' ').length * WORD_MS)
      this.#enter({ state: 'reading', step, ms })
      await this.#wait(ms, true)
      if (this.#isLeft()) return
    }
    this.#enter({ state: 'over' })
  }

  /** Time for the eye while something happens. Rejects when the minute was left. */
  readonly pass = async (ms: number): Promise<void> => {
    if (!this.#hurried) await this.#wait(ms, false)
    if (this.#isLeft()) throw new Error('The minute was left')
  }

  /** On to the next step: what happens now is done at once. */
  next(): void {
    this.#hurried = this.#state.state === 'acting'
    this.#skip?.()
  }

  /** Stops before the next step, or goes on. */
  setPaused(paused: boolean): void {
    this.#paused = paused
    this.#tell(this.#state)
    if (!paused && this.#state.state === 'reading') this.#skip?.()
  }

  /** Ends it where it is. Idempotent. */
  leave(): void {
    this.#enter({ state: 'left' })
    this.#skip?.()
  }

  #isLeft(): boolean {
    return this.#state.state === 'left'
  }

  #enter(state: MinuteState): void {
    if (this.#isLeft()) return
    this.#state = state
    this.#tell(state)
  }

  /** For reading, a pause stops the clock until the visitor asks for more. */
  #wait(ms: number, forReading: boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        if (!forReading || !this.#paused) done()
      }, ms)
      const done = (): void => {
        clearTimeout(timer)
        if (this.#skip === done) this.#skip = undefined
        resolve()
      }
      this.#skip = done
    })
  }
}
