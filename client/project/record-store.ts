/** A store of records as the app uses it: reads what is visible, turns edits into operations of the current transaction. */
import type { Cancel } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { idKey, isRecordId, type RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { withWholeGroups } from '../store/field-groups.ts'
import { hangingOn } from '../store/hanging.ts'
import type { Operation } from '../store/operations.ts'
import { saysTheSame } from '../store/same-value.ts'
import type { Emitter } from '../sync/emitter.ts'
import type { ChangeOrigin, StoreBatch } from './change-batch.ts'
import { givenFields } from './given-fields.ts'
import type { RecordStatus } from './record-status.ts'

/** What a store needs of its client. */
export interface StoreHost {
  record(store: string, id: RecordId): PlainRecord | undefined
  records(store: string): readonly PlainRecord[]
  /** `current`: the record before it, if the caller has it at hand. */
  operate(store: string, operation: Operation, current?: PlainRecord): void
  newId(store: string): RecordId
  /** Runs edits as one changeset. */
  transact<R>(edits: () => R): R
  /** Throws if the store's schema has something against the record. */
  check?(store: string, record: PlainRecord, call: string): void
  status(store: string, id: RecordId): RecordStatus
  /** The user has dealt with a refusal or a conflict. */
  acknowledge?(store: string, id: RecordId): void
  readonly storeEvents: Emitter<{ [store: string]: StoreEvent<PlainRecord> }>
}

/** A store's `change` event. */
export interface StoreEvent<T extends PlainRecord> extends StoreBatch<T> {
  readonly origin: ChangeOrigin
}

/** Fields of a new record: any but the id, which the server gives. */
export type NewFields<T extends PlainRecord> = {
  readonly [K in keyof T as K extends 'id' ? never : K]?: T[K] | undefined
}
/** Fields of an edit: `null` clears one, `undefined` leaves it. */
export type EditFields<T extends PlainRecord> = {
  readonly [K in keyof T as K extends 'id' ? never : K]?: T[K] | null | undefined
}

/**
 * Records of one store. Records are immutable: an edit replaces the record, so two reads can be compared with `===`.
 * @example
 * const task = client.tasks.add({ name: 'Freeze', startDate: '2026-02-11' })
 * client.tasks.update(task.id, { duration: 2 })
 */
export class RecordStore<T extends PlainRecord> implements Iterable<T> {
  /** The store's name in changesets, for example `tasks`. */
  readonly name: string
  protected readonly host: StoreHost
  #snapshot: readonly T[] | undefined

  constructor(name: string, host: StoreHost) {
    this.name = name
    this.host = host
  }

  /** The record, also by the phantom id that it had before the server named it; undefined when there is none. */
  get(id: RecordId): T | undefined {
    // The store's record type is the app's promise about its own data.
    return this.host.record(this.name, id) as T | undefined
  }

  /** True if there is such a record. */
  has(id: RecordId): boolean {
    return this.get(id) !== undefined
  }

  /** All records, in the server's order, new ones last. The same array until something changes. */
  all(): readonly T[] {
    this.#snapshot ??= this.host.records(this.name) as readonly T[]
    return this.#snapshot
  }

  /** How many records there are. */
  get size(): number {
    return this.all().length
  }

  [Symbol.iterator](): Iterator<T> {
    return this.all()[Symbol.iterator]()
  }

  /** Adds a record under a phantom id, which becomes a real one when the server answers, and returns it. Error `invalid-argument` for values that cannot be sent. */
  add(fields: NewFields<T>): T {
    const id = this.host.newId(this.name)
    const call = `${this.name}.add`
    const given = this.placed(givenFields(fields, call))
    this.host.check?.(this.name, { ...given, id }, call)
    this.host.operate(this.name, { type: 'add', id, fields: given })
    return this.#known(id, 'add')
  }

  /** Changes some fields (`null` clears one, `undefined` leaves it) and returns the record. An edit that changes nothing sends nothing. Errors `not-found`, `invalid-argument`. */
  update(id: RecordId, fields: EditFields<T>): T {
    return this.edit(id, givenFields(fields, `${this.name}.update`))
  }

  /** Removes a record, or several in one changeset. Ids that are not there are passed over: removed is removed. */
  remove(ids: RecordId | readonly RecordId[]): void {
    this.host.transact(() => {
      for (const id of isRecordId(ids) ? [ids] : ids) {
        const record = this.get(id)
        if (record) this.removeRecord(record)
      }
    })
  }

  /** Calls `listener` after each transaction that changed this store. */
  on(_event: 'change', listener: (batch: StoreEvent<T>) => void): Cancel {
    return this.host.storeEvents.on(this.name, listener as (batch: StoreEvent<PlainRecord>) => void)
  }

  /** How far edits of the record have come. A record of which nothing is under way, or that is not there, is `synced`. */
  status(id: RecordId): RecordStatus {
    return this.host.status(this.name, id)
  }

  /** Takes `rejected` or `conflict` off a record; its next edit does so too. */
  acknowledge(id: RecordId): void {
    this.host.acknowledge?.(this.name, id)
  }

  /** Calls `listener` after each change: with {@link getSnapshot}, what `useSyncExternalStore` wants. Both may be passed on as they are. */
  readonly subscribe: (listener: () => void) => Cancel = (listener) => this.on('change', () => listener())

  /** The same as {@link all}. */
  readonly getSnapshot: () => readonly T[] = () => this.all()

  /** Drops the snapshot; called by the client when visible records changed. */
  invalidate(): void {
    this.#snapshot = undefined
  }

  /** The fields of a new record, with its place. */
  protected placed(fields: Fields): Fields {
    return fields
  }

  protected edit(id: RecordId, fields: Fields): T {
    const record = this.#known(id, 'update')
    let changed: Record<string, unknown> | undefined
    for (const field in fields) {
      if (saysTheSame(record[field], fields[field])) continue
      changed ??= {}
      changed[field] = fields[field]
    }
    if (!changed) return record
    const whole = withWholeGroups(record, changed)
    this.host.check?.(this.name, { ...record, ...whole, id: record.id }, `${this.name}.update`)
    this.host.operate(this.name, { type: 'update', id: record.id, fields: whole }, record)
    return this.#known(record.id, 'update')
  }

  /** A record goes with the links that hang on it. */
  protected removeRecord(record: T): void {
    this.removeAll([record])
  }

  protected removeAll(records: readonly T[]): void {
    const keys = new Set(records.map((record) => idKey(record.id)))
    for (const [store, { id }] of hangingOn(this.name, keys, (name) => this.host.records(name)))
      this.host.operate(store, { type: 'remove', id })
    for (const { id } of records) this.host.operate(this.name, { type: 'remove', id })
  }

  #known(id: RecordId, call: string): T {
    const record = this.get(id)
    if (record) return record
    throw new PlanwireError(
      'not-found',
      `${this.name}.${call}: there is no record ${JSON.stringify(id)}; it may have been removed by somebody else`,
      'drop-changeset',
      {
        store: this.name,
        id,
      },
    )
  }
}
