/** A {@link RevisionLog} in memory: durable at once, gone with the process. The model that other logs are held to. */
import type { ChangesetId } from '../../client/protocol/ids.ts'
import type { LogEntry, RevisionLog, RoomSnapshot, StoredRoom } from './contract.ts'

interface MemoryRoom {
  snapshot: RoomSnapshot
  /** Oldest first, without gaps; the newest may be covered by the snapshot and kept for catch-up. */
  readonly entries: (LogEntry | WrittenEntry)[]
}

/** An entry of which only the text of the changes is kept. */
class WrittenEntry {
  readonly revision: number
  readonly at: number
  readonly author: ChangesetId | undefined
  readonly run: string | undefined
  readonly #stores: string

  constructor({ revision, at, author, run }: LogEntry & { readonly type: 'changes' }, stores: string) {
    this.revision = revision
    this.at = at
    this.author = author
    this.run = run
    this.#stores = stores
  }

  read(): LogEntry {
    const { revision, at, author, run } = this
    return {
      type: 'changes',
      revision,
      changes: { stores: JSON.parse(this.#stores) },
      ...(author === undefined ? {} : { author }),
      ...(run === undefined ? {} : { run }),
      at,
    }
  }
}

const entryOf = (entry: LogEntry | WrittenEntry): LogEntry => (entry instanceof WrittenEntry ? entry.read() : entry)

/** How many entries that a snapshot covers are kept for catch-up. */
const KEPT = 10_000

/** A log that lives as long as the value does: hand it to a second core to see a restart. */
export function createMemoryLog(): RevisionLog {
  const rooms = new Map<string, MemoryRoom>()
  const revisionOf = (room: MemoryRoom): number => Math.max(room.snapshot.revision, room.entries.at(-1)?.revision ?? 0)
  return {
    async load(name): Promise<StoredRoom | undefined> {
      const room = rooms.get(name)
      if (!room) return undefined
      const { snapshot } = room
      return { snapshot, entries: room.entries.filter((entry) => entry.revision > snapshot.revision).map(entryOf) }
    },
    append(name, expectedRevision, entry, stores) {
      const room = rooms.get(name)
      if (!room) return 'lost'
      if (revisionOf(room) !== expectedRevision) return 'behind'
      const isText = entry.type === 'changes' && entry.request === undefined && stores !== undefined
      room.entries.push(isText ? new WrittenEntry(entry, stores) : entry)
      return 'ok'
    },
    async read(name, since) {
      const room = rooms.get(name)
      if (!room) return 'lost'
      const first = room.entries[0]?.revision ?? revisionOf(room) + 1
      return since < first - 1 ? 'lost' : room.entries.filter((entry) => entry.revision > since).map(entryOf)
    },
    async saveSnapshot(name, snapshot) {
      const room = rooms.get(name)
      // Another epoch is another history: its entries lead nowhere from here.
      if (!room || room.snapshot.epoch !== snapshot.epoch) {
        rooms.set(name, { snapshot, entries: [] })
        return
      }
      room.snapshot = snapshot
      // There are no gaps between them.
      const surplus = snapshot.revision - KEPT - (room.entries[0]?.revision ?? snapshot.revision) + 1
      if (surplus > 0) room.entries.splice(0, surplus)
    },
    watch: () => () => {},
    async close() {},
  }
}
