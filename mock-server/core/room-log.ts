/**
 * Owns the way of a room's commits into the log: what is on its way, what is durable, when to snapshot, and what
 * happens when the log lost its history.
 */
import type { Logger } from '../../client/ports/ports.ts'
import type { AppendAnswer, LogEntry, RevisionLog, RoomSnapshot } from './contract.ts'
import { BOUNDS } from './defaults.ts'

/** What the log asks of, and tells, its room. */
export interface RoomLogOwner {
  /** The room as it is now. */
  snapshot(): RoomSnapshot
  /** How many records that holds. */
  records(): number
  /** The oldest revision that the room still tells. */
  oldest(): number
  /** Everything up to `revision` is durable. Called once per group of entries that became durable together. */
  durable(revision: number): void
  /** The log no longer holds the room's history: take a new epoch and tell everybody. */
  lost(): void
}

interface Waiter {
  readonly revision: number
  readonly done: (durable: boolean) => void
}

/** The log of one room. */
export class RoomLog {
  readonly #log: RevisionLog
  readonly #name: string
  readonly #logger: Logger
  readonly #owner: RoomLogOwner
  /** Appends of an older generation were overtaken by a snapshot under a new epoch: their answers no longer matter. */
  #generation = 0
  /** True from a failure until a snapshot holds everything: entries alone would lead nowhere. */
  #detached = false
  #saving = false
  /** The newest revision of the room. */
  #latest: number
  #durable: number
  #told: number
  #telling = false
  /** The newest revision that the log answered for within the call. */
  #soon: number | undefined
  #sinceSnapshot = 0
  /** The length of the frames that made what was appended since. */
  #lengthSince = 0
  /** A snapshot is being written, piece by piece perhaps: another one now would wait behind it, with all its records. */
  #snapshotUnderway = false
  #underway = 0
  readonly #waiters = new Set<Waiter>()
  readonly #idle = new Set<() => void>()

  constructor(log: RevisionLog, name: string, logger: Logger, owner: RoomLogOwner, revision: number) {
    this.#log = log
    this.#name = name
    this.#logger = logger
    this.#owner = owner
    this.#latest = revision
    this.#durable = revision
    this.#told = revision
  }

  /** The newest durable revision. */
  get durable(): number {
    return this.#durable
  }

  /**
   * Sends an entry on its way, with the text of its `changes.stores` where it is known. The room does not wait for it.
   * `length` is that of the frame that made it; a reset has none.
   */
  append(entry: LogEntry, length = 0, stores?: string): void {
    this.#latest = entry.revision
    if (this.#detached) {
      this.#attach()
      return
    }
    const { revision } = entry
    const answering = started(() => this.#log.append(this.#name, revision - 1, entry, stores))
    if (answering === 'ok') this.#advanceSoon(revision)
    else this.#await(answering, revision)
    // A reset holds as much as a snapshot: ten of them lead to one.
    this.#sinceSnapshot += entry.type === 'reset' ? this.#enough() / 10 : 1
    this.#lengthSince += length
  }

  /** Saves a snapshot if enough was appended since the last one. */
  saveWhenDue(): void {
    if (this.#snapshotUnderway) return
    const isLong = this.#lengthSince >= BOUNDS.historyLength
    // Records are counted only when their number may matter.
    if (isLong || (this.#sinceSnapshot >= BOUNDS.snapshotEvery && this.#sinceSnapshot >= this.#enough()))
      this.#saveSnapshot()
  }

  /** A snapshot costs what the project holds, a commit must not: ten records of a snapshot fall to each commit at most. */
  #enough(): number {
    return Math.max(BOUNDS.snapshotEvery, this.#owner.records() / 10)
  }

  #await(answering: Promise<AppendAnswer> | AppendAnswer, revision: number): void {
    const generation = this.#generation
    this.#track(
      answering,
      (answer) => {
        if (generation !== this.#generation) return
        if (answer === 'ok') this.#advance(revision)
        else this.#startOver(`the log answered ${answer}`)
      },
      (cause) => {
        if (generation === this.#generation) this.#startOver('an entry could not be written', cause)
      },
    )
  }

  /**
   * An entry was written within the call. Whoever waits hears of it later all the same, so that listeners hear of commits
   * first; once for all that come until then, which is why a log may answer so.
   */
  #advanceSoon(revision: number): void {
    const waits = this.#soon !== undefined
    this.#soon = revision
    if (waits) return
    const generation = this.#generation
    this.#track(
      undefined,
      () => {
        const newest = this.#soon
        this.#soon = undefined
        if (newest !== undefined && generation === this.#generation) this.#advance(newest)
      },
      () => {},
    )
  }

  /** Resolves with true once everything up to `revision` is durable, with false when it never will be. */
  whenDurable(revision: number): Promise<boolean> {
    if (revision <= this.#durable) return Promise.resolve(true)
    // The last try to write failed, and the next is made by the next commit.
    if (this.#detached && !this.#saving) return Promise.resolve(false)
    return new Promise((done) => this.#waiters.add({ revision, done }))
  }

  /** Resolves when nothing is on its way any more. */
  flushed(): Promise<void> {
    return this.#underway === 0 ? Promise.resolve() : new Promise((done) => this.#idle.add(done))
  }

  #saveSnapshot(): void {
    this.#snapshotUnderway = true
    this.#track(
      this.#write(this.#owner.snapshot()),
      () => {
        this.#snapshotUnderway = false
      },
      (cause) => {
        this.#snapshotUnderway = false
        // The entries are in the log: a snapshot only makes the next start faster.
        this.#logger('warn', 'A snapshot could not be written', { room: this.#name, cause })
      },
    )
  }

  /** The log and the room no longer agree: under a new epoch the room as it stands is the truth. */
  #startOver(why: string, cause?: unknown): void {
    this.#generation += 1
    this.#detached = true
    this.#logger('error', 'The log of a room starts over', { room: this.#name, why, cause })
    this.#owner.lost()
    this.#attach()
  }

  /** Saves the room as it stands, again while it moves on meanwhile; from then on the log takes entries. */
  #attach(): void {
    if (this.#saving) return
    this.#saving = true
    const snapshot = this.#owner.snapshot()
    this.#track(
      this.#write(snapshot),
      () => {
        this.#saving = false
        this.#detached = this.#latest > snapshot.revision
        this.#advance(snapshot.revision)
        if (this.#detached) this.#attach()
      },
      (cause) => {
        this.#saving = false
        // The next commit tries again; whoever waits is told the truth.
        this.#logger('error', 'The room is kept in memory alone', { room: this.#name, cause })
        for (const waiter of [...this.#waiters]) this.#settle(waiter, false)
      },
    )
  }

  #write(snapshot: RoomSnapshot): Promise<void> | void {
    this.#sinceSnapshot = 0
    this.#lengthSince = 0
    return started(() => this.#log.saveSnapshot(this.#name, snapshot, this.#owner.oldest()))
  }

  #advance(revision: number): void {
    if (revision > this.#durable) this.#durable = revision
    for (const waiter of [...this.#waiters]) if (waiter.revision <= this.#durable) this.#settle(waiter, true)
    if (this.#telling) return
    this.#telling = true
    // Entries of one group commit are answered one behind the other in one turn: one word for all of them.
    void Promise.resolve().then(() => {
      this.#telling = false
      if (this.#durable === this.#told) return
      this.#told = this.#durable
      this.#owner.durable(this.#durable)
    })
  }

  #settle(waiter: Waiter, durable: boolean): void {
    this.#waiters.delete(waiter)
    waiter.done(durable)
  }

  #track<T>(underWay: Promise<T> | T, done: (value: T) => void, failed: (cause: unknown) => void): void {
    this.#underway += 1
    const end = (): void => {
      this.#underway -= 1
      if (this.#underway > 0) return
      for (const idle of [...this.#idle]) {
        this.#idle.delete(idle)
        idle()
      }
    }
    void Promise.resolve(underWay)
      .then(done, failed)
      .then(end, (cause: unknown) => {
        this.#logger('error', 'A listener of the log failed', { room: this.#name, cause })
        end()
      })
  }
}

/** An adapter that throws at once fails like one that rejects. */
function started<T>(start: () => Promise<T> | T): Promise<T> | T {
  try {
    return start()
  } catch (cause) {
    return Promise.reject(cause)
  }
}
