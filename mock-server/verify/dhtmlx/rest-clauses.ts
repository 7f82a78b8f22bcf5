/** Clauses about the collection: reading, writing, what is told of it, and what must not be stored. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, sameId } from '../../../client/protocol/ids.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { leakIn } from '../trace.ts'
import { failed, inconclusive } from '../verdict.ts'
import { about, idIn, type LiveBench, type RestAnswered } from './bench.ts'

const dialects = ['dhtmlx'] as const
const UNKNOWN_ID = 'planwire-verify-no-such-id'

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
    id: 'update.unknown',
    title: 'An edit of an event that is not there is refused, and told to nobody',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'PUT /events/:id updates an event.',
    source: SOURCES.dhtmlx,
    finds: ['DS5'],
    hint: 'Answer 404 when the id is unknown, before you store or broadcast.',
    async run(bench) {
      const watcher = await bench.subscriber('watcher', bench.settings.collection)
      const answer = await bench.rest('PUT', `${bench.path}/${UNKNOWN_ID}`, { body: bench.event('of nothing') })
      refused(answer, [404, 410], 'the edit of an unknown event')
      const text = bench.named('of nothing')
      return (await bench.unwanted(watcher, ({ record }) => record['text'] === text))
        ? failed('it was told to everybody')
        : `refused with ${answer.status}`
    },
  },
  {
    id: 'update.stale',
    title: 'A write that names an old version of the event is refused',
    dialects,
    severity: 'should',
    needs: 'write',
    says: 'The documents know no versions: the last whole record wins over newer fields of others. HTTP has ETag and If-Match.',
    source: SOURCES.planwire,
    finds: ['DS8'],
    hint: 'Answer reads and writes of one event with an ETag, and a PUT whose If-Match names another one with 409 or 412.',
    async run(bench) {
      const id = await bench.add('version 1')
      const { etag } = await bench.rest('GET', bench.at(id))
      if (etag === undefined) failed('GET of one event brings no ETag')
      await bench.rest('PUT', bench.at(id), { body: bench.event('version 2') })
      const stale = await bench.rest('PUT', bench.at(id), { body: bench.event('stale'), ifMatch: etag })
      if (![409, 412].includes(stale.status)) failed(`a write for the version before is answered ${stale.status}`)
      const stored = (await bench.list()).find((record) => sameId(record['id'], id))
      return stored?.['text'] === bench.named('version 2')
        ? `refused with ${stale.status}`
        : failed('it was stored all the same')
    },
  },
  {
    id: 'delete.unknown',
    title: 'A removal of an event that is not there is refused in words',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'DELETE /events/:id deletes an event.',
    source: SOURCES.dhtmlx,
    finds: ['DS6'],
    hint: 'Answer 404, without the stack of what was thrown.',
    async run(bench) {
      const answer = await bench.rest('DELETE', `${bench.path}/${UNKNOWN_ID}`)
      return refused(answer, [404, 410], 'the removal of an unknown event')
    },
  },
  {
    id: 'rest.malformed',
    title: 'A body that is no JSON is refused without a word too many',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'Bodies are JSON.',
    source: SOURCES.web,
    finds: ['DS7'],
    hint: 'Answer 400 with a text of your own; default error pages print the stack.',
    async run(bench) {
      const answer = await bench.rest('POST', bench.path, { body: '{"text":' })
      bench.own(idIn(answer))
      return refused(answer, [400, 415, 422], 'a malformed body')
    },
  },
  {
    id: 'rest.hostile-fields',
    title: 'Fields such as "__proto__" change nothing but their own record',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'A record is data of its author.',
    source: SOURCES.web,
    finds: ['DS9'],
    hint: 'Leave "__proto__" and "constructor" out when you copy records, and never merge bodies deeply into shared objects.',
    async run(bench) {
      const mark = bench.named('polluted')
      const hostile = `{"text":${JSON.stringify(bench.named('hostile'))},"start_date":"2030-01-07 09:00","end_date":"2030-01-07 10:00","__proto__":{"polluted":${JSON.stringify(mark)}},"constructor":{"prototype":{"polluted":${JSON.stringify(mark)}}}}`
      const answer = await bench.rest('POST', bench.path, { body: hostile })
      bench.own(idIn(answer))
      if (answer.status >= 500) failed(`the answer is ${answer.status}`)
      const id = await bench.add('innocent')
      const innocent = (await bench.list()).find((record) => sameId(record['id'], id))
      return JSON.stringify(innocent ?? {}).includes(mark)
        ? failed('another record has the field now')
        : 'no other record has it'
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

function refused({ status, text }: RestAnswered, wanted: readonly number[], what: string): string {
  const leak = leakIn(text)
  if (leak !== undefined) failed(`${what} is answered ${status} with "${leak}"`)
  return wanted.includes(status) ? `refused with ${status}` : failed(`${what} is answered ${status}, not ${wanted[0]}`)
}
