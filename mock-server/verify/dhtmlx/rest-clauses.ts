/** Clauses about the collection: reading, writing, what is told of it, and series. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, sameId } from '../../../client/protocol/ids.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, inconclusive } from '../verdict.ts'
import { about, idIn } from './answers.ts'
import type { LiveBench } from './bench.ts'

const dialects = ['dhtmlx'] as const

export const restClauses: readonly Clause<LiveBench>[] = [
  {
    id: 'load.answered',
    title: 'The collection can be loaded, each record with an id',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'scheduler.load("/events") reads a JSON list.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Answer GET with a list of records.',
    async run(bench) {
      const list = await bench.list('?timeshift=-60')
      return list.every(({ id }) => isRecordId(id)) ? `${list.length} records` : failed('a record has no id')
    },
  },
  {
    id: 'load.dates',
    title: 'Dates are loaded as text',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'start_date and end_date are texts such as "2025-04-23 09:00".',
    source: SOURCES.widget,
    finds: ['DS3'],
    hint: 'Write dates out before you clean or copy records: {} and null are what remains of a Date otherwise.',
    async run(bench) {
      const list = await bench.list()
      if (list.length === 0) inconclusive('the collection is empty')
      const wrong = list.find((record) =>
        ['start_date', 'end_date'].some((field) => field in record && !isDate(record[field])),
      )
      return wrong
        ? failed(`record ${wrong['id']} has start_date ${JSON.stringify(wrong['start_date'])}`)
        : 'all dates are text'
    },
  },
  {
    id: 'load.range',
    title: 'A range of dates brings the events in it',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'With dynamic loading the widget asks for ?from=...&to=....',
    source: SOURCES.widget,
    finds: ['DS4'],
    hint: 'Compare dates with dates (or texts with texts), never a Date with a text.',
    async run(bench) {
      const id = await bench.add('in January 2030')
      const inside = await bench.list('?from=2030-01-01&to=2030-02-01')
      if (!inside.some((record) => sameId(record['id'], id)))
        failed('an event of 7 January is not in the range of January')
      const before = await bench.list('?from=2029-01-01&to=2029-02-01')
      return before.some((record) => sameId(record['id'], id))
        ? failed('it is in the range of another year too')
        : 'it is in its range alone'
    },
  },
  {
    id: 'insert.answered',
    title: 'A new event is answered with its id, as the widget reads it',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'The body is the bare record; the widget takes the new id from `tid` of {"action":"inserted","tid":...}.',
    source: SOURCES.widget,
    finds: [],
    hint: 'Answer 200 with action and tid. {"id":...}, as the document prints it, leaves the event with its temporary id.',
    async run(bench) {
      const answer = await bench.rest('POST', bench.path, { body: bench.event('inserted') })
      bench.own(idIn(answer))
      if (answer.status !== 200) failed(`the answer is ${answer.status}; the widget takes 200 alone for success`)
      const { json } = answer
      if (!isObject(json) || !isRecordId(json['tid'])) failed('the answer has no tid')
      if (json['action'] !== 'inserted') failed(`the answer has action ${JSON.stringify(json['action'])}`)
      const stored = (await bench.list()).find((record) => sameId(record['id'], json['tid']))
      if (!stored) failed('the new event is not in the collection')
      return stored['text'] === bench.named('inserted')
        ? `its id is ${json['tid']}`
        : failed('the new event was stored with another text')
    },
  },
  {
    id: 'insert.told',
    title: 'A new event is told with the id that its author was answered',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'Subscribers get add-event with the event.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Broadcast the record as it was stored.',
    async run(bench) {
      const watcher = await bench.subscriber('watcher', bench.settings.collection)
      const id = await bench.add('told')
      const told = await bench.told(watcher, 'add-event', about(id))
      if (told.kind !== 'add') failed(`${told.kind}-event came`)
      return told.record['text'] === bench.named('told')
        ? 'add-event came'
        : failed('add-event does not hold the event')
    },
  },
  {
    id: 'update.told',
    title: 'An edit is answered, stored and told',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'PUT with the whole record; subscribers get update-event with the event.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'The body has no id: put the one of the path into what you broadcast.',
    async run(bench) {
      const watcher = await bench.subscriber('watcher', bench.settings.collection)
      const id = await bench.add('before')
      const { status } = await bench.rest('PUT', bench.at(id), { body: bench.event('after') })
      if (status !== 200) failed(`the answer is ${status}; the widget takes 200 alone for success`)
      const told = await bench.told(
        watcher,
        'update-event with the id',
        (event) => event.kind === 'update' && about(id)(event),
      )
      if (told.record['text'] !== bench.named('after')) failed('update-event does not hold the edit')
      const stored = (await bench.list()).find((record) => sameId(record['id'], id))
      return stored?.['text'] === bench.named('after')
        ? 'told and stored'
        : failed('the collection does not hold the edit')
    },
  },
  {
    id: 'delete.told',
    title: 'A removal is answered, done and told',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'DELETE without a body; subscribers get delete-event with the id.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Broadcast {"type":"delete-event","event":{"id":ID}}.',
    async run(bench) {
      const watcher = await bench.subscriber('watcher', bench.settings.collection)
      const id = await bench.add('soon gone')
      const { status } = await bench.rest('DELETE', bench.at(id))
      if (status !== 200) failed(`the answer is ${status}; the widget takes 200 alone for success`)
      await bench.told(watcher, 'delete-event with the id', (event) => event.kind === 'delete' && about(id)(event))
      const there = (await bench.list()).some((record) => sameId(record['id'], id))
      return there ? failed('the event is still in the collection') : 'told and gone'
    },
  },
  {
    id: 'series.occurrence-deleted',
    title: 'A changed occurrence that is deleted stays in its series, marked as deleted',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'An occurrence is deleted by a record of its own with deleted: true; without that record it would appear again.',
    source: SOURCES.widget,
    finds: ['DS11'],
    hint: 'Tell update-event (add-event for a new record) with deleted: true, and keep the record.',
    async run(bench) {
      const series = await bench.add('series', SERIES)
      const fields = { ...OCCURRENCE, recurring_event_id: series }
      const id = await bench.add('occurrence', fields)
      const watcher = await bench.subscriber('watcher', bench.settings.collection)
      const { status } = await bench.rest('PUT', bench.at(id), {
        body: bench.event('occurrence', { ...fields, deleted: true }),
      })
      if (status !== 200) failed(`the answer is ${status}`)
      const told = await bench.told(watcher, 'update of the occurrence', about(id))
      if (told.kind === 'delete') failed('delete-event came: the others see the occurrence again')
      return told.record['deleted'] === true
        ? `${told.kind}-event with deleted: true came`
        : failed('what was told is not marked as deleted')
    },
  },
  {
    id: 'series.edited',
    title: 'Changed occurrences that an edit of their series drops are told as deleted',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'What a server removes, it broadcasts.',
    source: SOURCES.widget,
    finds: ['DS12'],
    hint: 'Tell delete-event for each occurrence that goes with the edit.',
    async run(bench) {
      const series = await bench.add('series', SERIES)
      const id = await bench.add('occurrence', { ...OCCURRENCE, recurring_event_id: series })
      const watcher = await bench.subscriber('watcher', bench.settings.collection)
      await bench.rest('PUT', bench.at(series), {
        body: bench.event('series', { ...SERIES, rrule: 'FREQ=DAILY;INTERVAL=2' }),
      })
      await bench.told(watcher, 'update of the series', about(series))
      const there = (await bench.list()).some((record) => sameId(record['id'], id))
      if (there) return 'the occurrence was kept'
      const told = await bench.unwanted(watcher, (event) => event.kind === 'delete' && about(id)(event))
      return told ? 'it went, and was told' : failed('the occurrence is gone from the collection, and nobody was told')
    },
  },
]

const SERIES = { duration: 3600, rrule: 'FREQ=DAILY;INTERVAL=1', end_date: '2030-02-01 00:00' }
const OCCURRENCE = {
  start_date: '2030-01-09 11:00',
  end_date: '2030-01-09 12:00',
  rrule: null,
  duration: null,
  original_start: '2030-01-09 09:00',
}

function isDate(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value.replace(' ', 'T')))
}
