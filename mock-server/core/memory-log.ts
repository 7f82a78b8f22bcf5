/** A {@link RevisionLog} in memory: durable at once, gone with the process. The model that other logs are held to. */
import type { ChangesetId } from '../../client/protocol/ids.ts'
import type { LogEntry, RevisionLog, RoomSnapshot, StoredRoom } from './contract.ts'

interface MemoryRoom {
  snapshot: RoomSnapshot
  readonly entries: Entries
}

/**
 * Entries without gaps, oldest first. Lists side by side, of most entries the text of the changes alone: an object for each
 * would live long and die late (see history.ts).
 */
class Entries {
  /** Revision of the first. */
  #first = 0
  readonly #kept: (LogEntry | string)[] = []
  readonly #authors: (ChangesetId | undefined)[] = []
  readonly #times: number[] = []

  get first(): number | undefined {
    return this.#kept.length === 0 ? undefined : this.#first
  }

  get last(): number | undefined {
    return this.#kept.length === 0 ? undefined : this.#first + this.#kept.length - 1
  }

  add(entry: LogEntry, stores: string | undefined): void {
    if (entry.revision !== this.#first + this.#kept.length) {
      this.drop(this.#kept.length)
      this.#first = entry.revision
    }
    const isChange = entry.type === 'changes'
    const isTold = isChange && stores !== undefined && entry.request === undefined && entry.run === undefined
    this.#kept.push(isTold ? stores : entry)
    this.#authors.push(isChange ? entry.author : undefined)
    this.#times.push(entry.at)
  }

  /** Those from a revision on. */
  from(revision: number): LogEntry[] {
    const skipped = Math.max(0, revision - this.#first)
    return this.#kept.slice(skipped).map((kept, at) => this.#read(kept, skipped + at))
  }

  drop(count: number): void {
    for (const list of [this.#kept, this.#authors, this.#times]) list.splice(0, count)
    this.#first += count
  }

  #read(kept: LogEntry | string, at: number): LogEntry {
    if (typeof kept !== 'string') return kept
    const author = this.#authors[at]
    return {
      type: 'changes',
      revision: this.#first + at,
      changes: { stores: JSON.parse(kept) },
      ...(author === undefined ? {} : { author }),
      at: this.#times[at] ?? 0,
    }
  }
}

/** A log that lives as long as the value does: hand it to a second core to see a restart. */
export function createMemoryLog(): RevisionLog {
  const rooms = new Map<string, MemoryRoom>()
  const revisionOf = (room: MemoryRoom): number => Math.max(room.snapshot.revision, room.entries.last ?? 0)
  return {
    async load(name): Promise<StoredRoom | undefined> {
      const room = rooms.get(name)
      if (!room) return undefined
      const { snapshot } = room
      return { snapshot, entries: room.entries.from(snapshot.revision + 1) }
    },
    append(name, expectedRevision, entry, stores) {
      const room = rooms.get(name)
      if (!room) return 'lost'
      if (revisionOf(room) !== expectedRevision) return 'behind'
      room.entries.add(entry, stores)
      return 'ok'
    },
    async read(name, since) {
      const room = rooms.get(name)
      if (!room) return 'lost'
      const first = room.entries.first ?? revisionOf(room) + 1
      return since < first - 1 ? 'lost' : room.entries.from(since + 1)
    },
    async saveSnapshot(name, snapshot, keepFrom = 0) {
      const room = rooms.get(name)
      // Another epoch is another history: its entries lead nowhere from here.
      if (!room || room.snapshot.epoch !== snapshot.epoch) {
        rooms.set(name, { snapshot, entries: new Entries() })
        return
      }
      room.snapshot = snapshot
      const { first = snapshot.revision } = room.entries
      const surplus = Math.min(keepFrom, snapshot.revision + 1) - first
      if (surplus > 0) room.entries.drop(surplus)
    },
    watch: () => () => {},
    async close() {},
  }
}
