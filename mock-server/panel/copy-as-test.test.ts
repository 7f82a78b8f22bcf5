import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { WireEntry } from '../recorder/recording.ts'
import { testOf } from './copy-as-test.ts'
import type { Opening } from './opening.ts'

const sample = new URL('copied.test.ts', import.meta.url)
const opening: Opening = {
  config: {
    users: [
      { name: 'ann', password: 'secret-1' },
      { name: 'bob', password: 'secret-2' },
    ],
    tokens: ['secret-3'],
  },
  state: {
    format: 'planwire-state',
    version: 1,
    at: '2026-11-23T00:00:00.000Z',
    projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
    collections: {
      events: [{ id: 7, text: 'Inspection', start_date: '2026-11-23 09:00', end_date: '2026-11-23 10:00' }],
    },
  },
  // Bob was there before the panel was opened.
  sockets: [
    {
      socket: 9,
      party: 'bob',
      url: '/ws',
      frames: ['{"command":"login","login":"bob","password":"secret-2"}', '{"command":"dataset","project":1}'],
    },
  ],
}

let n = 0
const crossing = (party: string): { n: number; at: number; party: string } => {
  n += 1
  return { n, at: n, party }
}
const up = (socket: number, party: string, text: string): WireEntry => ({
  ...crossing(party),
  type: 'frame',
  socket,
  direction: 'up',
  text,
})
const down = (socket: number, party: string, text: string): WireEntry => ({
  ...crossing(party),
  type: 'frame',
  socket,
  direction: 'down',
  text,
})

const renamed = '{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"name":"It\'s dug"}]}}}'
const added =
  '{"command":"projectChange","project":1,"changes":{"tasks":{"added":[{"$PhantomId":"p1","name":"Build"}]}}}'
const moved = { text: 'Inspection', start_date: '2026-11-23 11:00', end_date: '2026-11-23 12:00' }
const entries: readonly WireEntry[] = [
  { ...crossing('/ws'), type: 'open', socket: 1, url: '/ws' },
  up(1, 'ann', '{"command":"login","login":"ann","password":"secret-1"}'),
  down(1, 'ann', '{"command":"login","client":"1","userName":"ann"}'),
  up(1, 'ann', '{"command":"dataset","project":1}'),
  down(1, 'ann', '{"command":"dataset","project":1,"dataset":{}}'),
  up(1, 'ann', renamed),
  down(9, 'bob', renamed),
  up(9, 'bob', added),
  down(9, 'bob', added.replace('"name"', '"id":101,"name"')),
  down(1, 'ann', added.replace('"name"', '"id":101,"name"')),
  {
    ...crossing('PUT /events'),
    type: 'request',
    request: 1,
    method: 'PUT',
    url: '/events/7?token=secret-3',
    headers: {},
    body: JSON.stringify(moved),
  },
  { ...crossing('PUT /events'), type: 'answer', request: 1, status: 200, headers: {}, body: '{"action":"updated"}' },
  { ...crossing('/ws'), type: 'close', socket: 1, by: 'client' },
]

it('makes the test that lies beside this one, compiles with all others, and passes', () => {
  const made = testOf({ entries, opening, from: '../testing/index.ts' })
  if (process.env['PLANWIRE_UPDATE'] === 'copied') writeFileSync(sample, made)
  expect(made).toBe(readFileSync(sample, 'utf8'))
})

it('introduces clients of which nothing is known as what they seem to be', () => {
  const source = testOf({
    entries: [down(3, 'cyd#2', renamed), up(4, '/api/v1', '{"action":"subscribe","name":"events"}')],
    opening: undefined,
  })
  expect(source).toContain("const cyd2 = await client('/')")
  expect(source).toContain("cyd2.say({ command: 'login', login: 'cyd' })")
  expect(source).toContain("cyd2.say({ command: 'dataset', project: 1 })")
  expect(source).toContain("const apiV1 = await client('/api/v1?token=token&ws=1')")
  expect(source).toContain("apiV1.say({ action: 'subscribe', name: 'events' })")
  expect(source).toContain("from 'planwire/mock-server/testing'")
})
