import { expect, it } from 'vitest'
import { liveUpdatesDownstream, liveUpdatesUpstream } from '../arbitrary-messages.contract.ts'
import { describeDialect } from '../dialect.contract.ts'
import { asFields, asList, FUTURE, isRecord, keysOf, malformedJson } from '../recorded-facts.contract.ts'
import { liveUpdatesClient } from './client.ts'
import { liveUpdatesServer } from './server.ts'

describeDialect({
  client: liveUpdatesClient,
  server: liveUpdatesServer,
  recordings: ['dhtmlx-scheduler', 'dhtmlx-gantt'],
  frames: 87,
  cut: 0,
  exceptions: [
    {
      why: "the vendor's detach() says `key` for `name`",
      frames: 2,
      matches: ({ frame }) => frame.action === 'unsubscribe',
      rewritten: ({ action, key, ...rest }) => ({ action, name: key, ...rest }),
    },
  ],
  withUnknownKeys: (frame) => {
    if (!isRecord(frame.body)) return { ...frame, x_future: FUTURE }
    const { value, ...body } = frame.body
    const payloads = Object.entries(asFields(value)).map(([key, inner]) => [
      key,
      isRecord(inner) ? { ...inner, x_future: FUTURE } : inner,
    ])
    return {
      ...frame,
      x_future: FUTURE,
      body: { ...body, x_future: FUTURE, value: { ...Object.fromEntries(payloads), x_future: FUTURE } },
    }
  },
  upstream: liveUpdatesUpstream,
  downstream: liveUpdatesDownstream,
  samples: {
    upstream: [
      { type: 'subscribe', name: 'events' },
      { type: 'call', calls: [{ id: '2', name: 'svc.add', args: [1, 2] }] },
    ],
    downstream: [
      { type: 'start', connection: 'c1' },
      { type: 'event', name: 'events', value: { type: 'add-event', event: { id: 1 } } },
      { type: 'event', name: 'tasks', value: { type: 'delete-task', task: { id: 1 } } },
      { type: 'event', name: 'calendars', value: { type: 'custom-action', value: 42 } },
      { type: 'result', results: [{ id: '2', error: null, data: 3 }] },
    ],
  },
  shapeOf: (frame) => {
    const [entry] = asList(frame.body)
    return `${frame.action} ${keysOf(frame)} body:${keysOf(frame.body)} value:${keysOf(asFields(frame.body).value)} entry:${keysOf(entry)}`
  },
  malformed: [
    ...malformedJson,
    { half: 'server', frame: '{}', code: 'malformed-message', path: 'action' },
    { half: 'client', frame: '{"action":null}', code: 'malformed-message', path: 'action' },
    { half: 'server', frame: '{"action":"subscribe"}', code: 'malformed-message', path: 'name' },
    { half: 'server', frame: '{"action":"subscribe","name":["events"]}', code: 'malformed-message', path: 'name' },
    { half: 'server', frame: '{"action":"unsubscribe","key":7}', code: 'malformed-message', path: 'name' },
    { half: 'server', frame: '{"action":"call","body":{}}', code: 'malformed-message', path: 'body' },
    { half: 'server', frame: '{"action":"call","body":[{"id":"1"}]}', code: 'malformed-message', path: 'body[0].name' },
    {
      half: 'server',
      frame: '{"action":"call","body":[{"id":"1","name":"a.b","args":{}}]}',
      code: 'malformed-message',
      path: 'body[0].args',
    },
    { half: 'client', frame: '{"action":"event"}', code: 'malformed-message', path: 'body' },
    {
      half: 'client',
      frame: '{"action":"event","body":{"name":"events"}}',
      code: 'malformed-message',
      path: 'body.value',
    },
    {
      half: 'client',
      frame: '{"action":"event","body":{"value":{"type":"x"}}}',
      code: 'malformed-message',
      path: 'body.name',
    },
    {
      half: 'client',
      frame: '{"action":"event","body":{"name":"events","value":{"type":"add-event","event":{"text":"no id"}}}}',
      code: 'malformed-message',
      path: 'body.value.event.id',
    },
    { half: 'client', frame: '{"action":"result","body":[{"data":1}]}', code: 'malformed-message', path: 'body[0].id' },
  ],
})

it('keeps unsafe keys out of the records that handlers copy from', () => {
  const event = '{"id":7,"__proto__":{"polluted":true},"constructor":1,"text":"x"}'
  for (const type of ['add-event', 'custom-action']) {
    const frame = `{"action":"event","body":{"name":"events","value":{"type":"${type}","event":${event},"__proto__":{"polluted":true}}}}`
    expect(liveUpdatesClient.decode(frame)).toEqual({
      ok: true,
      message: { type: 'event', name: 'events', value: { type, event: { id: 7, text: 'x' } } },
    })
  }
})
