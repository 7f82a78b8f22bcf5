/**
 * The outbox: own changesets from their commit to their ack, kept beyond the life of the tab. It follows the session's
 * state; `keeper.ts` writes what differs from what it wrote before.
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
import type { Clock, StoredChangeset } from '../ports/ports.ts'
import type { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type ClientId, parseChangesetId } from '../protocol/ids.ts'
import { changesOf, operationsOf } from '../store/as-changes.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { currentCopy, type Restored, type RestoredBox } from './copies.ts'
import { Keeper, type OutboxPorts } from './keeper.ts'
import type { LeftBehind } from './left-behind.ts'
import { boxOf, differenceOf, type Kept } from './outbox-entries.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'

/** What the outbox tells the session. */
export interface OutboxListener {
  restored(box: RestoredBox, entries: readonly Restored[]): void
  /** Another tab took this one for gone, and delivers these. */
  takenOver(ids: ReadonlySet<ChangesetId>): void
  /** Who logged in last in this tab, before it was reloaded. */
  remembered(user: string): void
  failed(error: PlanwireError): void
}

/** What one user has in one project of one server. */
interface Box extends RestoredBox {
  readonly key: string
  /** Where others may have left something for this user: under the user's name, and before it was known. */
  readonly places: readonly LeftBehind[]
  reading: boolean
}

/** The outbox of one client. */
export class Outbox {
  readonly #client: ClientId
  readonly #locks: OutboxPorts['locks']
  readonly #listener: OutboxListener
  readonly #keeper: Keeper<Kept>
  readonly #boxes = new Map<string, Box>()
  #state: SessionState | undefined
  /** Who is remembered as the last user, and of which server. */
  #remembered = ''

  constructor(client: ClientId, ports: OutboxPorts & { readonly clock: Clock }, listener: OutboxListener) {
    this.#client = client
    this.#locks = ports.locks
    this.#listener = listener
    this.#keeper = new Keeper(client, ports, ports.clock, {
      difference: (kept) => (this.#state ? differenceOf(this.#state, kept) : { changed: new Map(), forgotten: [] }),
      stored: (id, { box, operations, sent, rank }) =>
        this.#filed({ format: 1, id, box, changes: changesOf(operations, isPhantomId), sent, rank }),
      takenOver: (lost) => listener.takenOver(new Set(lost.keys())),
      failed: (error) => listener.failed(error),
    })
  }

  /** Brings storage in step with the session. Called after each change of what is pending, however often. */
  follow(state: SessionState): void {
    if (this.#keeper.closed) return
    this.#state = state
    this.#remember(state)
    this.#openBox(state)
    this.#keeper.follow()
  }

  /** Finishes what is to be written, then gives the locks back: what is still kept is anybody's of the same user. */
  close(): void {
    this.#keeper.close()
  }

  /** True if others may have taken this client for gone: {@link stillOurs} before anything is sent again. */
  get lapsed(): boolean {
    return this.#keeper.lapsed
  }

  /** Makes sure that what is kept is still ours. Never rejects. */
  stillOurs(): Promise<void> {
    return this.#keeper.stillOurs()
  }

  /** As this client keeps it. */
  #filed({ keeper: _, lastUser: __, ...stored }: StoredChangeset): StoredChangeset {
    const [server, user]: [string, string | null] = JSON.parse(stored.box)
    const last = user === null ? this.#locks.lastUser(server) : undefined
    return {
      ...stored,
      ...(parseChangesetId(stored.id)?.client === this.#client ? {} : { keeper: this.#client }),
      ...(last === undefined ? {} : { lastUser: last }),
    }
  }

  /** Who logs in is remembered. A tab that asks a provider who works here shows, until it says, what its last user had. */
  #remember({ url, user, login, provided, connection }: SessionState): void {
    if (url === undefined) return
    if (!login && connection.state === 'open' && this.#remembered) {
      this.#remembered = ''
      this.#locks.tabUser?.(url, null)
    } else if (login && user !== undefined) {
      const key = JSON.stringify([url, user])
      if (key === this.#remembered) return
      this.#remembered = key
      this.#locks.lastUser(url, user)
      this.#locks.tabUser?.(url, user)
    } else if (provided && user === undefined) {
      const last = this.#locks.tabUser?.(url)
      if (last !== undefined) this.#listener.remembered(last)
    }
  }

  /** Reads the box of the project in sight as soon as it has a server, and again whenever the project comes back empty. */
  #openBox(state: SessionState): void {
    const copy = currentCopy(state)
    const box = copy && this.#boxFor(copy)
    if (!box) return
    this.#keeper.lookLater(() => this.#look())
    // Ahead of the first edit, which then waits for storage only; a refusal is told when there is something to keep.
    this.#keeper.claim().catch(() => {})
    if (!copy?.restored && !box.reading) void this.#read(box, 'takeOwn')
  }

  #boxFor(copy: ProjectCopy): Box | undefined {
    const { server, user, project } = copy
    const key = boxOf(copy)
    if (key === undefined || server === undefined) return undefined
    let box = this.#boxes.get(key)
    if (!box) {
      const nameless = boxOf({ server, user: undefined, project })
      const forUser = ({ lastUser }: StoredChangeset): boolean => lastUser === undefined || lastUser === user
      const named = this.#keeper.leftIn(key)
      const places =
        user === undefined || nameless === undefined ? [named] : [named, this.#keeper.leftIn(nameless, forUser)]
      box = { key, server, user, project, places, reading: false }
      this.#boxes.set(key, box)
    }
    return box
  }

  #look(): void {
    const copy = this.#state && currentCopy(this.#state)
    const box = copy && this.#boxFor(copy)
    // Whose it is what others left is known only of a user.
    if (box?.user !== undefined && !box.reading) void this.#read(box, 'takeGone')
  }

  /** Takes over what others left for the user of a box. Even nothing is an answer: until then nothing is sent. */
  async #read(box: Box, take: 'takeOwn' | 'takeGone'): Promise<void> {
    box.reading = true
    const filed = (stored: StoredChangeset): StoredChangeset => this.#filed({ ...stored, box: box.key })
    const left = await this.#keeper.takeOver(box.places, take, filed, () => this.#listener.restored(box, []))
    box.reading = false
    if (this.#keeper.closed) return
    const entries = left.map(({ id, box: key, changes, sent, rank }): Restored => {
      const operations = operationsOf(changes)
      this.#keeper.kept.set(id, { box: key, operations, sent, rank })
      return { pending: { id, operations }, sent }
    })
    this.#listener.restored(box, entries)
  }
}
