/**
 * Owns what a dataset, a catch-up or a fence says of the own changesets that are on their way: stored, lost, or still in doubt.
 */
import { PlanwireError } from '../protocol/errors.ts'
import { idKey, isRecordId, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { DownstreamOf } from '../protocol/messages.ts'
import { changesOf } from '../store/as-changes.ts'
import { META_STORE, type Operation } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { rejected } from './arrivals.ts'
import { readBack, readBackSoon, readingAnswered } from './asking.ts'
import { copyOf, currentCopy } from './copies.ts'
import { flush, orderedAgain } from './delivery.ts'
import { noteLives, withoutRemoved } from './lives.ts'
import { type Crossing, confirm, load, type Pending, settle } from './replica.ts'
import type { Delivery, ProjectCopy, Request, SessionState } from './session-types.ts'
import { show } from './show.ts'

/** After so many datasets that do not show a changeset, the server's value is taken. */
const READ_BACK_TRIES = 4

/** A fence was answered: the serial server has handled the changeset before it. If others crossed it, only a dataset tells who won. */
export function fencePassed(state: SessionState, fence: Request): void {
  const copy = currentCopy(state)
  const pending = copy?.replica.pending.find(({ delivery: d }) => d && 'fence' in d && d.fence === fence)
  if (!copy || !pending) return
  if (pending.delivery?.status === 'unconfirmed') readBack(state)
  else {
    const changes = changesOf(pending.operations, isPhantomId)
    noteLives(copy, changes)
    show(state, 'remote', confirm(copy.replica, pending.id, changes))
    state.outside.tell('pending', undefined)
  }
  flush(state)
}

/**
 * The project was put back. What was sent and not answered by then is handled after the reset: its order or echo comes. Of
 * a silent one nobody knows whether it came before, not even its fence: a dataset will tell.
 */
export function resetCrossed(state: SessionState, copy: ProjectCopy): void {
  copy.removed.clear()
  let look = false
  for (const pending of copy.replica.pending) {
    const { delivery } = pending
    if (delivery?.status === 'unconfirmed') {
      look = true
      pending.delivery = { ...delivery, asStored: true }
    } else if (delivery?.status === 'sent' && delivery.fence !== undefined) {
      const doubt = { status: 'unconfirmed', sentAt: state.handedOver, reads: 0, asStored: true } as const
      pending.delivery = { ...delivery, ...doubt }
    }
  }
  if (look) readBackSoon(state)
}

/**
 * A dataset arrived. `expected`: it was asked for. One that was not is the first half of a reset (`resetBy` follows): what
 * is pending is left alone until then, since the server will reject it. Under a new epoch it means that the server lost
 * history: what is pending is sent again.
 */
export function datasetArrived(
  state: SessionState,
  copy: ProjectCopy,
  message: DownstreamOf<'dataset'>,
  expected: boolean,
): void {
  const { replica } = copy
  const { tell } = state.outside
  const edits = editsOfKnown(copy)
  show(state, 'dataset', load(replica, expected ? withoutRemoved(copy, message.dataset) : message.dataset))
  const newEpoch = copy.loaded && copy.position?.epoch !== message.position?.epoch
  if (copy.position?.epoch !== message.position?.epoch || message.lost) copy.lastCounter = 0
  copy.resuming = false
  if (!copy.loaded || newEpoch || message.lost) orderedAgain(state, copy, message.position, message.lost)
  copy.loaded = true
  copy.position = message.position
  copy.serverRevision = undefined
  for (const crossing of edits) {
    // What waits is rejected by the reset that follows.
    const told = !expected && !newEpoch && crossing.pending.delivery?.status === 'waiting'
    const gone = !replica.confirmed.get(crossing.store)?.has(idKey(crossing.id))
    if (gone && !told) tell('conflict', crossing)
  }
  const judging = { advanced: false }
  for (const pending of expected || newEpoch ? [...replica.pending] : []) {
    const { delivery } = pending
    if (delivery?.status === 'unconfirmed') readBackJudged(state, copy, pending, delivery, judging)
    else if (delivery?.status === 'sent' && newEpoch) pending.delivery = { status: 'waiting', sentBefore: true }
    else if (delivery?.status === 'waiting') {
      // What the dataset brought may hang on what is to be removed.
      pending.delivery = { status: 'waiting', sentBefore: delivery.sentBefore, crossed: true }
      if (delivery.sentBefore) storedAdds(state, copy, pending)
    }
  }
  tell('dataset', { project: copy.project, lost: message.lost === true })
  if (!expected && !newEpoch) return
  const doubtful = replica.pending.some(({ delivery: d }) => d?.status === 'unconfirmed' && d.reads > 0)
  state.reads = doubtful ? state.reads + 1 : 0
  if (doubtful) readBackSoon(state)
  tell('pending', undefined)
  flush(state)
}

/** Pending edits of records that are there, in the words for those that a dataset will no longer have. */
function editsOfKnown({ replica }: ProjectCopy): Crossing[] {
  const edits: Crossing[] = []
  for (const [store, keys] of replica.touching) {
    if (store === META_STORE) continue
    for (const [key, list] of keys) {
      if (!replica.confirmed.get(store)?.has(key)) continue
      for (const pending of list) {
        const ours = pending.operations.get(store)?.get(key)
        if (ours?.type === 'update')
          edits.push({ pending, store, id: ours.id, kind: 'removed', theirs: undefined, ours })
      }
    }
  }
  return edits
}

/** Every change that was missing has arrived: the copy stands where the server does. */
export function caughtUp(state: SessionState, message: DownstreamOf<'caughtUp'>): void {
  const copy = copyOf(state, message.project)
  readingAnswered(state)
  if (!copy?.resuming) return
  const { epoch, revision, run } = message.position
  copy.resuming = false
  if (copy.position?.epoch !== epoch || copy.position.revision !== revision || copy.position.run !== run) {
    // Something was lost on the way: only the whole project helps.
    copy.position = undefined
    readBack(state)
    return
  }
  if (!copy.loaded) orderedAgain(state, copy, message.position)
  copy.loaded = true
  state.outside.tell('dataset', { project: copy.project, lost: false })
  state.outside.tell('pending', undefined)
  flush(state)
}

/**
 * The server has forgotten this client, and with it whether it stored what was sent before: those changesets are given up
 * rather than made twice, and the project is read anew.
 */
export function clientExpired(state: SessionState): void {
  const copy = currentCopy(state)
  if (!copy) return
  const text = 'The server no longer knows whether it stored this change; check it and make it again if it is missing'
  const unsure = copy.replica.pending.filter(
    ({ delivery: d }) => d?.status === 'sent' || (d?.status === 'waiting' && d.sentBefore),
  )
  state.reading = undefined
  copy.position = undefined
  copy.ordered.clear()
  copy.lastCounter = 0
  for (const pending of unsure)
    rejected(state, copy, pending, new PlanwireError('client-expired', text, 'drop-changeset'))
  readBack(state)
}

/**
 * Compares an unconfirmed changeset with the dataset that was asked for after it had been sent. `judging.advanced`: this dataset
 * is the first to show an earlier one, so the server has just come this far, and the tries of the later ones begin anew.
 */
function readBackJudged(
  state: SessionState,
  copy: ProjectCopy,
  pending: Pending,
  delivery: Extract<Delivery, { status: 'unconfirmed' }>,
  judging: { advanced: boolean },
): void {
  if (state.reading?.earlier || delivery.sentAt > (state.reading?.at ?? state.handedOver)) return
  // A dataset that came before the fence was answered may be older than the change.
  if (delivery.fence && state.requests.includes(delivery.fence)) return
  const shown = [...pending.operations].every(([store, own]) =>
    [...own.values()].every((operation) => shows(copy, store, operation)),
  )
  const reads = judging.advanced ? 1 : delivery.reads + 1
  if (!shown && !state.serial && reads < READ_BACK_TRIES) {
    pending.delivery = { ...delivery, reads }
    return
  }
  judging.advanced ||= shown
  if (delivery.asStored) {
    show(state, 'remote', settle(copy.replica, pending.id, new Map()))
    return
  }
  // A removal cannot be lost to another edit, only to a reset: what it removed stays removed, whatever datasets show.
  const { stores } = changesOf(pending.operations, isPhantomId)
  const removals = Object.entries(stores).flatMap(([store, part]) =>
    part?.removed ? [[store, { removed: part.removed }] as const] : [],
  )
  const changes = { stores: Object.fromEntries(removals) }
  noteLives(copy, changes)
  show(state, 'remote', confirm(copy.replica, pending.id, changes))
}

/** True if the confirmed records show the operation's effect, or can never show it (an edit of a record that is gone). */
function shows(copy: ProjectCopy, store: string, operation: Operation): boolean {
  const record = copy.replica.confirmed.get(store)?.get(idKey(operation.id))
  if (operation.type === 'remove') return !record
  if (!record) return operation.type === 'update'
  return Object.entries(operation.fields).every(
    ([field, value]) => JSON.stringify(record[field]) === JSON.stringify(value),
  )
}

/**
 * Before adds are sent again: a server without idempotency may have stored them. If the dataset holds records with
 * their phantom ids, the changeset arrived.
 */
function storedAdds(state: SessionState, copy: ProjectCopy, pending: Pending): void {
  const ids = new Map<RecordKey, RecordId>()
  for (const [store, own] of pending.operations) {
    const wanted = new Set(
      [...own.values()].filter((operation) => operation.type === 'add').map((operation) => idKey(operation.id)),
    )
    if (wanted.size === 0) continue
    for (const record of copy.replica.confirmed.get(store)?.values() ?? []) {
      const phantom = record['$PhantomId']
      if (isRecordId(phantom) && wanted.has(idKey(phantom))) ids.set(idKey(phantom), record.id)
    }
  }
  if (ids.size === 0) return
  show(state, 'remote', settle(copy.replica, pending.id, ids))
}
