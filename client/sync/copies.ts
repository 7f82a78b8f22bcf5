/**
 * The projects that a session holds, by server, user and project: one is in sight, others are kept while they have
 * something pending. What one user did is never sent in the name of another, what was made for one server never to another.
 */
import { type ChangesetId, type ProjectId, sameId } from '../protocol/ids.ts'
import { netChanges } from './net-changes.ts'
import { createReplica, everything, type Pending, reject, restore, singly } from './replica.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'
import { show } from './show.ts'

/** The project in sight, if one was chosen. */
export function currentCopy(state: SessionState): ProjectCopy | undefined {
  return state.project === undefined ? undefined : copyOf(state, state.project)
}

/** The current user's copy of a project of the current server. */
export function copyOf({ copies, url, user }: SessionState, project: ProjectId): ProjectCopy | undefined {
  return copyFor(copies, url, user, project)
}

function copyFor(
  copies: ReadonlySet<ProjectCopy>,
  server: string | undefined,
  user: string | undefined,
  project: ProjectId,
): ProjectCopy | undefined {
  for (const copy of copies)
    if (copy.server === server && copy.user === user && sameId(copy.project, project)) return copy
  return undefined
}

/** The copies of the current user on the current server. */
export function ownCopies(state: SessionState): ProjectCopy[] {
  return [...state.copies].filter((copy) => copy.user === state.user && copy.server === state.url)
}

/** Brings another project, another user's view of it or that of another server into sight; tells what leaves and what enters it. */
export function switchCopy(
  state: SessionState,
  user: string | undefined,
  project: ProjectId | undefined,
  server: string | undefined = state.url,
): void {
  const before = currentCopy(state)
  if (before) deliveriesLost(before)
  // Edits that were made before there was a server are for the first there is; before anybody logged in, of the first who does.
  for (const copy of state.copies) {
    const nameless = copy.user === undefined && (copy.server ?? server) === server
    if (copy.server !== undefined && !nameless) continue
    // What the outbox keeps under this name was not read yet.
    if (copy.server !== server || (nameless && user !== undefined)) copy.restored = !state.hasOutbox
    copy.server ??= server
    if (nameless) copy.user = user
  }
  state.url = server
  state.user = user
  state.project = project
  if (before && before === currentCopy(state)) return
  if (before && isIdle(before)) state.copies.delete(before)
  if (project === undefined) return
  const copy = copyOf(state, project) ?? emptyCopy(state, project)
  state.copies.add(copy)
  const left = before ? singly(everything(before.replica)) : []
  const changes = netChanges([
    ...left.map(({ store, after }) => ({ store, before: after, after: undefined })),
    ...singly(everything(copy.replica)),
  ])
  if (changes.length) show(state, 'dataset', changes)
}

/** The connection is gone, or the project was left: what was sent will be sent again after it was read. */
export function deliveriesLost(copy: ProjectCopy): void {
  copy.loaded = false
  copy.resuming = false
  copy.removed.clear()
  for (const pending of copy.replica.pending) {
    const status = pending.delivery?.status
    if (status === 'sent' || status === 'unconfirmed') pending.delivery = { status: 'waiting', sentBefore: true }
  }
}

/** The copy for what the outbox gives back, also if it is not in sight any more. Of nobody: of whoever logged in since. */
export function copyToRestore(
  state: SessionState,
  { server, user = server === state.url ? state.user : undefined, project }: RestoredBox,
): ProjectCopy {
  return copyFor(state.copies, server, user, project) ?? { ...emptyCopy(state, project), server, user }
}

/** Changesets from the outbox join the copy, before those that were made since. Ones that are there already are passed over. */
export function takeRestored(state: SessionState, copy: ProjectCopy, entries: readonly Restored[]): void {
  const known = new Set<ChangesetId>([...copy.replica.pending.map(({ id }) => id), ...copy.ordered.keys()])
  const fresh = entries.filter(({ pending }) => !known.has(pending.id))
  for (const { pending, sent } of fresh) {
    const unread = sent && copy.loaded ? { unread: true as const } : {}
    pending.delivery = { status: 'waiting', sentBefore: sent, ...unread }
  }
  const changes = fresh.length
    ? restore(
        copy.replica,
        fresh.map(({ pending }) => pending),
      )
    : []
  if (fresh.length) state.copies.add(copy)
  if (copy === currentCopy(state)) show(state, 'remote', changes)
  state.outside.tell('pending', undefined)
}

/** Another tab has these changesets now: what they do comes back as its changes. */
export function handedOver(state: SessionState, ids: ReadonlySet<ChangesetId>): void {
  for (const copy of state.copies) {
    for (const { id } of [...copy.replica.pending]) {
      if (!ids.has(id)) continue
      const changes = reject(copy.replica, id)
      // In the order of the steps: the tree and the app's own indexes follow from one to the next.
      if (copy === currentCopy(state)) show(state, 'remote', changes)
    }
    for (const id of ids) copy.ordered.delete(id)
  }
  state.outside.tell('pending', undefined)
}

/** Where the outbox kept something; `user` is undefined for what was filed before somebody logged in. */
export interface RestoredBox {
  readonly server: string
  readonly user: string | undefined
  readonly project: ProjectId
}

/** A changeset as the outbox gives it back; `sent`: it may have reached the server. */
export interface Restored {
  readonly pending: Pending
  readonly sent: boolean
}

function isIdle(copy: ProjectCopy): boolean {
  return copy.replica.pending.length === 0 && copy.ordered.size === 0
}

function emptyCopy(state: SessionState, project: ProjectId): ProjectCopy {
  return {
    server: state.url,
    user: state.user,
    project,
    replica: createReplica(),
    position: undefined,
    serverRevision: undefined,
    ordered: new Map(),
    removed: new Set(),
    restored: !state.hasOutbox,
    loaded: false,
    resuming: false,
    lastCounter: 0,
  }
}
