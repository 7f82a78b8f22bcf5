/** Owns when the steps of a script begin: by the clock, or after what happened. */
import type { Cancel, Clock } from '../../client/ports/ports.ts'
import { assertNever } from '../../client/protocol/errors.ts'
import { fits, type Party } from './active-fault.ts'
import type { Direction, LabScript, LabStep, LabTrigger } from './script.ts'

/** Something that happened. */
export type Happening =
  | { readonly event: 'commit' }
  | { readonly event: 'connect'; readonly party: Party }
  | { readonly event: 'frame'; readonly party: Party; readonly direction: Direction; readonly text: string }
  | { readonly event: 'request'; readonly party: Party; readonly text: string }
  | { readonly event: 'begin' | 'end'; readonly step: string }

interface Waiting {
  readonly trigger: LabTrigger
  readonly seed: string
  left: number
  readonly fire: () => void
}

/** Name of a step in the log. */
const stepName = (step: LabStep, at: number): string => step.id ?? String(at)

/** The steps of a script that is running. */
export class Schedule {
  readonly #clock: Clock
  readonly #begin: (step: LabStep, name: string) => void
  readonly #waiting = new Set<Waiting>()
  readonly #timers = new Set<Cancel>()
  #stopped = false

  /** Steps that are due at once begin within the call of {@link start}. */
  constructor(clock: Clock, begin: (step: LabStep, name: string) => void) {
    this.#clock = clock
    this.#begin = begin
  }

  start({ steps }: LabScript, seed: number): void {
    // First all that wait: what begins at once may be what they wait for.
    const due: (() => void)[] = []
    for (const [at, step] of steps.entries()) {
      const name = stepName(step, at)
      const { after } = step
      const arm = (): void => this.#arm(step, name, step.at ?? 0, timesOf(step))
      if (after === undefined) {
        due.push(arm)
        continue
      }
      const waiting: Waiting = {
        trigger: after,
        seed: `${seed} ${name} after`,
        left: 'count' in after ? (after.count ?? 1) : 1,
        fire: () => {
          this.#waiting.delete(waiting)
          this.#later(arm)
        },
      }
      this.#waiting.add(waiting)
    }
    for (const arm of due) arm()
  }

  /** True when no step will begin any more. */
  get isDone(): boolean {
    return this.#waiting.size === 0 && this.#timers.size === 0
  }

  saw(happening: Happening): void {
    for (const waiting of [...this.#waiting]) {
      if (!matches(waiting, happening)) continue
      waiting.left -= 1
      if (waiting.left === 0) waiting.fire()
    }
  }

  stop(): void {
    this.#stopped = true
    this.#waiting.clear()
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  /** Not within what caused it: that may be the middle of a commit. */
  #later(run: () => void): void {
    const token: Cancel = () => {}
    this.#timers.add(token)
    void Promise.resolve().then(() => {
      this.#timers.delete(token)
      if (!this.#stopped) run()
    })
  }

  #arm(step: LabStep, name: string, delayMs: number, times: number): void {
    if (delayMs === 0) {
      this.#fire(step, name, times)
      return
    }
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      this.#fire(step, name, times)
    })
    this.#timers.add(cancel)
  }

  #fire(step: LabStep, name: string, times: number): void {
    if (times > 1 && step.every !== undefined) this.#arm(step, name, step.every, times - 1)
    this.#begin(step, name)
  }
}

function matches({ trigger, seed }: Waiting, happening: Happening): boolean {
  switch (trigger.event) {
    case 'commit':
      return happening.event === 'commit'
    case 'connect':
      return happening.event === 'connect' && fits(trigger.to, happening.party, seed)
    case 'frame':
      return (
        happening.event === 'frame' &&
        happening.direction === (trigger.direction ?? 'up') &&
        (trigger.match === undefined || happening.text.includes(trigger.match)) &&
        fits(trigger.to, happening.party, seed)
      )
    case 'request':
      return (
        happening.event === 'request' &&
        (trigger.match === undefined || happening.text.includes(trigger.match)) &&
        fits(trigger.to, happening.party, seed)
      )
    case 'begin':
    case 'end':
      return happening.event === trigger.event && happening.step === trigger.step
    default:
      return assertNever(trigger)
  }
}

function timesOf({ times, every }: LabStep): number {
  return times ?? (every === undefined ? 1 : Number.POSITIVE_INFINITY)
}
