/** Owns how a session tells the app of what it sees. */
import type { ChangesetId } from '../protocol/ids.ts'
import type { ViewChange } from './replica.ts'
import type { SessionState, View } from './session-types.ts'

/** Tells what changed in what the app sees, if anything did. */
export function show(
  { outside }: SessionState,
  origin: View['origin'],
  changes: readonly ViewChange[],
  own?: ChangesetId,
): void {
  if (changes.length > 0 || origin === 'dataset') outside.tell('view', { origin, changes, own })
}
