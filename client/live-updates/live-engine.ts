/**
 * The live engine: records behind a REST server and a socket whose frames carry no sender, as a pure reducer over a
 * replica. What the app sees is confirmed records plus its own pending changes; nothing changes a record but through here.
 *
 *     edits ──> lanes.ts ──requests (saving.ts)──> answers ──┐
 *                                                             ├──> replica ──> what the app sees
 *     frames ──> frames.ts, loads ───────────────────────────┘
 *
 * The half that saves is loaded beside the half that shows: until it is there, edits gather.
 */

import type { DateZone } from '../protocol/dialects/dhtmlx/date-rules.ts'
import { assertNever, type PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type ClientId, idKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { createReplica, type ViewChange } from '../sync/replica.ts'
import type { Outcome } from './answers.ts'
import { applyFrame } from './frames.ts'
import { edit } from './lanes.ts'
import {
  type LiveEffect,
  type LiveState,
  REREAD_MS,
  type RemoteChange,
  type RestoredEdit,
  type Saver,
  type Step,
  type TimerName,
} from './live-state.ts'
import { loaded } from './loaded.ts'
import { addRange, addSource, loadFailed, read, readParked, reload, sourceOf } from './loads.ts'
import type { LoadedRanges, Range } from './ranges.ts'
import { hideExceptions, letGo } from './series-effects.ts'

/** What happens to the engine. */
export type LiveInput =
  /** Seen at once, handed over with the next input of another type. */
  | { readonly type: 'edit'; readonly store: string; readonly operation: Operation }
  | { readonly type: 'commit' }
  | { readonly type: 'frame'; readonly change: RemoteChange }
  | { readonly type: 'answer'; readonly number: number; readonly outcome: Outcome }
  /** A source, read as a whole or by ranges. */
  | {
      readonly type: 'source'
      readonly name: string
      readonly stores: readonly string[]
      readonly ranges: LoadedRanges | undefined
    }
  | { readonly type: 'range'; readonly name: string; readonly range: Range }
  | { readonly type: 'reload' }
  | {
      readonly type: 'loaded'
      readonly number: number
      readonly stores: { readonly [store: string]: readonly PlainRecord[] }
    }
  | { readonly type: 'loadFailed'; readonly number: number; readonly error: PlanwireError; readonly retry: boolean }
  /** Edits of a tab that is gone. */
  | { readonly type: 'restored'; readonly edits: readonly RestoredEdit[] }
  /** Another tab took this one for gone, and saves these; `changed`: not what came since. */
  | {
      readonly type: 'takenOver'
      readonly ids: ReadonlySet<ChangesetId>
      readonly changed: ReadonlySet<ChangesetId>
    }
  /** The half that saves is there. */
  | { readonly type: 'saver'; readonly saver: Saver }
  /** There is somewhere to save to. */
  | { readonly type: 'saving' }
  /** What the handshake says of requests that are sent again. */
  | { readonly type: 'offers'; readonly keys: boolean }
  /** Every entity is subscribed: from now on frames arrive. `resumed`: also those of the time without. */
  | { readonly type: 'live'; readonly resumed: boolean }
  | { readonly type: 'lost' }
  /** New credentials. */
  | { readonly type: 'unpark' }
  | { readonly type: 'timer'; readonly name: TimerName }

/** What an input did. `origin` says whose doing the changes are. */
export interface LiveResult {
  readonly origin: 'local' | 'remote' | 'dataset'
  readonly changes: readonly ViewChange[]
  readonly effects: readonly LiveEffect[]
}

/** The state of an engine that knows nothing yet. */
export function createLiveState(client: ClientId, zone: DateZone = 'wall-clock'): LiveState {
  return {
    client,
    zone,
    replica: createReplica(),
    counter: 0,
    requests: 0,
    lanes: new Map(),
    saves: new Map(),
    made: new Map(),
    waiting: new Set(),
    held: new Map(),
    sources: new Map(),
    saver: undefined,
    saving: false,
    keys: undefined,
    live: false,
    resumed: false,
  }
}

/** Takes an input, changes `state`, and says what the app sees changed and what is to be done. */
export function reduceLive(state: LiveState, input: LiveInput): LiveResult {
  const step: Step = { state, changes: [], effects: [] }
  apply(step, input)
  if (input.type !== 'edit') {
    for (const lane of [...state.waiting]) letGo(step, lane)
    if (state.saving) state.saver?.handOver(step)
  }
  const origin = input.type === 'edit' ? 'local' : input.type === 'loaded' ? 'dataset' : 'remote'
  return { origin, changes: step.changes, effects: step.effects }
}

function apply(step: Step, input: LiveInput): void {
  const { state } = step
  const { saver } = state
  switch (input.type) {
    case 'edit':
      edit(step, input.store, input.operation)
      hideExceptions(step, input.store, input.operation)
      return
    case 'commit':
      return
    case 'frame':
      frame(step, input.change)
      return
    case 'answer':
      saver?.answered(step, input.number, input.outcome)
      return
    case 'source':
      addSource(step, input.name, input.stores, input.ranges)
      for (const source of state.sources.values()) if (source.name === input.name) read(step, source)
      // It may be served before a subscription that was sent just now.
      if (state.live) step.effects.push({ type: 'timer', name: 'reread', delayMs: REREAD_MS })
      return
    case 'range':
      addRange(step, input.name, input.range)
      return
    case 'reload':
      for (const source of state.sources.values()) read(step, source)
      return
    case 'loaded':
      loaded(step, input.number, input.stores)
      return
    case 'loadFailed':
      notLoaded(step, input.number, input.error, input.retry)
      return
    case 'restored':
      saver?.restoreEdits(step, input.edits)
      return
    case 'takenOver':
      saver?.leaveToOthers(step, input.ids, input.changed)
      return
    case 'saver':
      state.saver = input.saver
      return
    case 'saving':
      state.saving = true
      return
    case 'offers':
      state.keys = input.keys
      return
    case 'live':
      state.live = true
      state.resumed = input.resumed
      // Whatever was read before the subscription may have missed what came in between, unless the server tells it.
      for (const source of state.sources.values()) {
        if (input.resumed && source.fresh && source.unheard.size === 0) continue
        source.fresh = false
        source.freshBy = Number.POSITIVE_INFINITY
        read(step, source)
        step.effects.push({ type: 'timer', name: 'reread', delayMs: REREAD_MS })
      }
      readParked(step)
      saver?.unpark(step)
      return
    case 'lost':
      state.live = false
      step.effects.push({ type: 'stopTimer', name: 'reread' })
      saver?.settleAnswered(step)
      return
    case 'unpark':
      readParked(step)
      saver?.unpark(step)
      return
    case 'timer':
      timer(step, input.name)
      return
    default:
      assertNever(input)
  }
}

function frame(step: Step, change: RemoteChange): void {
  const { saver } = step.state
  if (saver?.isHeld(step, change) || isBeyond(step, change)) return
  const lane = applyFrame(step, change)
  if (lane) saver?.findEcho(step, lane)
}

/** A record that was never loaded, in a range that was not: it is read when somebody looks there. */
function isBeyond({ state }: Step, change: RemoteChange): boolean {
  const { store } = change
  const source = [...state.sources.values()].find(({ stores }) => stores.includes(store))
  if (change.type === 'remove' || !source?.ranges) return false
  const key = idKey(change.record.id)
  if (state.replica.confirmed.get(store)?.has(key) || state.lanes.get(store)?.has(key)) return false
  return !source.ranges.holds(change.record)
}

function notLoaded(step: Step, number: number, error: PlanwireError, retry: boolean): void {
  const stores = sourceOf(step, number)?.stores ?? []
  if (!loadFailed(step, number, error, retry)) step.state.saver?.decideWithoutLoad(step, stores)
}

function timer(step: Step, name: TimerName): void {
  if (name === 'reread') {
    for (const source of step.state.sources.values()) {
      read(step, source)
      source.freshBy = step.state.requests
    }
    return
  }
  const at = name.indexOf(':')
  const rest = name.slice(at + 1)
  switch (name.slice(0, at)) {
    case 'echo':
      step.state.saver?.echoOverdue(step, Number(rest))
      return
    case 'retry':
      step.state.saver?.retry(step, Number(rest))
      return
    case 'series':
      reload(step, rest)
      return
    default: {
      const source = step.state.sources.get(rest)
      if (source) read(step, source)
    }
  }
}
