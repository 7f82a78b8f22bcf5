/**
 * Owns what a Gantt that was away is told: rows from top to bottom, each that was placed meanwhile with the `target` that
 * puts it where it stands now, so that the order of rows comes out right.
 */
import { idKey, type RecordKey } from '../../client/protocol/ids.ts'
import type { EventValue, ResumePoint } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { eventOf, eventsOfMissed } from './collection-events.ts'
import { linkRecord, taskRecord } from './gantt-records.ts'
import { type MissedRecord, missedSince } from './missed-events.ts'
import { parentKey } from './reference-index.ts'
import type { Room } from './room.ts'
import { inOrder, rowsOf, targetOf } from './task-order.ts'

/** The events of `tasks` or `links` since a position; `lost` when only a reload helps. */
export function missedRows(
  room: Room,
  name: 'tasks' | 'links',
  store: 'tasks' | 'dependencies',
  point: ResumePoint,
): readonly EventValue[] | 'lost' {
  const records = missedSince(room, store, point)
  if (records === 'lost') return 'lost'
  if (name === 'links') return records.flatMap((record) => eventsOfMissed(name, record, linkRecord))
  const gone = records.filter(({ now }) => !now)
  return [...standing(room, records), ...gone.flatMap((record) => eventsOfMissed(name, record, taskRecord))]
}

/** Those that are there, in the order of rows: parents before children, each row after the one above it. */
function standing(room: Room, records: readonly MissedRecord[]): readonly EventValue[] {
  const missed = new Map(records.flatMap((record) => (record.now ? [[idKey(record.id), record] as const] : [])))
  if (missed.size === 0) return []
  const placed = new Set([...missed.values()].flatMap(({ now, placed }) => (now && placed ? [now] : [])))
  const orders = new Map<RecordKey, readonly PlainRecord[]>()
  return rowsOf(room.table('tasks')).flatMap((task) => {
    const record = missed.get(idKey(task.id))
    if (!record) return []
    const parent = parentKey(task)
    const order = orders.get(parent) ?? inOrder(room.children(parent))
    orders.set(parent, order)
    const target = placed.has(task) ? targetOf(order, task, placed) : undefined
    const shown = { ...taskRecord(task), ...(target === undefined ? {} : { target }) }
    return [eventOf('tasks', record.wasThere ? { id: task.id } : undefined, shown)]
  })
}
