import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { MockServerConfig } from '../core/config.ts'
import { type Frame, Peer } from '../peer.contract.ts'
import { type NodeMockServer, type NodeServerOptions, startMockServer } from './start.ts'

const config: MockServerConfig = { projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }] }

let folder: string
let running: NodeMockServer[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planwire-data-'))
})
afterEach(async () => {
  for (const server of running) await server.close()
  running = []
  await rm(folder, { recursive: true })
})

async function start(options: NodeServerOptions): Promise<NodeMockServer> {
  const server = await startMockServer(config, options)
  running.push(server)
  return server
}

/** A client with the extension, under the same client id each time, and the dataset it was given. */
async function planner({ url }: NodeMockServer): Promise<{ peer: Peer; loaded: Frame }> {
  const peer = await new Peer(url, WebSocket).opened
  peer.send({ command: 'login', login: 'admin', password: 'admin', planwire: { version: 1, client: 'c-1' } })
  peer.send({ command: 'dataset', project: 1 })
  return { peer, loaded: await peer.next({ command: 'dataset' }) }
}

/** Adds a task and waits until it is acknowledged; answers what the server told of it. */
async function add(peer: Peer, counter: number): Promise<Frame> {
  const changes = { tasks: { added: [{ $PhantomId: `_${counter}`, name: `task ${counter}` }] } }
  peer.send({ command: 'projectChange', project: 1, changes, planwire: { counter } })
  const told = await peer.next({ command: 'projectChange' })
  await peer.next({ command: 'ack' })
  return told
}

test.each([{ fsync: false }, { fsync: true }])(
  'started again with its data it goes on: records, epoch, revisions, ids and what each client sent last, %j',
  async (options) => {
    const before = await start({ data: join(folder, 'made', 'by it'), ...options })
    const first = await planner(before)
    const told = await add(first.peer, 1)
    expect(told).toMatchObject({ changes: { tasks: { added: [{ id: 100 }] } }, planwire: { revision: 1 } })
    await fetch(`${before.httpUrl}/events`, { method: 'POST', body: JSON.stringify({ text: 'kept' }) })
    await before.close()

    const after = await start({ data: join(folder, 'made', 'by it'), ...options })
    const { peer, loaded } = await planner(after)
    const { epoch } = told['planwire'] as { epoch: string }
    expect(loaded).toMatchObject({
      planwire: { epoch, revision: 1 },
      dataset: { tasksData: [{ name: 'Dig' }, { id: 100, name: 'task 1' }] },
    })
    expect(await (await fetch(`${after.httpUrl}/events`)).json()).toEqual([expect.objectContaining({ text: 'kept' })])
    // The same changeset once more changes nothing; the next one gets the next id and revision.
    expect(await add(peer, 1)).toMatchObject({
      changes: { tasks: { added: [{ id: 100 }] } },
      planwire: { revision: 1 },
    })
    expect(await add(peer, 2)).toMatchObject({
      changes: { tasks: { added: [{ id: 102 }] } },
      planwire: { epoch, revision: 2 },
    })
    peer.close()
  },
)

test('started again without its data it begins anew, and the epoch tells clients so', async () => {
  const before = await start({ data: folder })
  const first = await planner(before)
  await add(first.peer, 1)
  await before.close()
  await rm(folder, { recursive: true })
  const { peer, loaded } = await planner(await start({ data: folder }))
  const epochOf = (frame: Frame): string => (frame['planwire'] as { epoch: string }).epoch
  expect(loaded).toMatchObject({ planwire: { revision: 0 }, dataset: { tasksData: [{ id: 1, name: 'Dig' }] } })
  expect(epochOf(loaded)).not.toBe(epochOf(first.loaded))
  peer.close()
})

test('a directory that another server uses is refused, and that one goes on', async () => {
  const first = await start({ data: folder })
  await expect(startMockServer(config, { data: folder })).rejects.toMatchObject({
    code: 'storage-failed',
    message: expect.stringContaining(`${folder} is in use`),
  })
  const { peer } = await planner(first)
  await add(peer, 1)
  peer.close()
})

test('a start that fails later on leaves the directory free', async () => {
  const taken = await start({})
  await expect(startMockServer(config, { data: folder, port: taken.port })).rejects.toMatchObject({
    message: expect.stringContaining('in use'),
  })
  const misfit: MockServerConfig = { projects: [{ id: 1, name: 'A', tasksData: [{ id: '' }] }] }
  await expect(startMockServer(misfit, { data: folder })).rejects.toMatchObject({ code: 'invalid-argument' })
  await start({ data: folder })
})

test('fsync without data is a mistake that is told', async () => {
  await expect(startMockServer(config, { fsync: true })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: 'fsync needs data, the directory to write to',
  })
})
