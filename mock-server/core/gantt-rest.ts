/**
 * Owns the REST calls of DHTMLX Gantt (source: recorded requests): the same plan that the project socket serves, read
 * and written in the widget's own records.
 */
import type { Changeset } from '../../client/protocol/changeset.ts'
import { linkFromDhtmlx, placeOf, taskFromDhtmlx } from '../../client/protocol/dialects/dhtmlx/gantt-mapping.ts'
import { writeGanttLoad, writeRestAnswer } from '../../client/protocol/dialects/dhtmlx/rest.ts'
import { idKey, isRecordId, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import { BOUNDS } from './defaults.ts'
import { etagOf, mismatch, POSITION_HEADER, positionText } from './etag.ts'
import { GanttEvents } from './gantt-events.ts'
import { linkEdit, linkRecord, taskEdit, taskRecord } from './gantt-records.ts'
import type { IdAllocator } from './id-allocator.ts'
import type { LiveUpdates } from './live-updates.ts'
import { parentKey } from './reference-index.ts'
import { failure, json, withHeaders } from './rest-answers.ts'
import { commitWrite, type Reply, type RestCall, readRecord } from './rest-write.ts'
import type { Outcome, Room } from './room.ts'
import { nextIndex, placedAmong, rowsOf } from './task-order.ts'

/** The two lists of Gantt. */
type GanttStore = 'tasks' | 'links'
type Action = 'inserted' | 'updated' | 'deleted'

/** What a request writes: a record's fields, and siblings that it shifts. */
interface WrittenFields {
  readonly fields: Fields
  readonly shifted: readonly PlainRecord[]
  /** Whether the request said where the row goes. */
  readonly placed: boolean
}

/** The calls for one project. */
export class GanttRest {
  readonly #room: Room
  readonly #ids: IdAllocator
  readonly #events: GanttEvents
  /**
   * Records removed of late. The widget deletes a parent, then each descendant and link by a call of its own; those
   * went with the parent, and an error would make it show the deleted rows again.
   */
  readonly #removed = new Set<string>()

  constructor(room: Room, live: LiveUpdates, ids: IdAllocator) {
    this.#room = room
    this.#ids = ids
    this.#events = new GanttEvents(room, live)
    room.listen({
      committed: (outcomes) => this.#noteRemoved(outcomes),
      replaced: () => this.#removed.clear(),
      durable() {},
    })
  }

  /** `GET /data`. */
  load({ method }: RestCall): Reply {
    if (method !== 'GET') return failure(405, 'Method not allowed')
    const tasks = rowsOf(this.#room.table('tasks')).map(taskRecord)
    const links = [...this.#room.table('dependencies').values()].map(linkRecord)
    return this.#list(writeGanttLoad({ tasks, links }))
  }

  /** `/data/task` and `/data/link`, with or without an id. */
  answer(store: GanttStore, id: string | undefined, call: RestCall): Reply {
    const { method } = call
    if (id === undefined) {
      if (method === 'POST') return this.#write(store, undefined, call)
      if (method !== 'GET') return failure(405, 'Method not allowed')
      const records = store === 'tasks' ? rowsOf(this.#table(store)) : [...this.#table(store).values()]
      return this.#list(JSON.stringify(records.map((record) => shown(store, record))))
    }
    const record = this.#table(store).get(idKey(id))
    if (!record) {
      const gone = method === 'DELETE' && this.#removed.has(`${storeOf(store)} ${id}`)
      return gone ? json(200, writeRestAnswer({ action: 'deleted' })) : failure(404, 'Not found')
    }
    switch (method) {
      case 'GET':
        return withHeaders(json(200, JSON.stringify(shown(store, record))), { etag: etagOf(shown(store, record)) })
      case 'PUT':
        return this.#stale(store, record, call) ?? this.#write(store, record, call)
      case 'DELETE': {
        const removed = [{ id: record.id }]
        return (
          this.#stale(store, record, call) ??
          this.#commit(store, { [storeOf(store)]: { removed } }, 'deleted', record.id, call)
        )
      }
      default:
        return failure(405, 'Method not allowed')
    }
  }

  #list(body: string): Reply {
    return withHeaders(json(200, body), { [POSITION_HEADER]: positionText(this.#room.position) })
  }

  #stale(store: GanttStore, record: PlainRecord, call: RestCall): Reply | undefined {
    const current = { room: this.#room, store: storeOf(store), id: record.id, shown: shown(store, record) }
    return mismatch(call, current)
  }

  #write(store: GanttStore, stored: PlainRecord | undefined, call: RestCall): Reply {
    const read = readRecord(call, store)
    if (!read.ok) return failure(400, read.error.message)
    const { id: _, ...sent } = read.message
    const id = stored?.id ?? this.#ids.take()
    const written = store === 'tasks' ? this.#task(sent, stored) : this.#link(sent, stored)
    if (!written) return failure(400, 'A task cannot be below itself')
    const record = { ...written.fields, id }
    const changes = stored ? { updated: [record, ...written.shifted] } : { added: [record] }
    const commit = (): Reply =>
      this.#commit(store, { [storeOf(store)]: changes }, stored ? 'updated' : 'inserted', id, call)
    return written.placed ? this.#events.placing(id, commit) : commit()
  }

  #link(sent: Fields, stored: PlainRecord | undefined): WrittenFields {
    const named = this.#named(sent, ['source', 'target'])
    return { fields: stored ? linkEdit(named, stored) : linkFromDhtmlx(named), shifted: [], placed: false }
  }

  /** The fields of a task and the rows that its place shifts; undefined when it would come below itself. */
  #task(sent: Fields, stored: PlainRecord | undefined): WrittenFields | undefined {
    const named = this.#named(sent, ['parent'])
    const fields = stored ? taskEdit(named, stored) : taskFromDhtmlx(named)
    const parent = 'parentId' in fields ? keyOf(fields.parentId) : stored ? parentKey(stored) : ''
    if (!stored)
      return { fields: { ...fields, parentIndex: nextIndex(this.#room.children(parent)) }, shifted: [], placed: false }
    if (this.#isBelow(parent, idKey(stored.id))) return undefined
    const place = this.#events.wasTold(stored.id, sent.target) ? undefined : placeOf(sent.target)
    if (!place && parent === parentKey(stored)) return { fields, shifted: [], placed: false }
    const { parentIndex, shifted } = placedAmong(this.#room.children(parent), stored, place)
    return { fields: { ...fields, parentIndex }, shifted, placed: place !== undefined }
  }

  #commit(store: GanttStore, stores: Changeset, action: Action, id: RecordId, call: RestCall): Reply {
    return commitWrite(this.#room, stores, call, () => {
      const record = this.#table(store).get(idKey(id))
      // A new link to something that is gone was left out: the widget, too, has to let go of it.
      if (!record) return { body: writeRestAnswer({ action: 'deleted', id }) }
      const item = shown(store, record)
      return { body: writeRestAnswer({ action, item, id }), etag: etagOf(item) }
    })
  }

  /** References to tasks as those tasks write their ids: Gantt makes strings of numbers now and then, Bryntum tells them apart. */
  #named(sent: Fields, references: readonly string[]): Fields {
    const named: Record<string, unknown> = { ...sent }
    for (const field of references) {
      const id = sent[field]
      const task = isRecordId(id) ? this.#table('tasks').get(idKey(id)) : undefined
      if (task) named[field] = task.id
    }
    return named
  }

  /** True when climbing from `parent` leads to `key`. */
  #isBelow(parent: RecordKey, key: RecordKey): boolean {
    const climbed = new Set<RecordKey>()
    for (let at = parent; at !== '' && !climbed.has(at); ) {
      if (at === key) return true
      climbed.add(at)
      const above = this.#table('tasks').get(at)
      at = above ? parentKey(above) : ''
    }
    return false
  }

  #table(store: GanttStore): ReturnType<Room['table']> {
    return this.#room.table(storeOf(store))
  }

  #noteRemoved(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.type !== 'committed') continue
      for (const { store, before, after } of outcome.touched) {
        if (!after && before) this.#removed.add(`${store} ${idKey(before.id)}`)
      }
    }
    for (const oldest of this.#removed) {
      if (this.#removed.size <= BOUNDS.ganttMemory) break
      this.#removed.delete(oldest)
    }
  }
}

function storeOf(store: GanttStore): 'tasks' | 'dependencies' {
  return store === 'tasks' ? 'tasks' : 'dependencies'
}

function shown(store: GanttStore, record: PlainRecord): PlainRecord {
  return store === 'tasks' ? taskRecord(record) : linkRecord(record)
}

function keyOf(parent: unknown): RecordKey {
  return isRecordId(parent) ? idKey(parent) : ''
}
