/** The changeset that the app is building: made with the first edit, handed to delivery by `commit`. */
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import { changesetId } from '../protocol/ids.ts'
import type { Operation } from '../store/operations.ts'
import { currentCopy } from './copies.ts'
import { flush } from './delivery.ts'
import { operate, type Pending } from './replica.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'
import { show } from './show.ts'

/** Changesets that may wait for the server; more is a refusal to edit, not a loss. */
const OUTBOX_LIMIT = 1_000

/** One edit of the app. Throws `invalid-argument` without a project and `outbox-full` beyond {@link OUTBOX_LIMIT}. */
export function edit(state: SessionState, store: string, operation: Operation): void {
  const copy = currentCopy(state)
  if (!copy) throw invalidArgument('Choose a project (wsProjectId) before editing it')
  show(state, 'local', operate(copy.replica, draftOf(state, copy), store, operation))
}

/** The uncommitted edits of the current project, if there are any. */
export function draft(state: SessionState): Pending | undefined {
  const copy = currentCopy(state)
  return copy && lastDraft(copy)
}

/** The edits made so far become a changeset that may leave. */
export function commit(state: SessionState): void {
  const copy = currentCopy(state)
  const pending = copy && lastDraft(copy)
  if (!copy || !pending) return
  if (pending.operations.size === 0) {
    // Everything cancelled out: an add that was removed again.
    copy.replica.pending.pop()
    return
  }
  pending.delivery = { status: 'waiting', sentBefore: false }
  state.outside.tell('pending', undefined)
  flush(state)
}

function draftOf(state: SessionState, copy: ProjectCopy): Pending {
  const draft = lastDraft(copy)
  if (draft) return draft
  if (copy.replica.pending.length >= OUTBOX_LIMIT) {
    throw new PlanwireError(
      'outbox-full',
      `${OUTBOX_LIMIT} changes wait for the server: reconnect before editing further`,
      'retry',
      { limit: OUTBOX_LIMIT },
    )
  }
  state.counter += 1
  return { id: changesetId(state.clientId, state.counter), operations: new Map(), delivery: { status: 'draft' } }
}

function lastDraft(copy: ProjectCopy): Pending | undefined {
  const last = copy.replica.pending.at(-1)
  return last?.delivery?.status === 'draft' ? last : undefined
}
