/**
 * The outbox of a live store: edits that the REST server has not stored yet, kept beyond the life of the tab. It follows the
 * lanes and writes what differs from what it wrote before. One entry per lane: what its request says, and what came after.
 *
 *     lane     POST {text: a} under way, then text: b       entry   added {text: a}, updated {text: b}
 *     reload   the lane is back, unsure                     a read shows {text: a}: it is the own one; else it is sent again
 *
 * A new record goes out again under the key of its first request where the server knows keys. Elsewhere its content is what
 * it is recognised by: an entry names the records that said the same before the request left, since none of them is it.
 */
import type { Cancel, ClientLocks, Clock, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import type { StoreChanges } from '../protocol/changeset.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, idKey, parseChangesetId, type RecordId } from '../protocol/ids.ts'
import { addOperation, changesOf, type Operation, type Operations, operationsOf } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { LeftBehind, LOOK_MS } from '../sync/left-behind.ts'
import { sentOf } from './echo.ts'
import { twinsOf } from './inserts.ts'
import { operationOf, saveOf } from './lanes.ts'
import type { Lane, LiveState, RestoredEdit } from './live-state.ts'

/** Where edits are kept, and which tabs live. Each store needs locks of its own. */
export interface LiveOutboxPorts {
  readonly storage: OutboxStorage
  readonly locks: ClientLocks
}

/** What the outbox tells the store. */
export interface LiveOutboxListener {
  /** The outbox was read, or edits of a tab that is gone were adopted. The first call may bring nothing. */
  restored(edits: readonly RestoredEdit[]): void
  failed(error: PlanwireError): void
}

/** What a lane has to keep, by the objects that hold it: they are replaced when they change. */
interface Wish {
  readonly store: string
  readonly save: Operation | undefined
  readonly next: Operation | undefined
  /** It surely never left, as when the network was gone. */
  readonly unsent: boolean
  readonly key: string | undefined
  readonly twins: () => readonly RecordId[]
}

/** Writes under way at a time: more of them would not be stored sooner. */
const WRITES = 4

/** The outbox of one store. */
export class LiveOutbox {
  readonly #state: LiveState
  readonly #ports: LiveOutboxPorts
  readonly #clock: Clock
  readonly #listener: LiveOutboxListener
  /** What storage holds of the lanes; undefined where that is not known. */
  readonly #kept = new Map<ChangesetId, Wish | undefined>()
  readonly #writes = new Set<Promise<void>>()
  #box: string | undefined
  #left: LeftBehind | undefined
  #behind = false
  #claimed: Promise<unknown> | undefined
  #stopLooking: Cancel | undefined
  #failed = false
  #closed = false

  constructor(state: LiveState, ports: LiveOutboxPorts, clock: Clock, listener: LiveOutboxListener) {
    this.#state = state
    this.#ports = ports
    this.#clock = clock
    this.#listener = listener
  }

  /** Files everything in a box from now on, and takes back what this tab left there. */
  open(box: string): void {
    if (this.#closed || this.#box === box) return
    this.#box = box
    for (const id of this.#kept.keys()) this.#kept.set(id, undefined)
    this.#left = new LeftBehind(box, this.#state.client, this.#ports.storage, this.#ports.locks, this.#clock)
    // Ahead of the first edit, which then waits for storage only; a refusal is told when there is something to keep.
    this.#claim().catch(() => {})
    this.#stopLooking?.()
    this.#lookLater()
    void this.#take(this.#left, (left) => left.takeOwn())
    this.follow()
  }

  /** Brings storage in step with the lanes. Called after each change of what is pending, however often. */
  follow(): void {
    if (this.#closed || this.#box === undefined) return
    this.#behind = true
    this.#write(this.#box)
  }

  /** Stops looking, finishes what is to be written, then gives the locks back: what is still kept is anybody's of the same box. */
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

  #write(box: string): void {
    if (!this.#behind || this.#writes.size >= WRITES) return
    this.#behind = false
    const wanted = wishesOf(this.#state)
    const changed = [...wanted].filter(([id, wish]) => !isKept(this.#kept.get(id), wish))
    const forgotten = [...this.#kept.keys()].filter((id) => !wanted.has(id))
    if (changed.length === 0 && forgotten.length === 0) return
    for (const id of forgotten) this.#kept.delete(id)
    for (const [id, wish] of changed) this.#kept.set(id, wish)
    const put = changed.map(([id, wish]) => entryOf(box, id, wish))
    const write = this.#store(put, forgotten)
      .catch((cause: unknown) => {
        // Nobody knows what storage holds of these: the next change writes them anew.
        for (const id of [...forgotten, ...changed.map(([id]) => id)]) this.#kept.set(id, undefined)
        this.#fail(cause)
      })
      .then(() => {
        this.#writes.delete(write)
        if (this.#box !== undefined) this.#write(this.#box)
      })
    this.#writes.add(write)
  }

  async #store(put: readonly StoredChangeset[], forgotten: readonly ChangesetId[]): Promise<void> {
    await this.#claim()
    await this.#ports.storage.write(put, forgotten)
  }

  /** From then on other tabs leave these edits alone. */
  #claim(): Promise<unknown> {
    this.#claimed ??= this.#ports.locks.take(this.#state.client)
    return this.#claimed
  }

  #lookLater(): void {
    this.#stopLooking = this.#clock.after(LOOK_MS, () => {
      const left = this.#left
      if (!left) return
      void this.#take(left, (box) => box.takeGone()).then(() => {
        if (!this.#closed && left === this.#left) this.#lookLater()
      })
    })
  }

  async #take(left: LeftBehind, take: (left: LeftBehind) => Promise<readonly StoredChangeset[]>): Promise<void> {
    let stored: readonly StoredChangeset[] = []
    try {
      stored = await take(left)
    } catch (cause) {
      this.#fail(cause)
    }
    // Another box is open by now: what was left stays where it is.
    if (this.#closed || left !== this.#left) return
    // Filed anew, under this client's ids, with the same write that forgets the old ones.
    for (const { id } of stored) this.#kept.set(id, undefined)
    this.#listener.restored(stored.flatMap(editsOf))
  }

  /** Told once: the app goes on in memory, and its user should know that a closed tab loses what is pending. */
  #fail(cause: unknown): void {
    if (this.#failed || this.#closed) return
    this.#failed = true
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `Edits cannot be kept beyond this tab (${why}): do not close it while something is pending`
    this.#listener.failed(new PlanwireError('storage-failed', text, 'retry', {}, { cause }))
  }
}

/** What is to be kept, by the id of the oldest changeset of each lane. */
function wishesOf(state: LiveState): Map<ChangesetId, Wish> {
  const wishes = new Map<ChangesetId, Wish>()
  for (const [store, lanes] of state.lanes) {
    for (const lane of lanes.values()) {
      // An answered request is stored: only its place among the changes of others is open.
      const request = lane.phase.at === 'answered' ? undefined : saveOf(lane)
      const id = (request?.pending ?? lane.next)?.id
      // An exception goes with its series: that one is kept.
      if (id === undefined || (lane.follows && !request)) continue
      const save = operationOf(lane, request?.pending)
      const next = operationOf(lane, lane.next)
      const unsent = lane.phase.at === 'unsure' && lane.phase.again === 'anew'
      // The key that its request went under, or will.
      const key = request ? (request.keyed ? request.key : undefined) : (lane.key ?? (state.keys ? id : undefined))
      wishes.set(id, { store, save, next, unsent, key, twins: () => twinsOfLane(state, lane) })
    }
  }
  return wishes
}

/** As long as nothing left, whatever says the same now is somebody else's; afterwards it may be the own one. */
function twinsOfLane(state: LiveState, lane: Lane): readonly RecordId[] {
  const operation = operationOf(lane, lane.next)
  const known = saveOf(lane)?.twins ?? lane.left?.twins
  if (known) return [...known]
  if (operation?.type !== 'add') return []
  return [...twinsOf(state, lane.store, sentOf(lane.store, { ...operation.fields, id: lane.id }))]
}

function isKept(kept: Wish | undefined, wish: Wish): boolean {
  const differs = (name: 'save' | 'next' | 'unsent' | 'key'): boolean => kept?.[name] !== wish[name]
  return kept !== undefined && !(['save', 'next', 'unsent', 'key'] as const).some(differs)
}

function entryOf(box: string, id: ChangesetId, { store, save, next, unsent, key, twins }: Wish): StoredChangeset {
  const added = [save, next].some((operation) => operation?.type === 'add')
  const parts = save?.type === 'add' ? [save, next] : [squashed(store, save, next)]
  const changes = parts.map((operation) => partOf(store, operation))
  return {
    format: 1,
    id,
    box,
    changes: { stores: { [store]: Object.assign({}, ...changes) } },
    // A request may leave before the write that says so is done.
    sent: !unsent,
    rank: parseChangesetId(id)?.counter ?? 0,
    ...(added ? { twins: twins() } : {}),
    ...(added && key !== undefined ? { key } : {}),
  }
}

function squashed(store: string, first: Operation | undefined, second: Operation | undefined): Operation | undefined {
  if (!first || !second) return first ?? second
  const operations: Operations = new Map()
  addOperation(operations, store, first)
  addOperation(operations, store, second)
  return operations.get(store)?.get(idKey(second.id))
}

function partOf(store: string, operation: Operation | undefined): StoreChanges {
  if (!operation) return {}
  const operations: Operations = new Map([[store, new Map([[idKey(operation.id), operation]])]])
  return changesOf(operations, isPhantomId).stores[store] ?? {}
}

/** An entry as the engine takes it back. One that says nothing this version knows is passed over. */
function editsOf({ changes, twins = [], key, sent }: StoredChangeset): readonly RestoredEdit[] {
  return Object.entries(changes.stores).flatMap(([store, part = {}]) => {
    const { added = [], ...others }: StoreChanges = part
    const [add] = operationsIn(store, { added })
    const [later] = operationsIn(store, others)
    const first = add ? bare(add) : later
    const again = !sent ? 'anew' : key === undefined ? 'look' : 'same'
    return first ? [{ store, first, later: add ? later : undefined, twins, key, again }] : []
  })
}

function operationsIn(store: string, part: StoreChanges): readonly Operation[] {
  return [
    ...(operationsOf({ stores: { [store]: part } })
      .get(store)
      ?.values() ?? []),
  ]
}

/** Without the keys under which a new record travels. */
function bare(operation: Operation): Operation {
  if (operation.type !== 'add') return operation
  const { $PhantomId: _, $PhantomParentId: __, ...fields } = operation.fields
  return { ...operation, fields }
}
