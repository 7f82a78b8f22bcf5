/** Clients over real sockets against the host in Node, which goes away and comes back on the same port. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { webSocketTransport } from '../../client/adapters/web-socket-transport.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import type { PlanwireError } from '../../client/protocol/errors.ts'
import { MemoryLocks, MemoryOutbox } from '../../client/testing/memory-outbox.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import { type NodeMockServer, startMockServer } from '../../mock-server/node/start.ts'
import { act } from './planner.ts'

const STORES = ['tasks', 'dependencies', 'resources', 'assignments', 'calendars'] as const
const names = ['ann', 'bob', 'eve']
const config: MockServerConfig = {
  users: names.map((name) => ({ name, password: name })),
  projects: [{ id: 1, name: 'House', tasksData: [1, 2, 3, 4, 5].map((id) => ({ id, name: `task ${id}` })) }],
}
const AWAY = names.map(() => expect.stringMatching(/waiting|connecting/))
const ROUNDS = 4
const ACTS = 12

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A client whose line can be cut, and the marks that it made: calendars, which nobody else touches. */
function planner(url: string, name: string, seed: number) {
  const random = seededRandom(seed)
  const sockets = new Set<WebSocket>()
  class Line extends WebSocket {
    constructor(address: string) {
      super(address)
      sockets.add(this)
      this.on('close', () => sockets.delete(this))
    }
  }
  let wake = (): void => {}
  const client = new ProjectClient({
    transport: webSocketTransport(Line),
    wsAddress: url,
    wsProjectId: 1,
    credentials: { login: name, password: name },
    clientId: `c-${name}`,
    random,
    logger: () => {},
    outbox: { storage: new MemoryOutbox(), locks: new MemoryLocks().tab() },
    wakeups: (woken) => {
      wake = woken
      return () => {}
    },
  })
  ends.push(() => client.close())
  const made: string[] = []
  const told: PlanwireError[] = []
  client.on('rejected', ({ error }) => told.push(error))
  return {
    client,
    random,
    /** Every mark. */
    made,
    /** Own marks of which the server said that they are stored. */
    stored: () =>
      client.calendars
        .all()
        .filter(({ id }) => client.calendars.status(id) === 'synced')
        .map((calendar) => String(calendar.name))
        .filter((mark) => made.includes(mark)),
    told,
    work() {
      const mark = `${name} ${made.length + 1}`
      made.push(mark)
      client.transact(() => client.calendars.add({ name: mark }), { undoable: false })
      act(client, random)
    },
    cut() {
      for (const socket of sockets) socket.terminate()
    },
    wake: () => wake(),
  }
}

type Planner = ReturnType<typeof planner>

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** Every record, in the order of ids. A dataset leaves out a parent that is `null`. */
const plan = ({ client }: Planner): object =>
  Object.fromEntries(
    STORES.map((store) => [
      store,
      [...client[store].all()]
        .map((record) => ({ ...record, parentId: record['parentId'] ?? null }))
        .sort((a, b) => String(a.id).localeCompare(String(b.id), 'en')),
    ]),
  )
const marksOf = ({ client }: Planner): string[] => client.calendars.all().map((calendar) => String(calendar.name))

async function work(planners: readonly Planner[], cuts: boolean): Promise<void> {
  for (let at = 0; at < ACTS; at++) {
    for (const each of planners) {
      each.work()
      if (cuts && each.random.next() < 0.1) each.cut()
      if (each.random.next() < 0.5) await turn()
    }
  }
}

async function synced(planners: readonly Planner[]): Promise<void> {
  for (const { client, wake } of planners) {
    if (client.connection.state === 'waiting') wake()
    await client.whenSynced({ timeoutMs: 15_000 })
  }
}

for (const seed of [1, 2, 3]) {
  test.each([{ keeps: true }, { keeps: false }])(
    `three clients on real sockets and a server that is started again, which keeps its log: $keeps, seed ${seed}`,
    { timeout: 30_000 },
    async ({ keeps }) => {
      const data = await mkdtemp(join(tmpdir(), 'planwire-sockets-'))
      ends.push(() => rm(data, { recursive: true }))
      let server: NodeMockServer = await startMockServer(config, keeps ? { data } : {})
      ends.push(() => server.close())
      const { port, url } = server
      const planners = names.map((name, at) => planner(url, name, seed * 10 + at))
      await synced(planners)
      /** What the server has had and may have lost. */
      const lost = new Set<string>()
      for (let round = 1; round <= ROUNDS; round++) {
        await work(planners, true)
        const closing = server.close()
        await work(planners, false)
        await closing
        // The last words of the server have been heard, and nobody has found it again.
        await expect.poll(() => planners.map(({ client }) => client.connection.state)).toEqual(AWAY)
        if (!keeps) for (const { stored } of planners) for (const mark of stored()) lost.add(mark)
        await work(planners, false)
        server = await startMockServer(config, { port, ...(keeps ? { data } : {}) })
        for (const each of planners) each.wake()
      }
      await work(planners, true)
      await synced(planners)
      // A line may have been cut after its client was synced: everybody once more, now that all have sent everything.
      await synced(planners)
      const fresh = planner(url, 'ann', seed)
      await synced([fresh])
      await expect.poll(() => planners.map(plan)).toEqual(planners.map(() => plan(fresh)))

      const marks = marksOf(fresh)
      const made = planners.flatMap((each) => each.made)
      expect(new Set(marks).size, 'nothing was stored twice').toBe(marks.length)
      expect(
        made.filter((mark) => !marks.includes(mark) && !lost.has(mark)),
        'nothing is lost but what a server had that lost everything',
      ).toEqual([])
      expect(made).toHaveLength(names.length * ACTS * (3 * ROUNDS + 1))
      expect(planners.flatMap(({ told }) => told.map(({ code }) => code))).toEqual([])
    },
  )
}
