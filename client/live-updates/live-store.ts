/** A store of live records as the app sees it: reads, edits, transactions. What it tells goes through `live-voice.ts`. */
import type { Cancel, Clock } from '../ports/ports.ts'
import { batchOf, type ChangeBatch } from '../project/change-batch.ts'
import { RecordStore, type StoreEvent, type StoreHost } from '../project/record-store.ts'
import type { DateRules } from '../protocol/dialects/dhtmlx/date-rules.ts'
import { readRecordEvent } from '../protocol/dialects/dhtmlx/entities.ts'
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { EventValue } from '../protocol/messages.ts'
import type { PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { phantomId } from '../store/phantom-ids.ts'
import type { ConnectionState } from '../sync/connection.ts'
import type { Emitter } from '../sync/emitter.ts'
import { whenThere } from '../sync/later.ts'
import { netChanges } from '../sync/net-changes.ts'
import { type ViewChange, visibleRecord, visibleRecords } from '../sync/replica.ts'
import { SyncWaiters, type WaitOptions } from '../sync/sync-waiters.ts'
import type { ChannelUser, LiveChannel } from './live-channel.ts'
import type { LiveOutbox } from './live-outbox.ts'
import type { LiveLink, LivePorts } from './live-ports.ts'
import { LiveRunner, type LoadSource } from './live-runner.ts'
import { type LiveRecordStatus, type LiveStoreEvents, LiveVoice } from './live-voice.ts'
import type { Range } from './ranges.ts'
import { LINKED, type RemoteHandlers } from './remote-events.ts'
import { boxOf, type DataProcessorOptions } from './rest-client.ts'
import { widgetValue } from './widget-dates.ts'

/**
 * Records with unsaved edits that may wait; a transaction that would begin with a further one throws `outbox-full`. One that
 * began goes through as a whole, unless twice as many wait already.
 */
export const LIVE_OUTBOX_LIMIT = 1_000

/** What makes a store one of Scheduler or of Gantt. */
export interface LiveFlavour {
  readonly stores: readonly string[]
  /** The path of a store under the URL to save to: `''`, `/task`, `/link`. */
  readonly pathOf: (store: string) => string
  /** Values as the widget writes them: an app may give a `Date`. */
  readonly dates: DateRules
  /** A store with rules of its own. */
  readonly recordStore?: (name: string, host: StoreHost) => RecordStore<PlainRecord> | undefined
}

/** Makes the outbox of an engine: at once, or when its code is there. */
export type LiveOutboxStart = (
  runner: LiveRunner,
  clock: Clock,
  failed: (error: PlanwireError) => void,
) => LiveOutbox | Promise<LiveOutbox>

/** Records of a few entities, live. */
export class LiveStore implements StoreHost {
  readonly storeEvents: Emitter<{ [store: string]: StoreEvent<PlainRecord> }>
  readonly events: Emitter<LiveStoreEvents>
  readonly #ports: LivePorts
  readonly #runner: LiveRunner
  #outbox: LiveOutbox | undefined
  /** Makes the outbox; undefined where edits live in memory. */
  #keep: LiveOutboxStart | undefined
  /** Where it files what it keeps; undefined before it was asked for. */
  #box: string | undefined
  /** Whose edits are kept. */
  #account: string | undefined
  readonly #stores = new Map<string, RecordStore<PlainRecord>>()
  readonly #flavour: LiveFlavour
  readonly #voice: LiveVoice
  readonly #waiters: SyncWaiters
  #connection: ConnectionState = { state: 'idle' }
  /** How deep the app is in transactions, and what they changed so far. */
  #depth = 0
  #changes: ViewChange[] = []
  /** How many records waited before the transaction under way, and whether it has taken an edit. */
  #pendingBefore = 0
  #begun = false
  #commitPlanned = false
  #pendingCount = 0

  constructor(flavour: LiveFlavour, ports: LivePorts, outbox: LiveOutboxStart | undefined) {
    this.#ports = ports
    this.#flavour = flavour
    this.#voice = new LiveVoice(ports.logger)
    this.#waiters = new SyncWaiters(ports.clock)
    this.events = this.#voice.events
    this.storeEvents = this.#voice.stores
    this.#runner = new LiveRunner(ports, flavour.pathOf, flavour.dates, {
      changed: (origin, changes) => this.#seen(origin, changes),
      event: (event) => this.#voice.event(event),
      settled: () => this.#settled(),
    })
    this.#keep = outbox
    for (const name of flavour.stores)
      this.#stores.set(name, flavour.recordStore?.(name, this) ?? new RecordStore(name, this))
  }

  /** The records of an entity. */
  store<T extends PlainRecord>(name: string): RecordStore<T> {
    const store = this.#stores.get(name)
    if (!store) throw invalidArgument(`There is no store "${name}"`)
    // The record type is the app's promise about its own data.
    return store as RecordStore<PlainRecord> as RecordStore<T>
  }

  /** How many records have changes that the server has not confirmed. */
  get pendingCount(): number {
    return this.#pendingCount
  }

  get connection(): ConnectionState {
    return this.#runner.closed ? { state: 'closed' } : this.#connection
  }

  /** How far the changes of a record have come. */
  status(store: string, id: RecordId): LiveRecordStatus {
    const real = this.#realId(id)
    const lane = this.#runner.state.lanes.get(store)?.get(idKey(real))
    if (!lane) return this.#voice.verdicts.of(store, real) ?? 'synced'
    return lane.phase.at === 'answered' || lane.phase.at === 'unsure' ? 'unconfirmed' : 'pending'
  }

  acknowledge(store: string, id: RecordId): void {
    this.#voice.verdicts.drop(store, this.#realId(id))
  }

  /** Live stores have no schema: the server's word is the only one. */
  check(): void {}

  record(store: string, id: RecordId): PlainRecord | undefined {
    return visibleRecord(this.#runner.state.replica, store, id)
  }

  records(store: string): readonly PlainRecord[] {
    return visibleRecords(this.#runner.state.replica, store)
  }

  newId(store: string): RecordId {
    return phantomId(store, this.#ports.random.id())
  }

  operate(store: string, operation: Operation): void {
    if (this.#runner.closed) throw new PlanwireError('closed', 'The store was closed', 'fatal', { store })
    const waits = this.#runner.state.lanes.get(store)?.has(idKey(this.#realId(operation.id))) === true
    const before = this.#depth === 0 ? this.#pendingCount : this.#pendingBefore
    const begun = this.#depth > 0 && this.#begun
    if (!waits && before >= (begun ? 2 : 1) * LIVE_OUTBOX_LIMIT)
      throw new PlanwireError('outbox-full', 'Too many records wait for the server', 'retry', {
        limit: LIVE_OUTBOX_LIMIT,
      })
    this.acknowledge(store, operation.id)
    this.transact(() => {
      this.#begun = true
      this.#runner.dispatch({ type: 'edit', store, operation: this.#written(operation) })
    })
  }

  /** Several edits as one: listeners hear of them once, the server gets one request per record. Edits made before a throw stand. */
  transact<R>(edits: () => R): R {
    if (this.#depth === 0) {
      this.#pendingBefore = this.#pendingCount
      this.#begun = false
    }
    this.#depth += 1
    try {
      return edits()
    } finally {
      this.#depth -= 1
      if (this.#depth === 0) this.#endTransaction()
    }
  }

  /**
   * Reads records and keeps them current. The request leaves in the next microtask, so that headers and a token that are
   * given right after it count. Rejects with a {@link PlanwireError}; `error` tells as well.
   */
  load(source: LoadSource): Promise<void> {
    return this.#runner.load(source)
  }

  /** Reads what is missing of a range of stores that are loaded by ranges. */
  showRange(stores: readonly string[], range: Range): Promise<void> {
    return this.#runner.showRange(stores.join('+'), range)
  }

  /** The ranges that were read; empty where everything is, or nothing. */
  rangesOf(stores: readonly string[]): readonly Range[] {
    return this.#runner.state.sources.get(stores.join('+'))?.ranges?.read ?? []
  }

  /** Reads again whatever was loaded. */
  reload(): void {
    this.#runner.dispatch({ type: 'reload' })
  }

  /** Says where to save to; what waited is handed over. */
  saveTo(options: DataProcessorOptions): void {
    const pending = this.#pendingCount
    if (this.#runner.options && options.account !== this.#account && pending > 0)
      throw new PlanwireError('changes-pending', 'Edits of another account are not stored yet', 'retry', { pending })
    this.#account = options.account
    this.#runner.options = options
    const box = boxOf(this.#flavour.stores, options)
    if (box !== undefined && this.#keep) {
      const first = this.#box === undefined
      this.#box = box
      this.#outbox?.open(box)
      if (first) this.#startOutbox(this.#keep)
    }
    if (!this.#keep || box === undefined) void Promise.resolve().then(() => this.#runner.startSaving())
    else if (this.#runner.state.saving) this.#runner.dispatchSoon({ type: 'commit' })
  }

  /** Tries again what the server refused for want of a good token. */
  retry(): void {
    this.#runner.dispatch({ type: 'unpark' })
  }

  /** Handlers for `RemoteEvents.on` that feed this store, through which it also learns of the connection. */
  get remoteUpdates(): RemoteHandlers {
    const handlers = Object.fromEntries(
      [...this.#stores.keys()].map((name) => [name, (value: EventValue) => this.#frame(name, value)]),
    )
    return { ...handlers, [LINKED]: (channel) => this.#join(channel) }
  }

  /** Resolves when nothing is pending any more; rejects with `closed` when the store is closed before, `timeout`, or the signal's reason. */
  whenSynced(options: WaitOptions): Promise<void> {
    const waiting = this.#waiters.wait(options)
    // Nobody has to wait for it.
    waiting.catch(() => {})
    if (this.#runner.closed) this.#waiters.failed(closedEarly())
    else if (this.#pendingCount === 0) this.#waiters.done()
    return waiting
  }

  /** Stops timers and requests; nothing is told any more. The RemoteEvents in use is not closed: others may share it. Idempotent. */
  close(): void {
    if (this.#runner.closed) return
    this.#outbox?.follow()
    this.#runner.close()
    this.#outbox?.close()
    this.#voice.close()
    this.#waiters.failed(closedEarly())
  }

  #startOutbox(keep: LiveOutboxStart): void {
    const failed = (error: PlanwireError): void => {
      this.#voice.error(error)
      if (this.#depth === 0) this.#voice.flush()
    }
    const there = (outbox: LiveOutbox): void => {
      this.#outbox = outbox
      if (this.#box !== undefined) outbox.open(this.#box)
      if (this.#runner.closed) outbox.close()
    }
    whenThere(keep(this.#runner, this.#ports.clock, failed), there, (error) => {
      this.#keep = undefined
      failed(error)
      this.#runner.startSaving()
    })
  }

  /** Listens to the connection that brings the frames, until the returned function is called. */
  #join(channel: LiveChannel): Cancel {
    this.#runner.link = channel
    const user: ChannelUser = {
      connection: (connection) => this.#linked(channel, connection),
      // A frame that could not be read may have been one of a record.
      error: ({ code }) => {
        if (code === 'malformed-message') this.#runner.doubt()
      },
      missed: (entity) => {
        if (this.#flavour.stores.includes(entity)) this.reload()
      },
    }
    channel.join(user)
    user.connection(channel.connection)
    return () => {
      channel.leave(user)
      user.connection({ state: 'closed' })
    }
  }

  #linked(link: LiveLink, connection: ConnectionState): void {
    const { state } = connection
    if (this.#runner.link !== link || this.#runner.closed) return
    this.#connection = connection
    this.#voice.say(() => this.events.emit('connection', connection))
    if (state === 'open') this.#runner.dispatch({ type: 'offers', keys: link.offers?.idempotencyKey === true })
    if (state !== 'waiting' && state !== 'connecting' && state !== 'authenticating') this.#runner.greeted()
    if (state === 'open' && link.live)
      this.#runner.dispatch({ type: 'live', resumed: link.resumes(this.#flavour.stores) })
    else if (this.#runner.state.live) this.#runner.dispatch({ type: 'lost' })
    else if (state === 'open') this.#runner.dispatch({ type: 'unpark' })
    if (this.#depth === 0) this.#voice.flush()
  }

  #frame(store: string, value: EventValue): void {
    const event = readRecordEvent(store, value)
    if (!event) return
    const { verb, record } = event
    this.#runner.dispatch({
      type: 'frame',
      change: verb === 'delete' ? { type: 'remove', store, id: record.id } : { type: verb, store, record },
    })
  }

  #realId(id: RecordId): RecordId {
    return this.#runner.state.replica.realIds.get(idKey(id)) ?? id
  }

  #written(operation: Operation): Operation {
    if (operation.type === 'remove') return operation
    const fields = Object.entries(operation.fields).map(([field, value]) => [
      field,
      widgetValue(value, this.#flavour.dates),
    ])
    return { ...operation, fields: Object.fromEntries(fields) }
  }

  #endTransaction(): void {
    this.#outbox?.follow()
    this.#changed('local', this.#changes.splice(0))
    if (this.#depth === 0) this.#voice.flush()
    if (this.#commitPlanned) return
    this.#commitPlanned = true
    // Edits of one turn of the event loop leave together.
    void Promise.resolve().then(() => {
      this.#commitPlanned = false
      this.#runner.dispatch({ type: 'commit' })
    })
  }

  #seen(origin: ChangeBatch['origin'], changes: readonly ViewChange[]): void {
    for (const { store } of changes) this.#stores.get(store)?.invalidate()
    if (origin === 'local') this.#changes.push(...changes)
    else this.#changed(origin, changes)
  }

  #changed(origin: ChangeBatch['origin'], changes: readonly ViewChange[]): void {
    if (changes.length === 0 && origin !== 'dataset') return
    const batch = batchOf(origin, netChanges(changes))
    this.#voice.change(batch)
  }

  #settled(): void {
    if (this.#depth === 0) this.#outbox?.follow()
    let count = 0
    for (const lanes of this.#runner.state.lanes.values()) count += lanes.size
    if (count !== this.#pendingCount) {
      this.#pendingCount = count
      this.#voice.say(() => {
        this.events.emit('pending', count)
        if (this.#pendingCount === 0) this.#waiters.done()
      })
    }
    if (this.#depth === 0) this.#voice.flush()
  }
}

function closedEarly(): PlanwireError {
  return new PlanwireError('closed', 'The store was closed before everything was stored', 'fatal')
}
