/**
 * Fleets: several real clients and the real core in one process, over a simulated network that delivers in a seeded
 * order, loses connections, and stops for resets and restarts. After the traffic stops, an oracle compares every client
 * with what the server stores. A run is a function of its seed.
 */

import type { Random } from '../../client/ports/ports.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import { idKey } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import type { MockCore } from '../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { plan } from './planner.ts'

/** What a fleet is made of. */
export interface FleetOptions {
  readonly seed: number
  readonly clients: number
  readonly steps: number
  /** How the clients talk: with planwire's extension, or as a vendor's client would. */
  readonly speech: 'extension' | 'flat' | 'flat-serial' | 'revisions'
  /** Share of steps, in percent, at which something breaks. */
  readonly faults: number
}

const STORES = ['tasks', 'resources', 'dependencies', 'assignments'] as const

/** A fleet at work. */
export class Fleet {
  readonly clients: ProjectClient[] = []
  /** What happened, for the report of a failure. */
  readonly log: string[] = []
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #clock = new ManualClock(1_000_000)
  #revisions = createMemoryLog()
  #network: MemoryNetwork
  #core: MockCore | undefined

  constructor(options: FleetOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    this.#network = new MemoryNetwork((socket) => this.#core?.accept(socket))
  }

  /** Runs the whole story and returns what differs at the end; empty when every client equals the server. */
  async run(): Promise<string[]> {
    await this.#boot()
    for (let at = 0; at < this.#options.clients; at++) this.clients.push(this.#client(at))
    await this.#quiet()
    for (let step = 0; step < this.#options.steps; step++) await this.#step(step)
    await this.#quiet()
    const differences = this.#compare()
    for (const client of this.clients) client.close()
    await this.#core?.close()
    return differences
  }

  #client(at: number): ProjectClient {
    const { speech, seed } = this.#options
    const client = new ProjectClient({
      wsAddress: 'ws://fleet/',
      wsProjectId: 1,
      credentials: { login: `user${at}` },
      clientId: `c${at}`,
      extension: speech === 'extension',
      dialect: speech === 'revisions' ? 'bryntum-revisions' : 'bryntum-flat',
      flatServer: speech === 'flat-serial' ? 'serial' : 'unknown',
      transport: this.#network.transport,
      clock: this.#clock,
      random: seededRandom(seed * 31 + at),
      logger: () => {},
    })
    client.on('error', (error) => this.log.push(`  client ${at} error: ${error.message}`))
    return client
  }

  async #step(step: number): Promise<void> {
    const at = this.#pick(this.clients.length)
    const client = this.clients[at] as ProjectClient
    const roll = this.#random.next() * 100
    if (roll < this.#options.faults) {
      await this.#fault(at, step)
    } else if (roll < 60) {
      const done = client.transact(() => plan(client, this.#random))
      this.log.push(`${step} client ${at}: ${done}`)
    } else {
      // Some of what is on the way arrives, in an order of its own for each connection.
      for (const connection of this.#network.connections) {
        const count = this.#pick(4)
        if (this.#pick(2)) connection.deliver('up', count)
        else connection.deliver('down', count)
      }
      this.log.push(`${step} deliver`)
      await turns(3)
    }
  }

  async #fault(at: number, step: number): Promise<void> {
    switch (this.#pick(this.#options.speech === 'extension' ? 5 : 2)) {
      case 0: {
        const [connection] = this.#network.connections.slice(this.#pick(this.#network.connections.length))
        connection?.drop()
        this.log.push(`${step} a connection drops`)
        return
      }
      case 1:
        this.#clock.advance(this.#pick(20_000))
        this.log.push(`${step} time passes`)
        return
      case 2:
        void this.clients[at]?.wsSend('reset')
        this.log.push(`${step} client ${at}: reset`)
        return
      case 3:
        this.log.push(`${step} the server restarts`)
        await this.#restart()
        return
      default:
        this.log.push(`${step} the server restarts without its memory`)
        this.#revisions = createMemoryLog()
        await this.#restart()
    }
  }

  async #restart(): Promise<void> {
    await this.#core?.close()
    for (const connection of this.#network.connections) connection.drop()
    await this.#boot()
  }

  async #boot(): Promise<void> {
    const core = await createMockCore(CONFIG, {
      clock: this.#clock,
      random: this.#random,
      // The log outlives the server; closing it is for logs with files.
      log: { ...this.#revisions, close: async () => {} },
      logger: (_level, message, details) => this.log.push(`  server: ${message} ${JSON.stringify(details ?? {})}`),
    })
    this.#core = core
  }

  /** Lets everything arrive and every client come back, until nobody waits for anything. */
  async #quiet(): Promise<void> {
    const synced = this.clients.map((client) => {
      let done = false
      void client.whenSynced().then(() => (done = true))
      return () => done
    })
    for (let round = 0; round < 200; round++) {
      this.#network.flush()
      await turns(6)
      this.#network.flush()
      if (synced.every((isSynced) => isSynced())) {
        await turns(6)
        this.#network.flush()
        return
      }
      this.#clock.advance(1_000)
    }
    throw new Error('The fleet does not come to rest')
  }

  #compare(): string[] {
    const truth = this.#stored()
    const differences: string[] = []
    this.clients.forEach((client, at) => {
      for (const store of STORES) {
        const seen = new Map(
          client
            .store(store)
            .all()
            .map((record) => [idKey(record.id), record]),
        )
        const stored = truth.get(store) ?? new Map<string, PlainRecord>()
        for (const key of new Set([...seen.keys(), ...stored.keys()])) {
          const a = canonical(seen.get(key))
          const b = canonical(stored.get(key))
          if (a !== b) differences.push(`client ${at} ${store}/${key}: sees ${a}, the server stores ${b}`)
        }
      }
      if (client.pendingCount) differences.push(`client ${at} still has ${client.pendingCount} pending changesets`)
    })
    return differences
  }

  /** The server's records, read by a plain socket that knows nothing of our client. */
  #stored(): Map<string, Map<string, PlainRecord>> {
    const frames: { command: string; dataset?: Record<string, PlainRecord[]> }[] = []
    const listener = this.#core?.accept({ url: '/', send: (frame) => frames.push(JSON.parse(frame)), close: () => {} })
    listener?.frame('{"command":"login","login":"oracle"}')
    listener?.frame('{"command":"dataset","project":1}')
    listener?.closed()
    const dataset = frames.find((frame) => frame.command === 'dataset')?.dataset ?? {}
    return new Map(
      STORES.map((store) => [
        store,
        new Map(flat(dataset[`${store}Data`] ?? []).map((record) => [idKey(record.id), record])),
      ]),
    )
  }

  #pick(count: number): number {
    return Math.floor(this.#random.next() * count)
  }
}

/** Nested records as a flat list; each keeps the parent under which it stands, if it names none. */
function flat(records: readonly PlainRecord[], parentId: unknown = null): PlainRecord[] {
  return records.flatMap((record) => {
    const { children, ...rest } = record
    return [{ parentId, ...rest } as PlainRecord, ...(Array.isArray(children) ? flat(children, record.id) : [])]
  })
}

function canonical(record: PlainRecord | undefined): string {
  if (!record) return 'nothing'
  const fields = Object.entries(record).filter(([, value]) => value !== null && value !== undefined)
  return JSON.stringify(Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1))))
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await Promise.resolve()
}

const CONFIG: MockServerConfig = {
  projects: [
    {
      id: 1,
      name: 'Fleet',
      tasksData: [
        {
          id: 1,
          name: 'One',
          startDate: '2026-01-01',
          endDate: '2026-01-03',
          children: [
            { id: 2, name: 'Two' },
            { id: 3, name: 'Three' },
          ],
        },
        { id: 4, name: 'Four' },
      ],
      resourcesData: [{ id: 1, name: 'Ann' }],
      dependenciesData: [{ id: 1, from: 2, to: 3, type: 2 }],
      assignmentsData: [{ id: 1, event: 2, resource: 1 }],
    },
  ],
}
