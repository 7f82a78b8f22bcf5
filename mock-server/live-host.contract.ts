/**
 * What every host promises to the live updates and their REST calls: each weakness of the vendor's demo server (`DS1` to
 * `DS12`) is held off, and planwire's extensions reach through. Plain WebSocket and fetch, nothing of an environment.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { MockServerConfig } from './core/config.ts'
import type { ServiceContext } from './core/config-functions.ts'
import { type ContractSocketConstructor, type Frame, Peer } from './peer.contract.ts'

/** The part of a started host that these tests use. */
export interface LiveHostUnderTest {
  /** Base of the sockets, without a slash at the end. */
  readonly url: string
  /** Base of the requests, without a slash at the end. */
  readonly httpUrl: string
  /** Default: the global one, as it is once the host has started. */
  readonly WebSocket?: ContractSocketConstructor
  publish(entity: string, action: string, value?: unknown): void | Promise<void>
  close(): Promise<void>
}

const APRIL = { id: 7, text: 'Inspection', start_date: '2025-04-23 09:00', end_date: '2025-04-23 10:00' }
const MAY = { id: 8, text: 'Hand-over', start_date: '2025-05-04 09:00', end_date: '2025-05-04 10:00' }
const SERIES = {
  ...{ text: 'Daily', start_date: '2025-04-21 08:00', end_date: '2025-05-10 00:00' },
  ...{ duration: 3600, rrule: 'FREQ=DAILY;INTERVAL=1' },
}
const config: MockServerConfig = { collections: { events: [APRIL, MAY], rooms: [] } }
const INSIDE = /node_modules|\bat .*:\d+:\d+|\.ts\b|"stack"/

/** Holds a host to these promises. `start` is called for each test, which closes what it got. */
export function liveHostContract(name: string, start: (config: MockServerConfig) => Promise<LiveHostUnderTest>): void {
  describe(`${name}, to widgets with live updates:`, () => {
    let host: LiveHostUnderTest
    let peers: Peer[] = []

    async function started(more: MockServerConfig = {}): Promise<void> {
      host = await start({ ...config, ...more })
    }

    function open(path: string): Peer {
      const peer = new Peer(host.url + path, host.WebSocket ?? globalThis.WebSocket)
      peers.push(peer)
      return peer
    }

    /** A socket that has surely subscribed. */
    async function subscriber(...entities: string[]): Promise<Peer> {
      const peer = await open('/api/v1?token=token&ws=1').opened
      await peer.next({ action: 'start' })
      for (const entity of entities) peer.send({ action: 'subscribe', name: entity })
      await caughtUp(peer)
      return peer
    }

    /** Resolves when the server has answered something that was sent after all else. */
    async function caughtUp(peer: Peer): Promise<void> {
      peer.send({ action: 'call', body: [{ id: '1', name: 'no.such', args: [] }] })
      await peer.next({ action: 'result' })
    }

    /** What a subscriber heard so far. */
    async function events(peer: Peer): Promise<readonly unknown[]> {
      await caughtUp(peer)
      return peer.heard({ action: 'event' }).map(({ body }) => (body as Frame)['value'])
    }

    function rest(
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Response> {
      const init = { method, headers: { 'Content-Type': 'application/json', ...headers } }
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return fetch(host.httpUrl + path, body === undefined ? init : { ...init, body: text })
    }

    async function list(query = ''): Promise<unknown> {
      return (await rest('GET', `/events${query}`)).json()
    }

    afterEach(async () => {
      for (const peer of peers) peer.close()
      peers = []
      await host.close()
    })

    test('[DS1] where a token is required, nothing works without a right one: handshake, socket, reads, writes', async () => {
      await started({ auth: { rest: 'required' } })
      for (const headers of [{}, { 'Remote-Token': 'wrong' }]) {
        expect((await rest('GET', '/api/v1', undefined, headers)).status).toBe(403)
        for (const [method, path] of [
          ['GET', '/events'],
          ['GET', '/events/7'],
          ['POST', '/events'],
          ['PUT', '/events/7'],
          ['DELETE', '/events/7'],
        ] as const) {
          const answer = await rest(method, path, method === 'GET' ? undefined : { text: 'x' }, headers)
          expect([answer.status, await answer.json()]).toEqual([401, { error: 'Unauthorized' }])
        }
      }
      expect(await open('/api/v1?token=wrong&ws=1').closed).toBe(1008)
      expect(await open('/api/v1?ws=1').closed).toBe(1008)
      const good = await rest('GET', '/events', undefined, { 'Remote-Token': 'token' })
      expect([good.status, await good.json()]).toEqual([200, [APRIL, MAY]])
    })

    test('[DS2] a socket at a path that is none of ours never hears of us', async () => {
      await started()
      const stray = open('/api/v2?token=token&ws=1')
      await caughtUp(await subscriber())
      expect(stray.all).toEqual([])
    })

    test('[DS3] the first load shows dates as they were configured', async () => {
      await started()
      expect(await list('?timeshift=-60')).toEqual([APRIL, MAY])
    })

    test('[DS4] a range shows the configured events that overlap it', async () => {
      await started()
      expect(await list('?from=2025-04-01&to=2025-05-01')).toEqual([APRIL])
      expect(await list('?from=2025-04-23%2009:59&to=2025-05-05')).toEqual([APRIL, MAY])
      expect(await list('?from=2026-01-01&to=2026-02-01')).toEqual([])
    })

    test('[DS5] an update of an unknown id is 404, stored nowhere and told to nobody', async () => {
      await started()
      const peer = await subscriber('events')
      const answer = await rest('PUT', '/events/unknown', { text: 'x' })
      expect([answer.status, await answer.json()]).toEqual([404, { error: 'Not found' }])
      expect([await events(peer), await list()]).toEqual([[], [APRIL, MAY]])
    })

    test('[DS6] a deletion of an unknown id is 404, without a word of the inside', async () => {
      await started()
      const peer = await subscriber('events')
      const answer = await rest('DELETE', '/events/unknown')
      const body = await answer.text()
      expect([answer.status, body]).toEqual([404, '{"error":"Not found"}'])
      expect(await events(peer)).toEqual([])
    })

    test('[DS7] a body that is no record is 400, without a word of the inside', async () => {
      await started()
      for (const body of ['{"text":', '[]', 'null', '{"id":{}}', `${'['.repeat(5000)}${']'.repeat(5000)}`]) {
        const answer = await rest('POST', '/events', body)
        expect(answer.status).toBe(400)
        expect(await answer.text()).not.toMatch(INSIDE)
      }
      expect(await list()).toEqual([APRIL, MAY])
    })

    test('[DS8] a write on a version that is gone is 409 with the record as it is', async () => {
      await started()
      const tag = (await rest('GET', '/events/7')).headers.get('etag') ?? ''
      const theirs = await rest('PUT', '/events/7', { ...APRIL, text: 'Theirs' }, { 'If-Match': tag })
      expect(theirs.status).toBe(200)
      const late = await rest('PUT', '/events/7', { ...APRIL, text: 'Mine' }, { 'If-Match': tag })
      expect([late.status, await late.json()]).toMatchObject([409, { code: 'conflict', item: { text: 'Theirs' } }])
      const again = { 'If-Match': late.headers.get('etag') ?? '' }
      expect((await rest('PUT', '/events/7', { ...APRIL, text: 'Mine' }, again)).status).toBe(200)
    })

    test('[DS9] keys that reach for a prototype are not stored', async () => {
      await started()
      const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"text":"x"}'
      const { item } = await (await rest('POST', '/events', hostile)).json()
      expect(Object.keys(item).sort()).toEqual(['id', 'text'])
      expect(Object.keys(Object.prototype)).toEqual([])
    })

    test('[DS10] a socket may subscribe to so many entities and no more', async () => {
      await started({ limits: { subscriptions: 3 } })
      const peer = await subscriber('a', 'b', 'rooms', 'events')
      await rest('POST', '/events', { text: 'unheard' })
      await rest('POST', '/rooms', { text: 'heard' })
      expect(await events(peer)).toMatchObject([{ type: 'add-room' }])
    })

    test('[DS11] answer and event agree on an occurrence that is marked as deleted', async () => {
      await started()
      const { tid } = await (await rest('POST', '/events', SERIES)).json()
      const occurrence = { recurring_event_id: tid, original_start: '2025-04-23 08:00', text: 'Daily' }
      const { tid: exception } = await (await rest('POST', '/events', occurrence)).json()
      const peer = await subscriber('events')
      const marked = { ...occurrence, deleted: true }
      const answer = await (await rest('PUT', `/events/${exception}`, marked)).json()
      expect(answer).toMatchObject({ action: 'deleted', item: { ...marked, id: exception } })
      expect(await events(peer)).toEqual([{ type: 'update-event', event: { ...marked, id: exception } }])
    })

    test('[DS12] everybody hears of each occurrence that goes with an edit of its series', async () => {
      await started()
      const { tid } = await (await rest('POST', '/events', SERIES)).json()
      const occurrence = { recurring_event_id: tid, original_start: '2025-04-23 08:00' }
      const { tid: exception } = await (await rest('POST', '/events', occurrence)).json()
      const peer = await subscriber('events')
      await rest('PUT', `/events/${tid}`, { ...SERIES, rrule: 'FREQ=DAILY;INTERVAL=2' })
      expect(await events(peer)).toMatchObject([
        { type: 'update-event', event: { id: tid } },
        { type: 'delete-event', event: { id: exception } },
      ])
    })

    test('a write that comes again under its key is answered alike and done once', async () => {
      await started()
      const peer = await subscriber('events')
      const key = { 'Idempotency-Key': 'a-key' }
      const first = await (await rest('POST', '/events', { text: 'once' }, key)).text()
      expect(await (await rest('POST', '/events', { text: 'once' }, key)).text()).toBe(first)
      expect(await events(peer)).toHaveLength(1)
    })

    test('functions of the configuration answer remote calls, by socket and by POST, and can send messages', async () => {
      const chat = {
        say(this: ServiceContext, text: string) {
          this.publish('chat', 'said', text)
          return `said ${text}`
        },
      }
      await started({ api: { svc: { add: (a: number, b: number) => a + b }, chat } })
      const token = { 'Remote-Token': 'token' }
      expect(await (await rest('GET', '/api/v1', undefined, token)).json()).toMatchObject({ api: { svc: { add: 1 } } })
      const peer = await subscriber('chat')
      const calls = [
        { id: '2', name: 'svc.add', args: [1, 2] },
        { id: '3', name: 'chat.say', args: ['hello'] },
      ]
      const results = [
        { id: '2', error: null, data: 3 },
        { id: '3', error: null, data: 'said hello' },
      ]
      peer.send({ action: 'call', body: calls })
      expect(await peer.next({ action: 'result' })).toMatchObject({ body: results })
      expect(await (await rest('POST', '/api/v1', calls, token)).json()).toEqual(results)
      const said = { type: 'said', value: 'hello' }
      expect(await events(peer)).toEqual([said, said])
    })

    test('a test can send a message to everybody who subscribed to an entity', async () => {
      await started()
      const peer = await subscriber('calendars')
      await host.publish('calendars', 'custom-action', { deep: [42] })
      expect(await peer.next({ action: 'event' })).toMatchObject({
        body: { name: 'calendars', value: { type: 'custom-action', value: { deep: [42] } } },
      })
    })

    test('a client that comes back hears what it missed', async () => {
      await started()
      const position = (await rest('GET', '/events')).headers.get('planwire-position')
      await rest('DELETE', '/events/7')
      await rest('POST', '/events', { text: 'new' })
      const peer = await open('/api/v1?token=token&ws=1&planwire=1').opened
      peer.send({ action: 'subscribe', name: 'events', planwire: { since: position } })
      expect(await peer.next({ action: 'subscribed' })).toMatchObject({ name: 'events', planwire: { caughtUp: true } })
      expect(await events(peer)).toMatchObject([
        { type: 'delete-event', event: { id: 7 } },
        { type: 'add-event', event: { text: 'new' } },
      ])
    })
  })
}
