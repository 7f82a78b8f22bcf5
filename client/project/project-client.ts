/**
 * The project face: a client of the project socket as the vendor's document describes it (`wsAddress`, `wsSend`,
 * `wsProjectId`, `changes`), over the sync session. Source: "Sync multiple clients in real-time with WebSockets".
 */

import { announce } from '../ports/client-hook.ts'
import type { Cancel } from '../ports/ports.ts'
import type { Changeset } from '../protocol/changeset.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type ProjectId, sameId } from '../protocol/ids.ts'
import type { Downstream, ProjectDialectName } from '../protocol/messages.ts'
import type { Fields, PlainRecord, ProjectRecords } from '../protocol/records.ts'
import { META_ID, META_STORE } from '../store/operations.ts'
import type { SendOptions } from '../sync/abort.ts'
import type { ConnectionState } from '../sync/connection.ts'
import { currentCopy } from '../sync/copies.ts'
import { moveTo } from '../sync/login.ts'
import { type Peer, setPresence } from '../sync/presence.ts'
import { pendingCounts } from '../sync/session.ts'
import type { WaitOptions } from '../sync/sync-waiters.ts'
import { type Commands, messageOf } from './commands.ts'
import { checkTravels, givenFields } from './given-fields.ts'
import { ProjectCore } from './project-core.ts'
import type {
  ClientSnapshot,
  ProjectClientOptions,
  ProjectEvents,
  ProjectSchema,
  RecordIn,
  TransactOptions,
} from './project-options.ts'
import type { RecordStore } from './record-store.ts'
import { TaskStore } from './task-store.ts'

export type { ProjectClientOptions, ProjectEvents } from './project-options.ts'

/** The engine room of a client, for bindings: they hand over records under ids that a widget gave. */
export let coreOf: (client: ProjectClient) => ProjectCore

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

  readonly #core: ProjectCore

  static {
    coreOf = (client) => client.#core
  }

  constructor(options: ProjectClientOptions = {}) {
    this.#core = new ProjectCore(options)
    const tasks = new TaskStore<RecordIn<Schema, 'tasks'>>(this.#core, this.#core.tree)
    this.tasks = tasks
    // Kept without its record type, which is the app's promise about its own data.
    this.#core.store('tasks', tasks as unknown as RecordStore<PlainRecord>)
    this.resources = this.store('resources')
    this.dependencies = this.store('dependencies')
    this.assignments = this.store('assignments')
    this.calendars = this.store('calendars')
    this.versions = this.store('versions')
    this.changelogs = this.store('changelogs')
    if (options.wsProjectId !== undefined) this.wsProjectId = options.wsProjectId
    if (options.wsAddress !== undefined) this.wsAddress = options.wsAddress
    announce(this)
  }

  /**
   * Address of the server. Setting it connects; setting another one moves there, and edits that the former has not stored
   * wait for its return. Edits are filed by this text: what changes from visit to visit, as a token does, has no place in it.
   */
  get wsAddress(): string | undefined {
    return this.#core.session.state.url
  }

  set wsAddress(url: string) {
    this.#core.endTurn()
    if (this.wsAddress !== undefined && this.wsAddress !== url) this.#core.forget()
    this.#core.session.step(moveTo, url)
  }

  /** The project to work on. Setting it loads it, after the login; edits of the former one that are not stored yet wait for its return. */
  get wsProjectId(): ProjectId | undefined {
    return this.#core.session.state.project
  }

  set wsProjectId(project: ProjectId) {
    this.#core.endTurn()
    if (!sameId(this.wsProjectId, project)) this.#core.forget()
    this.#core.session.select(project)
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
    checkTravels(data, 'data', `wsSend('${command}')`)
    const { pendingCount } = this
    if (command === 'logout' && pendingCount > 0 && data['force'] !== true) return leavingWith(pendingCount)
    return this.#core.session.request(messageOf(command, data, this.wsProjectId), signal)
  }

  /** A store of any name: the app's own collections travel in changesets like the built-in ones. */
  store<Store extends keyof ProjectRecords>(name: Store): RecordStore<RecordIn<Schema, Store>>
  store<T extends PlainRecord>(name: string): RecordStore<T>
  store(name: string): RecordStore<PlainRecord> {
    return this.#core.store(name)
  }

  /** The project's own fields (`projectMeta`): start date, calendar, hours per day. */
  get meta(): Fields {
    const { id: _, ...fields } = this.#core.record(META_STORE, META_ID) ?? { id: META_ID }
    return fields
  }

  /** Changes some of the project's own fields. Error `invalid-argument` for values that cannot be sent. */
  updateMeta(fields: Fields): void {
    this.#core.operate(META_STORE, { type: 'update', id: META_ID, fields: givenFields(fields, 'updateMeta') })
  }

  /**
   * What has not been sent since the last dataset or change, in the documents' shape (untouched stores are `{}`); null if nothing.
   * With `autoCommit` that is only what was edited in this turn of the event loop.
   */
  get changes(): Changeset | null {
    return this.#core.changes
  }

  /** Runs edits as one changeset: they are sent, stored, refused, undone and told to others together. If `edits` throws, what it did until then stays and is sent. */
  transact<R>(edits: () => R, options: TransactOptions = {}): R {
    return this.#core.run(edits, options.undoable === false ? 'forgotten' : 'edit', options)
  }

  /**
   * Takes back the newest transaction of this client of which others have left something: what is still as it set it, on
   * today's records, as an ordinary changeset. False if there is nothing to undo, or nothing yet: see {@link canUndo}. Error `invalid-argument` inside of `transact`.
   */
  undo(): boolean {
    return this.#core.turnBack('undo')
  }

  /** Takes back what the last {@link undo} did. False if there is nothing to redo; a new edit ends what could be redone. */
  redo(): boolean {
    return this.#core.turnBack('redo')
  }

  /** True if a transaction of this client can be undone. The code that does so is loaded beside the client: until it is there, false; then event `history` tells. */
  get canUndo(): boolean {
    return this.#core.history.state.canUndo
  }

  /** True if something can be redone. */
  get canRedo(): boolean {
    return this.#core.history.state.canRedo
  }

  /** Label of the transaction that {@link undo} takes back, if it was given one. */
  get undoLabel(): string | undefined {
    return this.#core.history.state.undoLabel
  }

  /** Label of the transaction that {@link redo} makes again, if it was given one. */
  get redoLabel(): string | undefined {
    return this.#core.history.state.redoLabel
  }

  /** Sends the edits made so far as one changeset. Only needed without `autoCommit`. */
  commit(): void {
    this.#core.commit()
  }

  /** Where the connection stands. */
  get connection(): ConnectionState {
    return this.#core.session.state.connection
  }

  /** Names of the people who are logged in, as the server last told. */
  get users(): readonly string[] {
    return this.#core.session.state.users
  }

  /** What other clients of the project are looking at (extension; empty on other servers). */
  get peers(): readonly Peer[] {
    return [...this.#core.session.state.presence.peers.values()]
  }

  /**
   * Tells the other clients of the project what this user is looking at: selection, cursor, a drag under way. Any JSON
   * object of yours; null takes it back. Never stored; ignored by servers without the extension.
   */
  setPresence(state: Fields | null): void {
    checkTravels(state, 'state', 'setPresence')
    this.#core.session.step(setPresence, state)
  }

  /** Own changesets that the server has not stored yet. */
  get pendingCount(): number {
    return pendingCounts(this.#core.session.state).pending
  }

  /** Own changesets sent to a server that acknowledges nothing, and not seen in a dataset since. */
  get unconfirmedCount(): number {
    return pendingCounts(this.#core.session.state).unconfirmed
  }

  /** The server's dialect, once it is known. */
  get dialect(): ProjectDialectName | undefined {
    return this.#core.session.state.dialect
  }

  /** True when the server granted planwire's extension: every changeset is acknowledged. */
  get extensionGranted(): boolean {
    return this.#core.session.state.login?.extension ?? false
  }

  /** The server's revision that the confirmed records are at (extension; undefined on other servers). */
  get revision(): number | undefined {
    return currentCopy(this.#core.session.state)?.position?.revision
  }

  /**
   * Resolves when the project is loaded and every own change is stored; on a server that acknowledges nothing, when a
   * dataset shows it. Rejects with code `closed` when the client is closed before, `timeout` after `timeoutMs`, and with
   * the signal's reason.
   */
  whenSynced(options: WaitOptions = {}): Promise<void> {
    return this.#core.whenSynced(options)
  }

  /** Calls `listener` whenever {@link getSnapshot} may have changed: what `useSyncExternalStore` wants. Both may be passed on as they are. */
  readonly subscribe: (listener: () => void) => Cancel = (listener) => {
    const stops = SNAPSHOT_EVENTS.map((name) => this.on(name, () => listener()))
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** Connection, counts, users and history: the same object until something in it changes. */
  readonly getSnapshot: () => ClientSnapshot = () => this.#core.snapshot()

  /** Calls `listener` on each event of that name until the returned function is called. */
  on<Name extends keyof ProjectEvents>(name: Name, listener: (payload: ProjectEvents[Name]) => void): Cancel {
    return this.#core.events.on(name, listener)
  }

  /** Ends everything: socket, timers, waiting promises (code `closed`). Idempotent. */
  close(): void {
    this.#core.close()
  }
}

/** Events after which the snapshot may be another. */
const SNAPSHOT_EVENTS = ['connection', 'pending', 'users', 'history'] as const

/** Logging out with something pending is said before, not after. The rejection is the caller's to handle or not. */
function leavingWith(pending: number): Promise<never> {
  const text = `${pending} change(s) are not stored yet: await whenSynced(), or wsSend('logout', { force: true }) to leave them in the outbox`
  const refusal = Promise.reject(new PlanwireError('changes-pending', text, 'retry', { pending }))
  refusal.catch(() => {})
  return refusal
}
