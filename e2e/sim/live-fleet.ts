/**
 * Fleets of live-updates clients: headless schedulers and plans edit at random over the mock core, answers and frames
 * overtake each other, connections break, answers are lost. When the traffic has stopped, all hold what the server holds.
 * A run is a function of its seed.
 */
import { createScheduler, type Scheduler } from '../../client/live-updates/event-store.ts'
import { createGanttStore, type GanttStore } from '../../client/live-updates/gantt-store.ts'
import type { RemoteEvents } from '../../client/live-updates/remote-events.ts'
import { deleteOccurrence, editOccurrence } from '../../client/live-updates/series.ts'
import type { Random } from '../../client/ports/ports.ts'
import { idKey } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { createLiveWorld, type HttpFate, type LiveWorld } from './live-world.ts'

/** What a fleet is made of. */
export interface LiveFleetOptions {
  readonly seed: number
  readonly clients: number
  readonly steps: number
  readonly latencyMs: number
  /** Share of requests, in percent, whose answer or which themselves are lost or refused; and of steps at which sockets drop. */
  readonly faults: number
}

/** What a run ended with. */
export interface LiveFleetResult {
  /** Empty when every client equals the server. */
  readonly differences: readonly string[]
  readonly log: readonly string[]
  /** Loads after the start: how often a client had to look instead of knowing. */
  readonly looks: number
  /** Edits of series: their exceptions go without a word on some servers, so every client may look. */
  readonly seriesEdits: number
  /** Requests that the server refused: edits of what somebody else had just removed. */
  readonly refused: number
}

interface Client {
  readonly scheduler: Scheduler
  readonly gantt: GanttStore
  readonly remote: RemoteEvents
}

const EVENTS = [1, 2, 3].map((id) => ({
  id,
  text: `e${id}`,
  start_date: '2025-04-21 09:00',
  end_date: '2025-04-21 10:00',
  note: '',
}))
const PLAN = {
  id: 1,
  name: 'Plan',
  tasksData: [1, 2, 3].map((id) => ({
    id,
    name: `t${id}`,
    startDate: '2025-04-01',
    duration: 2,
    percentDone: 0,
    parentId: null,
    parentIndex: id - 1,
  })),
  dependenciesData: [{ id: 1, from: 1, to: 2, type: 2 }],
}

/** Runs one story. */
export async function runLiveFleet(options: LiveFleetOptions): Promise<LiveFleetResult> {
  const random = seededRandom(`fleet${options.seed}`)
  const log: string[] = []
  let faulty = false
  const fate = ({ method, url }: { method: string; url: string }): HttpFate => {
    if (!faulty || random.next() * 100 >= options.faults) return 'arrives'
    const fates: readonly HttpFate[] = [
      'request lost',
      'answer lost',
      'refused with 500',
      ...(method === 'GET' ? [] : ['refused with 400' as const]),
    ]
    const chosen = fates[Math.floor(random.next() * fates.length)] ?? 'arrives'
    log.push(`  ${method} ${url}: ${chosen}`)
    return chosen
  }
  const world = await createLiveWorld({
    seed: options.seed,
    latencyMs: options.latencyMs,
    fate,
    config: { collections: { events: EVENTS }, projects: [PLAN] },
  })
  const clients = Array.from({ length: options.clients }, () => open(world))
  await world.pass(5_000)
  faulty = true
  const loaded = world.requests.length
  for (let step = 0; step < options.steps; step++) {
    const at = Math.floor(random.next() * clients.length)
    const client = clients[at]
    if (!client) continue
    if (random.next() * 100 < options.faults / 4) {
      world.dropSockets()
      log.push(`${step} sockets drop`)
    }
    log.push(`${step} client ${at}: ${edit(client, random)}`)
    await world.pass(Math.floor(random.next() * options.latencyMs * 2))
  }
  faulty = false
  await world.pass(120_000)
  const differences = await compare(world, clients)
  const looks = world.requests.slice(loaded).filter(({ method }) => method === 'GET').length
  for (const { scheduler, gantt, remote } of clients) {
    scheduler.close()
    gantt.close()
    remote.close()
  }
  await world.core.close()
  const seriesEdits = world.requests.filter(
    ({ method, body }) => method === 'PUT' && body?.includes('"rrule":"F'),
  ).length
  return { differences, log, looks, seriesEdits, refused: world.refused() }
}

function open(world: LiveWorld): Client {
  const ports = world.ports()
  const scheduler = createScheduler(ports)
  const gantt = createGanttStore(ports)
  void scheduler.load('/events')
  void gantt.load('/data')
  scheduler.createDataProcessor({ url: '/events' })
  gantt.createDataProcessor({ url: '/data' })
  const remote = new scheduler.ext.liveUpdates.RemoteEvents('/api/v1', 'token')
  remote.on(scheduler.ext.liveUpdates.remoteUpdates)
  remote.on(gantt.ext.liveUpdates.remoteUpdates)
  return { scheduler, gantt, remote }
}

function edit({ scheduler, gantt }: Client, random: Random): string {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.next() * list.length)]
  const value = Math.floor(random.next() * 5)
  const event = pick(scheduler.events.all())
  const task = pick(gantt.tasks.all())
  const other = pick(gantt.tasks.all())
  const link = pick(gantt.links.all())
  const series = pick(scheduler.events.all().filter(({ rrule }) => rrule))
  const occurrence = `2025-04-2${value} 08:00`
  const roll = Math.floor(random.next() * 18)
  switch (roll) {
    case 0:
      return `add event ${scheduler.addEvent({ text: `n${value}`, start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' })}`
    case 1:
    case 2:
      if (event) scheduler.updateEvent(event.id, { text: `x${value}` })
      return `event ${event?.id} text x${value}`
    case 3:
    case 4:
      if (event) scheduler.updateEvent(event.id, { start_date: `2025-04-2${value} 08:00` })
      return `event ${event?.id} start ${value}`
    case 5:
      if (event) scheduler.updateEvent(event.id, { note: `note${value}` })
      return `event ${event?.id} note ${value}`
    case 6:
      if (event && value < 2) scheduler.deleteEvent(event.id)
      return `delete event ${event?.id} ${value < 2}`
    case 7:
      return gantt.transact(() => {
        const parent = gantt.tasks.add({
          text: `p${value}`,
          start_date: '01-04-2025 00:00',
          duration: 1,
          progress: 0,
          parent: 0,
        })
        const child = gantt.tasks.add({
          text: `c${value}`,
          start_date: '01-04-2025 00:00',
          duration: 1,
          progress: 0,
          parent: parent.id,
        })
        if (task) gantt.links.add({ source: task.id, target: child.id, type: '0' })
        return `add task ${parent.id} with child and link from ${task?.id}`
      })
    case 8:
    case 9:
      if (task) gantt.tasks.update(task.id, { text: `y${value}` })
      return `task ${task?.id} text y${value}`
    case 10:
      if (task) gantt.tasks.update(task.id, { progress: value / 10 })
      return `task ${task?.id} progress ${value}`
    case 11:
      if (task && value < 2) gantt.tasks.remove(task.id)
      return `delete task ${task?.id} ${value < 2}`
    case 12:
      if (link) gantt.links.update(link.id, { lag: value })
      return `link ${link?.id} lag ${value}`
    case 13:
      return `add series ${scheduler.addEvent({ text: `s${value}`, start_date: '2025-04-20 08:00', end_date: '2025-05-20 09:00', rrule: 'FREQ=DAILY', duration: 3600 })}`
    case 14:
      if (series) editOccurrence(scheduler, series.id, occurrence, { text: `o${value}` })
      return `occurrence ${value} of ${series?.id}`
    case 15:
      if (series) deleteOccurrence(scheduler, series.id, occurrence)
      return `delete occurrence ${value} of ${series?.id}`
    case 16:
      if (series && value < 2) scheduler.deleteEvent(series.id)
      else if (series) scheduler.updateEvent(series.id, { rrule: `FREQ=DAILY;INTERVAL=${value}` })
      return `edit or delete series ${series?.id} ${value}`
    default:
      if (task && other && task !== other) gantt.links.add({ source: task.id, target: other.id, type: '0' })
      return `link ${task?.id} to ${other?.id}`
  }
}

async function compare(world: LiveWorld, clients: readonly Client[]): Promise<string[]> {
  const events = (await world.read('/events')) as readonly PlainRecord[]
  const { data, links } = (await world.read('/data')) as { data: readonly PlainRecord[]; links: readonly PlainRecord[] }
  const differences: string[] = []
  for (const [at, { scheduler, gantt }] of clients.entries()) {
    if (scheduler.pendingCount + gantt.pendingCount > 0)
      differences.push(
        `client ${at}: ${scheduler.pendingCount} events and ${gantt.pendingCount} plan records are pending`,
      )
    differences.push(...unlike(`client ${at} events`, scheduler.events.all(), events))
    differences.push(...unlike(`client ${at} tasks`, gantt.tasks.all().map(unplaced), data))
    differences.push(...unlike(`client ${at} links`, gantt.links.all(), links))
  }
  return differences
}

/** Where a row went last stands in frames and in no load. */
function unplaced({ target: _, ...task }: PlainRecord): PlainRecord {
  return task
}

function unlike(name: string, mine: readonly PlainRecord[], theirs: readonly PlainRecord[]): string[] {
  const differences: string[] = []
  const rest = new Map(mine.map((record) => [idKey(record.id), record]))
  for (const record of theirs) {
    const own = rest.get(idKey(record.id))
    rest.delete(idKey(record.id))
    if (!own) differences.push(`${name}: ${record.id} is missing`)
    else if (sorted(own) !== sorted(record))
      differences.push(`${name}: ${sorted(own)} is ${sorted(record)} on the server`)
  }
  for (const id of rest.keys()) differences.push(`${name}: ${id} is not on the server`)
  return differences
}

/** The fields of a record in an order of their own. */
function sorted(record: PlainRecord): string {
  return JSON.stringify(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)))
}
