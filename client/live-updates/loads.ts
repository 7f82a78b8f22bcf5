/**
 * Reads of whole collections. Owns when one is asked for, and that at most one of a source is under way: what happens
 * meanwhile makes one more.
 */
import type { PlanwireError } from '../protocol/errors.ts'
import { tell } from './lanes.ts'
import type { Source, Step } from './live-state.ts'

/** Names a source; one that serves a store already is replaced. A request of the old one that is under way counts no more. */
export function addSource(step: Step, name: string, stores: readonly string[]): void {
  for (const [old, source] of step.state.sources) {
    if (source.stores.some((store) => stores.includes(store))) step.state.sources.delete(old)
  }
  step.state.sources.set(name, { name, stores, running: undefined, again: false, failures: 0, journal: [] })
}

/** Reads the source of a store anew; false when the app never loaded that store. */
export function reload(step: Step, store: string): boolean {
  for (const source of step.state.sources.values()) {
    if (!source.stores.includes(store)) continue
    read(step, source)
    return true
  }
  return false
}

/** Reads a source, or once more when the read that is under way has ended. */
export function read(step: Step, source: Source): void {
  if (source.running !== undefined) {
    source.again = true
    return
  }
  source.running = ++step.state.requests
  source.again = false
  source.journal = []
  step.effects.push(
    { type: 'stopTimer', name: `load:${source.name}` },
    { type: 'load', number: source.running, source: source.name },
  )
}

/** The source that a load with this number reads; undefined for one that counts no more. */
export function sourceOf(step: Step, number: number): Source | undefined {
  return [...step.state.sources.values()].find((source) => source.running === number)
}

/** A load brought nothing. `retry`: it may next time. Returns whether another load is under way or planned. */
export function loadFailed(step: Step, number: number, error: PlanwireError, retry: boolean): boolean {
  const source = sourceOf(step, number)
  if (!source) return true
  const { again } = source
  source.running = undefined
  source.again = false
  source.journal = []
  tell(step, { type: 'error', error })
  if (retry) {
    step.effects.push({ type: 'backoff', name: `load:${source.name}`, failures: source.failures++, leastMs: 0 })
  } else if (again) {
    read(step, source)
  }
  return retry || again
}
