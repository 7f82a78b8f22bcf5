import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Kit, type Peer, PLAN, startKit } from '../../mock-server/core/core-kit.contract.ts'
import { CALL_MS } from '../../mock-server/core/services.ts'
import { body, hostile, hostileRequest, value } from './hostile-requests.ts'

/** `FUZZ_RUNS=20000 npx vitest run live-fuzz` for a long run. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 150)
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_122)

const entity = fc.oneof(fc.constantFrom('events', 'tasks', 'links', 'rooms', 'calendars', ...hostile), fc.string())
const call = fc.record({
  id: value,
  name: fc.oneof(
    fc.constantFrom('svc.add', 'svc.never', 'svc.boom', 'svc.constructor', '__proto__.x', 'svc'),
    fc.string(),
  ),
  args: fc.oneof(fc.array(value, { maxLength: 3 }), value),
})
const frame = fc.oneof(
  fc
    .record({
      action: fc.constantFrom('subscribe', 'unsubscribe'),
      name: fc.oneof(entity, value),
      planwire: fc.oneof(fc.record({ since: fc.oneof(fc.constantFrom('x/1', 'e/-1', '/'), value) }), value),
    })
    .map((fields) => JSON.stringify(fields)),
  fc.array(call, { maxLength: 4 }).map((calls) => JSON.stringify({ action: 'call', body: calls })),
  fc
    .tuple(fc.constantFrom('call', 'event', 'start', 'login', '__proto__'), value)
    .map(([action, of]) => JSON.stringify({ action, body: of, name: of })),
  body,
)
const step = fc.oneof(
  hostileRequest.map((of) => ({ type: 'request' as const, of })),
  frame.map((of) => ({ type: 'frame' as const, of })),
)

const LEAK = /mock-server\/|node_modules|\.ts:\d|Internal error|"stack"|Storage failed/
const CONFIG = {
  ...PLAN,
  collections: { events: [{ id: 7, text: 'seven' }], rooms: [] },
  api: {
    svc: {
      add: (a: number, b: number) => a + b,
      never: () => new Promise(() => {}),
      boom: () => {
        throw new Error('boom\n at mock-server/core/x.ts:1')
      },
    },
  },
  limits: { subscriptions: 5, history: 20 },
}

/** Runs a step; every request is answered, whatever it is. */
async function run(
  kit: Kit,
  peers: readonly Peer[],
  one: { readonly type: 'request' | 'frame'; readonly of: unknown },
): Promise<void> {
  if (one.type === 'frame') {
    for (const peer of peers) peer.say(one.of)
    return
  }
  const answering = kit.core.http(one.of as Parameters<Kit['core']['http']>[0])
  kit.clock.advance(CALL_MS)
  const answer = await answering
  if (!answer) return
  expect([200, 204, 400, 401, 403, 404, 405, 409, 413, 422]).toContain(answer.status)
  expect(`${answer.body} ${JSON.stringify(answer.headers)}`).not.toMatch(LEAK)
  if (answer.status !== 204) JSON.parse(answer.body)
}

describe('whatever widgets and strangers send', () => {
  it('is answered, disturbs nobody else, shows nothing of the inside, and leaves lists that can be served', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const kit = await startKit(CONFIG)
        const bystander = kit.live('events', 'tasks')
        const extended = kit.connect('/api/v1?token=token&ws=1&planwire=1')
        const peers = [kit.live('events'), extended, kit.connect('/api/v1?token=token')]
        for (const one of steps) await run(kit, peers, one)
        for (const peer of peers) expect(peer.frames().join('\n')).not.toMatch(LEAK)
        expect(kit.logged.filter((line) => line.startsWith('error'))).toEqual([])
        expect(Object.keys(Object.prototype)).toEqual([])
        expect(peers.map((peer) => peer.closed())).toEqual([undefined, undefined, undefined])

        for (const heard of bystander.heard())
          expect(heard).toMatchObject({ action: 'event', body: { name: expect.stringMatching(/^(events|tasks)$/) } })
        const { status, body } = await kit.rest('POST', '/events', { text: 'well and fine' })
        expect(status).toBe(200)
        const { id } = JSON.parse(body)
        expect(bystander.heard()).toEqual([
          {
            action: 'event',
            body: { name: 'events', value: { type: 'add-event', event: { text: 'well and fine', id } } },
          },
        ])
        expect(JSON.stringify([await kit.get('/events'), await kit.get('/data'), kit.dataset()])).toContain(
          'well and fine',
        )
        expect(bystander.closed()).toBeUndefined()
      }),
      { seed: SEED, numRuns: RUNS },
    )
  }, 600_000)

  it('leaves a server that starts again as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostileRequest, { minLength: 1, maxLength: 8 }), async (requests) => {
        const before = await startKit(CONFIG)
        for (const of of requests) await run(before, [], { type: 'request', of })
        const lists = await Promise.all(['/events', '/rooms', '/data'].map((url) => before.get(url)))
        await before.core.close()
        const after = await startKit(CONFIG, before.log)
        expect(await Promise.all(['/events', '/rooms', '/data'].map((url) => after.get(url)))).toEqual(lists)
      }),
      { seed: SEED, numRuns: Math.ceil(RUNS / 3) },
    )
  }, 600_000)
})
