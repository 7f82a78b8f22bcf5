/**
 * What the network lab does on every host: one script, plain WebSocket and fetch, and the same log of faults everywhere.
 * Imports nothing of an environment.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { MockServerConfig } from './core/config.ts'
import type { LabState } from './lab/lab.ts'
import type { LabEvent } from './lab/lab-events.ts'
import type { LabSettings } from './lab/lab-settings.ts'
import type { LabScript, LabStep } from './lab/script.ts'
import { type ContractSocketConstructor, Peer } from './peer.contract.ts'

/** The lab as a host hands it out: in browsers it answers later. */
interface LabUnderTest {
  readonly state: LabState
  readonly settings: LabSettings
  readonly events: readonly LabEvent[]
  run(script: LabScript, options: { readonly seed: number }): void | Promise<void>
  inject(step: LabStep): string | Promise<string>
  end(name: string): void | Promise<void>
  set(settings: LabSettings): void | Promise<void>
  stop(): void | Promise<void>
  subscribe(listener: (event: LabEvent) => void): () => void
  watch(changed: () => void): () => void
}

/** A started host, and how its clients reach it. */
export interface LabHostUnderTest {
  /** Base of the sockets, without a slash at the end. */
  readonly url: string
  readonly httpUrl: string
  /** Default: the global one, as it is once the host has started. */
  readonly WebSocket?: ContractSocketConstructor
  readonly lab: LabUnderTest
  close(): Promise<void>
}

const config: MockServerConfig = {
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  collections: { events: [{ id: 7, text: 'Inspection' }] },
}

const script: LabScript = {
  format: 'planwire-lab',
  version: 1,
  name: 'everything',
  steps: [
    { id: 'slow', fault: 'latency', ms: 5, jitterMs: 10 },
    {
      id: 'unlucky',
      fault: 'half-open',
      to: { share: 0.4, via: 'socket' },
      after: { event: 'commit', count: 2 },
      for: 100,
    },
    { id: 'ack', after: { event: 'end', step: 'unlucky' }, fault: 'lose-ack', count: 1, to: { user: 'ann' } },
    {
      id: 'never',
      after: { event: 'end', step: 'unlucky' },
      fault: 'lose-before-commit',
      count: 1,
      to: { user: 'bob' },
    },
    { id: 'proxy', fault: 'status', status: 503, chance: 0.5, match: 'GET /events' },
    { id: 'gone', fault: 'lose-ack', match: 'PUT /events', count: 1, to: { via: 'request' } },
    { id: 'out', after: { event: 'request', match: 'DELETE' }, fault: 'drop', code: 4001, to: { user: 'eve' } },
    { id: 'door', after: { event: 'begin', step: 'out' }, for: 60_000, fault: 'refuse-handshake', to: { path: '/ws' } },
    { id: 'deploy', after: { event: 'request', match: 'POST' }, fault: 'restart', memory: 'kept', downMs: 20 },
  ],
}

/** What the script does with seed 7, whatever the host: for each target in its order. */
const FAULTS: readonly string[] = [
  '/ws: door refused 403',
  'GET /events: proxy answered 503 GET /events',
  'GET /events: proxy answered 503 GET /events',
  'GET /events: proxy answered 503 GET /events',
  'GET /events: proxy answered 503 GET /events',
  'PUT /events: gone ack-lost PUT /events/7',
  'ann: ack ack-lost projectChange',
  'bob: never lost projectChange',
  'eve: out closed 4001',
  'everybody: slow began',
  'everybody: proxy began',
  'everybody: gone began',
  'everybody: unlucky began 100',
  'everybody: unlucky ended',
  'everybody: ack began',
  'everybody: never began',
  'everybody: door began 60000',
  'everybody: deploy down',
  'everybody: deploy up kept',
  'kim: unlucky silenced',
  'kim: unlucky closed 1006',
]

/** Holds a host to the contract. */
export function labHostContract(name: string, start: (config: MockServerConfig) => Promise<LabHostUnderTest>): void {
  describe(`the network lab on ${name}, as on every host:`, () => {
    let host: LabHostUnderTest
    let peers: Peer[] = []

    function connect(path = '/'): Peer {
      const peer = new Peer(host.url + path, host.WebSocket ?? globalThis.WebSocket)
      peers.push(peer)
      return peer
    }

    async function planner(login: string): Promise<Peer> {
      const peer = await connect().opened
      peer.send({ command: 'login', login })
      await peer.next({ command: 'login' })
      peer.send({ command: 'dataset', project: 1 })
      await peer.next({ command: 'dataset' })
      return peer
    }

    /** Resolves with the first event of a step and an effect, also one that is over. */
    function event(step: string, type: LabEvent['effect']['type']): Promise<LabEvent> {
      const fits = (each: LabEvent): boolean => each.step === step && each.effect.type === type
      return new Promise((resolve) => {
        const stop = host.lab.subscribe((each) => {
          if (!fits(each)) return
          stop()
          resolve(each)
        })
        const past = host.lab.events.find(fits)
        if (past === undefined) return
        stop()
        resolve(past)
      })
    }

    const request = (method: string, path: string, body?: string): Promise<number | 'no answer'> =>
      fetch(host.httpUrl + path, body === undefined ? { method } : { method, body }).then(
        ({ status }) => status,
        () => 'no answer',
      )
    const rename = (to: string): object => ({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name: to }] } },
    })

    afterEach(async () => {
      for (const peer of peers) peer.close()
      peers = []
      await host.close()
    })

    test('one script and one seed give the same faults on every host', async () => {
      host = await start(config)
      const named = new Map<string, Peer>()
      for (const login of ['ann', 'bob', 'eve', 'kim', 'lea']) named.set(login, await planner(login))
      await host.lab.run(script, { seed: 7 })
      const [ann] = [named.get('ann')]
      ann?.send(rename('1'))
      ann?.send(rename('2'))
      await event('unlucky', 'ended')
      const silenced = host.lab.events.flatMap(({ effect, target }) => (effect.type === 'silenced' ? [target] : []))
      for (const login of silenced) named.set(login, await planner(login))
      named.get('ann')?.send(rename('ack lost'))
      named.get('bob')?.send(rename('never'))
      expect(await Promise.all([named.get('ann')?.closed, named.get('bob')?.closed])).toEqual([1006, 1006])
      const gets: unknown[] = []
      for (let at = 0; at < 6; at += 1) gets.push(await request('GET', '/events'))
      expect(new Set(gets)).toEqual(new Set([200, 503]))
      expect(await request('PUT', '/events/7', '{"text":"done"}')).toBe('no answer')
      await request('DELETE', '/events/99')
      expect(await named.get('eve')?.closed).toBe(4001)
      await event('door', 'began')
      expect(await connect('/ws').closed).toBe(1006)
      const [kim] = [named.get('kim')]
      expect(await request('POST', '/events', '{"text":"too late"}')).toBe('no answer')
      await event('deploy', 'up')
      expect(await kim?.closed).toBe(1001)
      const { events } = host.lab
      await host.lab.stop()
      const reader = await connect().opened
      reader.send({ command: 'login', login: 'reader' })
      reader.send({ command: 'dataset', project: 1 })
      expect(await reader.next({ command: 'dataset' })).toMatchObject({
        dataset: { tasksData: [{ id: 1, name: 'ack lost' }] },
      })
      expect(await (await fetch(`${host.httpUrl}/events`)).json()).toEqual([{ id: 7, text: 'done' }])
      expect(inWords(events)).toEqual(FAULTS)
    })

    test('switches and single faults work live, and stop makes everything as it was', async () => {
      host = await start(config)
      const ann = await planner('ann')
      await host.lab.set({ offline: true })
      expect(await ann.closed).toBe(1006)
      expect(await connect().closed).toBe(1006)
      expect(await request('GET', '/events')).toBe('no answer')
      await host.lab.stop()
      const again = await planner('ann')
      expect(await request('GET', '/events')).toBe(200)
      await host.lab.inject({ fault: 'drop', code: 4002 })
      expect(await again.closed).toBe(4002)
      await host.lab.stop()
    })

    test('one injected fault is ended by its name, and the script, the switches and other faults go on', async () => {
      host = await start(config)
      const { lab } = host
      await lab.run(
        { format: 'planwire-lab', version: 1, steps: [{ id: 'slow', fault: 'latency', ms: 1 }] },
        { seed: 3 },
      )
      await lab.set({ latencyMs: 2 })
      const proxy = await lab.inject({ fault: 'status', status: 503, match: 'GET /events' })
      const other = await lab.inject({ id: 'teapot', fault: 'status', status: 418, match: 'DELETE' })
      expect(other).toBe('teapot')
      expect(await request('GET', '/events')).toBe(503)
      await lab.end(proxy)
      await lab.end(proxy)
      expect(await request('GET', '/events')).toBe(200)
      expect(await request('DELETE', '/events/7')).toBe(418)
      expect([lab.state, lab.settings]).toMatchObject([{ state: 'running', seed: 3 }, { latencyMs: 2 }])
      await lab.end('slow')
      expect(lab.state).toEqual({ state: 'idle' })
      expect(await request('DELETE', '/events/7')).toBe(418)
      await lab.stop()
    })

    test('says what runs and which switches are on, and calls back when that changes', async () => {
      host = await start(config)
      const { lab } = host
      const seen: unknown[] = []
      const unwatch = lab.watch(() => seen.push([lab.state.state, lab.settings]))
      expect([lab.state, lab.settings]).toEqual([{ state: 'idle' }, {}])
      const before = Date.now()
      await lab.set({ latencyMs: 1, errorStatus: 503, paused: true, halfOpen: true })
      await lab.set({ jitterMs: 2, paused: false, bytesPerSecond: 30_000, framesPerSecond: 10, halfOpen: false })
      expect(lab.settings).toEqual({
        latencyMs: 1,
        jitterMs: 2,
        errorStatus: 503,
        bytesPerSecond: 30_000,
        framesPerSecond: 10,
      })
      const endless: LabScript = { format: 'planwire-lab', version: 1, steps: [{ fault: 'latency', ms: 1 }] }
      await lab.run(endless, { seed: 9 })
      expect(lab.state).toEqual({ state: 'running', script: endless, seed: 9, since: expect.any(Number) })
      expect(lab.state.state === 'running' && lab.state.since).toBeGreaterThanOrEqual(before)
      expect(seen.at(-1)).toEqual(['running', lab.settings])
      await lab.stop()
      expect([lab.state, lab.settings]).toEqual([{ state: 'idle' }, {}])
      expect(seen.at(-1)).toEqual(['idle', {}])
      unwatch()
      const heard = seen.length
      await lab.set({ offline: true })
      expect([lab.settings, seen.length]).toEqual([{ offline: true }, heard])
      await lab.stop()
    })

    test('a script that cannot be is refused with its path', async () => {
      host = await start(config)
      const broken: LabScript = JSON.parse('{"format":"planwire-lab","version":1,"steps":[{"fault":"latency"}]}')
      const refusal = await Promise.resolve()
        .then(() => host.lab.run(broken, { seed: 1 }))
        .catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('steps[0].ms') })
    })
  })
}

/** Events without their times, in the order of their targets: what different targets met at once has no order. */
function inWords(events: readonly LabEvent[]): readonly string[] {
  const byTarget = new Map<string, string[]>()
  for (const { target, step, effect } of events) {
    const { type, ...detail } = effect
    // How many frames were delayed depends on what a host and its clients say besides.
    const details = type === 'ended' ? [] : Object.values(detail)
    const words = `${target}: ${[step, type, ...details].join(' ')}`
    byTarget.set(target, [...(byTarget.get(target) ?? []), words])
  }
  return [...byTarget.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, lines]) => lines)
}
