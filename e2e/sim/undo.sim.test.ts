/** One user undoes everything and redoes everything, over the real core, while answers come late and others write beside. */

import { describe, expect, test } from 'vitest'
import { undoing } from '../../client/project/late-history.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import { isRecordId, type RecordId } from '../../client/protocol/ids.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { plan } from './planner.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await undoing.load()

const RUNS = Number(process.env['FLEETS'] ?? 20)

describe.each(['extension', 'revisions', 'flat'] as const)('on a server that speaks %s', (speech) => {
  test('[UN1 UN4 UN5] undoing everything restores the plan, redoing everything makes it again', async () => {
    for (let seed = 1; seed <= RUNS; seed++) await prove(seed, speech, false)
  })

  test('[UN2] what another user wrote beside stays through all of it', async () => {
    for (let seed = 1; seed <= RUNS; seed++) await prove(seed, speech, true)
  })
})

async function prove(seed: number, speech: 'extension' | 'revisions' | 'flat', company: boolean): Promise<void> {
  const random = seededRandom(seed)
  const clock = new ManualClock(1_000_000)
  const core = await createMockCore(CONFIG, { clock, random, log: createMemoryLog(), logger: () => {} })
  const network = new MemoryNetwork((socket) => core.accept(socket))
  const open = (name: string): ProjectClient =>
    new ProjectClient({
      wsAddress: 'ws://sim/',
      wsProjectId: 1,
      credentials: { login: name },
      clientId: name,
      extension: speech === 'extension',
      dialect: speech === 'revisions' ? 'bryntum-revisions' : 'bryntum-flat',
      transport: network.transport,
      clock,
      random: seededRandom(seed * 31 + name.length),
      logger: () => {},
    })
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 4; round++) {
      network.flush()
      for (let turn = 0; turn < 6; turn++) await Promise.resolve()
    }
  }
  const me = open('me')
  const other = open('other')
  const log: string[] = []
  const fail = (what: string): never => expect.fail(`${what}\nseed ${seed}, ${speech}\n${log.join('\n')}`)
  await settle()

  /** Some of what is on the way arrives; the other user writes a note, which nobody else touches. */
  const meanwhile = async (): Promise<void> => {
    if (random.next() < 0.5) await settle()
    const tasks = other.tasks.all()
    const task = tasks[Math.floor(random.next() * tasks.length)]
    if (!company || !task || random.next() < 0.5) return
    const note = `n${Math.floor(random.next() * 1_000)}`
    other.transact(() => other.tasks.update(task.id, { note }))
    log.push(`other: ${note} on ${task.id}`)
  }

  const before = picture(me)
  for (let step = 0; step < 15; step++) {
    log.push(me.transact(() => plan(me, random)))
    await meanwhile()
  }
  await settle()
  const after = picture(me)
  for (let round = 0; round < 2; round++) {
    while (me.undo()) {
      log.push('undo')
      await meanwhile()
    }
    await settle()
    if (!company && picture(me) !== before) fail(`undone: ${picture(me)}\nbefore: ${before}`)
    while (me.redo()) {
      log.push('redo')
      await meanwhile()
    }
    await settle()
    if (!company && picture(me) !== after) fail(`redone: ${picture(me)}\nafter: ${after}`)
  }
  while (me.undo()) await settle()
  await settle()
  if (picture(me, true) !== picture(other, true)) fail(`me: ${picture(me, true)}\nother: ${picture(other, true)}`)
  if (company && picture(me) !== before) fail(`undone in company: ${picture(me)}\nbefore: ${before}`)
  me.close()
  other.close()
  await core.close()
}

/** The plan without ids: an outline of names, dates and rows, and the links between names. `notes`: what the other user wrote. */
function picture(client: ProjectClient, notes = false): string {
  const name = (id: unknown): unknown => (isRecordId(id) ? client.tasks.get(id)?.name : id)
  const branch = (parent: RecordId | null): unknown[] =>
    client.tasks.children(parent).map((task) => {
      const { name, startDate = null, endDate = null, duration = null } = task
      return [name, startDate, endDate, duration, ...(notes ? [task['note'] ?? null] : []), branch(task.id)]
    })
  const links = client.dependencies.all().map(({ from, to, type }) => [name(from), name(to), type])
  const work = client.assignments
    .all()
    .map(({ event, resource }) => [name(event), isRecordId(resource) ? client.resources.get(resource)?.name : null])
  const people = client.resources.all().map((resource) => resource.name)
  const sorted = (list: unknown[]): string[] => list.map((entry) => JSON.stringify(entry)).sort()
  return JSON.stringify([branch(null), sorted(links), sorted(work), sorted(people)])
}

const CONFIG = {
  projects: [
    {
      id: 1,
      name: 'Undo',
      tasksData: [
        {
          id: 1,
          name: 'One',
          startDate: '2026-01-01',
          endDate: '2026-01-03',
          parentIndex: 0,
          children: [
            { id: 2, name: 'Two', parentIndex: 0 },
            { id: 3, name: 'Three', parentIndex: 1 },
          ],
        },
        { id: 4, name: 'Four', parentIndex: 1 },
      ],
      resourcesData: [{ id: 1, name: 'Ann' }],
      dependenciesData: [{ id: 1, from: 2, to: 3, type: 2 }],
      assignmentsData: [{ id: 1, event: 2, resource: 1 }],
    },
  ],
}
