/** Checks what `lanes.ts` promises (L1 to L5): run after every step of the tests, never in an app. */
import { idKey } from '../protocol/ids.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { REFERENCE_FIELDS, referredId } from '../store/references.ts'
import { saveOf } from './lanes.ts'
import type { Lane, LiveEffect, LiveState } from './live-state.ts'

/** Every promise that the state, or what it wants done, breaks; empty when all is well. */
export function brokenPromises(state: LiveState, effects: readonly LiveEffect[] = []): string[] {
  const broken: string[] = []
  const owners = new Map<string, Lane>()
  for (const [store, lanes] of state.lanes) {
    for (const [key, lane] of lanes) {
      const name = `${store}/${key}`
      if (lane.store !== store || idKey(lane.id) !== key) broken.push(`L1 ${name} is filed in the wrong place`)
      const save = saveOf(lane)
      if (!save && !lane.next) broken.push(`L4 ${name} has nothing to do`)
      if (save && state.saves.get(save.number) !== lane) broken.push(`L1 the request of ${name} is not filed`)
      if (state.waiting.has(lane) !== (!save && lane.next !== undefined)) broken.push(`L4 ${name} waits wrongly`)
      for (const pending of [save?.pending, lane.next]) {
        if (!pending) continue
        if (owners.has(pending.id)) broken.push(`L2 ${pending.id} belongs to two lanes`)
        owners.set(pending.id, lane)
        for (const [touched, operations] of pending.operations) {
          for (const id of operations.keys())
            if (touched !== store || id !== key) broken.push(`L2 ${name} touches ${touched}/${id}`)
        }
      }
    }
  }
  for (const lane of state.saves.values()) {
    if (state.lanes.get(lane.store)?.get(idKey(lane.id)) !== lane)
      broken.push(`L1 a request of ${lane.store}/${lane.id} has no lane`)
  }
  for (const pending of state.replica.pending)
    if (!owners.has(pending.id)) broken.push(`L2 ${pending.id} belongs to no lane`)
  for (const [id, lane] of owners) {
    if (!state.replica.pending.some((pending) => pending.id === id))
      broken.push(`L2 ${id} of ${lane.store}/${lane.id} is not pending`)
  }
  if (state.saves.size === 0 && state.made.size > 0) broken.push('L5 edits are noted without a request')
  for (const effect of effects) {
    if (effect.type !== 'save') continue
    for (const field of Object.keys(effect.record)) {
      if (Object.hasOwn(REFERENCE_FIELDS, field) && isPhantomId(referredId(field, effect.record[field])))
        broken.push(`L3 ${effect.store} leaves with ${field}`)
    }
  }
  return broken
}
