/** Owns what the changes of several steps come to: one per record, from what it was at first to what it is at last. */
import type { ViewChange } from './replica.ts'

/** The changes of one record as one; none of a record that is missing before and after. */
export function netChanges(changes: readonly ViewChange[]): readonly ViewChange[] {
  if (changes.length < 2) return changes
  const stores = new Map<string, Map<string, ViewChange>>()
  for (const change of changes) {
    let net = stores.get(change.store)
    if (!net) stores.set(change.store, (net = new Map()))
    const key = String((change.before ?? change.after)?.id)
    const first = net.get(key)
    // An id change is the server's answer and never part of a transaction of the app: it stands for itself.
    if (!first || change.rekeyedFrom !== undefined)
      net.set(change.rekeyedFrom === undefined ? key : `${key}\nrekeyed`, change)
    else if (first.before || change.after)
      net.set(key, { store: change.store, before: first.before, after: change.after })
    else net.delete(key)
  }
  return [...stores.values()].flatMap((net) => [...net.values()])
}
