import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { createGanttStore, createScheduler, ProjectClient } from '../index.ts'
import {
  exposeForTests,
  ManualClock,
  MemoryNetwork,
  type PlanwireMatchers,
  planwireMatchers,
  seededRandom,
} from './index.ts'

declare module 'vitest' {
  interface Matchers<T> extends PlanwireMatchers {}
}
expect.extend(planwireMatchers)

const config: MockServerConfig = {
  projects: [
    { id: 1, name: 'House', tasksData: [{ id: 7, name: 'Dig' }] },
    { id: 2, name: 'Garden' },
  ],
  collections: { events: [] },
}
const silent = (): void => {}

/** A server and its clients, over a network that takes 30 ms each way. */
async function world() {
  const clock = new ManualClock()
  const random = seededRandom(1)
  const core = await createMockCore(config, { clock, random, log: createMemoryLog(), logger: silent })
  const network = new MemoryNetwork((socket) => core.accept(socket), { mode: 'clock', clock, latencyMs: () => 30 })
  const client = (project = 1): ProjectClient => {
    const made = new ProjectClient({
      ...{ wsAddress: 'ws://mock/', wsProjectId: project, credentials: { login: 'admin', password: 'admin' } },
      ...{ clock, random, transport: network.transport, logger: silent },
    })
    onTestFinished(() => made.close())
    return made
  }
  return { core, clock, network, client, advance: (ms: number) => clock.advance(ms) }
}

describe('toConverge', () => {
  test('waits by a manual clock until all clients and the server hold the same', async () => {
    const { client, core, clock, advance } = await world()
    const [ann, bob] = [client(), client()]
    await expect([ann, bob]).toConverge({ server: core, advance })
    ann.tasks.add({ name: 'Paint' })
    bob.tasks.update(7, { name: 'Dig deeper' })
    const before = clock.now()
    await expect({ ann, bob }).toConverge({ server: core, advance })
    expect(clock.now() - before).toBeGreaterThan(60)
    expect(bob.tasks.all().map(({ name }) => name)).toEqual(['Dig deeper', 'Paint'])
    expect(ann.revision).toBe(2)
  })

  test('names the record, the field and the revisions that differ when the time is up', async () => {
    const { client, core, clock, network, advance } = await world()
    const [ann, bob] = [client(), client()]
    await expect([ann, bob]).toConverge({ advance })
    const cut = network.connections[1]
    if (!cut) throw new Error('no connection')
    // Nothing reaches bob any more, and nobody has told him.
    cut.deliverUpTo = silent
    ann.tasks.update(7, { name: 'Dig deeper' })
    await expect(expect({ ann, bob }).toConverge({ server: core, advance, timeoutMs: 1_000 })).rejects.toThrow(
      [
        'The clients do not converge within 1000 ms: tasks 7 of project 1 differs in the field "name"',
        '  ann, revision 1: "Dig deeper"',
        '  bob, revision 0: "Dig"',
        '  server:          "Dig deeper"',
      ].join('\n'),
    )
    expect(clock.now()).toBeGreaterThanOrEqual(1_000)
  })

  test('says which client is not connected, closed, or looks at something else', async () => {
    const { client, advance } = await world()
    const [ann, bob] = [client(), client()]
    await expect([ann, bob]).toConverge({ advance })
    bob.close()
    const failed = expect({ ann, bob }).toConverge({ advance, timeoutMs: 100 })
    await expect(failed).rejects.toThrow(/bob is closed/)
    const offline = new ProjectClient()
    onTestFinished(() => offline.close())
    await expect(expect({ ann, offline }).toConverge({ advance, timeoutMs: 100 })).rejects.toThrow(/offline is idle/)
    const elsewhere = expect({ ann, carl: client(2) }).toConverge({ advance, timeoutMs: 500 })
    await expect(elsewhere).rejects.toThrow('ann has project 1, carl has project 2')
  })

  test('compares the app’s own stores that the server has', async () => {
    const { client, core, advance } = await world()
    const [ann, bob] = [client(), client()]
    await expect([ann, bob]).toConverge({ advance })
    ann.store('rooms').add({ name: 'Kitchen' })
    await expect([ann, bob]).toConverge({ server: core, advance })
    expect(bob.store('rooms').size).toBe(1)
  })

  test('can be asked for the opposite', async () => {
    const { client, advance } = await world()
    const [ann, bob] = [client(), client(2)]
    await expect([ann, bob]).not.toConverge({ advance, timeoutMs: 200 })
    await expect(expect([ann]).toConverge({ advance, timeoutMs: 400 })).rejects.toThrow('nothing to compare')
    await expect(expect([]).toConverge()).rejects.toThrow('there is no client')
  })
})

describe('in a page that a kit drives', () => {
  const LIST = Symbol.for('planwire.clients')
  afterEach(() => Reflect.deleteProperty(globalThis, LIST))

  test('clients of either face announce themselves, and an app shows what else it has; elsewhere nothing is kept', () => {
    const source = { of: 'events', stores: () => ({ events: [] }) }
    exposeForTests(source)
    const list: unknown[] = []
    Reflect.set(globalThis, LIST, list)
    const made = [new ProjectClient(), createScheduler(), createGanttStore()]
    exposeForTests(source)
    expect(list).toEqual([...made, source])
    for (const client of made) client.close()
  })
})
