/** The real core as a fleet's server, with a log that is kept, lost, or loses its tail at a restart. */
import type { Clock, Random } from '../../../client/ports/ports.ts'
import { type ChangesetId, idKey } from '../../../client/protocol/ids.ts'
import type { PlainRecord } from '../../../client/protocol/records.ts'
import type { FarSocket } from '../../../client/testing/memory-network.ts'
import type { LogEntry, MockCore, RevisionLog } from '../../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../../mock-server/core/mock-core.ts'
import { SEED, STORES } from './rows.ts'
import type { Memory, ModelListener, Promises, Report, Rows, ServerModel } from './server-model.ts'

/** What the core needs. */
export interface CorePorts {
  readonly clock: Clock
  readonly random: Random
  readonly report: Report
  /** Revisions kept for catch-up. */
  readonly history: number
  /** Whether clients say which changeset a change is. */
  readonly extension: boolean
}

/** planwire's own core. */
export class CoreServerModel implements ServerModel {
  readonly promises: Promises
  readonly #ports: CorePorts
  readonly #took = new Set<ChangesetId>()
  #order: ChangesetId[] = []
  #log = createMemoryLog()
  /** Names of the rooms that the log holds. */
  readonly #rooms = new Set<string>()
  #core: MockCore | undefined
  /** Counts starts: what an earlier one had not written is not written any more. */
  #start = 0
  /** When the newest write ends; writes end in order. */
  #writtenAt = 0
  /** Ends writes at once: the process is dying. */
  readonly #writes = new Set<() => void>()

  constructor(ports: CorePorts) {
    this.#ports = ports
    this.promises = { once: ports.extension, addedOnce: ports.extension, whole: true, ghosts: false }
  }

  accept(socket: FarSocket): ModelListener | undefined {
    return this.#core?.accept(socket)
  }

  settle(): void {}

  async restart(memory: Memory): Promise<void> {
    // As a crash: clients heard of commits that never reached the disk.
    this.#start += 1
    for (const end of [...this.#writes]) end()
    await this.#core?.close()
    if (memory === 'lost') {
      this.#log = createMemoryLog()
      this.#order = []
    } else if (memory === 'tail') await this.#dropTail()
    this.#core = await createMockCore(
      {
        limits: { history: this.#ports.history },
        projects: [
          { id: 1, name: 'Fleet', ...Object.fromEntries(STORES.map((store) => [`${store}Data`, SEED[store] ?? []])) },
        ],
      },
      {
        clock: this.#ports.clock,
        random: this.#ports.random,
        log: this.#watched(),
        logger: (_level, message, details) => this.#ports.report(`${message} ${JSON.stringify(details ?? {})}`),
        // Every other server of a story says at once what it commits; the others at the end of the turn, as in Node.
        ...(this.#start % 2 === 1 ? { atTurnEnd: (run: () => void) => void this.#ports.clock.after(0, run) } : {}),
      },
    )
  }

  async close(): Promise<void> {
    for (const end of [...this.#writes]) end()
    await this.#core?.close()
  }

  order(): readonly ChangesetId[] {
    return this.#order
  }

  took(changeset: ChangesetId): boolean {
    // Without the extension the log does not name its authors' changesets.
    return !this.#ports.extension || this.#took.has(changeset)
  }

  /** The server's records, read by a plain socket that knows nothing of our client. */
  stored(): Rows {
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

  #watched(): RevisionLog {
    const log = this.#log
    const start = this.#start
    return {
      ...log,
      append: async (room, expected, entry) => {
        await this.#writing()
        if (start !== this.#start) return 'ok'
        const answer = await log.append(room, expected, entry)
        if (answer === 'ok') this.#note(entry)
        return answer
      },
      saveSnapshot: (room, snapshot) => {
        this.#rooms.add(room)
        return log.saveSnapshot(room, snapshot)
      },
      // The log outlives the server; closing it is for logs with files.
      close: async () => {},
    }
  }

  /** A disk takes its time. */
  #writing(): Promise<void> {
    const { clock, random } = this.#ports
    this.#writtenAt = Math.max(this.#writtenAt, clock.now() + Math.floor(random.next() * 300))
    return new Promise((done) => {
      const end = (): void => {
        stop()
        this.#writes.delete(end)
        done()
      }
      const stop = clock.after(this.#writtenAt - clock.now(), end)
      this.#writes.add(end)
    })
  }

  #note(entry: LogEntry): void {
    if (entry.type === 'reset') this.#order = []
    else if (entry.author) {
      this.#order.push(entry.author)
      this.#took.add(entry.author)
    }
  }

  /** What was written last did not reach the disk. */
  async #dropTail(): Promise<void> {
    const shorter = createMemoryLog()
    this.#order = []
    for (const name of this.#rooms) {
      const room = await this.#log.load(name)
      if (!room) continue
      await shorter.saveSnapshot(name, room.snapshot)
      const kept = room.entries.slice(0, Math.max(0, room.entries.length - 3))
      let revision = room.snapshot.revision
      for (const entry of kept) {
        await shorter.append(name, revision, entry)
        revision = entry.revision
        this.#note(entry)
      }
    }
    this.#log = shorter
  }
}

/** Nested records as a flat list; each keeps the parent under which it stands, if it names none. */
function flat(records: readonly PlainRecord[], parentId: unknown = null): PlainRecord[] {
  return records.flatMap((record) => {
    const { children, ...rest } = record
    return [{ parentId, ...rest } as PlainRecord, ...(Array.isArray(children) ? flat(children, record.id) : [])]
  })
}
