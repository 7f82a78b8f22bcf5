/**
 * The life of tabs with live updates: they crash and are reloaded, or never come back and others adopt what they left; the
 * server is killed with what its log had not written, lines die without a word, answers and tokens are lost. A run is a function of its seed.
 *
 * Each new event has a name of its own, and each tab a field of its own that nobody else writes, so that the end shows of
 * every single edit whether it is there, and how often.
 */

import { createScheduler, type Scheduler } from '../../client/live-updates/event-store.ts'
import type { DataProcessor } from '../../client/live-updates/live-client.ts'
import { liveKeeping } from '../../client/live-updates/live-client.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import { isPhantomId } from '../../client/store/phantom-ids.ts'
import { MemoryLocks, MemoryOutbox } from '../../client/testing/memory-outbox.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { createLiveWorld, type HttpFate, type LiveWorld, type TabLife } from './live-world.ts'

// Fleets move time themselves: what is loaded later has to be there from the start.
await liveKeeping.load()

/** What a run is made of. */
export interface LiveTabsOptions {
  readonly seed: number
  readonly tabs: number
  readonly steps: number
  /** Whether the server offers keys, versions and catch-up. */
  readonly offers: boolean
}

/** What a run ended with. */
export interface LiveTabsResult {
  /** Differences of any tab from the server, and edits that are pending. */
  readonly differences: readonly string[]
  /** New events and own fields that are not on the server although nobody was told. */
  readonly lost: readonly string[]
  /** New events that are on the server more than once. */
  readonly doubled: readonly string[]
  readonly crashes: number
  /** Commits that everybody had heard of when a crash of the server took them. */
  readonly tails: number
  readonly log: readonly string[]
}

interface Tab extends TabLife {
  /** The field that only this tab, and those that it is reloaded as, write. */
  readonly field: string
  readonly scheduler: Scheduler
  readonly dp: DataProcessor
  /** `sessionStorage`. */
  readonly former: string[]
  crash(): void
}

const SEEDS = [1, 2, 3, 4].map((id) => ({
  id,
  text: `e${id}`,
  start_date: '2025-04-21 09:00',
  end_date: '2025-04-21 10:00',
}))

/** Runs one story. */
export async function runLiveTabs(options: LiveTabsOptions): Promise<LiveTabsResult> {
  const story = new Story(options)
  return story.run()
}

class Story {
  readonly #options: LiveTabsOptions
  readonly #random: ReturnType<typeof seededRandom>
  readonly #log: string[] = []
  readonly #storage = new MemoryOutbox()
  readonly #locks = new MemoryLocks()
  readonly #tabs: Tab[] = []
  /** Names of events that were added and not removed. */
  readonly #added = new Set<string>()
  /** Last value of an own field, by record and field, and the id that the record had. */
  readonly #written = new Map<string, { readonly value: number; readonly id: RecordId }>()
  #faulty = false
  #crashes = 0
  #counter = 0

  constructor(options: LiveTabsOptions) {
    this.#options = options
    this.#random = seededRandom(`tabs${options.seed}`)
  }

  async run(): Promise<LiveTabsResult> {
    const { seed, offers, steps } = this.#options
    const world = await createLiveWorld({
      seed,
      offers,
      latencyMs: 80,
      // Elsewhere a broadcast promises that it was stored: nobody could know better.
      ...(offers ? { writeMs: 300 } : {}),
      fate: (request) => this.#fate(request),
      config: { collections: { events: SEEDS } },
    })
    for (let count = 0; count < this.#options.tabs; count++) this.#open(world)
    await world.pass(5_000)
    this.#faulty = true
    for (let step = 0; step < steps; step++) {
      this.#log.push(`${step} ${await this.#step(world)}`)
      await world.pass(this.#below(200))
    }
    this.#faulty = false
    for (let round = 0; round < 4; round++) {
      // The app gets new credentials; what a gone tab left is adopted.
      for (const { dp } of this.#alive) dp.retry()
      await world.pass(120_000)
    }
    const result = await this.#result(world)
    for (const { scheduler } of this.#alive) scheduler.close()
    await world.core.close()
    return result
  }

  get #alive(): readonly Tab[] {
    return this.#tabs.filter(({ alive }) => alive)
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }

  #fate({ method, url }: { readonly method: string; readonly url: string }): HttpFate {
    if (!this.#faulty || this.#below(100) >= 15) return 'arrives'
    const fates: readonly HttpFate[] = [
      'request lost',
      'answer lost',
      'answer lost',
      'refused with 500',
      'refused with 401',
    ]
    const chosen = fates[this.#below(url === '/events' || method !== 'GET' ? fates.length : 2)] ?? 'arrives'
    this.#log.push(`  ${method} ${url}: ${chosen}`)
    return chosen
  }

  #open(world: LiveWorld, { field = `f${this.#tabs.length}`, former = [] as string[] } = {}): void {
    const life: TabLife = { alive: true }
    const locks = this.#locks.tab(former)
    const scheduler = createScheduler({ ...world.ports(life), outbox: { storage: this.#storage, locks } })
    void scheduler.load('/events')
    const dp = scheduler.createDataProcessor({ url: '/events' })
    const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
    const remote = new RemoteEvents('/api/v1', () => 'token')
    remote.on(remoteUpdates)
    remote.watch('connection', ({ state }) => {
      // The app has other credentials at once.
      if (state === 'auth-required') remote.reconnect()
    })
    // What the app is told of is not lost in silence.
    const told = (fields: Fields): void => {
      for (const [key, { value }] of this.#written)
        if (fields[key.split(' ')[1] ?? ''] === value) this.#written.delete(key)
    }
    scheduler.on('conflict', ({ ours }) => told(ours))
    scheduler.on('rejected', ({ fields }) => told(fields))
    const crash = (): void => {
      life.alive = false
      locks.crash()
    }
    this.#tabs.push(Object.assign(life, { field, scheduler, dp, former, crash }))
  }

  async #step(world: LiveWorld): Promise<string> {
    const roll = this.#below(100)
    const tab = this.#alive[this.#below(this.#alive.length)]
    if (!tab) return 'nobody is there'
    if (roll < 6) {
      this.#crashes += 1
      tab.crash()
      this.#open(world, tab)
      return `${tab.field} is reloaded`
    }
    if (roll < 9) {
      this.#crashes += 1
      tab.crash()
      this.#open(world)
      return `${tab.field} crashes for good`
    }
    if (roll < 13) {
      world.dropSockets()
      return 'sockets drop'
    }
    if (roll < 16) {
      world.stallSockets()
      return 'lines die without a word'
    }
    if (roll < 18) {
      await world.restart()
      return 'the server is restarted'
    }
    return this.#edit(tab)
  }

  #edit({ scheduler, field }: Tab): string {
    const events = scheduler.getEvents()
    const event = events[this.#below(events.length)]
    const roll = this.#below(10)
    this.#counter += 1
    if (roll < 4) {
      const text = `new${this.#counter}`
      this.#added.add(text)
      scheduler.addEvent({ text, start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' })
      return `${field} adds ${text}`
    }
    if (!event) return 'nothing to edit'
    if (roll < 5 && String(event.text).startsWith('new')) {
      this.#added.delete(String(event.text))
      scheduler.deleteEvent(event.id)
      return `${field} deletes ${event.text}`
    }
    scheduler.updateEvent(event.id, { [field]: this.#counter })
    this.#written.set(`${event.text} ${field}`, { value: this.#counter, id: event.id })
    return `${field} writes ${this.#counter} into ${event.text} (${event.id})`
  }

  async #result(world: LiveWorld): Promise<LiveTabsResult> {
    const stored = (await world.read('/events')) as readonly PlainRecord[]
    const named = (name: string): readonly PlainRecord[] => stored.filter(({ text }) => text === name)
    const lost = [...this.#added].filter((name) => named(name).length === 0)
    for (const [key, { value, id }] of this.#written) {
      const [name = '', field = ''] = key.split(' ')
      const [record] = named(name)
      // A record whose insert went with the end of the log is stored again as another: edits of the former one are gone with it.
      const wanted = (name.startsWith('e') || this.#added.has(name)) && (isPhantomId(id) || record?.id === id)
      if (wanted && record && record[field] !== value)
        lost.push(`${name}: ${field} is ${String(record[field])} and was written as ${value}`)
    }
    return {
      differences: this.#alive.flatMap((tab) => differencesOf(tab, stored)),
      lost,
      doubled: [...this.#added].filter((name) => named(name).length > 1),
      crashes: this.#crashes,
      tails: world.lostEntries(),
      log: this.#log,
    }
  }
}

function differencesOf({ field, scheduler }: Tab, stored: readonly PlainRecord[]): readonly string[] {
  const sorted = (record: PlainRecord): string =>
    JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  const mine = new Map<RecordKey, PlainRecord>(scheduler.getEvents().map((event) => [idKey(event.id), event]))
  const differences = scheduler.pendingCount > 0 ? [`${field}: ${scheduler.pendingCount} records are pending`] : []
  const unlike = (id: RecordId, here: PlainRecord | undefined, there: PlainRecord | undefined): void => {
    const [own, other] = [here && sorted(here), there && sorted(there)]
    if (own !== other)
      differences.push(`${field}: ${id} is ${own ?? 'not there'}, on the server ${other ?? 'not there'}`)
  }
  for (const record of stored) unlike(record.id, mine.get(idKey(record.id)), record)
  const known = new Set(stored.map(({ id }) => idKey(id)))
  for (const [key, record] of mine) if (!known.has(key)) unlike(record.id, record, undefined)
  return differences
}
