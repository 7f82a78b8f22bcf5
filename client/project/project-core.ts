/**
 * What is behind the project face: one session, and what the app sees of it. It gathers edits into changesets and undo
 * steps, keeps the stores' snapshots and the tree in step with the replica, and turns what the session tells into events.
 */

import { hasIndexedDb } from '../adapters/has-indexed-db.ts'
import { consoleLogger, systemClock, systemRandom } from '../adapters/system.ts'
import { browserWakeups } from '../adapters/wakeups.ts'
import { webSocketTransport } from '../adapters/web-socket-transport.ts'
import type { Changeset } from '../protocol/changeset.ts'
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type Epoch, type RecordId, sameId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { changesOf } from '../store/as-changes.ts'
import type { Operation } from '../store/operations.ts'
import { isPhantomId, phantomId } from '../store/phantom-ids.ts'
import { TaskTree } from '../store/task-tree.ts'
import { readBack } from '../sync/asking.ts'
import { currentCopy } from '../sync/copies.ts'
import { commit, draft, edit } from '../sync/drafts.ts'
import { Emitter } from '../sync/emitter.ts'
import { type Later, later, made } from '../sync/later.ts'
import { LiveSession, type OutboxStart, type SessionPorts } from '../sync/live-session.ts'
import { netChanges } from '../sync/net-changes.ts'
import { type Seen, singly, type ViewChange, visibleRecord, visibleRecords } from '../sync/replica.ts'
import { pendingCounts } from '../sync/session.ts'
import type { ProjectCopy, SessionEvent } from '../sync/session-types.ts'
import { SyncWaiters, type WaitOptions } from '../sync/sync-waiters.ts'
import type { HistoryState, StepKind, StepOptions } from '../sync/undo.ts'
import { batchOf, batchOfEntered, type ChangeOrigin } from './change-batch.ts'
import { LateHistory } from './late-history.ts'
import type { ClientSnapshot, ProjectClientOptions, ProjectEvents } from './project-options.ts'
import { type RecordStatus, RecordStatuses } from './record-status.ts'
import { RecordStore, type StoreEvent, type StoreHost } from './record-store.ts'
import { invalidRecords, issuesOf, type Schemas } from './validation.ts'

/** What is loaded beside a client that keeps its edits. */
export const keeping: Later<typeof import('./keeping.ts')> = later(() => import('./keeping.ts'))

/** The engine room of a {@link ProjectClient}. */
export class ProjectCore implements StoreHost {
  readonly session: LiveSession
  readonly events: Emitter<ProjectEvents>
  readonly storeEvents: StoreHost['storeEvents']
  readonly tree: TaskTree = new TaskTree(() => this.records('tasks'))
  readonly history: LateHistory
  /** Only with schemas: nothing is put together to be checked without. */
  readonly check?: (store: string, record: PlainRecord, call: string) => void
  readonly #ports: SessionPorts
  readonly #autoCommit: boolean
  readonly #stores = new Map<string, RecordStore<PlainRecord>>()
  /** View changes of the transaction that is running; undefined outside of one. */
  #collected: ViewChange[] | undefined
  /** The edits of this turn end with it. */
  #turnPlanned = false
  readonly #syncWaiters: SyncWaiters
  readonly #schemas: Schemas
  #toldHistory: HistoryState
  /** Epoch in which the history's ids were given. */
  #epoch: Epoch | undefined
  /** Whose history it is. */
  #user: string | undefined
  readonly #statuses: RecordStatuses
  #snapshot: ClientSnapshot | undefined

  constructor({
    wakeups = browserWakeups,
    transport = webSocketTransport(),
    clock = systemClock,
    random = systemRandom,
    logger = consoleLogger,
    clientId = `c-${random.id()}`,
    dialect = 'auto',
    extension = true,
    autoCommit = true,
    undoLimit = 100,
    schemas,
    ...options
  }: ProjectClientOptions = {}) {
    const { credentials, flatServer } = options
    this.#ports = { wakeups, transport, clock, random, logger, credentials, outbox: outboxOf(options) }
    this.#autoCommit = autoCommit
    this.#schemas = schemas ?? {}
    if (schemas) this.check = (store, record, call) => this.#check(store, record, call)
    this.#syncWaiters = new SyncWaiters(clock)
    this.history = new LateHistory(
      undoLimit,
      () => this.#tellHistory(),
      (error) => this.#report('error', error),
    )
    this.#toldHistory = this.history.state
    this.#statuses = new RecordStatuses(
      () => this.#copy,
      () => this.events.has('status'),
      (changes) => this.events.emit('status', changes),
    )
    this.events = new Emitter((error, event) => this.#listenerFailed(error, event))
    this.storeEvents = new Emitter((error, store) => this.#listenerFailed(error, `${store}.change`))
    this.session = new LiveSession(
      {
        clientId,
        serial: flatServer === 'serial',
        extension,
        dialect: dialect === 'auto' ? undefined : dialect,
      },
      this.#ports,
      { seen: (changes, own) => this.#seen(changes, own), event: (event) => this.#hear(event) },
    )
  }

  record(store: string, id: RecordId): PlainRecord | undefined {
    const copy = this.#copy
    return copy && visibleRecord(copy.replica, store, id)
  }

  records(store: string): readonly PlainRecord[] {
    const copy = this.#copy
    return copy ? visibleRecords(copy.replica, store) : []
  }

  children(parent: RecordId | null): readonly PlainRecord[] {
    return this.tree.children(parent)
  }

  newId(store: string): RecordId {
    return phantomId(store, this.#ports.random.id())
  }

  transact<R>(edits: () => R): R {
    return this.run(edits, 'edit', {})
  }

  status(store: string, id: RecordId): RecordStatus {
    return this.#statuses.of(store, id)
  }

  acknowledge(store: string, id: RecordId): void {
    this.#statuses.settle(store, id)
  }

  get #copy(): ProjectCopy | undefined {
    return currentCopy(this.session.state)
  }

  /** The store of a name, made when it is first asked for; `given` in its place, if it has a kind of its own. */
  store(name: string, given?: RecordStore<PlainRecord>): RecordStore<PlainRecord> {
    let store = this.#stores.get(name)
    if (!store) this.#stores.set(name, (store = given ?? new RecordStore<PlainRecord>(name, this)))
    return store
  }

  /** Ends the undo step and sends the edits made so far. */
  commit(): void {
    this.#closeStep('edit')
    this.session.step(commit)
  }

  /** Uncommitted edits in the documents' shape; null if there are none. */
  get changes(): Changeset | null {
    const pending = draft(this.session.state)
    return pending?.operations.size ? documentedShape(pending.operations) : null
  }

  whenSynced(options: WaitOptions): Promise<void> {
    if (this.#autoCommit) this.endTurn()
    const waiting = this.#syncWaiters.wait(options)
    this.#checkSynced()
    return waiting
  }

  /** The same object until something in it changes. */
  snapshot(): ClientSnapshot {
    const { connection, users } = this.session.state
    const fresh = { connection, users, ...pendingCounts(this.session.state), ...this.history.state }
    if (!this.#snapshot || !sameMembers(this.#snapshot, fresh)) this.#snapshot = fresh
    return this.#snapshot
  }

  close(): void {
    if (this.session.state.connection.state === 'closed') return
    this.endTurn()
    this.session.close()
    this.forget()
    this.events.clear()
    this.storeEvents.clear()
  }

  operate(
    store: string,
    operation: Operation,
    current: PlainRecord | undefined = this.record(store, operation.id),
  ): void {
    if (this.session.state.project !== undefined && this.session.state.connection.state !== 'closed') {
      this.history.record(store, operation, current)
      this.#statuses.settle(store, operation.id)
    }
    try {
      this.session.step(edit, store, operation)
    } catch (error) {
      // Refused before anything was done: a full outbox. That is always the first edit of a changeset.
      this.history.close('forgotten')
      throw error
    }
    if (this.#collected || this.#turnPlanned) return
    this.#turnPlanned = true
    queueMicrotask(() => this.endTurn())
  }

  /** What was edited outside of a transaction is one step, and one changeset with `autoCommit`. */
  endTurn(): void {
    if (!this.#turnPlanned) return
    this.#turnPlanned = false
    if (this.#autoCommit) this.commit()
    else this.#closeStep('edit')
  }

  run<R>(edits: () => R, as: StepKind, options: StepOptions): R {
    if (this.#collected) return edits()
    this.endTurn()
    const collected: ViewChange[] = []
    this.#collected = collected
    try {
      return edits()
    } finally {
      this.#collected = undefined
      this.#closeStep(as, options)
      const net = netChanges(collected)
      if (net.length) this.#tell('local', net)
      if (this.#autoCommit) this.commit()
    }
  }

  turnBack(direction: 'undo' | 'redo'): boolean {
    if (this.#collected) throw invalidArgument(`${direction}() cannot be part of a transaction`)
    this.endTurn()
    const step = this.history.next(direction, this)
    if (step) {
      const make = (): void => {
        for (const [store, operation] of step.edits) this.operate(store, operation)
      }
      this.run(make, direction, step)
    }
    this.#tellHistory()
    return step !== undefined
  }

  #closeStep(as: StepKind, options?: StepOptions): void {
    this.history.close(as, draft(this.session.state)?.id, this.#ports.clock.now(), options)
    this.#tellHistory()
  }

  #tellHistory(): void {
    const { state } = this.history
    if (sameMembers(state, this.#toldHistory)) return
    this.#toldHistory = state
    this.events.emit('history', state)
  }

  /** Nothing of what was known about records holds any more. */
  forget(): void {
    this.#epoch = undefined
    this.history.clear()
    this.#statuses.clear()
    this.#tellHistory()
  }

  #seen(changes: Seen, own: ChangesetId | undefined): void {
    this.history.seen(changes, own)
    if (changes instanceof Map) {
      for (const store of changes.keys()) this.#stores.get(store)?.invalidate()
      for (const task of changes.get('tasks') ?? []) this.tree.change(undefined, task)
      return
    }
    for (const { store, before, after, rekeyedFrom } of changes) {
      this.#stores.get(store)?.invalidate()
      if (store !== 'tasks') continue
      // A rekeyed task leaves the tree under its phantom id. Others that named that id as their parent change as well.
      this.tree.change(before && rekeyedFrom !== undefined ? { ...before, id: rekeyedFrom } : before, after)
    }
  }

  #hear(event: SessionEvent): void {
    switch (event[0]) {
      case 'view': {
        const { origin, changes } = event[1]
        if (origin !== 'local' && this.check) this.#checkArrived(singly(changes))
        if (origin === 'local' && this.#collected) this.#collected.push(...singly(changes))
        else this.#tell(origin, changes)
        this.#statuses.changed()
        return
      }
      case 'pending':
        this.#statuses.changed()
        this.events.emit('pending', pendingCounts(this.session.state))
        this.#checkSynced()
        return
      case 'connection':
        this.#checkUser()
        if (event[1].state === 'open' && this.#user === undefined && this.session.state.project !== undefined)
          this.#ports.logger('warn', "Nobody has logged in, so nothing is loaded: give credentials or wsSend('login')")
        this.events.emit(...event)
        this.#checkSynced()
        return
      case 'dataset':
        this.#checkEpoch(event[1].lost)
        this.events.emit('dataset', { project: event[1].project })
        this.#checkSynced()
        return
      case 'reset': {
        const { project } = event[1]
        if (project === undefined || sameId(project, this.session.state.project)) this.history.clear()
        this.#tellHistory()
        this.events.emit(...event)
        return
      }
      case 'refused':
      case 'error':
        this.#report(event[0], event[1])
        return
      case 'rejected': {
        const { error, pending } = event[1]
        const changes = documentedShape(pending.operations)
        this.history.rejected(pending.id)
        this.#tellHistory()
        for (const [store, own] of pending.operations)
          for (const { id } of own.values()) this.#statuses.judged(store, id, 'rejected')
        if (!this.events.has('rejected')) this.#ports.logger('warn', error.message, { code: error.code, changes })
        this.events.emit('rejected', { error, changes })
        return
      }
      case 'conflict': {
        const { store, id, ours, theirs } = event[1]
        this.#statuses.judged(store, id, 'conflict')
        this.events.emit('conflict', { store, id, ours: ours.type === 'remove' ? {} : ours.fields, theirs })
        return
      }
      default:
        // The app hears it as the session tells it.
        this.events.emit(...event)
    }
  }

  #tell(origin: ChangeOrigin, changes: Seen): void {
    const batch = changes instanceof Map ? batchOfEntered(origin, changes) : batchOf(origin, changes)
    for (const name in batch.stores) {
      const part = batch.stores[name]
      if (part && this.storeEvents.has(name))
        this.storeEvents.emit(name, { origin, ...part } satisfies StoreEvent<PlainRecord>)
    }
    this.events.emit('change', batch)
  }

  #check(store: string, record: PlainRecord, call: string): void {
    const issues = issuesOf(this.#schemas, store, record)
    if (issues.length) throw invalidRecords('invalid-argument', call, store, issues)
  }

  /** Records of others that do not fit their schema are kept: the server has them. */
  #checkArrived(changes: readonly ViewChange[]): void {
    for (const store of Object.keys(this.#schemas)) {
      const records = changes.flatMap((change) => (change.store === store && change.after ? change.after : []))
      try {
        const issues = records.flatMap((record) => issuesOf(this.#schemas, store, record))
        if (issues.length)
          this.#report('error', invalidRecords('invalid-record', `${store} that arrived do not fit`, store, issues))
      } catch (error) {
        this.#listenerFailed(error, `schema of ${store}`)
      }
    }
  }

  /** What somebody else did is not theirs to undo. */
  #checkUser(): void {
    const { user } = this.session.state
    if (user === this.#user) return
    if (this.#user !== undefined) this.forget()
    this.#user = user
  }

  /** A server that lost its history gives the ids that the steps know to other records. */
  #checkEpoch(lost: boolean): void {
    const epoch = this.#copy?.position?.epoch
    if (lost || (epoch !== undefined && this.#epoch !== undefined && epoch !== this.#epoch)) this.history.clear()
    this.#epoch = epoch ?? this.#epoch
    this.#tellHistory()
  }

  #report(name: 'refused' | 'error', error: PlanwireError): void {
    if (!this.events.has(name)) this.#ports.logger('warn', error.message, { code: error.code, ...error.details })
    this.events.emit(name, error)
  }

  #listenerFailed(cause: unknown, event: string): void {
    const message = `A listener of "${event}" threw: ${cause instanceof Error ? cause.message : String(cause)}`
    const error = new PlanwireError('handler-failed', message, 'fatal', { event }, { cause })
    this.#ports.logger('error', message, { cause })
    if (event !== 'error') this.events.emit('error', error)
  }

  #checkSynced(): void {
    if (this.#syncWaiters.size === 0) return
    if (this.session.state.connection.state === 'closed') {
      const error = new PlanwireError('closed', 'The client was closed before everything was stored', 'retry')
      this.#syncWaiters.failed(error)
      return
    }
    const { state } = this.session
    const { pending, unconfirmed } = pendingCounts(state)
    const copy = this.#copy
    if (!copy?.loaded || !copy.restored || pending > 0) return
    if (unconfirmed === 0) this.#syncWaiters.done()
    // Later tries are planned by the session, with growing pauses.
    else if (!state.reading && !state.readPlanned) this.session.step(readBack)
  }
}

function sameMembers<T extends object>(a: T, b: T): boolean {
  return (Object.keys(b) as (keyof T)[]).every((name) => Object.is(a[name], b[name]))
}

/** Operations as the documents show `project.changes`. */
function documentedShape(operations: Parameters<typeof changesOf>[0]): Changeset {
  const { stores, meta } = changesOf(operations, isPhantomId)
  return { tasks: {}, resources: {}, dependencies: {}, assignments: {}, ...stores, ...(meta ? { project: meta } : {}) }
}

function outboxOf({ outbox: given }: ProjectClientOptions): OutboxStart | undefined {
  if (given === false || (!given && !hasIndexedDb())) return undefined
  return (client, clock, listener) =>
    made(keeping, ({ Outbox, browserOutbox }) => new Outbox(client, { ...(given ?? browserOutbox()), clock }, listener))
}
