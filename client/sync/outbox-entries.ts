/** What the outbox should hold of a session: every own changeset from its commit to its ack, filed by server, user and project. */
import type { ChangesetId } from '../protocol/ids.ts'
import type { Operations } from '../store/operations.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'

/** A changeset as storage has it, or should have it. */
export interface Kept {
  readonly box: string
  readonly operations: Operations
  readonly sent: boolean
  readonly rank: number
}

/**
 * What storage should hold and does not, and what it should forget. Ranks grow along the list of each project, whoever made
 * the changesets: one that builds on another, maybe of a former client, comes after it wherever both are read.
 */
export function differenceOf(
  state: SessionState,
  kept: ReadonlyMap<ChangesetId, Kept>,
): { readonly changed: Map<ChangesetId, Kept>; readonly forgotten: ChangesetId[] } {
  const changed = new Map<ChangesetId, Kept>()
  let found = 0
  for (const copy of state.copies) {
    const box = boxOf(copy)
    if (box === undefined) continue
    let rank = 0
    eachCommitted(copy, (id, operations, sent) => {
      const known = kept.get(id)
      if (known) found += 1
      rank = known && known.rank > rank ? known.rank : rank + 1
      if (known?.operations === operations && known.sent === sent && known.rank === rank && known.box === box) return
      changed.set(id, { box, operations, sent, rank })
    })
  }
  return { changed, forgotten: found === kept.size ? [] : gone(state, kept) }
}

function gone(state: SessionState, kept: ReadonlyMap<ChangesetId, Kept>): ChangesetId[] {
  const present = new Set<ChangesetId>()
  for (const copy of state.copies) eachCommitted(copy, (id) => present.add(id))
  return [...kept.keys()].filter((id) => !present.has(id))
}

/** Visits what was committed and not acknowledged, oldest first. */
function eachCommitted(
  copy: ProjectCopy,
  visit: (id: ChangesetId, operations: Operations, sent: boolean) => void,
): void {
  for (const [id, { pending }] of copy.ordered) visit(id, pending.operations, true)
  for (const { id, operations, delivery } of copy.replica.pending) {
    if (delivery && delivery.status !== 'draft')
      visit(id, operations, delivery.status !== 'waiting' || delivery.sentBefore)
  }
}

/** Changesets are filed by server, user and project, as a text whatever its type; undefined before there is a server. */
export function boxOf({ server, user, project }: Pick<ProjectCopy, 'server' | 'user' | 'project'>): string | undefined {
  return server === undefined ? undefined : JSON.stringify([server, user ?? null, String(project)])
}
