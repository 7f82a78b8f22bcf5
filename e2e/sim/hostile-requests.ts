/** Owns requests that a careless or hostile widget might send: odd records, bodies, ids, queries, tokens, keys and versions. */
import fc from 'fast-check'
import type { RestRequest } from '../../mock-server/core/contract.ts'

const words = ['id', 'text', 'start_date', 'end_date', 'duration', 'durationUnit', 'parent', 'target', 'source', 'type']
const series = [
  'rrule',
  'rec_type',
  'recurring_event_id',
  'event_pid',
  'original_start',
  'deleted',
  'event',
  'task',
  'progress',
]
export const hostile: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  '0',
  'null',
  'next:1',
  'next:',
  '$PhantomId',
]

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1,
    2,
    7,
    100,
    101,
    1e21,
    '1',
    '7',
    '100',
    '',
    'next:3',
    '08-04-2025 00:00',
  ),
  fc.constantFrom(...hostile, '2025-04-23 08:00', 'FREQ=DAILY', 'h', 'milestone'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
export const value: fc.Arbitrary<unknown> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 2 }),
  fc.dictionary(fc.constantFrom(...hostile), scalar),
)
const record = fc.dictionary(fc.constantFrom(...words, ...series, ...hostile), value, { maxKeys: 6 })
const deep = fc
  .constantFrom(100, 201, 5000, 20_000)
  .chain((levels) =>
    fc.constantFrom('['.repeat(levels) + ']'.repeat(levels), `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`),
  )
export const body: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: record.map((fields) => JSON.stringify(fields)) },
  { weight: 1, arbitrary: deep },
  { weight: 2, arbitrary: deep.map((text) => `{"text":"x","more":${text}}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json)) },
)
const id = fc.oneof(
  fc.constantFrom('1', '7', '100', '101', '102', 'ID:1', '%', '%00', '%2e%2e', ...hostile),
  fc.webSegment(),
)
const query = fc.oneof(
  fc.constantFrom('', '?', '?from', '?from=2025-04-01&to=2025-05-01', '?to=%', '?timeshift=-60', '?planwire=1'),
  fc.webQueryParameters().map((text) => `?${text}`),
)
const path = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('/events', '/events', '/events/7', '/data/task', '/data/task/1', '/data/link'),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('/events', '/rooms', '/data/task', '/data/link'), id)
      .map(([list, one]) => `${list}/${one}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/rooms', '/private', '/private/1', '/data', '/api/v1', '/api/v1/', '//events', '/'),
  },
)
const positions = fc.constantFrom(
  '"x/1"',
  '"x"',
  '*',
  'W/"a"',
  '"',
  '""',
  '"a","b"',
  `"${'9'.repeat(20)}/${'9'.repeat(20)}"`,
)
const headers = fc.record(
  {
    'remote-token': fc.constantFrom('token', 'token', 'token', 'token', 'wrong', ''),
    'idempotency-key': fc.oneof(fc.constantFrom('a', 'b', '', '__proto__', 'constructor'), fc.string()),
    'if-match': fc.oneof(positions, fc.string()),
    'access-control-request-headers': fc.string(),
  },
  { requiredKeys: [] },
)
const anyhow: fc.Arbitrary<RestRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'POST', 'PUT', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', ''),
  url: fc.tuple(path, query).map((parts) => parts.join('')),
  headers,
  body,
})

/** One that gets past the door: the right token, a path of records, a method that fits it, a record of odd values. */
const plausible: fc.Arbitrary<RestRequest> = fc
  .tuple(
    fc.constantFrom(
      ['POST', '/events'],
      ['PUT', '/events/7'],
      ['DELETE', '/events/7'],
      ['PUT', '/events/100'],
      ['GET', '/events'],
      ['POST', '/data/task'],
      ['PUT', '/data/task/1'],
      ['PUT', '/data/task/2'],
      ['DELETE', '/data/task/1'],
      ['POST', '/data/link'],
      ['GET', '/data'],
      ['POST', '/rooms'],
    ),
    record,
    fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(500).map(String) }),
  )
  .map(([[method = '', url = ''], fields, key]) => ({
    method,
    url,
    headers: { 'remote-token': 'token', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: method === 'POST' || method === 'PUT' ? JSON.stringify(fields) : '',
  }))

/** A request, as a host hands it to the core. */
export const hostileRequest: fc.Arbitrary<RestRequest> = fc.oneof(anyhow, plausible)
