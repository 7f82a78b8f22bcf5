/**
 * Reads of whole collections. Owns when one is asked for, and that at most one of a source is under way: what happens
 * meanwhile makes one more.
 */
import type { PlanwireError } from '../protocol/errors.ts'
import type { RecordKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { tell } from './lanes.ts'
import type { Source, Step } from './live-state.ts'
import type { LoadedRanges, Range } from './ranges.ts'

/** Names a source; one that serves a store already is replaced. A request of the old one that is under way counts no more. */
export function addSource(step: Step, name: string, stores: readonly string[], ranges: LoadedRanges | undefined): void {
  for (const [old, source] of step.state.sources) {
    if (source.stores.some((store) => stores.includes(store))) step.state.sources.delete(old)
  }
  const idle = {
    running: undefined,
    again: false,
    failures: 0,
    parked: false,
    journal: [],
    parts: undefined,
    fresh: false,
    freshBy: Number.POSITIVE_INFINITY,
    unheard: new Set<RecordKey>(),
  }
  step.state.sources.set(name, { name, stores, ranges, ...idle })
}

/** Wants a range of a source: what is missing of it is read, alone unless nothing was read before. */
export function addRange(step: Step, name: string, range: Range): void {
  const source = step.state.sources.get(name)
  if (!source?.ranges) return
  source.ranges.want(range)
  readMissing(step, source)
}

/** Reads what was asked for and not read yet, if no request is under way. */
export function readMissing(step: Step, source: Source): void {
  if (!source.ranges || source.running !== undefined) return
  const { missing } = source.ranges
  if (missing.length === 0) return
  if (source.ranges.read.length === 0) read(step, source)
  else ask(step, source, { ranges: missing, whole: false })
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
  const { ranges, stores } = source
  ask(step, source, ranges && { ranges: ranges.wholeWith(knownOf(step, stores)), whole: true })
}

function knownOf({ state }: Step, stores: readonly string[]): readonly PlainRecord[] {
  const { confirmed, overlay } = state.replica
  const known = stores.flatMap((store) => [
    ...(confirmed.get(store)?.values() ?? []),
    ...(overlay.get(store)?.values() ?? []),
  ])
  return known.filter((record) => record !== null)
}

function ask(step: Step, source: Source, parts: Source['parts']): void {
  source.running = ++step.state.requests
  source.again = false
  source.parked = false
  source.journal = []
  source.parts = parts
  step.effects.push(
    { type: 'stopTimer', name: `load:${source.name}` },
    { type: 'load', number: source.running, source: source.name, ranges: parts?.ranges },
  )
}

/** New credentials: what was refused for want of them is read. */
export function readParked(step: Step): void {
  for (const source of step.state.sources.values()) if (source.parked) read(step, source)
}

/** Own new records without a frame that are remembered of a source. */
const MOST_UNHEARD = 100

/** An own new record is known by its answer alone, or its frame came. */
export function noteHeard(step: Step, store: string, key: RecordKey, heard: boolean): void {
  for (const source of step.state.sources.values()) {
    if (!source.stores.includes(store)) continue
    if (heard) source.unheard.delete(key)
    else source.unheard.add(key)
    if (source.unheard.size <= MOST_UNHEARD) continue
    source.unheard.clear()
    source.fresh = false
  }
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
  // What it would have shown is still unknown, also when frames go on where they were.
  source.fresh = false
  source.parked = error.recovery === 'reauthenticate'
  tell(step, { type: 'error', error })
  if (!retry && !source.parked) source.ranges?.giveUp()
  if (retry) {
    step.effects.push({ type: 'backoff', name: `load:${source.name}`, failures: source.failures++, leastMs: 0 })
  } else if (again) {
    read(step, source)
  }
  return retry || again
}
