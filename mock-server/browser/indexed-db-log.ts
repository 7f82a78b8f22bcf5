/**
 * The revision log in IndexedDB: one row per commit, a snapshot beside it. One writer (whoever opens it holds the lock
 * `authority`), so the head of each room is kept in memory and an append costs one row.
 *
 * Group commit: while a transaction is on its way, what comes next waits and then goes into one transaction together.
 * An append resolves on `oncomplete` of its own transaction, never before.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { Epoch } from '../../client/protocol/ids.ts'
import type { LogEntry, RevisionLog, RoomSnapshot, StoredRoom } from '../core/contract.ts'

/** Version of the format below; a database of a newer one is refused by the browser, an older one would be upgraded. */
const FORMAT_VERSION = 1

/** Rows hold JSON: writing a string costs a quarter of a structured clone of its records. */
interface LogSchema extends DBSchema {
  /** Newest snapshot by room. */
  snapshots: { key: string; value: { readonly epoch: Epoch; readonly revision: number; readonly json: string } }
  /** Commits by room and revision. */
  entries: { key: [room: string, revision: number]; value: string }
  /** Facts about the whole log. */
  facts: { key: 'seed'; value: string }
}

type LogTransaction = ReturnType<typeof writeTransaction>

/** Something that waits for the next transaction. */
interface Write {
  readonly apply: (transaction: LogTransaction) => Promise<unknown> | Promise<unknown>[]
  readonly settle: (error: unknown) => void
}

/** How far the history of a room goes. */
interface Head {
  readonly epoch: Epoch
  readonly revision: number
}

/** A {@link RevisionLog} that also remembers what its state was made from. */
export interface IndexedDbLog extends RevisionLog {
  /** Fingerprint of the configuration that the state was made from; undefined for a new log. */
  seed(): Promise<string | undefined>
  setSeed(fingerprint: string): Promise<void>
}

/** Settings of {@link openIndexedDbLog}. */
export interface IndexedDbLogOptions {
  /** Commits that are kept for catch-up at least; default 10,000. */
  readonly history?: number | undefined
}

/** Name of the IndexedDB database of the server called `name`. */
export function logDatabaseName(name: string): string {
  return `planwire-mock:${name}`
}

/**
 * Opens, or creates, the log of the server called `name`.
 * Rejects with `storage-failed` where the browser refuses storage.
 */
export async function openIndexedDbLog(name: string, options: IndexedDbLogOptions = {}): Promise<IndexedDbLog> {
  const { history = 10_000 } = options
  let writes: Write[] = []
  let writing: Promise<void> | undefined
  let closing: Promise<void> | undefined
  /** What is known of a room: its head, `absent` when it was looked for in vain, nothing when it was never looked for. */
  const rooms = new Map<string, Head | 'absent'>()

  const database = await open(name)

  /** Runs until nothing waits; each round takes everything that waits into one transaction. */
  async function writeAll(): Promise<void> {
    // Behind the turn: beginning a transaction takes longer than the rest of a commit (0.7 of 1.2 ms), whose frames leave first.
    await undefined
    while (writes.length > 0) {
      const group = writes
      writes = []
      let failure: unknown
      try {
        const transaction = writeTransaction(database)
        // Handled before the writes: an abort also rejects `done`, and nobody else would look at it.
        const done = transaction.done
        done.catch(() => {})
        const requests = group.flatMap(({ apply }) => apply(transaction))
        // Their failures abort the transaction and are told by `done`.
        for (const request of requests) request.catch(() => {})
        await done
      } catch (error) {
        failure = storageFailed(error)
      }
      for (const write of group) write.settle(failure)
    }
    // Within the turn that saw that nothing waits: who comes a moment later begins anew.
    writing = undefined
  }

  /** Queues a write; resolves once it is durable. What was assumed about `room` is forgotten if it fails. */
  function write(room: string | undefined, apply: Write['apply']): Promise<void> {
    if (closing !== undefined) return Promise.reject(storageFailed(new Error('the log is closed')))
    return new Promise((resolve, reject) => {
      const settle: Write['settle'] = (error) => {
        if (error === undefined) return resolve()
        if (room !== undefined) rooms.delete(room)
        reject(error)
      }
      writes.push({ apply, settle })
      writing ??= writeAll()
    })
  }

  /** Waits for what was queued before, so that a reader sees its own writes. */
  const settled = async (): Promise<void> => {
    while (writing !== undefined) await writing
  }

  /** Looks a room up once; from then on its head is known without asking the database. */
  async function look(room: string): Promise<void> {
    const transaction = database.transaction(['snapshots', 'entries'])
    const snapshot = await transaction.objectStore('snapshots').get(room)
    const last = await transaction.objectStore('entries').openKeyCursor(entriesAfter(room, 0), 'prev')
    // Somebody may have written while this was read; then that is newer.
    if (rooms.has(room)) return
    if (snapshot === undefined) rooms.set(room, 'absent')
    else rooms.set(room, { epoch: snapshot.epoch, revision: Math.max(snapshot.revision, last?.key[1] ?? 0) })
  }

  /** No `await` for a room that is known, so that rows are queued within the call and keep the order of the calls. */
  function headOf(room: string): Head | undefined {
    const known = rooms.get(room)
    return known === 'absent' ? undefined : known
  }

  return {
    async load(room): Promise<StoredRoom | undefined> {
      await settled()
      const transaction = database.transaction(['snapshots', 'entries'])
      const stored = await transaction.objectStore('snapshots').get(room)
      if (stored === undefined) {
        if (!rooms.has(room)) rooms.set(room, 'absent')
        return undefined
      }
      const rows = await transaction.objectStore('entries').getAll(entriesAfter(room, stored.revision))
      const snapshot: RoomSnapshot = JSON.parse(stored.json)
      const entries = rows.map(parseEntry)
      const revision = entries.at(-1)?.revision ?? snapshot.revision
      if (!rooms.has(room)) rooms.set(room, { epoch: snapshot.epoch, revision })
      return { snapshot, entries }
    },

    async append(room, expectedRevision, entry) {
      if (!rooms.has(room)) await look(room)
      const head = headOf(room)
      if (head === undefined) return 'lost'
      if (head.revision !== expectedRevision) return 'behind'
      rooms.set(room, { epoch: head.epoch, revision: entry.revision })
      const key: [string, number] = [room, entry.revision]
      await write(room, (transaction) => transaction.objectStore('entries').add(JSON.stringify(entry), key))
      return 'ok'
    },

    async read(room, since) {
      await settled()
      if (!rooms.has(room)) await look(room)
      const head = headOf(room)
      if (head === undefined) return 'lost'
      const rows = (await database.getAll('entries', entriesAfter(room, since))).map(parseEntry)
      const gap = rows.length === 0 ? since < head.revision : rows[0]?.revision !== since + 1
      return gap ? 'lost' : rows
    },

    async saveSnapshot(room, snapshot) {
      const { epoch, revision } = snapshot
      const json = JSON.stringify(snapshot)
      if (!rooms.has(room)) await look(room)
      const head = headOf(room)
      const sameHistory = head?.epoch === epoch
      rooms.set(room, { epoch, revision: sameHistory ? Math.max(head.revision, revision) : revision })
      // Another epoch is another history: its entries lead nowhere from here.
      const forgotten = sameHistory
        ? entriesUpTo(room, revision - history)
        : entriesUpTo(room, Number.POSITIVE_INFINITY)
      await write(room, (transaction) => [
        transaction.objectStore('snapshots').put({ epoch, revision, json }, room),
        transaction.objectStore('entries').delete(forgotten),
      ])
    },

    watch: () => () => {},

    async seed() {
      await settled()
      return database.get('facts', 'seed')
    },

    setSeed: (fingerprint) =>
      write(undefined, (transaction) => transaction.objectStore('facts').put(fingerprint, 'seed')),

    close() {
      closing ??= settled().then(() => database.close())
      return closing
    },
  }
}

async function open(name: string): Promise<IDBPDatabase<LogSchema>> {
  try {
    return await openDB<LogSchema>(logDatabaseName(name), FORMAT_VERSION, {
      upgrade(db) {
        db.createObjectStore('snapshots')
        db.createObjectStore('entries')
        db.createObjectStore('facts')
      },
      // Somebody deletes the database or opens a newer format: let them, later writes fail with `storage-failed`.
      blocking: (_current, _blocked, event) => {
        if (event.target instanceof IDBDatabase) event.target.close()
      },
    })
  } catch (error) {
    throw storageFailed(error)
  }
}

function writeTransaction(database: IDBPDatabase<LogSchema>) {
  return database.transaction(['snapshots', 'entries', 'facts'], 'readwrite')
}

const entriesUpTo = (room: string, revision: number): IDBKeyRange =>
  IDBKeyRange.bound([room, 0], [room, Math.max(0, revision)])
const entriesAfter = (room: string, revision: number): IDBKeyRange =>
  IDBKeyRange.bound([room, revision], [room, Number.POSITIVE_INFINITY], true)

/** The row was written by `append`, in this format version. */
function parseEntry(row: string): LogEntry {
  const entry: LogEntry = JSON.parse(row)
  return entry
}

function storageFailed(cause: unknown): PlanwireError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new PlanwireError('storage-failed', `The browser's storage failed: ${why}`, 'fatal', {}, { cause })
}
