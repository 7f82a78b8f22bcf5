/**
 * Owns the REST calls of a live-updates collection such as `/events`, with the rules of recurring events that
 * DHTMLX Scheduler relies on (source: recorded requests): exceptions of a series are records that name it.
 */
import type { StoreChanges } from '../../client/protocol/changeset.ts'
import { readRestBody, writeRestAnswer } from '../../client/protocol/dialects/dhtmlx/rest.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { idKey, isRecordId, sameId } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import type { RestRequest } from './contract.ts'
import { overlaps } from './date-range.ts'
import type { IdAllocator } from './id-allocator.ts'
import { REST_AUTHOR, type Reply } from './rest.ts'
import { failure, json } from './rest-answers.ts'
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

  answer(id: string | undefined, request: RestRequest): Reply {
    if (id === undefined) {
      if (request.method === 'GET') return this.#list(request.url)
      return request.method === 'POST' ? this.#insert(request.body) : failure(405, 'Method not allowed')
    }
    const record = this.#room.table(this.#name).get(idKey(id))
    if (!record) return failure(404, 'Not found')
    switch (request.method) {
      case 'GET':
        return json(200, JSON.stringify(record))
      case 'PUT':
        return this.#update(record, request.body)
      case 'DELETE':
        return this.#commit(
          { removed: [...this.#exceptions(record), { id: record.id }] },
          { action: 'deleted', id: record.id },
          0,
        )
      default:
        return failure(405, 'Method not allowed')
    }
  }

  #list(url: string): Reply {
    const [from, to] = [queryParameter(url, 'from'), queryParameter(url, 'to')]
    const records = [...this.#room.table(this.#name).values()]
    const shown =
      from === undefined && to === undefined ? records : records.filter((record) => overlaps(record, from, to))
    return json(200, JSON.stringify(shown))
  }

  #insert(body: string): Reply {
    const read = readRestBody(body, this.#name)
    if (!read.ok) return failure(400, read.error.message)
    const record = { ...read.message, id: this.#ids.take() }
    // A deleted occurrence is a new record that says so; the widget wants to hear `deleted`.
    const action = read.message.deleted === true ? 'deleted' : 'inserted'
    return this.#commit({ added: [record] }, { action, id: record.id }, body.length)
  }

  #update(record: PlainRecord, body: string): Reply {
    const read = readRestBody(body, this.#name)
    if (!read.ok) return failure(400, read.error.message)
    const updated = { ...read.message, id: record.id }
    const seriesEdited = isSeries(record) || isSeries(updated)
    const action = read.message.deleted === true ? 'deleted' : 'updated'
    return this.#commit(
      { updated: [updated], ...(seriesEdited ? { removed: this.#exceptions(record) } : {}) },
      { action, id: record.id },
      body.length,
    )
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
    length: number,
  ): Reply {
    const result = this.#room.commit([{ changes: { stores: { [this.#name]: changes } } }], REST_AUTHOR, length)
    if (result instanceof PlanwireError) return failure(400, result.message)
    const item = this.#room.table(this.#name).get(idKey(id))
    const body = writeRestAnswer({ action, id, ...(item ? { item } : {}) })
    return { answer: json(200, body), room: this.#room, revision: this.#room.position.revision }
  }
}

function isSeries({ rrule, rec_type, recurring_event_id, event_pid }: Fields): boolean {
  const rule = rrule || rec_type
  return typeof rule === 'string' && rule !== '' && !isId(recurring_event_id) && !isId(event_pid)
}

function isId(value: unknown): boolean {
  return isRecordId(value) && value !== 0 && value !== '0'
}
