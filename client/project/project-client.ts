/**
 * The project face: a client of the project socket as the vendor's document describes it (`wsAddress`, `wsSend`,
 * `wsProjectId`, `changes`), over the sync session. Source: "Sync multiple clients in real-time with WebSockets".
 */
import { consoleLogger, systemClock, systemRandom } from '../adapters/system.ts'
import { browserWakeups } from '../adapters/wakeups.ts'
import { webSocketTransport } from '../adapters/web-socket-transport.ts'
import type { Cancel } from '../ports/ports.ts'
import type { Changeset } from '../protocol/changeset.ts'
import { assertNever, PlanwireError } from '../protocol/errors.ts'
import type { ClientId, ProjectId, RecordId } from '../protocol/ids.ts'
import type { Downstream, ProjectDialectName } from '../protocol/messages.ts'
import type {
  Assignment,
  Calendar,
  Changelog,
  Dependency,
  Fields,
  PlainRecord,
  Resource,
  Version,
} from '../protocol/records.ts'
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
import type { Credentials, CredentialsProvider, SessionEvent } from '../sync/session-types.ts'
import { batchOf, type ChangeBatch, type ChangeOrigin } from './change-batch.ts'
import { type Commands, messageOf } from './commands.ts'
import { RecordStore, type StoreEvent, type StoreHost } from './record-store.ts'
import { TaskStore } from './task-store.ts'

/** Settings of a {@link ProjectClient}. All of them are optional; `wsAddress` and `wsProjectId` can be set later. */
export interface ProjectClientOptions extends Partial<Omit<SessionPorts, 'credentials'>> {
  /** Address of the server's project socket: `ws:`, `wss:`, `http:`, `https:`, or a path on the page's own origin. */
  readonly wsAddress?: string
  readonly wsProjectId?: ProjectId
  /** The server's dialect. Default `auto`: found out at the login. */
  readonly dialect?: 'auto' | ProjectDialectName
  /** Who logs in, the same as `wsSend('login', …)`; or a function that is asked on every connection and may be asynchronous. */
  readonly credentials?: Credentials | CredentialsProvider
  /** Whether edits leave by themselves, one changeset per transaction or per turn of the event loop. Default true; else call `commit()`. */
  readonly autoCommit?: boolean
  /** Set to `serial` if a flat server is known to handle messages one after another: then a silent commit can be confirmed without reading back. */
  readonly flatServer?: 'serial' | 'unknown'
  /** Whether to ask the server for planwire's extension. Default true; vendor servers ignore the question. */
  readonly extension?: boolean
  /** Id of this client. Default: a random one. */
  readonly clientId?: ClientId
}

/** Events of a {@link ProjectClient}. */
export interface ProjectEvents {
  connection: ConnectionState
  /** How many own changesets wait for the server; `unconfirmed`: sent to a server that never answers them. */
  pending: { readonly pending: number; readonly unconfirmed: number }
  /** Records changed: once per transaction, for all stores. */
  change: ChangeBatch
  /** A whole project was read. */
  dataset: { readonly project: ProjectId }
  users: readonly string[]
  /** Presence of other clients of the project changed (extension). */
  presence: readonly Peer[]
  joined: { readonly userName: string }
  left: { readonly userName: string }
  /** Somebody put the project back. */
  reset: { readonly userName: string; readonly project: ProjectId | undefined }
  /** The server refused a command; `details.command` names it. */
  refused: PlanwireError
  /** An own changeset was refused and rolled back; `changes` is what it was. */
  rejected: { readonly error: PlanwireError; readonly changes: Changeset }
  /** Somebody removed a record that has unsent edits here: the removal wins. */
  conflict: {
    readonly store: string
    readonly id: RecordId
    readonly ours: Fields
    readonly theirs: PlainRecord | undefined
  }
  /** A frame could not be read, or a listener threw. */
  error: PlanwireError
  versionAutoSaveOK: { readonly project: ProjectId | undefined }
  /** A command that the protocol does not define. */
  message: { readonly command: string; readonly payload: Fields }
}

/**
 * A live project.
 * @example
 * const project = new ProjectClient({ wsAddress: 'ws://localhost:8080' })
 * project.wsSend('login', { login: 'user' })
 * project.wsProjectId = 1
 * project.on('change', ({ stores }) => redraw(stores))
 */
export class ProjectClient {
  readonly tasks: TaskStore
  readonly resources: RecordStore<Resource>
  readonly dependencies: RecordStore<Dependency>
  readonly assignments: RecordStore<Assignment>
  readonly calendars: RecordStore<Calendar>
  readonly versions: RecordStore<Version>
  readonly changelogs: RecordStore<Changelog>

  readonly #session: LiveSession
  readonly #ports: SessionPorts
  readonly #autoCommit: boolean
  readonly #stores = new Map<string, RecordStore<PlainRecord>>()
  readonly #tree = new TaskTree()
  readonly #events: Emitter<ProjectEvents>
  readonly #host: StoreHost
  /** View changes of the transaction that is running; undefined outside of one. */
  #collected: ViewChange[] | undefined
  #commitPlanned = false
  #syncWaiters: { done(): void; failed(error: PlanwireError): void }[] = []

  constructor(options: ProjectClientOptions = {}) {
    const { credentials } = options
    this.#ports = {
      ...(typeof credentials === 'function' ? { credentials } : {}),
      wakeups: options.wakeups ?? browserWakeups,
      transport: options.transport ?? webSocketTransport(),
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      logger: options.logger ?? consoleLogger,
    }
    this.#autoCommit = options.autoCommit ?? true
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
      { seen: (changes) => this.#seen(changes), event: (event) => this.#hear(event) },
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
      storeEvents: new Emitter((error, store) => this.#listenerFailed(error, `${store}.change`)),
    }
    this.tasks = new TaskStore(this.#host, this.#tree)
    this.#stores.set('tasks', this.tasks)
    this.resources = this.store<Resource>('resources')
    this.dependencies = this.store<Dependency>('dependencies')
    this.assignments = this.store<Assignment>('assignments')
    this.calendars = this.store<Calendar>('calendars')
    this.versions = this.store<Version>('versions')
    this.changelogs = this.store<Changelog>('changelogs')
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
    this.#flushDraft()
    this.#session.dispatch({ type: 'project', project })
  }

  /**
   * Sends a command: at once, or as soon as there is a connection and a login. Settles with the answer, or at handover
   * where the protocol has none. A refusal rejects with a {@link PlanwireError} and is the event `refused` as well, so
   * that nothing needs to be awaited.
   */
  wsSend<C extends keyof Commands>(command: C, data?: Commands[C]['data']): Promise<Commands[C]['answer']>
  wsSend(command: string, data?: Fields): Promise<undefined>
  wsSend(command: string, data: Fields = {}): Promise<Downstream | undefined> {
    return this.#session.request(messageOf(command, data, this.wsProjectId))
  }

  /** A store of any name: the app's own collections travel in changesets like the built-in ones. */
  store<T extends PlainRecord>(name: string): RecordStore<T> {
    let store = this.#stores.get(name)
    if (!store) this.#stores.set(name, (store = new RecordStore<PlainRecord>(name, this.#host)))
    // The store's record type is the app's promise about its own data.
    return store as unknown as RecordStore<T>
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

  /** Runs edits as one changeset: they are sent, stored, refused and told to others together. If `edits` throws, what it did until then stays and is sent. */
  transact<R>(edits: () => R): R {
    if (this.#collected) return edits()
    this.#flushDraft()
    const collected: ViewChange[] = []
    this.#collected = collected
    try {
      return edits()
    } finally {
      this.#collected = undefined
      this.#tell('local', collected)
      if (this.#autoCommit) this.commit()
    }
  }

  /** Sends the edits made so far as one changeset. Only needed without `autoCommit`. */
  commit(): void {
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
   * dataset shows it. Rejects with code `closed` when the client is closed before.
   */
  whenSynced(): Promise<void> {
    if (this.#autoCommit) this.#flushDraft()
    return new Promise((done, failed) => {
      this.#syncWaiters.push({ done, failed })
      this.#checkSynced()
    })
  }

  /** Calls `listener` on each event of that name until the returned function is called. */
  on<Name extends keyof ProjectEvents>(name: Name, listener: (payload: ProjectEvents[Name]) => void): Cancel {
    return this.#events.on(name, listener)
  }

  /** Ends everything: socket, timers, waiting promises (code `closed`). Idempotent. */
  close(): void {
    if (this.connection.state === 'closed') return
    this.#flushDraft()
    this.#session.dispatch({ type: 'close' })
    this.#events.clear()
    this.#host.storeEvents.clear()
  }

  #operate(store: string, operation: Operation): void {
    this.#session.dispatch({ type: 'operate', store, operation })
    if (this.#collected || !this.#autoCommit || this.#commitPlanned) return
    this.#commitPlanned = true
    queueMicrotask(() => this.#flushDraft())
  }

  #flushDraft(): void {
    if (!this.#commitPlanned) return
    this.#commitPlanned = false
    this.commit()
  }

  #seen(changes: readonly ViewChange[]): void {
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
        if (event.origin === 'local' && this.#collected) this.#collected.push(...event.changes)
        else this.#tell(event.origin, event.changes)
        return
      case 'pending':
        this.#events.emit('pending', pendingCounts(this.#session.state))
        this.#checkSynced()
        return
      case 'connection':
        this.#events.emit('connection', event.connection)
        this.#checkSynced()
        return
      case 'dataset':
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
        this.#events.emit('reset', { userName: event.userName, project: event.project })
        return
      case 'refused':
      case 'error':
        this.#report(event.type, event.error)
        return
      case 'rejected': {
        const changes = documentedShape(event.pending.operations)
        if (!this.#events.has('rejected'))
          this.#ports.logger('warn', event.error.message, { code: event.error.code, changes })
        this.#events.emit('rejected', { error: event.error, changes })
        return
      }
      case 'conflict': {
        const { store, id, ours, theirs } = event.crossing
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
    if (this.#syncWaiters.length === 0) return
    if (this.connection.state === 'closed') {
      const error = new PlanwireError('closed', 'The client was closed before everything was stored', 'retry')
      for (const waiter of this.#syncWaiters.splice(0)) waiter.failed(error)
      return
    }
    const { state } = this.#session
    const { pending, unconfirmed } = pendingCounts(state)
    if (!currentCopy(state)?.loaded || pending > 0) return
    if (unconfirmed === 0) for (const waiter of this.#syncWaiters.splice(0)) waiter.done()
    // Later tries are planned by the session, with growing pauses.
    else if (!state.reading && state.reads === 0) this.#session.dispatch({ type: 'readBack' })
  }
}

/** Operations as the documents show `project.changes`. */
function documentedShape(operations: Parameters<typeof changesOf>[0]): Changeset {
  const { stores, meta } = changesOf(operations, isPhantomId)
  return { tasks: {}, resources: {}, dependencies: {}, assignments: {}, ...stores, ...(meta ? { project: meta } : {}) }
}
