/**
 * Owns what a change that the server sent is to this client: an own one that is confirmed, somebody else's, a duplicate, a gap;
 * and the server's yes and no to own ones.
 */
import type { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, idKey } from '../protocol/ids.ts'
import type { DownstreamOf, ServerRevision } from '../protocol/messages.ts'
import { resolvedIds } from '../store/references.ts'
import { readBack, readBackSoon } from './asking.ts'
import { copyOf, currentCopy } from './copies.ts'
import { flush, hasAdds, localRevision } from './delivery.ts'
import { addedAnew, noteLives } from './lives.ts'
import { applyRemote, confirm, type Pending, reject, settle } from './replica.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'
import { show } from './show.ts'

/** Changes that the server sent: own ones are confirmed, others' applied, duplicates dropped, gaps answered by a resync. */
export function received(state: SessionState, message: DownstreamOf<'changed'>): void {
  const copy = message.project === undefined ? currentCopy(state) : copyOf(state, message.project)
  if (!copy?.loaded && !copy?.resuming) return
  let again = false
  for (const revision of message.revisions) {
    if (!revision.order) again = noteLives(copy, revision.changes) || again
    const verdict = judge(state, copy, revision)
    switch (verdict.type) {
      case 'duplicate':
        break
      case 'gap':
        resync(state, copy)
        return
      case 'own':
        again ||= !revision.order && isAgain(verdict.pending)
        ordered(state, copy, verdict.pending, revision)
        break
      case 'contained':
        contained(state, copy, verdict.pending, revision)
        break
      case 'remote':
        remote(state, copy, revision)
        break
    }
  }
  if (again) readBackSoon(state)
  if (copy.replica.pending.length > 0) flush(state)
}

function isAgain({ delivery }: Pending): boolean {
  return delivery?.status === 'sent' && delivery.again === true
}

type Verdict =
  | { readonly type: 'own' | 'contained'; readonly pending: Pending }
  | { readonly type: 'remote' | 'duplicate' | 'gap' }

/** What a server revision is to this client. */
function judge(state: SessionState, copy: ProjectCopy, revision: ServerRevision): Verdict {
  const { order } = revision
  if (order) {
    const { pending } = copy.replica
    const own = pending.length === 0 ? undefined : pending.find(({ id }) => id === order.changeset)
    const at = copy.position
    if (!at || order.epoch !== at.epoch) return { type: 'gap' }
    if (order.revision <= at.revision) return own ? { type: 'contained', pending: own } : { type: 'duplicate' }
    if (order.revision > at.revision + 1) return { type: 'gap' }
    const run = order.run ?? at.run
    const position = { epoch: order.epoch, revision: order.revision }
    copy.position = run === undefined ? position : { ...position, run }
    return own ? { type: 'own', pending: own } : { type: 'remote' }
  }
  const number = Number(/\d+$/.exec(revision.revision ?? '')?.[0] ?? Number.NaN)
  const isOwn =
    revision.client !== undefined && revision.client === state.login?.client && revision.localRevision !== undefined
  const own = isOwn
    ? copy.replica.pending.find((pending) => localRevision(state, pending) === revision.localRevision)
    : pendingOfEcho(copy, revision)
  if (Number.isFinite(number)) {
    const last = copy.serverRevision
    if (last !== undefined && number <= last && !own) return { type: 'duplicate' }
    if (last !== undefined && number > last + 1) return { type: 'gap' }
    copy.serverRevision = Math.max(number, last ?? number)
  }
  if (own) return { type: 'own', pending: own }
  // Own echo of a changeset that is no longer pending: it has been confirmed before.
  return { type: isOwn ? 'duplicate' : 'remote' }
}

function ordered(state: SessionState, copy: ProjectCopy, pending: Pending, revision: ServerRevision): void {
  if (revision.order) copy.ordered.set(pending.id, { pending, at: revision.order })
  // Only an echo of the documented, flat form may leave fields out.
  const echo = revision.order || revision.client !== undefined ? 'whole' : 'partial'
  const changes = confirm(copy.replica, pending.id, revision.changes, echo)
  addedAnew(copy, revision.changes)
  show(state, 'remote', changes, pending.id)
  state.outside.tell('pending', undefined)
}

/** An own changeset that confirmed shows already: others may have seen it, but only its ack says that it is durable. */
function contained(state: SessionState, copy: ProjectCopy, pending: Pending, revision: ServerRevision): void {
  if (revision.order) copy.ordered.set(pending.id, { pending, at: revision.order })
  show(state, 'remote', settle(copy.replica, pending.id, resolvedIds(revision.changes)))
  state.outside.tell('pending', undefined)
}

function remote(state: SessionState, copy: ProjectCopy, revision: ServerRevision): void {
  const { changes, crossings } = applyRemote(copy.replica, revision.changes)
  show(state, 'remote', changes)
  let look = false
  for (const crossing of crossings) {
    const { pending } = crossing
    const { delivery } = pending
    if (crossing.kind === 'removed') state.outside.tell('conflict', crossing)
    if (delivery?.status === 'waiting' && crossing.kind === 'reference') {
      pending.delivery = { ...delivery, crossed: true }
    }
    if (delivery?.status === 'unconfirmed') look = true
    // Crossed before the fence was answered: the order is unknowable, the dataset will tell.
    else if (delivery?.status === 'sent' && state.serial && !hasAdds(pending)) {
      pending.delivery = { ...delivery, status: 'unconfirmed', sentAt: state.handedOver, reads: 0 }
    }
  }
  if (addedAnew(copy, revision.changes)) look = true
  if (look) readBackSoon(state)
}

/** Every own changeset up to the position is durable. */
export function acknowledged(state: SessionState, message: DownstreamOf<'ack'>): void {
  const copy = copyOf(state, message.project)
  if (copy?.position?.epoch !== message.position.epoch) return
  for (const [id, { at }] of copy.ordered) if (at.revision <= message.position.revision) copy.ordered.delete(id)
  state.outside.tell('pending', undefined)
}

/** Rolls an own changeset back and tells the app. */
export function rejected(state: SessionState, copy: ProjectCopy, pending: Pending, error: PlanwireError): void {
  show(state, 'remote', reject(copy.replica, pending.id))
  state.outside.tell('rejected', { error, pending })
  state.outside.tell('pending', undefined)
}

/** The server refused a change. Without the extension it does not say which: the oldest one that is on its way, and a look at the dataset. */
export function changeRefused(state: SessionState, changeset: ChangesetId | undefined, error: PlanwireError): void {
  const copy = currentCopy(state)
  const pending = copy?.replica.pending.find((candidate) => {
    const status = candidate.delivery?.status
    return changeset ? candidate.id === changeset : status === 'sent' || status === 'unconfirmed'
  })
  if (!copy || !pending) return
  rejected(state, copy, pending, error)
  if (!changeset) readBack(state)
}

/**
 * Something was lost on the way. Maybe the word on what was sent: with the extension it is sent again, which changes nothing
 * if the server has it; else it was stored before the dataset, or its echo is yet to come.
 */
function resync(state: SessionState, copy: ProjectCopy): void {
  for (const pending of copy.replica.pending) {
    if (pending.delivery?.status !== 'sent') continue
    pending.delivery = state.login?.extension
      ? { status: 'waiting', sentBefore: true }
      : { status: 'unconfirmed', sentAt: state.handedOver, reads: 0 }
  }
  readBack(state)
}

/** Flat dialect: the own changeset whose phantom ids an echo resolves. */
function pendingOfEcho(copy: ProjectCopy, revision: ServerRevision): Pending | undefined {
  const ids = resolvedIds(revision.changes)
  if (ids.size === 0) return undefined
  return copy.replica.pending.find((pending) => {
    for (const own of pending.operations.values()) {
      for (const operation of own.values()) if (operation.type === 'add' && ids.has(idKey(operation.id))) return true
    }
    return false
  })
}
