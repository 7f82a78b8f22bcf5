/** Clauses about requests that must not be done: unknown ids, old versions, bodies that are none, fields that would reach others. */
import { sameId } from '../../../client/protocol/ids.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { leakIn } from '../trace.ts'
import { failed } from '../verdict.ts'
import { idIn, type RestAnswered } from './answers.ts'
import type { LiveBench } from './bench.ts'

const dialects = ['dhtmlx'] as const
const UNKNOWN_ID = 'planwire-verify-no-such-id'

export const refusalClauses: readonly Clause<LiveBench>[] = [
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
]

function refused({ status, text }: RestAnswered, wanted: readonly number[], what: string): string {
  const leak = leakIn(text)
  if (leak !== undefined) failed(`${what} is answered ${status} with "${leak}"`)
  return wanted.includes(status) ? `refused with ${status}` : failed(`${what} is answered ${status}, not ${wanted[0]}`)
}
