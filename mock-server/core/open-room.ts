/** Owns the start of a room: as the log remembers it, else as configured. */
import type { CorePorts, LogEntry, RoomSnapshot } from './contract.ts'
import { Room, type RoomOptions } from './room.ts'

/** Opens a room: as the log remembers it, else as configured. */
export async function openRoom(options: RoomOptions, ports: CorePorts): Promise<Room> {
  const known = await ports.log.load(options.name)
  if (known) {
    const latest = known.entries.at(-1)?.revision ?? known.snapshot.revision
    const earlier = await readBack(ports, options, latest)
    return new Room(options, ports, known, earlier, ports.random.id())
  }
  const snapshot: RoomSnapshot = {
    epoch: ports.random.id(),
    revision: 0,
    dataset: options.seed,
    nextId: options.ids.next,
  }
  await ports.log.saveSnapshot(options.name, snapshot)
  return new Room(options, ports, { snapshot, entries: [] }, [], '')
}

/** What the log still has of the room's history, as far back as a room keeps it. */
async function readBack(
  { log }: CorePorts,
  { name, history }: RoomOptions,
  latest: number,
): Promise<readonly LogEntry[]> {
  const entries = await log.read(name, Math.max(0, latest - history))
  return entries === 'lost' ? [] : entries
}
