/** Owns how far a script of the network lab has come, as its log tells: which steps began and ended, and how long it will take. */
import type { LabEvent } from '../lab/lab-events.ts'
import type { LabScript, LabStep } from '../lab/script.ts'
import { lasts } from '../lab/script-check.ts'

/** One step of a script that runs. */
export interface StepProgress {
  readonly name: string
  readonly fault: LabStep['fault']
  readonly state: 'waiting' | 'running' | 'done'
  /** Effects on somebody so far. */
  readonly effects: number
}

/** The name by which the log calls a step. */
const nameOfStep = (step: LabStep, at: number): string => step.id ?? String(at)

/** Every step, by the events since the script began. */
export function progressOf(script: LabScript, events: readonly LabEvent[]): readonly StepProgress[] {
  return script.steps.map((step, at) => {
    const name = nameOfStep(step, at)
    const own = events.filter((event) => event.step === name)
    const begun = own.filter(({ effect }) => effect.type === 'began' || effect.type === 'down').length
    const ended = own.filter(({ effect }) => effect.type === 'ended' || effect.type === 'up').length
    const struck = own.filter(({ effect }) => !['began', 'ended'].includes(effect.type)).length
    const rounds = step.every === undefined ? 1 : (step.times ?? Number.POSITIVE_INFINITY)
    const finished = lasts(step.fault) || step.fault === 'restart' ? ended >= rounds : struck > 0
    const state = begun > ended ? 'running' : finished ? 'done' : 'waiting'
    return { name, fault: step.fault, state, effects: struck }
  })
}

/**
 * Milliseconds until the last step is over, where the script alone decides that; undefined where it waits for what clients do,
 * or never ends.
 */
export function durationOf(script: LabScript): number | undefined {
  const byName = new Map(script.steps.map((step, at) => [nameOfStep(step, at), step]))
  const beginning = (step: LabStep, seen: ReadonlySet<LabStep>): number | undefined => {
    if (step.after === undefined) return step.at ?? 0
    if (step.after.event !== 'begin' && step.after.event !== 'end') return undefined
    const other = byName.get(step.after.step)
    if (other === undefined || seen.has(other)) return undefined
    const base = beginning(other, new Set([...seen, other]))
    const length = step.after.event === 'end' ? lengthOf(other) : 0
    return base === undefined || length === undefined ? undefined : base + length + (step.at ?? 0)
  }
  let longest = 0
  for (const step of script.steps) {
    const begins = beginning(step, new Set([step]))
    const length = lengthOf(step)
    if (begins === undefined || length === undefined) return undefined
    const rounds = step.every === undefined ? 0 : step.every * ((step.times ?? Number.POSITIVE_INFINITY) - 1)
    longest = Math.max(longest, begins + rounds + length)
  }
  return Number.isFinite(longest) ? longest : undefined
}

/** How long one round of a step lasts. */
function lengthOf(step: LabStep): number | undefined {
  if (step.fault === 'restart') return step.downMs ?? 0
  return lasts(step.fault) ? step.for : 0
}
