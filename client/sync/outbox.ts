/**
 * The outbox: own changesets from their commit to their ack, kept beyond the life of the tab. It follows the session's
 * state and writes what differs from what it wrote before: at once, or while many writes are under way, together.
 *
 *     tab A                         storage                          tab B, same user and project
 *     commit   ── put A:7 ────────▶ A:7
 *     crash                         A:7 (lock of A is free)
 *                                   A:7 ◀── after 5 s: takes the lock of A, then reads
 *                                   A:7, kept by B ◀──── from now on; then the lock of A is given back
 *                                   (gone) ◀──────────── ack of A:7, sent under its old id
 *
 * The same tab, reloaded, takes back its own at once. A duplicated tab inherits the list of former ids, but their locks
 * are held by the original.
 *
 * What is edited before it is known who works here is filed in a box without a name: the first who logs in in that tab,
 * reloaded or not, takes it along. If the tab is closed before, it is for the user who worked here last.
 */
import type { Cancel, ClientLocks, Clock, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type ClientId, parseChangesetId } from '../protocol/ids.ts'
import { changesOf, operationsOf } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { currentCopy, type Restored, type RestoredBox } from './copies.ts'
import { LeftBehind, LOOK_MS } from './left-behind.ts'
import { boxOf, differenceOf, type Kept } from './outbox-entries.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'

/** Writes under way at a time. More of them would not be stored sooner, and each compares everything that is pending. */
const WRITES = 4

/** What the outbox needs. */
export interface OutboxPorts {
  readonly storage: OutboxStorage
  readonly locks: ClientLocks
  readonly clock: Clock
}

/** What the outbox tells the session. */
export interface OutboxListener {
  restored(box: RestoredBox, entries: readonly Restored[]): void
  /** Another tab took this one for gone, and delivers these. */
  takenOver(ids: ReadonlySet<ChangesetId>): void
  failed(error: PlanwireError): void
}

/** What one user has in one project of one server. */
interface Box extends RestoredBox {
  /** Where others may have left something for this user: under the user's name, and before it was known. */
  readonly places: readonly LeftBehind[]
  reading: boolean
}

/** The outbox of one client. */
export class Outbox {
  readonly #client: ClientId
  readonly #ports: OutboxPorts
  readonly #listener: OutboxListener
  /** What storage holds of the copies in memory. */
  readonly #kept = new Map<ChangesetId, Kept>()
  /** Of these, what storage was heard to have. */
  readonly #written = new Set<ChangesetId>()
  readonly #boxes = new Map<string, Box>()
  #state: SessionState | undefined
  #stopLooking: Cancel | undefined
  readonly #writes = new Set<Promise<void>>()
  /** Something may have changed since the last write began. */
  #behind = false
  /** Who is remembered as the last user, and of which server. */
  #remembered = ''
  #failed = false
  #closed = false

  constructor(client: ClientId, ports: OutboxPorts, listener: OutboxListener) {
    this.#client = client
    this.#ports = ports
    this.#listener = listener
  }

  /** Brings storage in step with the session. Called after each change of what is pending, however often. */
  follow(state: SessionState): void {
    if (this.#closed) return
    this.#state = state
    if (state.login) this.#remember(state)
    this.#openBox(state)
    this.#behind = true
    this.#write(state)
  }

  /** Stops looking, finishes what is to be written, then gives the locks back: what is still kept is anybody's of the same user. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopLooking?.()
    void this.#end()
  }

  async #end(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes)
    this.#ports.locks.releaseAll()
    this.#ports.storage.close()
  }

  #write(state: SessionState): void {
    if (!this.#behind || this.#writes.size >= WRITES) return
    this.#behind = false
    const { changed, forgotten } = differenceOf(state, this.#kept)
    if (changed.size === 0 && forgotten.length === 0) return
    const before = [...forgotten, ...changed.keys()].map((id) => [id, this.#kept.get(id)] as const)
    for (const id of forgotten) this.#kept.delete(id)
    for (const [id, kept] of changed) this.#kept.set(id, kept)
    const write = this.#store(changed, forgotten)
      .catch((cause: unknown) => {
        // Storage is as it was, and what a later write has not settled is tried again with the next change.
        for (const [id, kept] of before) {
          if (this.#kept.get(id) !== changed.get(id)) continue
          if (kept) this.#kept.set(id, kept)
          else this.#kept.delete(id)
        }
        this.#fail(cause)
      })
      .then(() => {
        this.#writes.delete(write)
        this.#write(state)
      })
    this.#writes.add(write)
  }

  async #store(changed: ReadonlyMap<ChangesetId, Kept>, forgotten: readonly ChangesetId[]): Promise<void> {
    await this.#claim()
    const own = [...changed].filter(([id, kept]) => this.#kept.get(id) === kept)
    const put = own.map(([id, { box, operations, sent, rank }]) => {
      return this.#filed({ format: 1, id, box, changes: changesOf(operations, isPhantomId), sent, rank })
    })
    await this.#ports.storage.write(put, forgotten)
    for (const id of forgotten) this.#written.delete(id)
    for (const [id] of own) this.#written.add(id)
  }

  /** True if {@link stillOurs} has to be asked before each connection. */
  get lapses(): boolean {
    return this.#ports.locks.lapses ?? false
  }

  /** Makes sure that what is kept is still ours, before anything is sent again. Never rejects. */
  stillOurs(): Promise<void> {
    return this.#claim().catch((cause: unknown) => this.#fail(cause))
  }

  async #claim(): Promise<void> {
    const { locks, storage } = this.#ports
    if (await locks.take(this.#client)) return
    // This tab slept for so long that others took it for gone: what they have taken over since, or delivered, is theirs.
    const lost = new Set(this.#written)
    for (const key of new Set([...this.#kept.values()].map(({ box }) => box)))
      for (const { id, keeper = parseChangesetId(id)?.client } of await storage.read(key))
        if (keeper === this.#client) lost.delete(id)
    for (const id of lost) {
      this.#kept.delete(id)
      this.#written.delete(id)
    }
    if (lost.size && !this.#closed) this.#listener.takenOver(lost)
    await locks.take(this.#client)
  }

  /** As this client keeps it. */
  #filed({ keeper: _, lastUser: __, ...stored }: StoredChangeset): StoredChangeset {
    const [server, user]: [string, string | null] = JSON.parse(stored.box)
    const last = user === null ? this.#ports.locks.lastUser(server) : undefined
    return {
      ...stored,
      ...(parseChangesetId(stored.id)?.client === this.#client ? {} : { keeper: this.#client }),
      ...(last === undefined ? {} : { lastUser: last }),
    }
  }

  #remember({ url, user }: SessionState): void {
    const key = JSON.stringify([url, user])
    if (url === undefined || user === undefined || key === this.#remembered) return
    this.#remembered = key
    this.#ports.locks.lastUser(url, user)
  }

  /** Reads the box of the project in sight as soon as it has a server, and again whenever the project comes back empty. */
  #openBox(state: SessionState): void {
    const copy = currentCopy(state)
    const box = copy && this.#boxFor(copy)
    if (!box) return
    if (!this.#stopLooking) this.#lookLater()
    // Ahead of the first edit, which then waits for storage only; a refusal is told when there is something to keep.
    this.#claim().catch(() => {})
    if (!copy?.restored && !box.reading) void this.#read(box, (place) => place.takeOwn())
  }

  #boxFor(copy: ProjectCopy): Box | undefined {
    const { server, user, project } = copy
    const key = boxOf(copy)
    if (key === undefined || server === undefined) return undefined
    let box = this.#boxes.get(key)
    if (!box) {
      const { storage, locks, clock } = this.#ports
      const left = (at: string, fits?: (stored: StoredChangeset) => boolean): LeftBehind =>
        new LeftBehind(at, this.#client, storage, locks, clock, fits)
      const nameless = boxOf({ server, user: undefined, project })
      const forUser = ({ lastUser }: StoredChangeset): boolean => lastUser === undefined || lastUser === user
      const places = user === undefined || nameless === undefined ? [left(key)] : [left(key), left(nameless, forUser)]
      box = { server, user, project, places, reading: false }
      this.#boxes.set(key, box)
    }
    return box
  }

  #lookLater(): void {
    this.#stopLooking = this.#ports.clock.after(LOOK_MS, () => {
      this.#lookLater()
      const copy = this.#state && currentCopy(this.#state)
      const box = copy && this.#boxFor(copy)
      // Whose it is what others left is known only of a user.
      if (box?.user !== undefined && !box.reading) void this.#read(box, (place) => place.takeGone())
    })
  }

  /** Takes over what others left for the user of a box. Even nothing is an answer: until then nothing is sent. */
  async #read(box: Box, take: (place: LeftBehind) => Promise<readonly StoredChangeset[]>): Promise<void> {
    box.reading = true
    const left: StoredChangeset[] = []
    for (const place of box.places) {
      try {
        left.push(...(await this.#takeOver(place, await take(place), box)))
      } catch (cause) {
        this.#fail(cause)
      }
    }
    box.reading = false
    if (this.#closed) return
    const entries = left
      .sort((a, b) => a.rank - b.rank)
      .map(({ id, box: key, changes, sent, rank }): Restored => {
        const operations = operationsOf(changes)
        this.#kept.set(id, { box: key, operations, sent, rank })
        return { pending: { id, operations }, sent }
      })
    this.#listener.restored(box, entries)
  }

  /** Files what was taken under this client, before anything is made on top of it; then its former keepers are free. */
  async #takeOver(place: LeftBehind, left: readonly StoredChangeset[], box: Box): Promise<readonly StoredChangeset[]> {
    const key = boxOf(box)
    if (this.#closed || key === undefined) return []
    const filed = left.map((stored) => this.#filed({ ...stored, box: key }))
    try {
      await this.#claim()
      if (filed.length) await this.#ports.storage.write(filed, [])
      for (const { id } of filed) this.#written.add(id)
      place.release()
    } catch (cause) {
      // Storage can be read and not written: what was taken is sent all the same, and its locks stay ours.
      this.#fail(cause)
    }
    return filed
  }

  /** Told once: the app goes on in memory, and its user should know that a closed tab loses what is pending. */
  #fail(cause: unknown): void {
    if (this.#failed || this.#closed) return
    this.#failed = true
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `Changes cannot be kept beyond this tab (${why}): do not close it while something is pending`
    this.#listener.failed(new PlanwireError('storage-failed', text, 'retry', {}, { cause }))
  }
}
