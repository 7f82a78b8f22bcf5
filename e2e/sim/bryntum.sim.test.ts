/**
 * Two project models over the real core: random edits on both sides, lines that break and come back, forms that are open
 * while others' changes arrive. When all is quiet, models, clients and server hold the same. `FLEETS=N` runs more.
 */
import { describe, expect, test } from 'vitest'
import { connectProject } from '../../client/bindings/bryntum/index.ts'
import { ProjectDouble } from '../../client/bindings/bryntum/project-double.contract.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import type { RecordId } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'

const RUNS = Number(process.env['FLEETS'] ?? 12)
const STEPS = 40
/** For a machine that is busy with other tests. */
const PATIENCE_MS = 60_000
/** Microtasks in which any round of a model is over. */
const TURNS = 120

const CONFIG = {
  projects: [
    {
      id: 1,
      name: 'Plan',
      tasksData: [
        {
          id: 1,
          name: 'Dig',
          children: [
            { id: 2, name: 'Mark', startDate: '2026-01-05', duration: 2, endDate: '2026-01-07' },
            { id: 3, name: 'Hole', startDate: '2026-01-07', duration: 3, endDate: '2026-01-10' },
          ],
        },
        { id: 4, name: 'Rest', startDate: '2026-01-05', duration: 1, endDate: '2026-01-06' },
      ],
      dependenciesData: [{ id: 1, from: 2, to: 3 }],
      resourcesData: [{ id: 1, name: 'Ann' }],
    },
  ],
}

describe.each(['flat', 'revisions', 'extension'] as const)('on a server that speaks %s', (speech) => {
  test.each([false, true])(
    '[BR1] two project models end equal, with revisions %s',
    async (revisionsEnabled) => {
      for (let seed = 1; seed <= RUNS; seed++) await prove(seed, speech, revisionsEnabled)
    },
    PATIENCE_MS,
  )
})

async function prove(
  seed: number,
  speech: 'flat' | 'revisions' | 'extension',
  revisionsEnabled: boolean,
): Promise<void> {
  const random = seededRandom(seed)
  const clock = new ManualClock(1_000_000)
  const core = await createMockCore(CONFIG, {
    clock,
    random: seededRandom(seed + 7),
    log: createMemoryLog(),
    logger: () => {},
  })
  const story: string[] = []
  const failures: unknown[] = []
  const tabs = ['a', 'b'].map((name, at) => {
    const network = new MemoryNetwork((socket) => core.accept(socket))
    const project = new ProjectDouble({ revisionsEnabled }).seed(seed * 10 + at)
    const client = new ProjectClient({
      wsAddress: 'ws://sim/',
      wsProjectId: 1,
      credentials: { login: name },
      clientId: name,
      extension: speech === 'extension',
      dialect: speech === 'revisions' ? 'bryntum-revisions' : 'bryntum-flat',
      flatServer: 'serial',
      transport: network.transport,
      clock,
      random: seededRandom(seed * 31 + at),
      logger: () => {},
      outbox: false,
    })
    const connection = connectProject(project, {
      client,
      clock,
      random: seededRandom(seed + at),
      onError: (error) => failures.push(error),
    })
    return { name, network, project, client, connection, closeForm: undefined as (() => void) | undefined }
  })
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++) {
      await undefined
      for (const { network } of tabs) network.flush()
    }
  }
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      await turns()
      clock.advance(7_000)
    }
    await turns()
  }
  await settle()

  for (let step = 0; step < STEPS; step++) {
    const tab = tabs[Math.floor(random.next() * tabs.length)]
    if (!tab) continue
    story.push(`${tab.name}: ${act(tab.project, random.next, step)}`)
    const chance = random.next()
    if (chance < 0.1) {
      for (const line of tab.network.connections) line.drop()
      story.push(`${tab.name} is cut off`)
    } else if (chance < 0.2) {
      if (tab.closeForm) tab.closeForm()
      tab.closeForm = tab.closeForm ? undefined : tab.project.openForm()
      story.push(`${tab.name}: form ${tab.closeForm ? 'opened' : 'closed'}`)
    } else if (chance < 0.5) await turns()
    else if (chance < 0.6) clock.advance(3_000)
    else for (let turn = 0; turn < 7; turn++) await undefined
  }
  for (const tab of tabs) tab.closeForm?.()
  await settle()

  const told = `seed ${seed}\n${story.join('\n')}`
  expect(failures, told).toEqual([])
  const [a, b] = tabs
  if (!a || !b) throw new Error('two tabs')
  const newcomer = new ProjectClient({
    wsAddress: 'ws://sim/',
    wsProjectId: 1,
    credentials: { login: 'c' },
    transport: a.network.transport,
    clock,
    logger: () => {},
    outbox: false,
  })
  await settle()
  expect(held(b.client), `${told}\nb and a`).toEqual(held(a.client))
  expect(held(newcomer), `${told}\nserver and a`).toEqual(held(a.client))
  for (const tab of tabs) {
    expect(tab.client.pendingCount, told).toBe(0)
    expect(shown(tab.project), `${told}\nmodel and client of ${tab.name}`).toEqual(wanted(tab.client))
  }
  for (const { connection, client, project } of tabs) {
    connection.disconnect()
    client.close()
    expect(project.listeners).toBe(0)
  }
  newcomer.close()
}

/** One edit of a user. */
function act(project: ProjectDouble, next: () => number, step: number): string {
  const { taskStore: tasks, dependencyStore: links } = project
  const any = tasks.records[Math.floor(next() * tasks.records.length)]
  const other = tasks.records[Math.floor(next() * tasks.records.length)]
  const kind = next()
  if (!any || !other || kind < 0.2) {
    const parentId = any && next() < 0.5 ? any.id : null
    const id = tasks.add(
      { name: `new ${step}`, parentId, startDate: '2026-01-05T00:00:00', duration: 1, endDate: '2026-01-06T00:00:00' },
      project.phantom('TaskModel'),
    ).id
    return `adds ${id} below ${parentId}`
  }
  if (kind < 0.45) {
    any.set({ name: `${step}` })
    return `names ${any.id}`
  }
  if (kind < 0.6) {
    any.set({ duration: 1 + Math.floor(next() * 5) })
    return `changes the length of ${any.id}`
  }
  if (kind < 0.75) {
    const parent = next() < 0.3 || isBelow(tasks, other.id, any.id) ? tasks.rootNode : other
    parent.insertChild(
      any,
      parent.children.find((child) => child !== any),
    )
    return `moves ${any.id} below ${parent.id}`
  }
  if (kind < 0.85) {
    if (any === other || circles(project, any.id, other.id)) return 'does nothing'
    const id = links.add({ from: any.id, to: other.id, type: 2 }, project.phantom('DependencyModel')).id
    return `links ${any.id} to ${other.id} by ${id}`
  }
  if (kind < 0.93) {
    const ids = new Set<RecordId>([any.id])
    for (const record of tasks.records) if (isBelow(tasks, record.id, any.id)) ids.add(record.id)
    for (const link of links.records)
      if (ids.has(link.values['from'] as RecordId) || ids.has(link.values['to'] as RecordId)) links.remove(link.id)
    tasks.remove(any.id)
    return `removes ${[...ids].join(' ')}`
  }
  const id = project.resourceStore.add({ name: `res ${step}` }, project.phantom('ResourceModel')).id
  project.assignmentStore.add({ event: any.id, resource: id, units: 50 }, project.phantom('AssignmentModel'))
  return `assigns ${id} to ${any.id}`
}

function isBelow(tasks: ProjectDouble['taskStore'], id: RecordId, above: RecordId): boolean {
  for (
    let at: RecordId | null = id;
    at !== null;
    at = (tasks.getById(at)?.values['parentId'] ?? null) as RecordId | null
  )
    if (String(at) === String(above)) return true
  return false
}

/** A user cannot draw a circle that they see. */
function circles(project: ProjectDouble, from: RecordId, to: RecordId): boolean {
  const reached = new Set<string>([String(to)])
  for (const at of reached)
    for (const link of project.dependencyStore.records)
      if (String(link.values['from']) === at && link.values['active'] !== false) reached.add(String(link.values['to']))
  return reached.has(String(from))
}

const FIELDS = ['name', 'startDate', 'endDate', 'duration', 'from', 'to', 'active', 'event', 'resource', 'units']

function facts(id: RecordId, field: (name: string) => unknown): unknown[] {
  return [String(id), ...FIELDS.map((name) => comparable(name, field(name)))]
}

function comparable(name: string, value: unknown): unknown {
  if (name === 'active') return value !== false
  if (name.endsWith('Date') && typeof value === 'string') return value.slice(0, 10)
  return value == null ? null : String(value)
}

const STORES = ['tasks', 'dependencies', 'resources', 'assignments'] as const

/** What a client holds, by id. */
function held(client: ProjectClient): unknown {
  return STORES.map((store) =>
    sorted(
      client
        .store(store)
        .all()
        .map((record: PlainRecord) => [
          ...facts(record.id, (name) => record[name]),
          String(record['parentId'] ?? null),
        ]),
    ),
  )
}

/** What a model is to show. */
function wanted(client: ProjectClient): unknown {
  const tree = (parent: RecordId | null): string =>
    client.tasks
      .children(parent)
      .map(({ id }) => `${id}(${tree(id)})`)
      .join(' ')
  const has = (id: unknown): boolean => client.tasks.has(id as RecordId)
  const records = STORES.map((store) =>
    sorted(
      client
        .store(store)
        .all()
        .filter((record: PlainRecord) =>
          store === 'dependencies'
            ? has(record['from']) && has(record['to'])
            : store === 'assignments'
              ? has(record['event'])
              : true,
        )
        .map((record: PlainRecord) => facts(record.id, (name) => record[name])),
    ),
  )
  return { tree: tree(null), records }
}

function shown(project: ProjectDouble): unknown {
  const tree = (children: readonly { id: RecordId; children: readonly never[] }[]): string =>
    children.map((child) => `${child.id}(${tree(child.children)})`).join(' ')
  const records = STORES.map((store) =>
    sorted((project.stores[store]?.records ?? []).map((record) => facts(record.id, (name) => record.values[name]))),
  )
  return { tree: tree(project.taskStore.rootNode.children as never), records }
}

function sorted(rows: readonly unknown[][]): unknown[][] {
  return [...rows].sort((a, b) => String(a[0]).localeCompare(String(b[0])))
}
