/** A {@link RevisionLog} in memory: durable at once, gone with the process. The model that other logs are held to. */
import type { LogEntry, RevisionLog, RoomSnapshot, StoredRoom } from './contract.ts'

interface MemoryRoom {
  snapshot: RoomSnapshot
  /** Oldest first, without gaps; the newest may be covered by the snapshot and kept for catch-up. */
  readonly entries: LogEntry[]
}

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
      return { snapshot, entries: room.entries.filter((entry) => entry.revision > snapshot.revision) }
    },
    async append(name, expectedRevision, entry) {
      const room = rooms.get(name)
      if (!room) return 'lost'
      if (revisionOf(room) !== expectedRevision) return 'behind'
      room.entries.push(entry)
      return 'ok'
    },
    async read(name, since) {
      const room = rooms.get(name)
      if (!room) return 'lost'
      const first = room.entries[0]?.revision ?? revisionOf(room) + 1
      return since < first - 1 ? 'lost' : room.entries.filter((entry) => entry.revision > since)
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
