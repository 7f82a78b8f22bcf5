/**
 * Keeps in storage what one client has pending, for both faces: one loop that writes, one way to take over what others
 * left, one way to find out what others took over from us.
 *
 *     edits of one turn ──▶ one write, begun before the turn is over: a tab that goes right after it leaves nothing behind
 *     its answer is late ──▶ the next turns write all the same, side by side; past WRITES of them, together
 *     pagehide          ──▶ whatever still waits is written, whoever has the lock
 *
 * Storage and locks are the app's to give: each call may throw, reject, or never answer. That is told once.
 */
import type { Cancel, ClientLocks, Clock, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type ClientId, parseChangesetId } from '../protocol/ids.ts'
import { notKept } from './later.ts'
import { LeftBehind, LOOK_MS } from './left-behind.ts'

/** Writes under way at a time; what is to be written beyond waits for one of them, and is written together. */
const WRITES = 64
/** Storage or locks that do not answer for so long, in milliseconds, are told as failed, and nobody waits for them any more. */
const PATIENCE_MS = 10_000

/** What keeping needs. */
export interface OutboxPorts {
  readonly storage: OutboxStorage
  readonly locks: ClientLocks
}

/** What storage should hold and does not, and what it should forget. */
export interface Difference<Kept> {
  readonly changed: ReadonlyMap<ChangesetId, Kept>
  readonly forgotten: readonly ChangesetId[]
}

/** Whose changesets are kept. None of these may throw. */
export interface KeeperFace<Kept> {
  difference(kept: ReadonlyMap<ChangesetId, Kept>): Difference<Kept>
  stored(id: ChangesetId, kept: Kept): StoredChangeset
  /** Another tab took this one for gone, and delivers these, as they were kept. */
  takenOver(lost: ReadonlyMap<ChangesetId, Kept | undefined>): void
  failed(error: PlanwireError): void
}

/** What a client keeps; `Kept` is what the face compares to find out what has changed. */
export class Keeper<Kept> {
  /** What storage holds, or will when the writes under way are done. */
  readonly kept: Map<ChangesetId, Kept> = new Map()
  readonly #client: ClientId
  readonly #ports: OutboxPorts
  readonly #clock: Clock
  readonly #face: KeeperFace<Kept>
  /** The boxes of what storage was heard to have. */
  readonly #written = new Map<ChangesetId, string>()
  readonly #writes = new Set<Promise<void>>()
  readonly #watches = new Set<Cancel>()
  readonly #stopLeaving: Cancel | undefined
  #claiming: Promise<void> | undefined
  /** May have lapsed, and finds out. */
  #checking = false
  /** `unknown`: asked for with the next step. `failing`: locks do not work, and nobody knows who lives. */
  #lock: 'unknown' | 'ours' | 'failing' = 'unknown'
  /** Something may have changed since the last write began, and a write of it is planned. */
  #behind = false
  #planned = false
  #stopLooking: Cancel | undefined
  #told = new Set<string>()
  #closed = false

  constructor(client: ClientId, ports: OutboxPorts, clock: Clock, face: KeeperFace<Kept>) {
    this.#client = client
    this.#ports = ports
    this.#clock = clock
    this.#face = face
    this.#stopLeaving = ports.locks.leaving?.(() => this.#write(true))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Something may have changed. All of one turn is one write. */
  follow(): void {
    if (this.#closed) return
    this.#behind = true
    if (this.#planned) return
    this.#planned = true
    const write = (): void => {
      this.#planned = false
      this.#write()
    }
    this.claim().then(write, (cause: unknown) => {
      // Without the lock others would deliver it as well. The next change tries again.
      this.#planned = false
      this.fail(cause)
    })
  }

  /** Stops looking, finishes what is to be written, then gives the locks back: what is still kept is anybody's of the same box. */
  close(): void {
    if (this.#closed) return
    if (this.#behind) this.#write(true)
    this.#closed = true
    this.#stopLooking?.()
    this.#stopLeaving?.()
    for (const cancel of this.#watches) cancel()
    this.#watches.clear()
    void this.#end()
  }

  async #end(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes)
    try {
      this.#ports.locks.releaseAll()
      this.#ports.storage.close()
    } catch {
      // Nobody is left to hear of it.
    }
  }

  /** `leaving`: now or never. */
  #write(leaving = false): void {
    if (!this.#behind || (this.#writes.size >= WRITES && !leaving)) return
    this.#behind = false
    const { changed, forgotten } = this.#face.difference(this.kept)
    if (changed.size === 0 && forgotten.length === 0) return
    const before = [...forgotten, ...changed.keys()].map((id) => [id, this.kept.get(id)] as const)
    const put = [...changed].map(([id, kept]) => this.#face.stored(id, kept))
    for (const id of forgotten) this.kept.delete(id)
    for (const [id, kept] of changed) this.kept.set(id, kept)
    const write = this.#store(put, forgotten)
      .catch((cause: unknown) => {
        // Storage is as it was, and what a later write has not settled is tried again with the next change.
        for (const [id, kept] of before) {
          if (this.kept.get(id) !== changed.get(id)) continue
          if (kept === undefined) this.kept.delete(id)
          else this.kept.set(id, kept)
        }
        this.fail(cause)
      })
      .then(() => {
        this.#writes.delete(write)
        this.#write()
      })
    this.#writes.add(write)
  }

  async #store(put: readonly StoredChangeset[], forgotten: readonly ChangesetId[]): Promise<void> {
    await this.#watched(() => this.#ports.storage.write(put, forgotten))
    for (const id of forgotten) this.#written.delete(id)
    for (const { id, box } of put) this.#written.set(id, box)
  }

  /** True if others may have taken this client for gone: {@link stillOurs} before anything is sent. */
  get lapsed(): boolean {
    return this.#checking || (this.#lock !== 'failing' && this.#ports.locks.lapsed?.(this.#client) === true)
  }

  /** Makes sure that what is kept is still ours. Never rejects. */
  stillOurs(): Promise<void> {
    return this.claim().catch((cause: unknown) => this.fail(cause))
  }

  /** From then on other tabs leave alone what is kept under this client. */
  claim(): Promise<void> {
    // Asked for with every step of every edit, while others wait for the edit.
    if (this.#lock === 'ours' && !this.lapsed) return Promise.resolve()
    if (!this.#claiming) {
      this.#checking = this.lapsed
      const claiming = new Promise<boolean>((done, failed) => {
        this.#watched(() => this.#claim(), failed).then(done, failed)
      })
      this.#claiming = claiming
        .then(
          (taken) => void (this.#lock = taken ? 'ours' : 'unknown'),
          (cause: unknown) => {
            this.#lock = 'failing'
            throw cause
          },
        )
        .finally(() => {
          this.#claiming = undefined
          this.#checking = false
        })
    }
    return this.#claiming
  }

  /** False if somebody else still has the lock. */
  async #claim(): Promise<boolean> {
    const { locks, storage } = this.#ports
    if (await locks.take(this.#client)) return true
    // This tab slept for so long that others took it for gone: what they have taken over since, or delivered, is theirs.
    this.#checking = true
    const lost = new Map([...this.#written.keys()].map((id) => [id, this.kept.get(id)] as const))
    for (const box of new Set(this.#written.values()))
      for (const { id, keeper = parseChangesetId(id)?.client } of await storage.read(box))
        if (keeper === this.#client) lost.delete(id)
    for (const id of lost.keys()) {
      this.kept.delete(id)
      this.#written.delete(id)
    }
    if (lost.size && !this.#closed) this.#face.takenOver(lost)
    return locks.take(this.#client)
  }

  /** What others may have left in a box. `fits`: what of it may be taken. */
  leftIn(box: string, fits?: (stored: StoredChangeset) => boolean): LeftBehind {
    const { storage, locks } = this.#ports
    const text = 'A newer version of the app keeps changes here that this one cannot read: reload the page'
    const newer = (): void => this.#tell('newer', new PlanwireError('storage-failed', text, 'retry'))
    return new LeftBehind(box, this.#client, storage, locks, this.#clock, newer, fits)
  }

  /** Calls `look` again and again, from the first call on. */
  lookLater(look: () => void): void {
    if (this.#stopLooking) return
    const later = (): void => {
      this.#stopLooking = this.#clock.after(LOOK_MS, () => {
        later()
        look()
      })
    }
    later()
  }

  /**
   * Takes over what was left in `places`, files it as `filed` says, then frees its former keepers. In the order in which it
   * was made; empty when nothing could be read. `late`: storage does not answer, and what it has comes later, if ever.
   */
  async takeOver(
    places: readonly LeftBehind[],
    take: 'takeOwn' | 'takeGone',
    filed: (stored: StoredChangeset) => StoredChangeset,
    late: () => void,
  ): Promise<readonly StoredChangeset[]> {
    const found: StoredChangeset[] = []
    for (const place of places) {
      const takeAll = async (): Promise<void> => {
        const left = (await place[take]()).map(filed)
        found.push(...left)
        if (left.length === 0) return place.release()
        // Storage can be read and not written: what was taken is sent all the same, and its locks stay ours.
        await this.claim()
        if (!this.#closed) await this.#store(left, [])
        place.release()
      }
      await this.#watched(takeAll, late).catch((cause: unknown) => this.fail(cause))
    }
    return this.#closed ? [] : found.sort((a, b) => a.rank - b.rank)
  }

  /** The app goes on in memory, and its user should know that a closed tab loses what is pending. */
  fail(cause: unknown): void {
    this.#tell('failed', notKept(cause))
  }

  /** Each thing once. */
  #tell(what: string, error: PlanwireError): void {
    if (this.#told.has(what) || this.#closed) return
    this.#told.add(what)
    this.#face.failed(error)
  }

  /** A call of storage or locks, which may throw, reject, or never settle. One that is late still counts. */
  async #watched<T>(call: () => Promise<T>, late?: (cause: unknown) => void): Promise<T> {
    let stop: Cancel = () => {}
    const cancel = (): void => stop()
    const wait = (silent: () => void): void => {
      stop = this.#clock.after(PATIENCE_MS / 2, silent)
    }
    const failed = (): void => {
      const cause = new Error(`no answer within ${PATIENCE_MS / 1_000} s`)
      this.fail(cause)
      late?.(cause)
    }
    this.#watches.add(cancel)
    // In two parts: a machine that slept has its timers first, and then the answers.
    wait(() => void Promise.resolve().then(() => this.#watches.has(cancel) && wait(failed)))
    try {
      return await call()
    } finally {
      this.#watches.delete(cancel)
      cancel()
    }
  }
}
