/**
 * Teams in the network lab: planners with the project client and a scheduler over REST work through every preset, on a
 * manual clock. When it is over all hold what the server holds, and nothing was lost in silence or stored twice.
 */

import { afterEach, expect, test } from 'vitest'
import { createScheduler, type Scheduler } from '../../client/live-updates/event-store.ts'
import type { HttpPort } from '../../client/ports/ports.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import { keeping } from '../../client/project/project-core.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { MemoryLocks, MemoryOutbox } from '../../client/testing/memory-outbox.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import type { MockCore } from '../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { routesOf } from '../../mock-server/core/routes.ts'
import { createDoctor } from '../../mock-server/doctor/doctor.ts'
import type { LabEffect } from '../../mock-server/lab/lab-events.ts'
import { LAB_PRESETS, type LabPreset } from '../../mock-server/lab/presets.ts'
import { createRecordedCore } from '../../mock-server/recorder/recorded-core.ts'
import { replay } from '../../mock-server/recorder/replay.ts'
import { act } from './planner.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await keeping.load()

const STORES = ['tasks', 'dependencies', 'resources', 'assignments', 'calendars'] as const
const PLANNERS = ['ann', 'bob', 'eve', 'joe']
const CONFIG: MockServerConfig = {
  projects: [{ id: 1, name: 'House', tasksData: [1, 2, 3, 4, 5].map((id) => ({ id, name: `task ${id}` })) }],
  collections: { events: [] },
}
/** How often everybody does something, for as long as the longest preset lasts. */
const WORK_MS = 600
const WORK_FOR_MS = 66_000
/** Time to find dead lines dead and to come back. */
const REST_MS = 180_000
/** What a team of this size surely meets. */
const MEETS: { readonly [preset in LabPreset]: readonly LabEffect['type'][] } = {
  'train-tunnel': ['ack-lost', 'silenced', 'closed', 'refused', 'lost'],
  'hotel-wifi': ['closed', 'released', 'ack-lost', 'lost', 'answered', 'repeated', 'overtaken'],
  'laptop-wakes-up': ['silenced', 'closed'],
  'deploy-in-mid-edit': ['ack-lost', 'down', 'up', 'refused'],
}
const PRESETS = Object.keys(LAB_PRESETS) as LabPreset[]

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function team(seed: number) {
  const clock = new ManualClock(Date.UTC(2026, 0, 5))
  const logger = (): void => {}
  const random = seededRandom(`server ${seed}`)
  const core = await createRecordedCore({
    config: CONFIG,
    clock,
    logger,
    log: createMemoryLog(),
    routes: routesOf(CONFIG),
    start: (log) => createMockCore(CONFIG, { clock, random, log, logger }),
  })
  ends.push(() => core.close())
  const { transport } = new MemoryNetwork((socket) => core.accept(socket), { mode: 'auto' })

  const planner = (name: string) => {
    const random = seededRandom(`${seed} ${name}`)
    const client = new ProjectClient({
      transport,
      clock,
      random,
      logger,
      wsAddress: 'ws://lab/',
      wsProjectId: 1,
      // Whoever is sent away is let in again under the same name.
      credentials: () => ({ login: name }),
      clientId: `c-${name}`,
      outbox: { storage: new MemoryOutbox(), locks: new MemoryLocks().tab() },
      wakeups: () => () => {},
    })
    ends.push(() => client.close())
    const made: string[] = []
    const told: string[] = []
    client.on('rejected', ({ error }) => told.push(error.code))
    return {
      client,
      made,
      told,
      work() {
        const mark = `${name} ${made.length + 1}`
        made.push(mark)
        client.transact(() => client.calendars.add({ name: mark }), { undoable: false })
        act(client, random)
      },
    }
  }
  const scheduler = (name: string) => {
    const store = createScheduler({
      transport,
      http: httpOf(core),
      clock,
      random: seededRandom(`${seed} ${name}`),
      logger,
      wakeups: () => () => {},
    })
    void store.load('/events')
    store.createDataProcessor({ url: '/events' })
    const { RemoteEvents, remoteUpdates } = store.ext.liveUpdates
    const remote = new RemoteEvents('/api/v1', () => 'token')
    remote.on(remoteUpdates)
    ends.push(() => {
      store.close()
      remote.close()
    })
    const made: string[] = []
    const told: string[] = []
    store.on('rejected', ({ error }) => told.push(error.code))
    return {
      store,
      made,
      told,
      work() {
        const text = `${name} ${made.length + 1}`
        made.push(text)
        store.addEvent({ text, start_date: '2026-01-05 09:00', end_date: '2026-01-05 10:00' })
      },
    }
  }
  const pass = async (ms: number): Promise<void> => {
    await turn()
    const until = clock.now() + ms
    for (let due = clock.nextDue; due !== undefined && due <= until; due = clock.nextDue) {
      clock.advance(Math.max(0, due - clock.now()))
      await turn()
    }
    clock.advance(until - clock.now())
    await turn()
  }
  return { core, clock, pass, planner, scheduler }
}

/** Requests that reach the core without a host; what the lab leaves unanswered is a lost connection. */
function httpOf(core: MockCore): HttpPort {
  return {
    async request({ method, url, headers = {}, body = '' }) {
      const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      const answer = await core.http({ method, url, headers: lower, body })
      if (answer === undefined) throw new PlanwireError('connection-lost', 'Nobody there', 'retry')
      return { status: answer.status, body: answer.body, header: (name) => answer.headers[name.toLowerCase()] ?? null }
    },
  }
}

/** Every record by store, in the order of ids. A dataset leaves out a parent that is `null`. */
const plan = (client: ProjectClient): object =>
  Object.fromEntries(
    STORES.map((store) => [
      store,
      [...client[store].all()]
        .map((record) => ({ ...record, parentId: record['parentId'] ?? null }))
        .sort((a, b) => String(a.id).localeCompare(String(b.id), 'en')),
    ]),
  )

const eventsOf = (store: Scheduler): readonly unknown[] =>
  [...store.getEvents()].sort((a, b) => String(a.id).localeCompare(String(b.id), 'en'))

test.each(PRESETS.flatMap((preset) => [1, 2].map((seed) => ({ preset, seed }))))(
  'a team goes through $preset, seed $seed: all end equal with the server, every edit is there once, the doctor finds nothing, and a recording replays',
  { timeout: 120_000 },
  async ({ preset, seed }) => {
    const { core, clock, pass, planner, scheduler } = await team(seed)
    core.recorder.start()
    const planners = PLANNERS.map(planner)
    const schedulers = [scheduler('first desk'), scheduler('second desk')]
    await pass(5_000)
    core.lab.run(preset, { seed })
    let isOver = false
    void core.lab.whenDone().then(() => (isOver = true))
    for (let ms = 0; ms < WORK_FOR_MS; ms += WORK_MS) {
      for (const each of planners) each.work()
      if (ms % (WORK_MS * 4) === 0) for (const each of schedulers) each.work()
      await pass(WORK_MS)
    }
    expect(isOver, 'the preset ends by itself').toBe(true)
    await pass(REST_MS)

    const effects = new Set(core.lab.events.map(({ effect }) => effect.type))
    expect([...effects]).toEqual(expect.arrayContaining([...MEETS[preset]]))
    const fresh = planner('fresh')
    const looker = scheduler('looker')
    await pass(5_000)
    expect(planners.map(({ client }) => client.pendingCount)).toEqual(PLANNERS.map(() => 0))
    for (const { client } of planners) expect(plan(client)).toEqual(plan(fresh.client))
    for (const { store } of schedulers) expect(eventsOf(store)).toEqual(eventsOf(looker.store))

    const marks = fresh.client.calendars.all().map(({ name }) => String(name))
    const made = planners.flatMap((each) => each.made)
    expect(new Set(marks).size, 'nothing was stored twice').toBe(marks.length)
    expect(new Set(made)).toEqual(new Set(marks))
    expect(planners.flatMap(({ told }) => told)).toEqual([])
    const texts = looker.store.getEvents().map(({ text }) => String(text))
    expect(texts.sort()).toEqual(schedulers.flatMap((each) => each.made).sort())
    expect(schedulers.flatMap(({ told }) => told)).toEqual([])

    const recording = core.recorder.stop()
    const doctor = createDoctor()
    doctor.take(recording.entries)
    doctor.passed(clock.now() + REST_MS)
    expect(doctor.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([])
    if (seed === 1) expect((await replay(recording)).first).toBeUndefined()
  },
)
