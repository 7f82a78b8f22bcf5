/**
 * What the recorder hears and keeps on every host: plain WebSocket and fetch, and the same recording everywhere. Imports
 * nothing of an environment.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MockServerConfig } from './core/config.ts'
import type { LabStep } from './lab/script.ts'
import { type ContractSocketConstructor, Peer } from './peer.contract.ts'
import type { RecorderSnapshot, RecorderState, Recording, RecordingOptions, WireEntry } from './recorder/recording.ts'
import { replay } from './recorder/replay.ts'

/** A started host, and how its clients reach it. In browsers lab and recorder answer later. */
export interface RecorderHostUnderTest {
  readonly url: string
  readonly httpUrl: string
  readonly WebSocket?: ContractSocketConstructor
  readonly lab: { inject(step: LabStep): string | Promise<string>; stop(): void | Promise<void> }
  readonly recorder: {
    start(options?: RecordingOptions): void | Promise<void>
    stop(): Recording | Promise<Recording>
    snapshot(options?: RecordingOptions): RecorderSnapshot | Promise<RecorderSnapshot>
    subscribe(listener: (entries: readonly WireEntry[]) => void): () => void
  }
  state(): Promise<RecorderState>
  reset(): Promise<void>
  close(): Promise<void>
}

const config: MockServerConfig = {
  users: [
    { name: 'ann', password: 'correct horse' },
    { name: 'bob', password: 'battery staple' },
  ],
  tokens: ['open sesame'],
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  collections: { events: [{ id: 7, text: 'Inspection' }] },
}

/** Holds a host to the contract. */
export function recorderHostContract(
  name: string,
  start: (config: MockServerConfig) => Promise<RecorderHostUnderTest>,
): void {
  describe(`the recorder on ${name}, as on every host:`, () => {
    let host: RecorderHostUnderTest
    let peers: Peer[] = []

    async function planner(login: string, password: string): Promise<Peer> {
      const peer = new Peer(`${host.url}/`, host.WebSocket ?? globalThis.WebSocket)
      peers.push(peer)
      await peer.opened
      peer.send({ command: 'login', login, password })
      await peer.next({ command: 'login' })
      peer.send({ command: 'dataset', project: 1 })
      await peer.next({ command: 'dataset' })
      return peer
    }

    const rename = (to: string): object => ({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name: to }] } },
    })

    beforeEach(async () => {
      host = await start(config)
    })

    afterEach(async () => {
      for (const peer of peers) peer.close()
      peers = []
      await host.close()
    })

    test('a recording holds what every client sent and was told, in order, without secrets, and replays', async () => {
      await host.recorder.start({ name: 'two planners' })
      const ann = await planner('ann', 'correct horse')
      const bob = await planner('bob', 'battery staple')
      ann.send(rename('Dig deep'))
      await bob.next({ command: 'projectChange' })
      const token = { 'remote-token': 'open sesame' }
      const answer = await fetch(`${host.httpUrl}/events/7`, { method: 'PUT', headers: token, body: '{"text":"done"}' })
      expect(answer.status).toBe(200)
      expect((await fetch(`${host.httpUrl}/events`, { headers: { 'remote-token': 'guess' } })).status).toBe(401)
      await host.reset()
      await bob.next({ command: 'reset' })
      const recording = await host.recorder.stop()
      expect(recording).toMatchObject({ format: 'planwire-recording', version: 1, name: 'two planners', sockets: [] })
      expect(inWords(recording.entries, 'ann')).toEqual([
        'ann up login',
        'ann down login',
        'ann down users',
        'ann up dataset',
        'ann down dataset',
        'ann down login',
        'ann down users',
        'ann up projectChange',
        'ann down dataset',
        'ann down reset',
      ])
      expect(inWords(recording.entries, 'bob')).toEqual([
        'bob up login',
        'bob down login',
        'bob down users',
        'bob up dataset',
        'bob down dataset',
        'bob down projectChange',
        'bob down dataset',
        'bob down reset',
      ])
      expect(inWords(recording.entries, 'PUT /events')).toEqual(['PUT /events PUT /events/7', 'PUT /events 200'])
      expect(inWords(recording.entries, 'Server')).toEqual(['Server reset'])
      expect(recording.entries.map(({ n }) => n)).toEqual(recording.entries.map((_, at) => at + 1))
      const text = JSON.stringify(recording)
      for (const secret of ['correct horse', 'battery staple', 'open sesame', 'guess'])
        expect(text).not.toContain(secret)
      expect(await replay(recording)).toMatchObject({ same: true })
    })

    test('a recording that begins late knows who is there already', async () => {
      const ann = await planner('ann', 'correct horse')
      const bob = await planner('bob', 'battery staple')
      await host.recorder.start()
      ann.send(rename('late'))
      await bob.next({ command: 'projectChange' })
      const recording = await host.recorder.stop()
      expect(recording.sockets.map(({ party, frames }) => [party, frames.length])).toEqual([
        ['ann', 2],
        ['bob', 2],
      ])
      expect(await replay(recording)).toMatchObject({ same: true })
      expect(recording.end?.projects[0]?.tasksData).toMatchObject([{ name: 'late' }])
    })

    test('a snapshot is where what is heard from then on begins, and leaves a recording that is being made alone', async () => {
      const heard: WireEntry[] = []
      const stop = host.recorder.subscribe((entries) => heard.push(...entries))
      await host.recorder.start({ name: 'goes on' })
      const ann = await planner('ann', 'correct horse')
      const bob = await planner('bob', 'battery staple')
      ann.send(rename('before'))
      await bob.next({ command: 'projectChange' })
      const { after, ...start } = await host.recorder.snapshot({ name: 'looked back' })
      expect(start.state.projects[0]?.tasksData).toMatchObject([{ name: 'before' }])
      expect(JSON.stringify(start)).not.toContain('correct horse')
      ann.send(rename('after'))
      await bob.next({ command: 'projectChange' })
      await expect.poll(() => inWords(heard, 'bob').at(-1)).toBe('bob down projectChange')
      const entries = heard.filter(({ n }) => n > after)
      expect(inWords(entries)).toEqual(['ann up projectChange', 'bob down projectChange'])
      const looked = await replay({ ...start, entries })
      expect(looked).toMatchObject({ same: true, compared: 1 })
      expect(looked.end?.projects[0]?.tasksData).toMatchObject([{ name: 'after' }])
      const recording = await host.recorder.stop()
      expect(recording).toMatchObject({ name: 'goes on', sockets: [] })
      expect(recording.entries.length).toBeGreaterThan(entries.length)
      stop()
    })

    test('what a fault lost is in the recording, and does not reach the server in its replay either', async () => {
      const ann = await planner('ann', 'correct horse')
      await host.recorder.start()
      await host.lab.inject({ fault: 'lose-before-commit', count: 1, to: { user: 'ann' } })
      ann.send(rename('never'))
      expect(await ann.closed).toBe(1006)
      await host.lab.stop()
      const recording = await host.recorder.stop()
      expect(inWords(recording.entries)).toEqual(
        [
          'everybody lose-before-commit began',
          'ann up projectChange held',
          'ann closed by server 1006',
          'ann lose-before-commit lost',
          'everybody lose-before-commit ended',
        ].sort(),
      )
      expect(await replay(recording)).toMatchObject({ same: true })
      expect(recording.end?.projects[0]?.tasksData).toMatchObject([{ name: 'Dig' }])
    })

    test('listeners hear without a recording, and nobody stops what was not started', async () => {
      const heard: WireEntry[] = []
      const stop = host.recorder.subscribe((entries) => heard.push(...entries))
      await planner('ann', 'correct horse')
      await expect.poll(() => inWords(heard, 'ann').at(-1)).toBe('ann down dataset')
      stop()
      expect(await host.state()).toEqual({ state: 'idle' })
      await expect(Promise.resolve().then(() => host.recorder.stop())).rejects.toMatchObject({
        code: 'invalid-argument',
      })
      await host.recorder.start({ name: 'short' })
      expect(await host.state()).toMatchObject({ state: 'recording', name: 'short', entries: 0, dropped: 0 })
    })
  })
}

/** What entries of a party, or of everybody, say: without the handshakes and the ends that come from the test itself. */
function inWords(entries: readonly WireEntry[], party?: string): readonly string[] {
  const words = entries.filter((entry) => party === undefined || entry.party === party).flatMap(wordsOf)
  // What different clients met at once has no order.
  return party === undefined ? words.sort() : words
}

function wordsOf(entry: WireEntry): readonly string[] {
  const held = 'held' in entry ? ['held'] : []
  switch (entry.type) {
    case 'frame': {
      const { command } = JSON.parse(entry.text)
      return [[entry.party, entry.direction, command, ...held].join(' ')]
    }
    case 'close':
      return [`${entry.party} closed by ${entry.by} ${entry.code}`]
    case 'request':
      return [`${entry.party} ${entry.method} ${entry.url}`]
    case 'answer':
      return [`${entry.party} ${entry.status}`]
    case 'fault':
      return [`${entry.party} ${entry.event.fault} ${entry.event.effect.type}`]
    case 'control':
      return [`${entry.party} ${entry.action.do}`]
    case 'open':
    case 'arrival':
      return []
  }
}
