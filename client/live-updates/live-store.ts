/**
 * A store of live records: the engine at work. Owns its timers, its requests, and the order in which the app is told:
 * first everything an input asks for is done, then the listeners hear of it, one input after the other.
 */
import type { Cancel } from '../ports/ports.ts'
import { batchOf, type ChangeBatch } from '../project/change-batch.ts'
import { RecordStore, type StoreEvent, type StoreHost } from '../project/record-store.ts'
import { readRecordEvent } from '../protocol/dialects/dhtmlx/entities.ts'
import { assertNever, type Parsed, PlanwireError } from '../protocol/errors.ts'
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { EventValue } from '../protocol/messages.ts'
import type { PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { phantomId } from '../store/phantom-ids.ts'
import { backoffMs, type ConnectionState } from '../sync/connection.ts'
import { Emitter } from '../sync/emitter.ts'
import { type ViewChange, visibleRecord, visibleRecords } from '../sync/replica.ts'
import { createLiveState, type LiveInput, reduceLive } from './live-engine.ts'
import type { LiveLink, LivePorts } from './live-ports.ts'
import type { LiveConflict, LiveEffect, LiveEvent, LiveRejection, LiveState, TimerName } from './live-state.ts'
import { LINKED, type LinkListener, type RemoteHandlers } from './remote-events.ts'
import { type DataProcessorOptions, loadRecords, type RestEnvironment, saveRecord } from './rest-client.ts'

/** What a store tells. */
export interface LiveStoreEvents {
  /** Visible records changed; one batch per transaction, frame, answer or load. */
  readonly change: ChangeBatch
  /** How many records have changes that the server has not confirmed. */
  readonly pending: number
  readonly connection: ConnectionState
  readonly error: PlanwireError
  readonly rejected: LiveRejection
  readonly conflict: LiveConflict
  readonly saved: { readonly store: string; readonly id: RecordId; readonly operation: Operation['type'] }
}

/** `pending`: not handed over or not answered. `unconfirmed`: nobody knows, or the own frame is still to come. */
export type LiveRecordStatus = 'synced' | 'pending' | 'unconfirmed'

/** Where records of some stores are read from. */
export interface LoadSource {
  readonly url: string
  readonly stores: readonly string[]
  readonly read: (body: string) => Parsed<{ readonly [store: string]: readonly PlainRecord[] }>
}

/** What makes a store one of Scheduler or of Gantt. */
export interface LiveFlavour {
  readonly stores: readonly string[]
  /** The path of a store under the URL to save to: `''`, `/task`, `/link`. */
  readonly pathOf: (store: string) => string
  /** Values as the widget writes them: an app may give a `Date`. */
  readonly valueOf: (value: unknown) => unknown
  /** A store with rules of its own. */
  readonly recordStore?: (name: string, host: StoreHost) => RecordStore<PlainRecord> | undefined
}

/** A further read after a frame that could not be read, in milliseconds. */
const DOUBT_MS = 2_000

/** Records of a few entities, live. */
export class LiveStore implements StoreHost {
  readonly storeEvents: Emitter<{ [store: string]: StoreEvent<PlainRecord> }>
  readonly events: Emitter<LiveStoreEvents>
  readonly #ports: LivePorts
  readonly #state: LiveState
  readonly #stores = new Map<string, RecordStore<PlainRecord>>()
  readonly #flavour: LiveFlavour
  readonly #timers = new Map<TimerName | 'doubt', Cancel>()
  readonly #sources = new Map<string, LoadSource>()
  readonly #loads = new Map<string, { done(): void; failed(error: PlanwireError): void }[]>()
  readonly #told: (() => void)[] = []
  #telling = false
  #link: LiveLink | undefined
  #options: DataProcessorOptions | undefined
  #connection: ConnectionState = { state: 'idle' }
  #depth = 0
  #changes: ViewChange[] = []
  #committing = false
  #pendingCount = 0
  #closed = false

  constructor(flavour: LiveFlavour, ports: LivePorts) {
    this.#ports = ports
    this.#flavour = flavour
    this.#state = createLiveState(ports.random.id())
    const failed = (cause: unknown, event: PropertyKey): void => this.#listenerFailed(cause, String(event))
    this.events = new Emitter(failed)
    this.storeEvents = new Emitter(failed)
    for (const name of flavour.stores)
      this.#stores.set(name, flavour.recordStore?.(name, this) ?? new RecordStore(name, this))
  }

  /** The records of an entity. */
  store<T extends PlainRecord>(name: string): RecordStore<T> {
    const store = this.#stores.get(name)
    if (!store) throw new PlanwireError('invalid-argument', `There is no store "${name}"`, 'fatal')
    // The record type is the app's promise about its own data.
    return store as RecordStore<PlainRecord> as RecordStore<T>
  }

  /** How many records have changes that the server has not confirmed. */
  get pendingCount(): number {
    return this.#pendingCount
  }

  get connection(): ConnectionState {
    return this.#closed ? { state: 'closed' } : this.#connection
  }

  /** How far the changes of a record have come. */
  status(store: string, id: RecordId): LiveRecordStatus {
    const real = this.#state.replica.realIds.get(idKey(id)) ?? id
    const lane = this.#state.lanes.get(store)?.get(idKey(real))
    if (!lane) return 'synced'
    return lane.phase.at === 'answered' || lane.phase.at === 'unsure' ? 'unconfirmed' : 'pending'
  }

  record(store: string, id: RecordId): PlainRecord | undefined {
    return visibleRecord(this.#state.replica, store, id)
  }

  records(store: string): readonly PlainRecord[] {
    return visibleRecords(this.#state.replica, store)
  }

  newId(store: string): RecordId {
    return phantomId(store, this.#ports.random.id())
  }

  operate(store: string, operation: Operation): void {
    if (this.#closed) throw new PlanwireError('closed', 'The store was closed', 'fatal', { store })
    this.transact(() => this.#dispatch({ type: 'edit', store, operation: this.#written(operation) }))
  }

  #written(operation: Operation): Operation {
    if (operation.type === 'remove') return operation
    const fields = Object.entries(operation.fields).map(([field, value]) => [field, this.#flavour.valueOf(value)])
    return { ...operation, fields: Object.fromEntries(fields) }
  }

  /** Several edits as one: listeners hear of them once, the server gets one request per record. Edits made before a throw stand. */
  transact<R>(edits: () => R): R {
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
   * given right after it count. Rejects with a {@link PlanwireError}; nobody has to wait for it, `error` tells as well.
   */
  load(source: LoadSource): Promise<void> {
    const name = source.stores.join('+')
    const promise = new Promise<void>((done, failed) => {
      const waiting = this.#loads.get(name)
      if (waiting) waiting.push({ done, failed })
      else this.#loads.set(name, [{ done, failed }])
    })
    promise.catch(() => {})
    this.#sources.set(name, source)
    void Promise.resolve().then(() => this.#dispatch({ type: 'source', name, stores: source.stores }))
    return promise
  }

  /** Reads again whatever was loaded. */
  reload(): void {
    this.#dispatch({ type: 'reload' })
  }

  /** Says where to save to; what waited is handed over. */
  saveTo(options: DataProcessorOptions): void {
    this.#options = options
    void Promise.resolve().then(() => this.#dispatch({ type: 'saving' }))
  }

  /** Tries again what the server refused for want of a good token. */
  retry(): void {
    this.#dispatch({ type: 'unpark' })
  }

  /** Handlers for `RemoteEvents.on` that feed this store, through which it also learns of the connection. */
  get remoteUpdates(): RemoteHandlers {
    const handlers = Object.fromEntries(
      [...this.#stores.keys()].map((name) => [name, (value: EventValue) => this.#frame(name, value)]),
    )
    return { ...handlers, [LINKED]: (link: LiveLink) => this.#linked(link) }
  }

  /** Resolves when nothing is pending any more; rejects with `closed` when the store is closed before. */
  whenSynced(): Promise<void> {
    const promise = new Promise<void>((done, failed) => {
      const check = (): boolean => {
        if (this.#closed)
          failed(new PlanwireError('closed', 'The store was closed before everything was stored', 'fatal'))
        else if (this.#pendingCount === 0) done()
        else return false
        return true
      }
      if (check()) return
      const stops = [
        this.events.on('pending', () => check() && stop()),
        this.events.on('connection', () => check() && stop()),
      ]
      const stop = (): void => {
        for (const end of stops) end()
      }
    })
    promise.catch(() => {})
    return promise
  }

  /** Stops timers and requests; nothing is told any more. The RemoteEvents in use is not closed: others may share it. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const stop of this.#timers.values()) stop()
    this.#timers.clear()
    const error = new PlanwireError('closed', 'The store was closed', 'fatal')
    for (const waiting of this.#loads.values()) for (const { failed } of waiting) failed(error)
    this.#loads.clear()
    this.events.emit('connection', { state: 'closed' })
    this.events.clear()
    this.storeEvents.clear()
  }

  #linked(link: LiveLink): LinkListener {
    this.#link = link
    return {
      connection: (connection) => {
        if (this.#link !== link || this.#closed) return
        this.#connection = connection
        if (connection.state === 'open' && link.live) this.#dispatch({ type: 'live' })
        else if (this.#state.live) this.#dispatch({ type: 'lost' })
        else if (connection.state === 'open') this.#dispatch({ type: 'unpark' })
        this.#tell(() => this.events.emit('connection', connection))
      },
      doubt: () => {
        if (this.#closed || this.#timers.has('doubt')) return
        this.#timers.set(
          'doubt',
          this.#ports.clock.after(DOUBT_MS, () => {
            this.#timers.delete('doubt')
            this.reload()
          }),
        )
      },
    }
  }

  #frame(store: string, value: EventValue): void {
    const event = readRecordEvent(store, value)
    if (!event) return
    const { verb, record } = event
    this.#dispatch({
      type: 'frame',
      change: verb === 'delete' ? { type: 'remove', store, id: record.id } : { type: verb, store, record },
    })
  }

  #dispatch(input: LiveInput): void {
    if (this.#closed) return
    const { origin, changes, effects } = reduceLive(this.#state, input)
    for (const { store } of changes) this.#stores.get(store)?.invalidate()
    for (const effect of effects) this.#perform(effect)
    if (origin === 'local') this.#changes.push(...changes)
    else this.#changed(origin, changes)
    this.#tellPending()
    this.#flush()
  }

  #endTransaction(): void {
    const changes = this.#changes.splice(0)
    if (!this.#committing) {
      this.#committing = true
      void Promise.resolve().then(() => {
        this.#committing = false
        this.#dispatch({ type: 'commit' })
      })
    }
    this.#changed('local', changes)
    this.#flush()
  }

  #perform(effect: LiveEffect): void {
    switch (effect.type) {
      case 'save':
        void this.#save(effect)
        return
      case 'load':
        void this.#load(effect.number, effect.source)
        return
      case 'timer':
        this.#arm(effect.name, effect.delayMs)
        return
      case 'backoff':
        this.#arm(effect.name, Math.max(effect.leastMs, backoffMs(effect.failures, this.#ports.random.next())))
        return
      case 'stopTimer':
        this.#timers.get(effect.name)?.()
        this.#timers.delete(effect.name)
        return
      case 'emit':
        this.#tell(() => this.#emit(effect.event))
        return
      default:
        assertNever(effect)
    }
  }

  async #save({ number, store, method, record }: Extract<LiveEffect, { type: 'save' }>): Promise<void> {
    const id = method === 'POST' ? undefined : record.id
    const outcome = await saveRecord(this.#environment, { store, method, id, record })
    this.#dispatch({ type: 'answer', number, outcome })
  }

  async #load(number: number, name: string): Promise<void> {
    const source = this.#sources.get(name)
    if (!source) return
    // An answer to a load that another replaced says nothing to those who wait for the other.
    const waiting = (): readonly { done(): void; failed(error: PlanwireError): void }[] => {
      if (this.#state.sources.get(name)?.running !== number) return []
      const list = this.#loads.get(name) ?? []
      this.#loads.delete(name)
      return list
    }
    try {
      const stores = await loadRecords(this.#environment, source.url, source.read)
      const settled = waiting()
      this.#dispatch({ type: 'loaded', number, stores })
      for (const { done } of settled) done()
    } catch (cause) {
      const error =
        cause instanceof PlanwireError
          ? cause
          : new PlanwireError('connection-lost', `${source.url}: no answer`, 'retry', {}, { cause })
      const settled = waiting()
      this.#dispatch({ type: 'loadFailed', number, error, retry: error.recovery === 'retry' })
      for (const { failed } of settled) failed(error)
    }
  }

  get #environment(): RestEnvironment {
    return { ports: this.#ports, link: this.#link, options: this.#options, pathOf: this.#flavour.pathOf }
  }

  #arm(name: TimerName, delayMs: number): void {
    this.#timers.get(name)?.()
    this.#timers.set(
      name,
      this.#ports.clock.after(delayMs, () => {
        this.#timers.delete(name)
        this.#dispatch({ type: 'timer', name })
      }),
    )
  }

  #changed(origin: ChangeBatch['origin'], changes: readonly ViewChange[]): void {
    if (changes.length === 0 && origin !== 'dataset') return
    const batch = batchOf(origin, changes)
    this.#tell(() => {
      for (const [store, part] of Object.entries(batch.stores)) this.storeEvents.emit(store, { ...part, origin })
      this.events.emit('change', batch)
    })
  }

  #tellPending(): void {
    let count = 0
    for (const lanes of this.#state.lanes.values()) count += lanes.size
    if (count === this.#pendingCount) return
    this.#pendingCount = count
    this.#tell(() => this.events.emit('pending', count))
  }

  #emit(event: LiveEvent): void {
    switch (event.type) {
      case 'error':
        this.#ports.logger('warn', event.error.message, { code: event.error.code, ...event.error.details })
        this.events.emit('error', event.error)
        return
      case 'rejected':
        this.events.emit('rejected', event.rejection)
        this.events.emit('error', event.rejection.error)
        return
      case 'conflict':
        this.events.emit('conflict', event.conflict)
        return
      case 'saved':
        this.events.emit('saved', { store: event.store, id: event.id, operation: event.operation })
        return
      default:
        assertNever(event)
    }
  }

  #listenerFailed(cause: unknown, event: string): void {
    const error = new PlanwireError('handler-failed', `A listener of "${event}" threw`, 'fatal', { event }, { cause })
    this.#ports.logger('error', error.message, { cause })
    if (event !== 'error') this.events.emit('error', error)
  }

  #tell(tell: () => void): void {
    this.#told.push(tell)
  }

  /** Tells listeners, in order; what a listener causes is told after it. Within a transaction they wait for its end. */
  #flush(): void {
    if (this.#telling || this.#depth > 0) return
    this.#telling = true
    try {
      for (let tell = this.#told.shift(); tell; tell = this.#told.shift()) if (!this.#closed) tell()
    } finally {
      this.#telling = false
    }
  }
}
