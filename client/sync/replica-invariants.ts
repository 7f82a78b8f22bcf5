/** The invariants of a replica (see replica.ts), as a check that throws. Used by tests after every step; never shipped in an entry. */
import { idKey, isRecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { REFERENCE_FIELDS } from '../store/references.ts'
import { sameRecord } from '../store/same-value.ts'
import { type Pending, type Replica, rebased } from './replica.ts'

/** Throws an error that names the broken invariant. */
export function checkReplica(replica: Replica): void {
  checkTouching(replica)
  checkOverlay(replica)
  checkIds(replica)
}

function checkTouching(replica: Replica): void {
  const expected = new Map<string, Pending[]>()
  for (const pending of replica.pending) {
    for (const [store, own] of pending.operations) {
      for (const key of own.keys()) {
        const at = `${store}/${key}`
        expected.set(at, [...(expected.get(at) ?? []), pending])
      }
    }
  }
  let found = 0
  for (const [store, keys] of replica.touching) {
    for (const [key, list] of keys) {
      found += 1
      const wanted = expected.get(`${store}/${key}`) ?? []
      assert(
        list.length === wanted.length && list.every((pending, at) => pending === wanted[at]),
        `R3: ${store}/${key} is touched by ${wanted.map(({ id }) => id)}, listed are ${list.map(({ id }) => id)}`,
      )
    }
  }
  assert(found === expected.size, `R3: ${expected.size} records are touched, ${found} are listed`)
}

function checkOverlay(replica: Replica): void {
  for (const [store, keys] of replica.touching) {
    for (const key of keys.keys()) {
      const seen = replica.overlay.get(store)?.get(key)
      assert(seen !== undefined, `R1: ${store}/${key} is touched and has no overlay`)
      assert(sameSight(seen, rebased(replica, store, key)), `R1: the overlay of ${store}/${key} is not its rebase`)
    }
  }
  for (const [store, overlay] of replica.overlay) {
    for (const key of overlay.keys())
      assert(replica.touching.get(store)?.has(key), `R1: ${store}/${key} has an overlay and is not touched`)
  }
}

function sameSight(seen: PlainRecord | null | undefined, rebase: PlainRecord | undefined): boolean {
  return seen && rebase ? sameRecord(seen, rebase) : !seen && !rebase
}

function checkIds(replica: Replica): void {
  const known = (value: unknown) => isRecordId(value) && replica.realIds.has(idKey(value))
  for (const pending of replica.pending) {
    for (const [store, own] of pending.operations) {
      for (const operation of own.values()) {
        assert(!known(operation.id), `R2: ${pending.id} edits ${store}/${operation.id}, whose real id is known`)
        if (operation.type === 'remove') continue
        for (const field in operation.fields) {
          assert(
            !(field in REFERENCE_FIELDS && known(operation.fields[field])),
            `R2: ${pending.id} refers to ${String(operation.fields[field])} in ${field}, whose real id is known`,
          )
        }
      }
    }
  }
}

function assert(condition: unknown, message: string): void {
  if (!condition) throw new Error(message)
}
