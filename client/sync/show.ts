/** Owns how a session tells the app of what it sees. */
import type { ChangesetId } from '../protocol/ids.ts'
import { type Seen, singly } from './replica.ts'
import type { SessionState, View } from './session-types.ts'

/** Tells what changed in what the app sees, if anything did. */
export function show({ outside }: SessionState, origin: View['origin'], changes: Seen, own?: ChangesetId): void {
  if (origin === 'dataset' || singly(changes).length) outside.tell('view', { origin, changes, own })
}
