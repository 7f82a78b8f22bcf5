/**
 * The project face: a client of the project socket as the vendor's document describes it (`wsAddress`, `wsSend`,
 * `wsProjectId`, `changes`), over the sync session. Source: "Sync multiple clients in real-time with WebSockets".
 */

import { browserOutbox } from '../adapters/client-locks.ts'
import { consoleLogger, systemClock, systemRandom } from '../adapters/system.ts'
import { browserWakeups } from '../adapters/wakeups.ts'
import { webSocketTransport } from '../adapters/web-socket-transport.ts'
import type { Cancel } from '../ports/ports.ts'
import type { Changeset } from '../protocol/changeset.ts'
import { assertNever, PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type Epoch, type ProjectId, sameId } from '../protocol/ids.ts'
import type { Downstream, ProjectDialectName } from '../protocol/messages.ts'
import type { Fields, PlainRecord, ProjectRecords } from '../protocol/records.ts'
import { changesOf, META_ID, META_STORE, type Operation } from '../store/operations.ts'
import { isPhantomId, phantomId } from '../store/phantom-ids.ts'
import { TaskTree } from '../store/task-tree.ts'
import type { ConnectionState } from '../sync/connection.ts'
import { currentCopy } from '../sync/copies.ts'
import { draft } from '../sync/drafts.ts'
import { Emitter } from '../sync/emitter.ts'
import { LiveSession, type SessionPorts } from '../sync/live-session.ts'
import type { Peer } from '../sync/presence.ts'
import { type ViewChange, visibleRecord, visibleRecords } from '../sync/replica.ts'
import { pendingCounts } from '../sync/session.ts'
import type { SessionEvent } from '../sync/session-types.ts'
import { type HistoryState, type StepKind, type StepOptions, UndoHistory } from '../sync/undo.ts'
import { batchOf, type ChangeOrigin } from './change-batch.ts'
import { type Commands, messageOf, type SendOptions } from './commands.ts'
import type {
  ClientSnapshot,
  ProjectClientOptions,
  ProjectEvents,
  ProjectSchema,
  RecordIn,
  TransactOptions,
} from './project-options.ts'
import { RecordStatuses } from './record-status.ts'
import { RecordStore, type StoreEvent, type StoreHost } from './record-store.ts'
import { SyncWaiters, type WaitOptions } from './sync-waiters.ts'
import { TaskStore } from './task-store.ts'
import { invalidRecords, issuesOf, type Schemas } from './validation.ts'

export type { ProjectClientOptions, ProjectEvents } from './project-options.ts'

/**
 * A live project.
 * @example
 * const project = new ProjectClient({ wsAddress: 'ws://localhost:8080' })
 * project.wsSend('login', { login: 'user' })
 * project.wsProjectId = 1
 * project.on('change', ({ stores }) => redraw(stores))
 */
export class ProjectClient<Schema extends ProjectSchema = ProjectRecords> {
  readonly tasks: TaskStore<RecordIn<Schema, 'tasks'>>
  readonly resources: RecordStore<RecordIn<Schema, 'resources'>>
  readonly dependencies: RecordStore<RecordIn<Schema, 'dependencies'>>
  readonly assignments: RecordStore<RecordIn<Schema, 'assignments'>>
  readonly calendars: RecordStore<RecordIn<Schema, 'calendars'>>
  readonly versions: RecordStore<RecordIn<Schema, 'versions'>>
  readonly changelogs: RecordStore<RecordIn<Schema, 'changelogs'>>

  readonly #session: LiveSession
  readonly #ports: SessionPorts
  readonly #autoCommit: boolean
  readonly #stores = new Map<string, RecordStore<PlainRecord>>()
  readonly #tree = new TaskTree()
  readonly #events: Emitter<ProjectEvents>
  readonly #host: StoreHost
  /** View changes of the transaction that is running; undefined outside of one. */
  #collected: ViewChange[] | undefined
  /** The edits of this turn end with it. */
  #turnPlanned = false
  readonly #syncWaiters: SyncWaiters
  readonly #schemas: Schemas
  readonly #history: UndoHistory
  #toldHistory: HistoryState
  /** Epoch in which the history's ids were given. */
  #epoch: Epoch | undefined
  readonly #statuses: RecordStatuses
  #snapshot: ClientSnapshot | undefined

  constructor(options: ProjectClientOptions = {}) {
    const { credentials } = options
    this.#ports = {
      ...(typeof credentials === 'function' ? { credentials } : {}),
      wakeups: options.wakeups ?? browserWakeups,
      outbox: options.outbox === undefined ? browserOutbox() : options.outbox || undefined,
      transport: options.transport ?? webSocketTransport(),
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      logger: options.logger ?? consoleLogger,
    }
    this.#autoCommit = options.autoCommit ?? true
    this.#schemas = options.schemas ?? {}
    this.#syncWaiters = new SyncWaiters(this.#ports.clock)
    this.#history = new UndoHistory(options.undoLimit ?? 100)
    this.#toldHistory = this.#history.state
    this.#statuses = new RecordStatuses(
      () => currentCopy(this.#session.state),
      () => this.#events.has('status'),
      (changes) => this.#events.emit('status', changes),
    )
    this.#events = new Emitter((error, event) => this.#listenerFailed(error, event))
    this.#session = new LiveSession(
      {
        clientId: options.clientId ?? `c-${this.#ports.random.id()}`,
        serial: options.flatServer === 'serial',
        extension: options.extension ?? true,
        ...(options.dialect && options.dialect !== 'auto' ? { dialect: options.dialect } : {}),
        ...(typeof credentials === 'function' ? { provided: true } : credentials ? { credentials } : {}),
      },
      this.#ports,
      { seen: (changes, own) => this.#seen(changes, own), event: (event) => this.#hear(event) },
    )
    this.#host = {
      record: (store, id) => {
        const copy = currentCopy(this.#session.state)
        return copy && visibleRecord(copy.replica, store, id)
      },
      records: (store) => {
        const copy = currentCopy(this.#session.state)
        return copy ? visibleRecords(copy.replica, store) : []
      },
      operate: (store, operation) => this.#operate(store, operation),
      newId: (store) => phantomId(store, this.#ports.random.id()),
      transact: (edits) => this.transact(edits),
      check: (store, record, call) => {
        const issues = issuesOf(this.#schemas, store, record)
        if (issues.length) throw invalidRecords('invalid-argument', call, store, issues)
      },
      status: (store, id) => this.#statuses.of(store, id),
      acknowledge: (store, id) => this.#statuses.settle(store, id),
      storeEvents: new Emitter((error, store) => this.#listenerFailed(error, `${store}.change`)),
    }
    this.tasks = new TaskStore(this.#host, this.#tree)
    // Kept without its record type, which is the app's promise about its own data.
    this.#stores.set('tasks', this.tasks as unknown as RecordStore<PlainRecord>)
    this.resources = this.store('resources')
    this.dependencies = this.store('dependencies')
    this.assignments = this.store('assignments')
    this.calendars = this.store('calendars')
    this.versions = this.store('versions')
    this.changelogs = this.store('changelogs')
    if (options.wsProjectId !== undefined) this.wsProjectId = options.wsProjectId
    if (options.wsAddress !== undefined) this.wsAddress = options.wsAddress
  }

  /** Address of the server. Setting it connects; setting another one moves there. */
  get wsAddress(): string | undefined {
    return this.#session.state.url
  }

  set wsAddress(url: string) {
    this.#session.dispatch({ type: 'connect', url })
  }

  /** The project to work on. Setting it loads it, after the login; edits of the former one that are not stored yet wait for its return. */
  get wsProjectId(): ProjectId | undefined {
    return this.#session.state.project
  }

  set wsProjectId(project: ProjectId) {
    this.#endTurn()
    if (!sameId(this.wsProjectId, project)) this.#forget()
    this.#session.dispatch({ type: 'project', project })
  }

  /**
   * Sends a command: at once, or as soon as there is a connection and a login. Settles with the answer, or at handover
   * where the protocol has none. A refusal rejects with a {@link PlanwireError} and is the event `refused` as well, so
   * that nothing needs to be awaited. `signal` ends the wait, with its reason; a command that has not left is withdrawn.
   */
  wsSend<C extends keyof Commands>(
    command: C,
    data?: Commands[C]['data'],
    options?: SendOptions,
  ): Promise<Commands[C]['answer']>
  wsSend(command: string, data?: Fields, options?: SendOptions): Promise<undefined>
  wsSend(command: string, data: Fields = {}, { signal }: SendOptions = {}): Promise<Downstream | undefined> {
    const { pendingCount } = this
    if (command === 'logout' && pendingCount > 0 && data['force'] !== true) return leavingWith(pendingCount)
    return this.#session.request(messageOf(command, data, this.wsProjectId), signal)
  }

  /** A store of any name: the app's own collections travel in changesets like the built-in ones. */
  store<Store extends keyof ProjectRecords>(name: Store): RecordStore<RecordIn<Schema, Store>>
  store<T extends PlainRecord>(name: string): RecordStore<T>
  store(name: string): RecordStore<PlainRecord> {
    let store = this.#stores.get(name)
    if (!store) this.#stores.set(name, (store = new RecordStore<PlainRecord>(name, this.#host)))
    return store
  }

  /** The project's own fields (`projectMeta`): start date, calendar, hours per day. */
  get meta(): Fields {
    const { id: _, ...fields } = this.#host.record(META_STORE, META_ID) ?? { id: META_ID }
    return fields
  }

  /** Changes some of the project's own fields. */
  updateMeta(fields: Fields): void {
    this.#operate(META_STORE, { type: 'update', id: META_ID, fields })
  }

  /**
   * What has not been sent since the last dataset or change, in the documents' shape (untouched stores are `{}`); null if nothing.
   * With `autoCommit` that is only what was edited in this turn of the event loop.
   */
  get changes(): Changeset | null {
    const pending = draft(this.#session.state)
    return pending?.operations.size ? documentedShape(pending.operations) : null
  }

  /** Runs edits as one changeset: they are sent, stored, refused, undone and told to others together. If `edits` throws, what it did until then stays and is sent. */
  transact<R>(edits: () => R, options: TransactOptions = {}): R {
    return this.#run(edits, options.undoable === false ? 'forgotten' : 'edit', options)
  }

  /**
   * Takes back the newest transaction of this client of which others have left something: what is still as it set it, on
   * today's records, as an ordinary changeset. False if there is nothing to undo. Error `invalid-argument` inside of `transact`.
   */
  undo(): boolean {
    return this.#turnBack('undo')
  }

  /** Takes back what the last {@link undo} did. False if there is nothing to redo; a new edit ends what could be redone. */
  redo(): boolean {
    return this.#turnBack('redo')
  }

  /** True if a transaction of this client can be undone. */
  get canUndo(): boolean {
    return this.#history.state.canUndo
  }

  /** True if something can be redone. */
  get canRedo(): boolean {
    return this.#history.state.canRedo
  }

  /** Label of the transaction that {@link undo} takes back, if it was given one. */
  get undoLabel(): string | undefined {
    return this.#history.state.undoLabel
  }

  /** Label of the transaction that {@link redo} makes again, if it was given one. */
  get redoLabel(): string | undefined {
    return this.#history.state.redoLabel
  }

  /** Sends the edits made so far as one changeset. Only needed without `autoCommit`. */
  commit(): void {
    this.#closeStep('edit')
    this.#session.dispatch({ type: 'commit' })
  }

  /** Where the connection stands. */
  get connection(): ConnectionState {
    return this.#session.state.connection
  }

  /** Names of the people who are logged in, as the server last told. */
  get users(): readonly string[] {
    return this.#session.state.users
  }

  /** What other clients of the project are looking at (extension; empty on other servers). */
  get peers(): readonly Peer[] {
    return [...this.#session.state.presence.peers.values()]
  }

  /**
   * Tells the other clients of the project what this user is looking at: selection, cursor, a drag under way. Any JSON
   * object of yours; null takes it back. Never stored; ignored by servers without the extension.
   */
  setPresence(state: Fields | null): void {
    this.#session.dispatch({ type: 'presence', state })
  }

  /** Own changesets that the server has not stored yet. */
  get pendingCount(): number {
    return pendingCounts(this.#session.state).pending
  }

  /** Own changesets sent to a server that acknowledges nothing, and not seen in a dataset since. */
  get unconfirmedCount(): number {
    return pendingCounts(this.#session.state).unconfirmed
  }

  /** The server's dialect, once it is known. */
  get dialect(): ProjectDialectName | undefined {
    return this.#session.state.dialect
  }

  /** True when the server granted planwire's extension: every changeset is acknowledged. */
  get extensionGranted(): boolean {
    return this.#session.state.login?.extension ?? false
  }

  /**
   * Resolves when the project is loaded and every own change is stored; on a server that acknowledges nothing, when a
   * dataset shows it. Rejects with code `closed` when the client is closed before, `timeout` after `timeoutMs`, and with
   * the signal's reason.
   */
  whenSynced(options: WaitOptions = {}): Promise<void> {
    if (this.#autoCommit) this.#endTurn()
    const waiting = this.#syncWaiters.wait(options)
    this.#checkSynced()
    return waiting
  }

  /** Calls `listener` whenever {@link getSnapshot} may have changed: what `useSyncExternalStore` wants. Both may be passed on as they are. */
  readonly subscribe: (listener: () => void) => Cancel = (listener) => {
    const stops = SNAPSHOT_EVENTS.map((name) => this.on(name, () => listener()))
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** Connection, counts, users and history: the same object until something in it changes. */
  readonly getSnapshot: () => ClientSnapshot = () => {
    const { connection, users } = this
    const fresh = { connection, users, ...pendingCounts(this.#session.state), ...this.#history.state }
    if (!this.#snapshot || !sameMembers(this.#snapshot, fresh)) this.#snapshot = fresh
    return this.#snapshot
  }

  /** Calls `listener` on each event of that name until the returned function is called. */
  on<Name extends keyof ProjectEvents>(name: Name, listener: (payload: ProjectEvents[Name]) => void): Cancel {
    return this.#events.on(name, listener)
  }

  /** Ends everything: socket, timers, waiting promises (code `closed`). Idempotent. */
  close(): void {
    if (this.connection.state === 'closed') return
    this.#endTurn()
    this.#session.dispatch({ type: 'close' })
    this.#forget()
    this.#events.clear()
    this.#host.storeEvents.clear()
  }

  #operate(store: string, operation: Operation): void {
    if (this.wsProjectId !== undefined && this.connection.state !== 'closed') {
      this.#history.record(store, operation, this.#host.record(store, operation.id))
      this.#statuses.settle(store, operation.id)
    }
    try {
      this.#session.dispatch({ type: 'operate', store, operation })
    } catch (error) {
      // Refused before anything was done: a full outbox. That is always the first edit of a changeset.
      this.#history.close('forgotten')
      throw error
    }
    if (this.#collected || this.#turnPlanned) return
    this.#turnPlanned = true
    queueMicrotask(() => this.#endTurn())
  }

  /** What was edited outside of a transaction is one step, and one changeset with `autoCommit`. */
  #endTurn(): void {
    if (!this.#turnPlanned) return
    this.#turnPlanned = false
    if (this.#autoCommit) this.commit()
    else this.#closeStep('edit')
  }

  #run<R>(edits: () => R, as: StepKind, options: StepOptions): R {
    if (this.#collected) return edits()
    this.#endTurn()
    const collected: ViewChange[] = []
    this.#collected = collected
    try {
      return edits()
    } finally {
      this.#collected = undefined
      this.#closeStep(as, options)
      this.#tell('local', collected)
      if (this.#autoCommit) this.commit()
    }
  }

  #turnBack(direction: 'undo' | 'redo'): boolean {
    if (this.#collected)
      throw new PlanwireError('invalid-argument', `${direction}() cannot be part of a transaction`, 'fatal')
    this.#endTurn()
    const step = this.#history.next(direction, {
      ...this.#host,
      children: (parent) => this.#tree.children(parent),
    })
    if (step) {
      const make = (): void => {
        for (const [store, operation] of step.edits) this.#operate(store, operation)
      }
      this.#run(make, direction, step)
    }
    this.#tellHistory()
    return step !== undefined
  }

  #closeStep(as: StepKind, options?: StepOptions): void {
    this.#history.close(as, draft(this.#session.state)?.id, this.#ports.clock.now(), options)
    this.#tellHistory()
  }

  #tellHistory(): void {
    const { state } = this.#history
    if (sameMembers(state, this.#toldHistory)) return
    this.#toldHistory = state
    this.#events.emit('history', state)
  }

  /** Nothing of what was known about records holds any more. */
  #forget(): void {
    this.#epoch = undefined
    this.#history.clear()
    this.#statuses.clear()
    this.#tellHistory()
  }

  #seen(changes: readonly ViewChange[], own: ChangesetId | undefined): void {
    this.#history.seen(changes, own)
    for (const { store, before, after, rekeyedFrom } of changes) {
      this.#stores.get(store)?.invalidate()
      if (store !== 'tasks') continue
      // A rekeyed task leaves the tree under its phantom id. Others that named that id as their parent change as well.
      if (before && rekeyedFrom !== undefined) this.#tree.change({ ...before, id: rekeyedFrom }, undefined)
      this.#tree.change(rekeyedFrom === undefined ? before : undefined, after)
    }
  }

  #hear(event: SessionEvent): void {
    switch (event.type) {
      case 'view':
        if (event.origin !== 'local') this.#checkArrived(event.changes)
        if (event.origin === 'local' && this.#collected) this.#collected.push(...event.changes)
        else this.#tell(event.origin, event.changes)
        this.#statuses.changed()
        return
      case 'pending':
        this.#statuses.changed()
        this.#events.emit('pending', pendingCounts(this.#session.state))
        this.#checkSynced()
        return
      case 'connection':
        this.#events.emit('connection', event.connection)
        this.#checkSynced()
        return
      case 'dataset':
        this.#checkEpoch()
        this.#events.emit('dataset', { project: event.project })
        this.#checkSynced()
        return
      case 'users':
        this.#events.emit('users', event.users)
        return
      case 'presence':
        this.#events.emit('presence', event.peers)
        return
      case 'joined':
      case 'left':
        this.#events.emit(event.type, { userName: event.userName })
        return
      case 'reset':
        if (event.project === undefined || sameId(event.project, this.wsProjectId)) this.#history.clear()
        this.#tellHistory()
        this.#events.emit('reset', { userName: event.userName, project: event.project })
        return
      case 'refused':
      case 'error':
        this.#report(event.type, event.error)
        return
      case 'rejected': {
        const changes = documentedShape(event.pending.operations)
        this.#history.rejected(event.pending.id)
        this.#tellHistory()
        for (const [store, own] of event.pending.operations)
          for (const { id } of own.values()) this.#statuses.judged(store, id, 'rejected')
        if (!this.#events.has('rejected'))
          this.#ports.logger('warn', event.error.message, { code: event.error.code, changes })
        this.#events.emit('rejected', { error: event.error, changes })
        return
      }
      case 'conflict': {
        const { store, id, ours, theirs } = event.crossing
        this.#statuses.judged(store, id, 'conflict')
        this.#events.emit('conflict', { store, id, ours: ours.type === 'remove' ? {} : ours.fields, theirs })
        return
      }
      case 'versionAutoSaveOK':
        this.#events.emit('versionAutoSaveOK', { project: event.project })
        return
      case 'message':
        this.#events.emit('message', { command: event.command, payload: event.payload })
        return
      default:
        assertNever(event)
    }
  }

  #tell(origin: ChangeOrigin, changes: readonly ViewChange[]): void {
    if (changes.length === 0 && origin !== 'dataset') return
    const batch = batchOf(origin, changes)
    for (const [name, part] of Object.entries(batch.stores)) {
      if (this.#host.storeEvents.has(name))
        this.#host.storeEvents.emit(name, { origin, ...part } satisfies StoreEvent<PlainRecord>)
    }
    this.#events.emit('change', batch)
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

  /** A server that lost its history gives the ids that the steps know to other records. */
  #checkEpoch(): void {
    const epoch = currentCopy(this.#session.state)?.position?.epoch
    if (epoch !== undefined && this.#epoch !== undefined && epoch !== this.#epoch) this.#history.clear()
    this.#epoch = epoch ?? this.#epoch
    this.#tellHistory()
  }

  #report(name: 'refused' | 'error', error: PlanwireError): void {
    if (!this.#events.has(name)) this.#ports.logger('warn', error.message, { code: error.code, ...error.details })
    this.#events.emit(name, error)
  }

  #listenerFailed(cause: unknown, event: string): void {
    const message = `A listener of "${event}" threw: ${cause instanceof Error ? cause.message : String(cause)}`
    const error = new PlanwireError('handler-failed', message, 'fatal', { event }, { cause })
    this.#ports.logger('error', message, { cause })
    if (event !== 'error') this.#events.emit('error', error)
  }

  #checkSynced(): void {
    if (this.#syncWaiters.size === 0) return
    if (this.connection.state === 'closed') {
      const error = new PlanwireError('closed', 'The client was closed before everything was stored', 'retry')
      this.#syncWaiters.failed(error)
      return
    }
    const { state } = this.#session
    const { pending, unconfirmed } = pendingCounts(state)
    const copy = currentCopy(state)
    if (!copy?.loaded || !copy.restored || pending > 0) return
    if (unconfirmed === 0) this.#syncWaiters.done()
    // Later tries are planned by the session, with growing pauses.
    else if (!state.reading && !state.readPlanned) this.#session.dispatch({ type: 'readBack' })
  }
}

/** Events after which the snapshot may be another. */
const SNAPSHOT_EVENTS = ['connection', 'pending', 'users', 'history'] as const

function sameMembers<T extends object>(a: T, b: T): boolean {
  return (Object.keys(b) as (keyof T)[]).every((name) => Object.is(a[name], b[name]))
}

/** Logging out with something pending is said before, not after. The rejection is the caller's to handle or not. */
function leavingWith(pending: number): Promise<never> {
  const text = `${pending} change(s) are not stored yet: await whenSynced(), or wsSend('logout', { force: true }) to leave them in the outbox`
  const refusal = Promise.reject(new PlanwireError('changes-pending', text, 'retry', { pending }))
  refusal.catch(() => {})
  return refusal
}

/** Operations as the documents show `project.changes`. */
function documentedShape(operations: Parameters<typeof changesOf>[0]): Changeset {
  const { stores, meta } = changesOf(operations, isPhantomId)
  return { tasks: {}, resources: {}, dependencies: {}, assignments: {}, ...stores, ...(meta ? { project: meta } : {}) }
}
