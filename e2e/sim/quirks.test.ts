/** Our clients at the mock server with a vendor's fault switched on: none stops them, and what they do ends up the same for all. */
import { afterEach, describe, expect, it } from 'vitest'
import { ProjectClient } from '../../client/project/project-client.ts'
import type { ProjectClientOptions } from '../../client/project/project-options.ts'
import type { PlanwireError } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { QUIRKS, type QuirkName } from '../../mock-server/core/quirk-names.ts'
import { act } from './planner.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface World {
  readonly clock: ManualClock
  /** A client that is logged in, or about to be. */
  open(name: string): ProjectClient
  readonly told: PlanwireError[]
  pass(ms: number): Promise<void>
}

async function world(quirk: QuirkName, seed: number, options: ProjectClientOptions): Promise<World> {
  const clock = new ManualClock(Date.UTC(2026, 4, 4))
  const config: MockServerConfig = {
    quirks: [quirk],
    // The documented names mean nothing to this server, as to the vendor's: it is asked in its own dialect.
    ...(quirk === 'unknown-names' ? { dialect: 'bryntum-revisions' } : {}),
    projects: [{ id: 1, name: 'House', tasksData: [1, 2, 3, 4].map((id) => ({ id, name: `task ${id}` })) }],
  }
  const random = seededRandom(seed)
  const core = await createMockCore(config, { clock, random, log: createMemoryLog(), logger: () => {} })
  ends.push(() => core.close())
  const latency = (): number => Math.floor(random.next() * 20)
  const network = new MemoryNetwork((socket) => core.accept(socket), { mode: 'clock', clock, latencyMs: latency })
  const told: PlanwireError[] = []
  return {
    clock,
    told,
    open(name) {
      const client = new ProjectClient({
        transport: network.transport,
        clock,
        random: seededRandom(`${seed}${name}`),
        wsAddress: 'ws://mock/',
        wsProjectId: 1,
        credentials: { login: name },
        clientId: `c-${name}`,
        logger: () => {},
        outbox: false,
        ...(quirk === 'unknown-names' ? { dialect: 'bryntum-revisions' } : {}),
        ...options,
      })
      ends.push(() => client.close())
      client.on('error', (error) => told.push(error))
      return client
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 10) {
        await new Promise<void>((resolve) => setImmediate(resolve))
        clock.advance(10)
      }
    },
  }
}

/** Tasks, comparable: what a dataset leaves out is null. */
function plan(client: ProjectClient): unknown {
  return client.tasks
    .all()
    .map((task) => ({ ...task, parentId: task.parentId ?? null }))
    .sort((a, b) => String(a.id).localeCompare(String(b.id), 'en'))
}

describe('two clients at a server with the quirk', () => {
  const forms: readonly [string, ProjectClientOptions][] = [
    ['with the extension', {}],
    ['without it', { extension: false }],
  ]
  for (const quirk of Object.keys(QUIRKS) as QuirkName[]) {
    for (const [form, options] of forms) {
      // A client that is told neither an order nor what it missed cannot know: the documented protocol has no way (BC2).
      const blind = quirk === 'missed-events' && options.extension === false
      it(`${quirk}, ${form}, work on, lose nothing and ${blind ? 'are equal once they load again' : 'end equal'}`, async () => {
        for (const seed of [1, 2, 3]) {
          const { open, pass, told } = await world(quirk, seed, options)
          const [ann, bob] = [open('ann'), open('bob')]
          await pass(500)
          const random = seededRandom(seed)
          for (let round = 0; round < 30; round += 1) {
            act(ann, random)
            act(bob, random)
            if (random.next() < 0.5) await pass(Math.ceil(random.next() * 5) * 10)
          }
          await pass(60_000)
          for (const client of [ann, bob]) {
            expect(client.connection.state, `seed ${seed}`).toBe('open')
            expect(client.pendingCount, `seed ${seed}`).toBe(0)
          }
          expect(told, `seed ${seed}`).toEqual([])
          if (!blind && quirk !== 'lost-parents') expect(plan(ann), `seed ${seed}`).toEqual(plan(bob))
          const [eve, joe] = [open('eve'), open('joe')]
          await pass(1000)
          expect(plan(eve), `seed ${seed}`).toEqual(plan(joe))
          expect(new Set(eve.tasks.all().map(({ id }) => String(id))), `seed ${seed}`).toEqual(
            new Set((blind ? eve : ann).tasks.all().map(({ id }) => String(id))),
          )
          if (quirk !== 'lost-parents' && !blind) expect(plan(eve), `seed ${seed}`).toEqual(plan(ann))
        }
      })
    }
  }
})
