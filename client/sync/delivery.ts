/**
 * How own changesets reach the server and how the client learns that they did. There are four kinds of server:
 *
 *     extension     the order of every changeset is told, with its id; `ack` tells when it is durable
 *     revisions     every changeset comes back with `client` and `localRevision`
 *     flat, adds    comes back to its author with `$PhantomId` and `id`
 *     flat, rest    no answer at all. `serial` server: a `projects` request right behind the change (the fence) is
 *                   answered after it. Any other: unconfirmed until a dataset shows it (read-back).
 */
import type { ProjectChanges } from '../protocol/changeset.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, idKey, isRecordId, parseChangesetId, type RecordId } from '../protocol/ids.ts'
import type { ClientRevision, DownstreamOf, LogPosition, ServerRevision } from '../protocol/messages.ts'
import type { Dataset, PlainRecord } from '../protocol/records.ts'
import { changesOf, META_STORE, type Operation } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { referencesOf, resolvedIds } from '../store/references.ts'
import { copyOf, currentCopy } from './copies.ts'
import { PING_ID } from './liveness.ts'
import { applyRemote, type Crossing, confirm, load, type Pending, reject, restore, settle } from './replica.ts'
import type { Delivery, Effect, ProjectCopy, SessionEvent, SessionState } from './session-types.ts'

/** Pause before the first read-back after a crossing, in milliseconds; it doubles with each try. */
const READ_BACK_MS = 200
/** After so many datasets that do not show a changeset, the server's value is taken. */
const READ_BACK_TRIES = 4

/** Removed records that are remembered on servers without the extension; of more, the oldest are forgotten. */
const REMOVED_KEPT = 10_000

/** Sends every waiting changeset that may go now, oldest first. */
export function flush(state: SessionState): Effect[] {
  const copy = currentCopy(state)
  const effects: Effect[] = []
  if (!copy?.loaded || !copy.restored || !state.login || state.connection.state !== 'open') return effects
  for (const pending of copy.replica.pending) {
    const delivery = copy.delivery.get(pending.id)
    if (delivery?.status === 'draft') break
    if (delivery?.status !== 'waiting') continue
    if (!state.login.extension && delivery.unread) break
    // A vendor server cannot resolve a phantom id of an earlier frame: wait for the echo that names the real one.
    if (!state.login.extension && refersToUnresolved(copy, pending)) break
    effects.push(...send(state, copy, pending))
  }
  return effects.length ? [...effects, emit({ type: 'pending' })] : effects
}

function send(state: SessionState, copy: ProjectCopy, pending: Pending): Effect[] {
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
  const delivery = copy.delivery.get(pending.id)
  const crossed = delivery?.status === 'waiting' && delivery.crossed === true
  const again =
    delivery?.status === 'waiting' && delivery.sentBefore && hasAdds(pending) ? { again: true as const } : {}
  state.handedOver += 1
  if (isOwnId(state, pending)) copy.lastCounter = Math.max(copy.lastCounter, counter)
  const fence = silent && state.serial ? { fence: fenceId(state.handedOver) } : {}
  copy.delivery.set(
    pending.id,
    silent && (crossed || !state.serial)
      ? { status: 'unconfirmed', sentAt: state.handedOver, reads: 0, ...fence }
      : { status: 'sent', ...fence, ...again },
  )
  const effects = sendChange(copy, revision)
  if (fence.fence !== undefined) {
    state.requests.push({ id: fence.fence, message: { type: 'projects' }, answeredBy: 'projects', sent: true })
    effects.push({ type: 'send', message: { type: 'projects' } })
  } else if (silent && crossed) effects.push(...readBackSoon(state))
  return effects
}

/** Fences are requests with ids below {@link PING_ID}: no promise of the app hangs on them. */
function fenceId(handedOver: number): number {
  return PING_ID - 1 - handedOver
}

/** A fence was answered: the serial server has handled the changeset before it. If others crossed it, only a dataset tells who won. */
export function fencePassed(state: SessionState, fence: number): Effect[] {
  const copy = currentCopy(state)
  const [id, delivery] =
    [...(copy?.delivery ?? [])].find(([, entry]) => 'fence' in entry && entry.fence === fence) ?? []
  const pending = copy?.replica.pending.find((candidate) => candidate.id === id)
  if (!copy || !pending) return []
  if (delivery?.status === 'unconfirmed') return readBack(state)
  copy.delivery.delete(pending.id)
  const changes = changesOf(pending.operations, isPhantomId)
  noteLives(copy, changes)
  return [...view('remote', confirm(copy.replica, pending.id, changes)), emit({ type: 'pending' })]
}

/**
 * The project was put back. What was sent and not answered by then is handled after the reset: its order or echo comes. Of
 * a silent one nobody knows whether it came before, not even its fence: a dataset will tell.
 */
export function resetCrossed(state: SessionState, copy: ProjectCopy): Effect[] {
  copy.removed.clear()
  let look = false
  for (const pending of copy.replica.pending) {
    const delivery = copy.delivery.get(pending.id)
    if (delivery?.status === 'unconfirmed') {
      look = true
      copy.delivery.set(pending.id, { ...delivery, asStored: true })
    } else if (delivery?.status === 'sent' && delivery.fence !== undefined) {
      const doubt = { status: 'unconfirmed', sentAt: state.handedOver, reads: 0, asStored: true } as const
      copy.delivery.set(pending.id, { ...delivery, ...doubt })
    }
  }
  return look ? readBackSoon(state) : []
}

/** Changes that the server sent: own ones are confirmed, others' applied, duplicates dropped, gaps answered by a resync. */
export function received(state: SessionState, message: DownstreamOf<'changed'>): Effect[] {
  const copy = message.project === undefined ? currentCopy(state) : copyOf(state, message.project)
  if (!copy?.loaded && !copy?.resuming) return []
  const effects: Effect[] = []
  let again = false
  for (const revision of message.revisions) {
    if (!revision.order) again = noteLives(copy, revision.changes) || again
    const verdict = judge(state, copy, revision)
    switch (verdict.type) {
      case 'duplicate':
        break
      case 'gap':
        return [...effects, ...resync(state, copy)]
      case 'own':
        again ||= !revision.order && isAgain(copy, verdict.pending)
        effects.push(...ordered(copy, verdict.pending, revision))
        break
      case 'contained':
        effects.push(...contained(copy, verdict.pending, revision))
        break
      case 'remote':
        effects.push(...remote(state, copy, revision))
        break
    }
  }
  return [...effects, ...(again ? readBackSoon(state) : []), ...flush(state)]
}

function isAgain(copy: ProjectCopy, pending: Pending): boolean {
  const delivery = copy.delivery.get(pending.id)
  return delivery?.status === 'sent' && delivery.again === true
}

/**
 * Remembers what was removed on this connection. True if a record is added that is there, or that was removed, or that refers
 * to something that is gone: an add that was sent again, of which servers without the extension make one thing or another.
 */
function noteLives({ removed, replica }: ProjectCopy, { stores }: ServerRevision['changes']): boolean {
  let again = false
  const fresh = new Set<string>()
  for (const store in stores)
    for (const { id } of stores[store]?.added ?? []) if (id !== undefined) fresh.add(`${store} ${idKey(id)}`)
  const isThere = ([store, id]: readonly [string, RecordId]): boolean =>
    replica.confirmed.get(store)?.has(idKey(id)) === true || fresh.has(`${store} ${idKey(id)}`)
  for (const store in stores) {
    for (const entry of stores[store]?.added ?? []) {
      const { id } = entry
      if (id === undefined) continue
      again ||= removed.delete(`${store} ${idKey(id)}`) || replica.confirmed.get(store)?.has(idKey(id)) === true
      again ||= !referencesOf(entry, store).every(isThere)
    }
    for (const { id } of stores[store]?.removed ?? []) removed.add(`${store} ${idKey(id)}`)
    for (const oldest of removed) {
      if (removed.size <= REMOVED_KEPT) break
      removed.delete(oldest)
    }
  }
  return again
}

/** Without what was removed on this connection: the vendor's server of 2022 shows some of it again. */
function withoutRemoved({ removed }: ProjectCopy, dataset: Dataset): Dataset {
  if (removed.size === 0) return dataset
  const stores = Object.entries(dataset.stores).map(([store, records]): [string, readonly PlainRecord[]] => [
    store,
    records.filter(({ id }) => !removed.has(`${store} ${idKey(id)}`)),
  ])
  return { ...dataset, stores: Object.fromEntries(stores) }
}

type Verdict =
  | { readonly type: 'own' | 'contained'; readonly pending: Pending }
  | { readonly type: 'remote' | 'duplicate' | 'gap' }

/** What a server revision is to this client. */
function judge(state: SessionState, copy: ProjectCopy, revision: ServerRevision): Verdict {
  const { order } = revision
  if (order) {
    const own = copy.replica.pending.find((pending) => pending.id === order.changeset)
    const at = copy.position
    if (!at || order.epoch !== at.epoch) return { type: 'gap' }
    if (order.revision <= at.revision) return own ? { type: 'contained', pending: own } : { type: 'duplicate' }
    if (order.revision > at.revision + 1) return { type: 'gap' }
    copy.position = { ...at, revision: order.revision, ...(order.run === undefined ? {} : { run: order.run }) }
    return own ? { type: 'own', pending: own } : { type: 'remote' }
  }
  const number = revision.revision === undefined ? undefined : Number(/\d+$/.exec(revision.revision)?.[0] ?? Number.NaN)
  const isOwn =
    revision.client !== undefined && revision.client === state.login?.client && revision.localRevision !== undefined
  const own = isOwn
    ? copy.replica.pending.find((pending) => localRevision(state, pending) === revision.localRevision)
    : pendingOfEcho(copy, revision)
  if (number !== undefined && Number.isFinite(number)) {
    const last = copy.serverRevision
    if (last !== undefined && number <= last && !own) return { type: 'duplicate' }
    if (last !== undefined && number > last + 1) return { type: 'gap' }
    copy.serverRevision = Math.max(number, last ?? number)
  }
  if (own) return { type: 'own', pending: own }
  // Own echo of a changeset that is no longer pending: it has been confirmed before.
  return { type: isOwn ? 'duplicate' : 'remote' }
}

function ordered(copy: ProjectCopy, pending: Pending, revision: ServerRevision): Effect[] {
  copy.delivery.delete(pending.id)
  if (revision.order) copy.ordered.set(pending.id, { pending, at: revision.order })
  // Only an echo of the documented, flat form may leave fields out.
  const echo = revision.order || revision.client !== undefined ? 'whole' : 'partial'
  const changes = confirm(copy.replica, pending.id, revision.changes, echo)
  addedAnew(copy, revision.changes)
  return [...view('remote', changes, pending.id), emit({ type: 'pending' })]
}

/** An own changeset that confirmed shows already: others may have seen it, but only its ack says that it is durable. */
function contained(copy: ProjectCopy, pending: Pending, revision: ServerRevision): Effect[] {
  copy.delivery.delete(pending.id)
  if (revision.order) copy.ordered.set(pending.id, { pending, at: revision.order })
  return [...view('remote', settle(copy.replica, pending.id, resolvedIds(revision.changes))), emit({ type: 'pending' })]
}

function remote(state: SessionState, copy: ProjectCopy, revision: ServerRevision): Effect[] {
  const { changes, crossings } = applyRemote(copy.replica, revision.changes)
  const effects = view('remote', changes)
  let look = false
  for (const crossing of crossings) {
    const delivery = copy.delivery.get(crossing.pending.id)
    if (crossing.kind === 'removed') effects.push(emit({ type: 'conflict', crossing }))
    if (delivery?.status === 'waiting' && crossing.kind === 'reference') {
      copy.delivery.set(crossing.pending.id, { ...delivery, crossed: true })
    }
    if (delivery?.status === 'unconfirmed') look = true
    // Crossed before the fence was answered: the order is unknowable, the dataset will tell.
    else if (delivery?.status === 'sent' && state.serial && !hasAdds(crossing.pending)) {
      copy.delivery.set(crossing.pending.id, { ...delivery, status: 'unconfirmed', sentAt: state.handedOver, reads: 0 })
    }
  }
  if (addedAnew(copy, revision.changes)) look = true
  return look ? [...effects, ...readBackSoon(state)] : effects
}

/**
 * A record comes into being under an id that an unconfirmed removal names: a server that lost its memory gives ids again.
 * Whether the removal met the old record or the new one, a dataset tells.
 */
function addedAnew(copy: ProjectCopy, { stores }: ProjectChanges): boolean {
  let found = false
  for (const store in stores) {
    for (const { id } of stores[store]?.added ?? []) {
      for (const pending of id === undefined ? [] : (copy.replica.touching.get(store)?.get(idKey(id)) ?? [])) {
        const delivery = copy.delivery.get(pending.id)
        const removes = id !== undefined && pending.operations.get(store)?.get(idKey(id))?.type === 'remove'
        if (!removes || delivery?.status !== 'unconfirmed') continue
        copy.delivery.set(pending.id, { ...delivery, asStored: true })
        found = true
      }
    }
  }
  return found
}

/** Every own changeset up to the position is durable. */
export function acknowledged(state: SessionState, message: DownstreamOf<'ack'>): Effect[] {
  const copy = copyOf(state, message.project)
  if (copy?.position?.epoch !== message.position.epoch) return []
  for (const [id, { at }] of copy.ordered) if (at.revision <= message.position.revision) copy.ordered.delete(id)
  return [emit({ type: 'pending' })]
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
): Effect[] {
  const { replica, delivery } = copy
  const edits = editsOfKnown(copy)
  const effects = view('dataset', load(replica, expected ? withoutRemoved(copy, message.dataset) : message.dataset))
  const newEpoch = copy.loaded && copy.position?.epoch !== message.position?.epoch
  if (copy.position?.epoch !== message.position?.epoch || message.lost) copy.lastCounter = 0
  copy.resuming = false
  if (!copy.loaded || newEpoch || message.lost)
    effects.push(...orderedAgain(state, copy, message.position, message.lost))
  copy.loaded = true
  copy.position = message.position
  copy.serverRevision = undefined
  for (const crossing of edits) {
    // What waits is rejected by the reset that follows.
    const told = !expected && !newEpoch && delivery.get(crossing.pending.id)?.status === 'waiting'
    const gone = !replica.confirmed.get(crossing.store)?.has(idKey(crossing.id))
    if (gone && !told) effects.push(emit({ type: 'conflict', crossing }))
  }
  const read = emit({ type: 'dataset', project: copy.project, ...(message.lost ? { lost: true } : {}) })
  if (!expected && !newEpoch) return [...effects, read]
  const judging = { advanced: false }
  for (const pending of [...replica.pending]) {
    const status = delivery.get(pending.id)
    if (status?.status === 'unconfirmed') effects.push(...readBackJudged(state, copy, pending, status, judging))
    else if (status?.status === 'sent' && newEpoch) delivery.set(pending.id, { status: 'waiting', sentBefore: true })
    else if (status?.status === 'waiting') {
      // What the dataset brought may hang on what is to be removed.
      delivery.set(pending.id, { status: 'waiting', sentBefore: status.sentBefore, crossed: true })
      if (status.sentBefore) effects.push(...storedAdds(copy, pending))
    }
  }
  const doubtful = [...delivery.values()].some((entry) => entry.status === 'unconfirmed' && entry.reads > 0)
  state.reads = doubtful ? state.reads + 1 : 0
  if (doubtful) effects.push(...readBackSoon(state))
  return [...effects, read, emit({ type: 'pending' }), ...flush(state)]
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
export function caughtUp(state: SessionState, message: DownstreamOf<'caughtUp'>): Effect[] {
  const copy = copyOf(state, message.project)
  readingAnswered(state)
  if (!copy?.resuming) return []
  const { epoch, revision, run } = message.position
  copy.resuming = false
  if (copy.position?.epoch !== epoch || copy.position.revision !== revision || copy.position.run !== run) {
    // Something was lost on the way: only the whole project helps.
    copy.position = undefined
    return readBack(state)
  }
  const effects = copy.loaded ? [] : orderedAgain(state, copy, message.position)
  copy.loaded = true
  return [...effects, emit({ type: 'dataset', project: copy.project }), emit({ type: 'pending' }), ...flush(state)]
}

/**
 * The server has forgotten this client, and with it whether it stored what was sent before: those changesets are given up
 * rather than made twice, and the project is read anew.
 */
export function clientExpired(state: SessionState): Effect[] {
  const copy = currentCopy(state)
  if (!copy) return []
  const text = 'The server no longer knows whether it stored this change; check it and make it again if it is missing'
  const unsure = copy.replica.pending.filter((pending) => {
    const delivery = copy.delivery.get(pending.id)
    return delivery?.status === 'sent' || (delivery?.status === 'waiting' && delivery.sentBefore)
  })
  state.reading = undefined
  copy.position = undefined
  copy.ordered.clear()
  copy.lastCounter = 0
  return [
    ...unsure.flatMap((pending) =>
      rejected(copy, pending, new PlanwireError('client-expired', text, 'drop-changeset')),
    ),
    ...readBack(state),
  ]
}

/**
 * What was ordered on an earlier connection and never acknowledged: if the server still has it, it is asked for the ack by
 * sending it once more (a replay changes nothing); if the server lost its tail, it is pending again. `gone`: the server lost
 * some of what was heard, and nobody knows how much: it is sent again in any case, and is a replay if the server has it.
 */
function orderedAgain(
  state: SessionState,
  copy: ProjectCopy,
  position: LogPosition | undefined,
  gone = false,
): Effect[] {
  const effects: Effect[] = []
  const lost: Pending[] = []
  for (const [id, { pending, at }] of copy.ordered) {
    // Without a position nothing is ever acknowledged: another server, which stored what it showed.
    if (!position) copy.ordered.delete(id)
    else if (!gone && at.epoch === position.epoch && at.revision <= position.revision) {
      effects.push(
        ...sendChange(copy, { changes: changesOf(pending.operations, isPhantomId), ...idempotencyKey(state, pending) }),
      )
    } else {
      copy.ordered.delete(id)
      copy.delivery.set(id, { status: 'waiting', sentBefore: true })
      lost.push(pending)
    }
  }
  return [...effects, ...(lost.length ? view('remote', restore(copy.replica, lost)) : [])]
}

function sendChange(copy: ProjectCopy, revision: ClientRevision): Effect[] {
  return [{ type: 'send', message: { type: 'change', project: copy.project, revisions: [revision] } }]
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
): Effect[] {
  if (state.reading?.earlier || delivery.sentAt > (state.reading?.at ?? state.handedOver)) return []
  // A dataset that came before the fence was answered may be older than the change.
  if (delivery.fence !== undefined && state.requests.some(({ id }) => id === delivery.fence)) return []
  const shown = [...pending.operations].every(([store, own]) =>
    [...own.values()].every((operation) => shows(copy, store, operation)),
  )
  const reads = judging.advanced ? 1 : delivery.reads + 1
  if (!shown && !state.serial && reads < READ_BACK_TRIES) {
    copy.delivery.set(pending.id, { ...delivery, reads })
    return []
  }
  judging.advanced ||= shown
  copy.delivery.delete(pending.id)
  // A removal cannot be lost to another edit, only to a reset: what it removed stays removed, whatever datasets show.
  const { stores } = changesOf(pending.operations, isPhantomId)
  if (delivery.asStored) return view('remote', settle(copy.replica, pending.id, new Map()))
  const removals = Object.entries(stores).flatMap(([store, part]) =>
    part?.removed ? [[store, { removed: part.removed }] as const] : [],
  )
  const changes = { stores: Object.fromEntries(removals) }
  noteLives(copy, changes)
  return view('remote', confirm(copy.replica, pending.id, changes))
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
function storedAdds(copy: ProjectCopy, pending: Pending): Effect[] {
  const ids = new Map<string, RecordId>()
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
  if (ids.size === 0) return []
  copy.delivery.delete(pending.id)
  return view('remote', settle(copy.replica, pending.id, ids))
}

/** Rolls an own changeset back and tells the app. */
export function rejected(copy: ProjectCopy, pending: Pending, error: PlanwireError): Effect[] {
  copy.delivery.delete(pending.id)
  return [
    ...view('remote', reject(copy.replica, pending.id)),
    emit({ type: 'rejected', error, pending }),
    emit({ type: 'pending' }),
  ]
}

/** The server refused a change. Without the extension it does not say which: the oldest one that is on its way, and a look at the dataset. */
export function changeRefused(state: SessionState, changeset: ChangesetId | undefined, error: PlanwireError): Effect[] {
  const copy = currentCopy(state)
  const pending = copy?.replica.pending.find((candidate) => {
    const status = copy.delivery.get(candidate.id)?.status
    return changeset ? candidate.id === changeset : status === 'sent' || status === 'unconfirmed'
  })
  if (!copy || !pending) return []
  return [...rejected(copy, pending, error), ...(changeset ? [] : readBack(state))]
}

/** Reads the current project on a new connection, or when the app asks for all of it (`whole`). */
export function readProject(state: SessionState, whole = false): Effect[] {
  const copy = currentCopy(state)
  if (!copy || !state.login) return []
  const earlier = state.reading ? state.reading.earlier + 1 : 0
  // A copy that was read on this connection takes what arrives meanwhile: as loaded, or, to be asked for acks again, as resuming.
  if (state.login.extension && !whole) copy.loaded = false
  state.reading = undefined
  return readBack(state, whole, earlier)
}

/** The oldest question for the project was answered. */
export function readingAnswered(state: SessionState): void {
  const { reading } = state
  state.reading = reading && reading.earlier > 0 ? { ...reading, earlier: reading.earlier - 1 } : undefined
}

/** Reads what is missing since the copy's position where the server can tell, else the whole dataset. */
export function readBack(state: SessionState, whole = false, earlier = 0): Effect[] {
  const copy = currentCopy(state)
  if (!copy || state.reading || !state.login) return []
  state.reading = { at: state.handedOver, earlier }
  copy.resuming = state.login.extension && copy.position !== undefined && !whole
  const resume =
    copy.resuming && copy.position ? { resume: { ...copy.position, counter: copy.lastCounter } } : undefined
  return [{ type: 'send', message: { type: 'dataset', project: copy.project, ...resume } }]
}

/** Plans a look at the dataset, unless one is planned; the pauses grow while looking does not help. */
/** Reads the project again after a pause that grows. */
export function readBackSoon(state: SessionState): Effect[] {
  if (state.readPlanned) return []
  state.readPlanned = true
  return [{ type: 'timer', name: 'read', delayMs: READ_BACK_MS * 2 ** Math.min(state.reads, 4) }]
}

/**
 * Something was lost on the way. Maybe the word on what was sent: with the extension it is sent again, which changes nothing
 * if the server has it; else it was stored before the dataset, or its echo is yet to come.
 */
function resync(state: SessionState, copy: ProjectCopy): Effect[] {
  for (const [id, { status }] of copy.delivery) {
    if (status !== 'sent') continue
    copy.delivery.set(
      id,
      state.login?.extension
        ? { status: 'waiting', sentBefore: true }
        : { status: 'unconfirmed', sentAt: state.handedOver, reads: 0 },
    )
  }
  return readBack(state)
}

function refersToUnresolved(copy: ProjectCopy, pending: Pending): boolean {
  for (const own of pending.operations.values()) {
    for (const operation of own.values()) {
      if (operation.type !== 'add' && isPhantomId(operation.id)) return true
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

function hasAdds(pending: Pending): boolean {
  for (const own of pending.operations.values())
    for (const operation of own.values()) if (operation.type === 'add') return true
  return false
}

/** Own changesets by their counter; an adopted one must not be taken for an own one of the same counter. */
function localRevision(state: SessionState, pending: Pending): string {
  return `local-${isOwnId(state, pending) ? counterOf(pending) : pending.id}`
}

/** An event, if anything changed in what the app sees. */
export function view(
  origin: 'local' | 'remote' | 'dataset',
  changes: Extract<SessionEvent, { type: 'view' }>['changes'],
  own?: ChangesetId,
): Effect[] {
  if (changes.length === 0 && origin !== 'dataset') return []
  return [emit({ type: 'view', origin, changes, ...(own === undefined ? {} : { own }) })]
}

/** Wraps an event as an effect. */
export function emit(event: SessionEvent): Effect {
  return { type: 'emit', event }
}
