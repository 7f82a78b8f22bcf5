/**
 * The outbox of a live store: edits that the REST server has not stored yet, kept beyond the life of the tab. It follows the
 * lanes; `keeper.ts` writes what differs from what it wrote before. One entry per lane: what its request says, and what came after.
 *
 *     lane     POST {text: a} under way, then text: b       entry   added {text: a}, updated {text: b}
 *     reload   the lane is back, unsure                     a read shows {text: a}: it is the own one; else it is sent again
 *
 * A new record goes out again under the key of its first request where the server knows keys. Elsewhere its content is what
 * it is recognised by: an entry names the records that said the same before the request left, since none of them is it.
 */
import type { Clock, StoredChangeset } from '../ports/ports.ts'
import type { StoreChanges } from '../protocol/changeset.ts'
import type { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type ClientId, idKey, parseChangesetId, type RecordId } from '../protocol/ids.ts'
import { changesOf, operationsOf } from '../store/as-changes.ts'
import { addOperation, type Operation, type Operations } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { Keeper, type OutboxPorts } from '../sync/keeper.ts'
import type { LeftBehind } from '../sync/left-behind.ts'
import { operationOf, saveOf } from './lanes.ts'
import type { Lane, LiveState, RestoredEdit } from './live-state.ts'
import { filedUnder, sentOf, twinsOf } from './saving.ts'

/** What the outbox tells the store. */
export interface LiveOutboxListener {
  /** The outbox was read, or edits of a tab that is gone were adopted. The first call may bring nothing. */
  restored(edits: readonly RestoredEdit[]): void
  /** Another tab took this one for gone, and saves what is filed under these ids; `changed`: not what came since. */
  takenOver(ids: ReadonlySet<ChangesetId>, changed: ReadonlySet<ChangesetId>): void
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

/** What is in storage and belongs to no lane under that id: to be filed anew, or forgotten. */
const NO_LANE: Wish = { store: '', save: undefined, next: undefined, unsent: true, key: undefined, twins: () => [] }

/** The outbox of one store. */
export class LiveOutbox {
  readonly #listener: LiveOutboxListener
  readonly #keeper: Keeper<Wish>
  readonly #client: ClientId
  #box: string | undefined
  #left: LeftBehind | undefined
  #taking: LeftBehind | undefined

  constructor(state: LiveState, ports: OutboxPorts, clock: Clock, listener: LiveOutboxListener) {
    this.#listener = listener
    this.#keeper = new Keeper(state.client, ports, clock, {
      difference: (kept) => {
        const wanted = wishesOf(state)
        return {
          changed: new Map([...wanted].filter(([id, wish]) => !isKept(kept.get(id), wish))),
          forgotten: [...kept.keys()].filter((id) => !wanted.has(id)),
        }
      },
      stored: (id, wish) => entryOf(this.#box ?? '', id, wish),
      takenOver: (lost) => {
        const changed = [...wishesOf(state)].filter(([id, wish]) => lost.has(id) && !isKept(lost.get(id), wish))
        listener.takenOver(new Set(lost.keys()), new Set(changed.map(([id]) => id)))
      },
      failed: (error) => listener.failed(error),
    })
    this.#client = state.client
  }

  /** Files everything in a box from now on, and takes back what this tab left there. */
  open(box: string): void {
    if (this.#keeper.closed || this.#box === box) return
    this.#box = box
    for (const id of this.#keeper.kept.keys()) this.#keeper.kept.set(id, NO_LANE)
    this.#left = this.#keeper.leftIn(box)
    this.#keeper.lookLater(() => {
      if (this.#left && this.#taking !== this.#left) void this.#take(this.#left, 'takeGone')
    })
    void this.#take(this.#left, 'takeOwn')
    this.follow()
  }

  /** Brings storage in step with the lanes. Called after each change of what is pending, however often. */
  follow(): void {
    if (this.#box !== undefined) this.#keeper.follow()
  }

  /** Finishes what is to be written, then gives the locks back: what is still kept is anybody's of the same box. */
  close(): void {
    this.#keeper.close()
  }

  /** True if others may have taken this tab for gone: {@link stillOurs} before anything is saved. */
  get lapsed(): boolean {
    return this.#keeper.lapsed
  }

  /** Makes sure that what is kept is still ours. Never rejects. */
  stillOurs(): Promise<void> {
    return this.#keeper.stillOurs()
  }

  async #take(left: LeftBehind, take: 'takeOwn' | 'takeGone'): Promise<void> {
    this.#taking = left
    const filed = (stored: StoredChangeset): StoredChangeset => ({ ...stored, keeper: this.#client })
    const stored = await this.#keeper.takeOver([left], take, filed, () => this.#listener.restored([]))
    this.#taking = undefined
    // Another box is open by now: what was left waits in the former one.
    if (this.#keeper.closed || left !== this.#left) return
    // Filed anew, under this client's ids, with the same write that forgets the old ones.
    for (const { id } of stored) this.#keeper.kept.set(id, NO_LANE)
    this.#listener.restored(stored.flatMap(editsOf))
  }
}

/** What is to be kept, by the id of the oldest changeset of each lane. */
function wishesOf(state: LiveState): Map<ChangesetId, Wish> {
  const wishes = new Map<ChangesetId, Wish>()
  for (const [store, lanes] of state.lanes) {
    for (const lane of lanes.values()) {
      // An answered request is stored: only its place among the changes of others is open.
      const request = lane.phase.at === 'answered' ? undefined : saveOf(lane)
      const id = filedUnder(lane)
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
