/**
 * What every host of the mock server promises, in plain WebSocket and fetch, so that it runs against the Node host, the
 * host inside Vitest and the one inside the browser alike. Imports nothing of an environment.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { ProjectId } from '../client/protocol/ids.ts'
import type { MockServerConfig } from './core/config.ts'
import type { ServerState } from './core/state-file.ts'
import { liveHostContract } from './live-host.contract.ts'
import { type ContractSocketConstructor, Peer } from './peer.contract.ts'
import { vendorFaultsContract } from './vendor-faults.contract.ts'

/** A started host, and how its clients reach it. */
export interface HostUnderTest {
  /** Base of the sockets, without a slash at the end. */
  readonly url: string
  /** Base of the requests, without a slash at the end. */
  readonly httpUrl: string
  /** Default: the global one, as it is once the host has started. */
  readonly WebSocket?: ContractSocketConstructor
  /** What becomes of a request to a path that is none of the mock's: the host has a port of its own, or lets it pass. */
  readonly unknownPaths: 'refused' | 'pass'
  reset(project?: ProjectId): Promise<void>
  publish(entity: string, action: string, value?: unknown): void | Promise<void>
  export(): ServerState | Promise<ServerState>
  import(state: unknown): Promise<void>
  close(): Promise<void>
}

const config: MockServerConfig = {
  projects: [
    {
      id: 1,
      name: 'House',
      tasksData: [
        { id: 1, name: 'Dig' },
        { id: 2, name: 'Build' },
      ],
    },
    { id: 2, name: 'Garden', tasksData: [{ id: 1, name: 'Plant' }] },
  ],
  collections: {
    events: [{ id: 7, text: 'Inspection', start_date: '2026-05-04 09:00', end_date: '2026-05-04 10:00' }],
    rooms: [],
  },
}
const ONE_EVENT = { text: 'Hand-over', start_date: '2026-06-01 09:00', end_date: '2026-06-01 10:00' }
const TOKEN = { 'Remote-Token': 'token' }

/** Holds a host to the contract. `start` is called for each test, which closes what it got. */
export function hostContract(name: string, start: (config: MockServerConfig) => Promise<HostUnderTest>): void {
  liveHostContract(name, start)
  vendorFaultsContract(name, start)
  describe(`${name}, as every host:`, () => {
    let host: HostUnderTest
    let peers: Peer[] = []

    async function started(): Promise<void> {
      host = await start(config)
    }

    function connect(path: string): Promise<Peer> {
      const peer = new Peer(host.url + path, host.WebSocket ?? globalThis.WebSocket)
      peers.push(peer)
      return peer.opened
    }

    /** A client of the flat dialect that is logged in and has loaded a project. */
    async function planner(project = 1): Promise<Peer> {
      const peer = await connect('/')
      peer.send({ command: 'login', login: 'admin', password: 'admin' })
      await peer.next({ command: 'login' })
      peer.send({ command: 'dataset', project })
      await peer.next({ command: 'dataset' })
      return peer
    }

    /** A client of the live updates that has surely subscribed: the protocol acknowledges calls, not subscriptions. */
    async function subscriber(...entities: string[]): Promise<Peer> {
      const peer = await connect('/api/v1?token=token&ws=1')
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

    async function answered(peer: Peer): Promise<void> {
      peer.send({ command: 'projects' })
      await peer.next({ command: 'projects' })
    }

    function rest(method: string, path: string, body?: unknown): Promise<Response> {
      const init = { method, headers: { 'Content-Type': 'application/json' } }
      return fetch(host.httpUrl + path, body === undefined ? init : { ...init, body: JSON.stringify(body) })
    }

    afterEach(async () => {
      for (const peer of peers) peer.close()
      peers = []
      await host.close()
    })

    test('a client logs in, lists the projects and loads one', async () => {
      await started()
      const peer = await connect('/ws')
      peer.send({ command: 'login', login: 'admin', password: 'admin' })
      await peer.next({ command: 'login' })
      peer.send({ command: 'projects' })
      expect(await peer.next({ command: 'projects' })).toMatchObject({
        projects: [
          { id: 1, name: 'House' },
          { id: 2, name: 'Garden' },
        ],
      })
      peer.send({ command: 'dataset', project: 1 })
      const { dataset } = await peer.next({ command: 'dataset' })
      expect(dataset).toMatchObject({
        tasksData: [
          { id: 1, name: 'Dig' },
          { id: 2, name: 'Build' },
        ],
      })
    })

    test('an edit reaches the other client and not its author', async () => {
      await started()
      const [author, other] = [await planner(), await planner()]
      const changes = { tasks: { updated: [{ id: 1, name: 'Dig deeper' }] } }
      author.send({ command: 'projectChange', project: 1, changes })
      expect(await other.next({ command: 'projectChange' })).toMatchObject({ project: 1, changes })
      await answered(author)
      expect(author.heard({ command: 'projectChange' })).toEqual([])
    })

    test('a new record reaches both, the author learning its real id beside the phantom one', async () => {
      await started()
      const [author, other] = [await planner(), await planner()]
      author.send({
        command: 'projectChange',
        project: 1,
        changes: { tasks: { added: [{ $PhantomId: '_p1', name: 'Roof' }] } },
      })
      const back = await author.next({ command: 'projectChange' })
      expect(back).toMatchObject({
        changes: { tasks: { added: [{ $PhantomId: '_p1', name: 'Roof', id: expect.any(Number) }] } },
      })
      expect((await other.next({ command: 'projectChange' }))['changes']).toEqual(back['changes'])
    })

    test('an edit stays within its project', async () => {
      await started()
      const [author, elsewhere] = [await planner(1), await planner(2)]
      author.send({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name: 'Mine' }] } } })
      await answered(author)
      await answered(elsewhere)
      expect(elsewhere.heard({ command: 'projectChange' })).toEqual([])
    })

    test('200 changes of two clients at once arrive whole, each author’s in order, in one order for all who watch', async () => {
      await started()
      const [a, b, watcher, second] = [await planner(), await planner(), await planner(), await planner()]
      for (let i = 0; i < 100; i += 1) {
        a.send({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, note: i }] } } })
        b.send({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 2, note: i }] } } })
      }
      const seenBy = async (peer: Peer, count: number): Promise<[id: unknown, note: unknown][]> => {
        const seen: [unknown, unknown][] = []
        while (seen.length < count) {
          const { changes } = await peer.next({ command: 'projectChange' })
          seen.push(onlyUpdate(changes))
        }
        return seen
      }
      const all = await seenBy(watcher, 200)
      expect(await seenBy(second, 200)).toEqual(all)
      const inOrder = Array.from({ length: 100 }, (_, i) => i)
      for (const id of [1, 2]) expect(all.filter((entry) => entry[0] === id).map((entry) => entry[1])).toEqual(inOrder)
      expect(await seenBy(a, 100)).toEqual(all.filter((entry) => entry[0] === 2))
      expect(await seenBy(b, 100)).toEqual(all.filter((entry) => entry[0] === 1))
    })

    test('malformed frames harm neither their sender’s connection nor anybody else', async () => {
      await started()
      const [vandal, other] = [await planner(), await planner()]
      for (const frame of [
        '{"command":',
        'null',
        '[]',
        '"x"',
        '7',
        '{"command":7}',
        '{"__proto__":{"polluted":1}}',
        '',
      ])
        vandal.sendText(frame)
      vandal.send({ command: 'projectChange', project: 1, changes: { tasks: 'all of them' } })
      await answered(vandal)
      await answered(other)
      expect(JSON.stringify(vandal.all)).not.toMatch(/\bat .*:\d+:\d+/)
      const live = await subscriber()
      for (const frame of ['{', 'null', '{"action":"subscribe"}', '{"action":{}}']) live.sendText(frame)
      await caughtUp(live)
    })

    test('the handshake of the live updates wants a token, and says so', async () => {
      await started()
      const refused = await fetch(`${host.httpUrl}/api/v1`)
      expect([refused.status, await refused.json()]).toEqual([403, { error: 'Forbidden' }])
      const granted = await fetch(`${host.httpUrl}/api/v1`, { headers: TOKEN })
      expect([granted.status, await granted.json()]).toMatchObject([200, { api: {}, data: {}, websocket: true }])
    })

    test('a live-updates socket with a wrong token is closed with 1008', async () => {
      await started()
      const peer = new Peer(`${host.url}/api/v1?token=wrong&ws=1`, host.WebSocket ?? globalThis.WebSocket)
      peers.push(peer)
      expect(await peer.closed).toBe(1008)
      expect(peer.all).toEqual([])
    })

    test('what one client writes by REST reaches the subscribers of the entity, before the answer, and no others', async () => {
      await started()
      const [subscribed, elsewhere] = [await subscriber('events'), await subscriber('rooms')]
      for (let round = 1; round <= 10; round += 1) {
        const answer = await rest('POST', '/events', ONE_EVENT)
        expect(subscribed.heard({ action: 'event' })).toHaveLength(round)
        expect([answer.status, await answer.json()]).toMatchObject([200, { action: 'inserted', item: ONE_EVENT }])
      }
      expect(await subscribed.next({ action: 'event' })).toMatchObject({
        body: { name: 'events', value: { type: 'add-event', event: ONE_EVENT } },
      })
      await caughtUp(elsewhere)
      expect(elsewhere.heard({ action: 'event' })).toEqual([])
    })

    test('records written by REST can be read, changed and deleted under the id that the answer gave', async () => {
      await started()
      const { tid } = await (await rest('POST', '/events', ONE_EVENT)).json()
      expect((await rest('PUT', `/events/${tid}`, { ...ONE_EVENT, text: 'Postponed' })).status).toBe(200)
      expect((await rest('DELETE', '/events/7')).status).toBe(200)
      const rows: unknown = await (await rest('GET', '/events?timeshift=-60')).json()
      expect(rows).toEqual([expect.objectContaining({ id: tid, text: 'Postponed' })])
    })

    test('a REST body that is no JSON is refused and harms nobody', async () => {
      await started()
      const answer = await fetch(`${host.httpUrl}/events`, { method: 'POST', body: '{"text":' })
      expect(answer.status).toBe(400)
      expect(await answer.text()).not.toMatch(/\bat .*:\d+:\d+/)
      expect((await rest('GET', '/events')).status).toBe(200)
    })

    test('a path that is none of the mock’s is not answered by it', async () => {
      await started()
      const request = fetch(`${host.httpUrl}/no/such/path`)
      if (host.unknownPaths === 'refused') {
        const answer = await request
        expect([answer.status, await answer.json()]).toEqual([404, { error: 'Not Found' }])
      } else {
        const type = await request.then(
          (answer) => answer.headers.get('content-type') ?? 'no type',
          () => 'nobody there',
        )
        expect(type).not.toMatch(/json/)
      }
    })

    test('reset puts a project back and tells every client of it who did so', async () => {
      await started()
      const [author, other] = [await planner(), await planner()]
      author.send({ command: 'projectChange', project: 1, changes: { tasks: { removed: [{ id: 2 }] } } })
      await other.next({ command: 'projectChange' })
      await host.reset(1)
      for (const peer of [author, other]) {
        const { dataset } = await peer.next({ command: 'dataset' })
        expect(dataset).toMatchObject({
          tasksData: [
            { id: 1, name: 'Dig' },
            { id: 2, name: 'Build' },
          ],
        })
        expect(await peer.next({ command: 'reset' })).toMatchObject({ userName: 'Server' })
      }
    })

    test('reset without a project puts everything back, the collections included', async () => {
      await started()
      await rest('POST', '/events', ONE_EVENT)
      await host.reset()
      const rows: unknown = await (await rest('GET', '/events')).json()
      expect(rows).toEqual([expect.objectContaining({ id: 7, text: 'Inspection' })])
    })

    test('an exported state is brought back as it was, saved versions and collections included', async () => {
      await started()
      const author = await planner()
      const version = { id: 'v1', name: 'As planned', content: { tasksData: [{ id: 1 }] } }
      const changes = { tasks: { removed: [{ id: 2 }], added: [{ $PhantomId: 'p', name: 'Paint', parentId: 1 }] } }
      author.send({ command: 'projectChange', project: 1, changes: { ...changes, versions: { added: [version] } } })
      await author.next({ command: 'projectChange' })
      await rest('POST', '/events', ONE_EVENT)
      const saved: ServerState = JSON.parse(JSON.stringify(await host.export()))
      await host.reset()
      await author.next({ command: 'dataset' })
      await author.next({ command: 'reset' })
      await host.import(saved)
      const { dataset } = await author.next({ command: 'dataset' })
      expect(at(dataset, 'tasksData')).toMatchObject([
        { id: 1, name: 'Dig', children: [{ name: 'Paint', parentId: 1 }] },
      ])
      expect(await author.next({ command: 'reset' })).toMatchObject({ userName: 'Server' })
      const rows: unknown = await (await rest('GET', '/events')).json()
      expect(rows).toMatchObject([{ id: 7 }, { text: 'Hand-over' }])
      const again = await host.export()
      expect({ ...again, at: '' }).toEqual({ ...saved, at: '' })
      expect(at(again, 'projects', 0, 'versionsData', 0)).toMatchObject({ content: version.content })
    })

    test('what is no state of this server is refused with its place, and changes nothing', async () => {
      await started()
      const state = await host.export()
      const [house] = state.projects
      for (const [broken, path] of [
        [undefined, 'format'],
        [{ ...state, format: 'other' }, 'format'],
        [{ ...state, version: 2 }, 'version'],
        [{ ...state, projects: [{ id: 9, name: 'Nowhere' }] }, 'projects[0].id'],
        [{ ...state, projects: [{ ...house, tasksData: 'none' }] }, 'projects[0].tasksData'],
        [{ ...state, projects: [{ ...house, tasksData: [] }], collections: { nowhere: [] } }, 'collections.nowhere'],
      ] as const) {
        const refusal = await host.import(broken).then(String, (error: unknown) => error)
        expect(refusal, path).toMatchObject({ code: 'invalid-argument' })
      }
      expect({ ...(await host.export()), at: '' }).toEqual({ ...state, at: '' })
    })

    test('close ends every socket with 1001, and may be called again', async () => {
      await started()
      const [one, two] = [await planner(), await subscriber('events')]
      await Promise.all([host.close(), host.close()])
      await host.close()
      expect(await Promise.all([one.closed, two.closed])).toEqual([1001, 1001])
    })
  })
}

/** Id and note of the one update that a change holds. */
function onlyUpdate(changes: unknown): [id: unknown, note: unknown] {
  expect(changes).toMatchObject({ tasks: { updated: [{ id: expect.anything(), note: expect.any(Number) }] } })
  const updated = at(changes, 'tasks', 'updated', 0)
  return [at(updated, 'id'), at(updated, 'note')]
}

function at(value: unknown, ...path: (string | number)[]): unknown {
  const step = (from: unknown, key: string | number): unknown =>
    typeof from === 'object' && from !== null ? Reflect.get(from, key) : undefined
  return path.reduce(step, value)
}
