/**
 * How own changesets reach the server. `arrivals.ts` and `datasets.ts` learn there that they did. There are four kinds of server:
 *
 *     extension     the order of every changeset is told, with its id; `ack` tells when it is durable
 *     revisions     every changeset comes back with `client` and `localRevision`
 *     flat, adds    comes back to its author with `$PhantomId` and `id`
 *     flat, rest    no answer at all. `serial` server: a `projects` request right behind the change (the fence) is
 *                   answered after it. Any other: unconfirmed until a dataset shows it (read-back).
 */
import { type ChangesetId, parseChangesetId } from '../protocol/ids.ts'
import type { ClientRevision, LogPosition } from '../protocol/messages.ts'
import { changesOf } from '../store/as-changes.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { readBackSoon } from './asking.ts'
import { currentCopy } from './copies.ts'
import { type Pending, restore } from './replica.ts'
import { askBehind } from './requests.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'
import { show } from './show.ts'

/** Sends every waiting changeset that may go now, oldest first. */
export function flush(state: SessionState): void {
  const copy = currentCopy(state)
  if (!copy?.loaded || !copy.restored || !state.login || state.connection.state !== 'open') return
  let sent = false
  for (const pending of copy.replica.pending) {
    const { delivery } = pending
    if (delivery?.status === 'draft') break
    if (delivery?.status !== 'waiting') continue
    if (!state.login.extension && delivery.unread) break
    // A vendor server cannot resolve a phantom id of an earlier frame: wait for the echo that names the real one.
    if (!state.login.extension && refersToUnresolved(copy, pending)) break
    send(state, copy, pending)
    sent = true
  }
  if (sent) state.outside.tell('pending', undefined)
}

function send(state: SessionState, copy: ProjectCopy, pending: Pending): void {
  const changes = changesOf(pending.operations, isPhantomId)
  const counter = counterOf(pending)
  const revision: ClientRevision = state.login?.extension
    ? { changes, ...idempotencyKey(state, pending) }
    : {
        changes,
        localRevision: localRevision(state, pending),
        ...(state.login?.client === undefined ? {} : { client: state.login.client }),
      }
  const silent = !state.login?.extension && state.dialect === 'bryntum-flat' && !hasAdds(pending)
  const { delivery } = pending
  const crossed = delivery?.status === 'waiting' && delivery.crossed === true
  const again =
    delivery?.status === 'waiting' && delivery.sentBefore && hasAdds(pending) ? { again: true as const } : {}
  state.handedOver += 1
  if (isOwnId(state, pending)) copy.lastCounter = Math.max(copy.lastCounter, counter)
  sendChange(state, copy, revision)
  const fence = silent && state.serial ? { fence: askBehind(state) } : {}
  pending.delivery =
    silent && (crossed || !state.serial)
      ? { status: 'unconfirmed', sentAt: state.handedOver, reads: 0, ...fence }
      : { status: 'sent', ...fence, ...again }
  if (silent && crossed && !state.serial) readBackSoon(state)
}

/**
 * What was ordered on an earlier connection and never acknowledged: if the server still has it, it is asked for the ack by
 * sending it once more (a replay changes nothing); if the server lost its tail, it is pending again. `gone`: the server lost
 * some of what was heard, and nobody knows how much: it is sent again in any case, and is a replay if the server has it.
 */
export function orderedAgain(
  state: SessionState,
  copy: ProjectCopy,
  position: LogPosition | undefined,
  gone = false,
): void {
  const lost: Pending[] = []
  for (const [id, { pending, at }] of copy.ordered) {
    // Without a position nothing is ever acknowledged: another server, which stored what it showed.
    if (!position) copy.ordered.delete(id)
    else if (!gone && at.epoch === position.epoch && at.revision <= position.revision) {
      const changes = changesOf(pending.operations, isPhantomId)
      sendChange(state, copy, { changes, ...idempotencyKey(state, pending) })
    } else {
      copy.ordered.delete(id)
      pending.delivery = { status: 'waiting', sentBefore: true }
      lost.push(pending)
    }
  }
  if (lost.length) show(state, 'remote', restore(copy.replica, lost))
}

function sendChange(state: SessionState, { project }: ProjectCopy, revision: ClientRevision): void {
  state.outside.send({ type: 'change', project, revisions: [revision] })
}

/** Own changesets are keyed by their counter, adopted ones by the whole id that their first client gave them. */
function idempotencyKey(
  state: SessionState,
  pending: Pending,
): { readonly counter: number } | { readonly changeset: ChangesetId } {
  return isOwnId(state, pending) ? { counter: counterOf(pending) } : { changeset: pending.id }
}

function isOwnId(state: SessionState, pending: Pending): boolean {
  return parseChangesetId(pending.id)?.client === state.clientId
}

function counterOf(pending: Pending): number {
  return parseChangesetId(pending.id)?.counter ?? 0
}

function refersToUnresolved(copy: ProjectCopy, pending: Pending): boolean {
  for (const own of pending.operations.values()) {
    for (const operation of own.values()) {
      // What no earlier changeset adds any more was stored and removed meanwhile: nobody will ever name it.
      if (operation.type !== 'add' && isPhantomId(operation.id) && addedBefore(copy, pending, operation.id)) return true
      if (operation.type === 'remove') continue
      for (const value of Object.values(operation.fields)) {
        if (isPhantomId(value) && addedBefore(copy, pending, value)) return true
      }
    }
  }
  return false
}

function addedBefore(copy: ProjectCopy, pending: Pending, phantom: string): boolean {
  for (const earlier of copy.replica.pending) {
    if (earlier === pending) return false
    for (const own of earlier.operations.values()) if (own.get(phantom)?.type === 'add') return true
  }
  return false
}

export function hasAdds(pending: Pending): boolean {
  for (const own of pending.operations.values())
    for (const operation of own.values()) if (operation.type === 'add') return true
  return false
}

/** Own changesets by their counter; an adopted one must not be taken for an own one of the same counter. */
export function localRevision(state: SessionState, pending: Pending): string {
  return `local-${isOwnId(state, pending) ? counterOf(pending) : pending.id}`
}
