/** Owns one fault while it lasts: whom it is for, and what chance says of each frame. All chance comes from the seed. */
import type { Random } from '../../client/ports/ports.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { FaultName, LabStep, LabTarget, Picking } from './script.ts'

/** Somebody that a fault may be for. */
export interface Party {
  readonly via: 'socket' | 'request'
  /** Without the query. */
  readonly path: string
  readonly user?: string | undefined
  readonly client?: string | undefined
  readonly token?: string | undefined
  readonly tab?: string | undefined
  /** Which one it is in every run: `ann`, `/api/v1#2`, `POST /events`. Chance goes by it, so that clients do not share a stream. */
  readonly key: string
}

/** A step of one kind of fault. */
export type StepOf<Name extends FaultName> = Extract<LabStep, { fault: Name }>

/** Streams of chance that one fault keeps apart. */
const STREAMS = 10_000

/** A fault that is under way. */
export class ActiveFault {
  readonly step: LabStep
  /** As the log names the step. */
  readonly name: string
  /** Frames, requests and lines it was for. */
  touched = 0
  readonly #seed: string
  readonly #streams = new Map<string, Random>()
  #picked = 0
  #isOver = false
  readonly #waiting = new Set<() => void>()

  /** `seed` is that of the script; two faults of one script are told apart by name. */
  constructor(step: LabStep, name: string, seed: number) {
    this.step = step
    this.name = name
    this.#seed = `${seed} ${name}`
  }

  /** True if the fault is for this one. */
  isFor(party: Party): boolean {
    return fits(this.step.to, party, this.#seed)
  }

  /** The next number of this party's stream, in [0, 1). */
  next(party: Party): number {
    let stream = this.#streams.get(party.key)
    if (stream === undefined) {
      if (this.#streams.size >= STREAMS) this.#streams.clear()
      stream = seededRandom(`${this.#seed} ${party.key}`)
      this.#streams.set(party.key, stream)
    }
    return stream.next()
  }

  /** True if it strikes this frame or request; `byDefault` says whether it may where no text is asked for. */
  strikes({ chance = 1, count, match }: Picking, party: Party, text: string, byDefault: boolean): boolean {
    if (count !== undefined && this.#picked >= count) return false
    if (match === undefined ? !byDefault : !text.includes(match)) return false
    if (chance < 1 && this.next(party) >= chance) return false
    this.#picked += 1
    this.touched += 1
    return true
  }

  /** Resolves when it is over. */
  over(): Promise<void> {
    return this.#isOver ? Promise.resolve() : new Promise((resolve) => this.#waiting.add(resolve))
  }

  end(): void {
    this.#isOver = true
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** True if a target fits a party. */
export function fits(target: LabTarget | undefined, party: Party, seed: string): boolean {
  if (target === undefined) return true
  const { user, client, token, tab, party: name, path, via, share } = target
  return (
    (user === undefined || user === party.user) &&
    (client === undefined || client === party.client) &&
    (token === undefined || token === party.token) &&
    (tab === undefined || tab === party.tab) &&
    (name === undefined || name === party.key) &&
    (path === undefined || party.path.startsWith(path)) &&
    (via === undefined || via === party.via) &&
    (share === undefined || seededRandom(`${seed} share ${party.key}`).next() < share)
  )
}

/** Is told the step as the type of its fault. */
export function isStep<Name extends FaultName>(step: LabStep, name: Name): step is StepOf<Name> {
  return step.fault === name
}
