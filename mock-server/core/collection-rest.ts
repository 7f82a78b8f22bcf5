/**
 * Owns the REST calls of a live-updates collection such as `/events`, with the rules of recurring events that
 * DHTMLX Scheduler relies on (source: recorded requests): exceptions of a series are records that name it.
 */
import type { StoreChanges } from '../../client/protocol/changeset.ts'
import { writeRestAnswer } from '../../client/protocol/dialects/dhtmlx/rest.ts'
import { idKey, isRecordId, sameId } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import { overlaps } from './date-range.ts'
import { etagOf, mismatch, POSITION_HEADER, positionText } from './etag.ts'
import type { IdAllocator } from './id-allocator.ts'
import { failure, json, withHeaders } from './rest-answers.ts'
import { commitWrite, type Reply, type RestCall, readRecord } from './rest-write.ts'
import type { Room } from './room.ts'
import { queryParameter } from './routes.ts'

/** The calls of one collection. */
export class CollectionRest {
  readonly #name: string
  readonly #room: Room
  readonly #ids: IdAllocator

  constructor(name: string, room: Room, ids: IdAllocator) {
    this.#name = name
    this.#room = room
    this.#ids = ids
  }

  answer(id: string | undefined, call: RestCall): Reply {
    if (id === undefined) {
      if (call.method === 'GET') return this.#list(call.url)
      return call.method === 'POST' ? this.#insert(call) : failure(405, 'Method not allowed')
    }
    const record = this.#room.table(this.#name).get(idKey(id))
    if (!record) return failure(404, 'Not found')
    switch (call.method) {
      case 'GET':
        return withHeaders(json(200, JSON.stringify(record)), { etag: etagOf(record) })
      case 'PUT':
        return this.#stale(record, call) ?? this.#update(record, call)
      case 'DELETE':
        return this.#stale(record, call) ?? this.#delete(record, call)
      default:
        return failure(405, 'Method not allowed')
    }
  }

  #stale(record: PlainRecord, call: RestCall): Reply | undefined {
    return mismatch(call, { room: this.#room, store: this.#name, id: record.id, shown: record })
  }

  #list(url: string): Reply {
    const [from, to] = [queryParameter(url, 'from'), queryParameter(url, 'to')]
    const records = [...this.#room.table(this.#name).values()]
    const shown =
      from === undefined && to === undefined ? records : records.filter((record) => overlaps(record, from, to))
    return withHeaders(json(200, JSON.stringify(shown)), { [POSITION_HEADER]: positionText(this.#room.position) })
  }

  #insert(call: RestCall): Reply {
    const read = readRecord(call, this.#name)
    if (!read.ok) return failure(400, read.error.message)
    const record = { ...read.message, id: this.#ids.take() }
    // A deleted occurrence is a new record that says so; the widget wants to hear `deleted`.
    const action = read.message.deleted === true ? 'deleted' : 'inserted'
    return this.#commit({ added: [record] }, { action, id: record.id }, call)
  }

  #update(record: PlainRecord, call: RestCall): Reply {
    const read = readRecord(call, this.#name)
    if (!read.ok) return failure(400, read.error.message)
    const updated = { ...read.message, id: record.id }
    const seriesEdited = isSeries(record) || isSeries(updated)
    const action = read.message.deleted === true ? 'deleted' : 'updated'
    return this.#commit(
      { updated: [updated], ...(seriesEdited ? { removed: this.#exceptions(record) } : {}) },
      { action, id: record.id },
      call,
    )
  }

  #delete(record: PlainRecord, call: RestCall): Reply {
    const removed = [...this.#exceptions(record), { id: record.id }]
    return this.#commit({ removed }, { action: 'deleted', id: record.id }, call)
  }

  /** Exceptions of a series: their places in it mean nothing once it is edited or gone. */
  #exceptions(series: PlainRecord): readonly { readonly id: PlainRecord['id'] }[] {
    const found: { readonly id: PlainRecord['id'] }[] = []
    for (const { id, recurring_event_id, event_pid } of this.#room.table(this.#name).values()) {
      if (sameId(isRecordId(recurring_event_id) ? recurring_event_id : event_pid, series.id)) found.push({ id })
    }
    return found
  }

  #commit(
    changes: StoreChanges,
    { action, id }: { readonly action: 'inserted' | 'updated' | 'deleted'; readonly id: PlainRecord['id'] },
    call: RestCall,
  ): Reply {
    return commitWrite(this.#room, { [this.#name]: changes }, call, () => {
      const item = this.#room.table(this.#name).get(idKey(id))
      const body = writeRestAnswer({ action, id, ...(item ? { item } : {}) })
      return { body, ...(item ? { etag: etagOf(item) } : {}) }
    })
  }
}

function isSeries({ rrule, rec_type, recurring_event_id, event_pid }: Fields): boolean {
  const rule = rrule || rec_type
  return typeof rule === 'string' && rule !== '' && !isId(recurring_event_id) && !isId(event_pid)
}

function isId(value: unknown): boolean {
  return isRecordId(value) && value !== 0 && value !== '0'
}
