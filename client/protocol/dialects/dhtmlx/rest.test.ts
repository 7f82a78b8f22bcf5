import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Parsed } from '../../errors.ts'
import { isObject } from '../../guards.ts'
import type { Fields } from '../../records.ts'
import { callsOf, framesOf, type RecordedCall } from '../recordings/recording.contract.ts'
import { payloadKeyOf, readRecordEvent, recordEvent } from './entities.ts'
import { linkFromDhtmlx, linkToDhtmlx, taskFromDhtmlx, taskToDhtmlx } from './gantt-mapping.ts'
import { readGanttLoad, readRecords, readRestBody, writeGanttLoad, writeRestAnswer } from './rest.ts'
import { readRestAnswer, writeRestBody } from './rest-saves.ts'

const COLLECTIONS = { '/events': 'events', '/data/task': 'tasks', '/data/link': 'links' } as const

function unwrap<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw parsed.error
  return parsed.message
}

function collectionOf({ path }: RecordedCall): string | undefined {
  return Object.entries(COLLECTIONS).find(([prefix]) => path.split('?')[0]?.startsWith(prefix))?.[1]
}

const calls = [...callsOf('dhtmlx-scheduler'), ...callsOf('dhtmlx-gantt')]
const writes = calls.filter((call) => call.method !== 'GET' && collectionOf(call))

describe('recorded REST calls', () => {
  it('are read with the body that the widget sent, and written alike', () => {
    const bodies = writes.flatMap(({ dir, body, ...call }) =>
      dir === 'http-req' && body ? [[collectionOf({ dir, ...call }) ?? '', body] as const] : [],
    )
    expect(bodies).toHaveLength(19)
    for (const [collection, body] of bodies) {
      const record = unwrap(readRestBody(body, collection))
      expect(record).toEqual(JSON.parse(body))
      expect(writeRestBody(record)).toBe(body)
      expect(readRestBody(JSON.stringify({ [payloadKeyOf(collection)]: record }), collection)).toEqual({
        ok: true,
        message: record,
      })
    }
  })

  it('are answered with what the client needs: the action, the id of a new record, the record', () => {
    const answers = writes.filter(({ dir }) => dir === 'http-res')
    expect(answers).toHaveLength(26)
    for (const { method, status = 0, body = '' } of answers) {
      const outcome = unwrap(readRestAnswer(status, body))
      if (body === '') {
        expect(outcome).toEqual({})
        continue
      }
      const { tid, ...rest } = JSON.parse(body)
      expect(outcome).toEqual({ ...rest, ...(tid === undefined ? {} : { id: tid }) })
      if (method === 'POST') expect(outcome.id).toBeDefined()
    }
  })

  it('load the plan of a Gantt, which comes back as it was through the canonical records', () => {
    const loads = calls.filter(({ dir, path, body }) => dir === 'http-res' && path.startsWith('/data?') && body)
    expect(loads).toHaveLength(2)
    for (const { body = '' } of loads) {
      const { tasks, links } = unwrap(readGanttLoad(body))
      expect(tasks.map((task) => taskToDhtmlx(taskFromDhtmlx(task)))).toEqual(tasks)
      expect(links.map((link) => linkToDhtmlx(linkFromDhtmlx(link)))).toEqual(links)
      expect(writeGanttLoad({ tasks, links })).toBe(body)
    }
  })

  it('load the events of a Scheduler', () => {
    const loads = calls.filter(({ dir, path, body }) => dir === 'http-res' && path.startsWith('/events?') && body)
    for (const { body = '' } of loads) expect(unwrap(readRecords(body))).toEqual(JSON.parse(body))
    expect(loads.length).toBeGreaterThan(3)
  })

  it('are followed by broadcasts that name the collection and the record', () => {
    const values = [...framesOf('dhtmlx-scheduler').frames, ...framesOf('dhtmlx-gantt').frames].flatMap(({ frame }) => {
      const body = frame.action === 'event' && isObject(frame.body) ? frame.body : undefined
      return body && isObject(body.value) && body.value.type !== 'custom-action' ? [body] : []
    })
    expect(values).toHaveLength(52)
    for (const { name, value } of values) {
      const read = readRecordEvent(String(name), value as Fields & { type: string })
      if (!read) throw new Error(JSON.stringify(value))
      expect(recordEvent(read.verb, String(name), read.record)).toEqual(value)
    }
  })
})

describe('a body', () => {
  it('is bare, or wrapped as in the document', () => {
    expect(unwrap(readRestBody('{"event":{"text":"x"}}', 'events'))).toEqual({ text: 'x' })
    expect(unwrap(readRestBody('{"text":"x"}', 'events'))).toEqual({ text: 'x' })
  })

  it('is no wrap when the key is a field among others, or holds no object', () => {
    expect(unwrap(readRestBody('{"event":{"a":1},"text":"x"}', 'events'))).toEqual({ event: { a: 1 }, text: 'x' })
    expect(unwrap(readRestBody('{"event":7}', 'events'))).toEqual({ event: 7 })
    expect(unwrap(readRestBody('{"task":{"a":1}}', 'events'))).toEqual({ task: { a: 1 } })
  })

  it('may hold an id, or null for none', () => {
    expect(unwrap(readRestBody('{"id":7}', 'events'))).toEqual({ id: 7 })
    expect(unwrap(readRestBody('{"id":null,"a":1}', 'events'))).toEqual({ a: 1 })
  })

  it.each([
    ['', 'malformed-json', undefined],
    ['text=x', 'malformed-json', undefined],
    ['[]', 'malformed-message', 'body'],
    ['null', 'malformed-message', 'body'],
    ['{"id":{}}', 'malformed-message', 'id'],
  ])('%j is refused with %s', (body, code, path) => {
    const parsed = readRestBody(body, 'events')
    expect(parsed).toMatchObject({ ok: false, error: { code, details: path ? { path } : {} } })
  })

  it('drops keys that would reach a prototype, also inside a wrap', () => {
    expect(Object.keys(unwrap(readRestBody('{"__proto__":{"a":1},"b":1}', 'events')))).toEqual(['b'])
    expect(Object.keys(unwrap(readRestBody('{"event":{"constructor":1,"b":1}}', 'events')))).toEqual(['b'])
  })

  it('leaves out what is private to a widget', () => {
    expect(writeRestBody({ id: 1, _x: 1, $y: 2, '!nativeeditor_status': 'inserted', text: 'x' })).toBe('{"text":"x"}')
  })
})

describe('an answer', () => {
  it('says the id where both kinds of client look', () => {
    expect(JSON.parse(writeRestAnswer({ action: 'inserted', id: 7, item: { id: 7 } }))).toEqual({
      action: 'inserted',
      tid: 7,
      id: 7,
      item: { id: 7 },
    })
    expect(writeRestAnswer({ action: 'deleted' })).toBe('{"action":"deleted"}')
  })

  it.each([
    ['{"action":"inserted","tid":7}', { action: 'inserted', id: 7 }],
    ['{"id":7}', { id: 7 }],
    ['{"tid":7,"id":"ID:1"}', { id: 7 }],
    ['{"tid":null,"id":8}', { id: 8 }],
    ['', {}],
    ['OK', {}],
    ['7', {}],
    ['{"item":7}', {}],
  ])('%j with a 2xx says %j', (body, outcome) => {
    for (const status of [200, 201, 204]) expect(readRestAnswer(status, body)).toEqual({ ok: true, message: outcome })
  })

  it.each([
    [401, 'authentication-required', 'reauthenticate'],
    [403, 'forbidden', 'reauthenticate'],
    [404, 'not-found', 'drop-changeset'],
    [409, 'conflict', 'drop-changeset'],
    [413, 'frame-too-large', 'drop-changeset'],
    [422, 'rejected', 'drop-changeset'],
    [429, 'server-error', 'retry'],
    [500, 'server-error', 'retry'],
    [0, 'server-error', 'retry'],
    [302, 'server-error', 'retry'],
  ])('with status %i is %s, then %s', (status, code, recovery) => {
    expect(readRestAnswer(status, '{"error":"why"}')).toMatchObject({
      ok: false,
      error: { code, recovery, message: 'why', details: { status } },
    })
  })

  it.each(['error', 'invalid'])('that says %s is a refusal, whatever the status', (action) => {
    expect(readRestAnswer(200, JSON.stringify({ action }))).toMatchObject({
      ok: false,
      error: { code: 'rejected', recovery: 'drop-changeset' },
    })
  })

  it('that is a page means that the address is wrong', () => {
    expect(readRestAnswer(200, '\n<!doctype html>')).toMatchObject({
      ok: false,
      error: { code: 'not-a-planwire-endpoint' },
    })
  })

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.integer({ min: 0, max: 999 }), (body, status) => {
        for (const parsed of [
          readRestAnswer(status, body),
          readRestBody(body, 'events'),
          readRecords(body),
          readGanttLoad(body),
        ]) {
          expect(typeof parsed.ok).toBe('boolean')
        }
      }),
    )
  })
})

describe('a loaded plan', () => {
  it.each([
    '{"data":[{"id":1}],"links":[{"id":2}]}',
    '{"tasks":[{"id":1}],"links":[{"id":2}]}',
    '{"data":[{"id":1}],"collections":{"links":[{"id":2}]}}',
  ])('may be %s', (body) => {
    expect(unwrap(readGanttLoad(body))).toEqual({ tasks: [{ id: 1 }], links: [{ id: 2 }] })
  })

  it('may have no links', () => {
    expect(unwrap(readGanttLoad('[{"id":1}]'))).toEqual({ tasks: [{ id: 1 }], links: [] })
  })

  it('says which record is none', () => {
    expect(readGanttLoad('{"data":[{"id":1},{}]}')).toMatchObject({
      ok: false,
      error: { details: { path: 'data[1].id' } },
    })
    expect(readRecords('{"error":"no"}')).toMatchObject({ ok: false, error: { details: { path: 'data' } } })
  })
})

describe('names of collections', () => {
  it.each([
    ['events', 'event'],
    ['tasks', 'task'],
    ['links', 'link'],
    ['calendars', 'calendar'],
    ['categories', 'category'],
    ['staff', 'staff'],
    ['glass', 'glass'],
    ['s', 's'],
    ['', ''],
  ])('%j sends its records as %j', (collection, key) => {
    expect(payloadKeyOf(collection)).toBe(key)
  })

  it('make broadcasts that are told from custom actions', () => {
    expect(recordEvent('add', 'tasks', { id: 1 })).toEqual({ type: 'add-task', task: { id: 1 } })
    expect(readRecordEvent('tasks', { type: 'add-event', event: { id: 1 } })).toBeUndefined()
    expect(readRecordEvent('tasks', { type: 'custom-action', task: { id: 1 } })).toBeUndefined()
    expect(readRecordEvent('tasks', { type: 'add-task', task: {} })).toBeUndefined()
  })
})
