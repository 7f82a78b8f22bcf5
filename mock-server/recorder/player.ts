/**
 * Owns going through a recording in time: the records after each entry, and what the entry changed. The recording is played once;
 * after that a moment costs a few steps from the nearest of the states that are kept on the way.
 */
import { assertNever } from '../../client/protocol/errors.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Dataset, Fields, PlainRecord } from '../../client/protocol/records.ts'
import { sameValue } from '../../client/store/same-value.ts'
import { applyChanges, storesOf, type Tables, tablesOf } from '../../client/store/tables.ts'
import type { LogEntry } from '../core/contract.ts'
import type { ServerState } from '../core/state-file.ts'
import { betweenEntries } from './play-options.ts'
import { startPlayback } from './playback.ts'
import { checkRecording } from './read-recording.ts'
import { datasetsOf } from './recorded-start.ts'
import type { Recording, WireEntry } from './recording.ts'
import { PROGRESS_EVERY, type ReplayOptions } from './replay.ts'

/** What an entry did to one record, or to a project's own fields. */
export interface RecordChange {
  /** `project/1`, `collection/events`. */
  readonly room: string
  /** Empty for the project's own fields. */
  readonly store: string
  /** Empty for the project's own fields. */
  readonly id: RecordId
  /** Missing: it was added. */
  readonly before?: Fields
  /** Missing: it was removed. */
  readonly after?: Fields
  /** Fields whose values differ, sorted. */
  readonly fields: readonly string[]
}

/** A moment of a recording: right after one of its entries. */
export interface Moment {
  /** Undefined before the first. */
  readonly entry: WireEntry | undefined
  /** What the entry changed on the server. */
  readonly changes: readonly RecordChange[]
}

/** Goes through a recording. */
export interface Player {
  readonly recording: Recording
  /** Numbers of the entries that changed records, in order. */
  readonly changing: readonly number[]
  /** The moment after the entry with this number; a number before the first, or after the last, is taken as that. */
  at(n: number): Moment
  /** The records after the entry with this number, as `export()` gives them. */
  stateAt(n: number): ServerState
}

/** What one commit did. */
interface Step {
  readonly entry: number
  readonly room: string
  readonly touched: readonly {
    readonly store: string
    readonly key: RecordKey
    readonly before: PlainRecord | undefined
    readonly after: PlainRecord | undefined
  }[]
  readonly meta?: { readonly before: Fields; readonly after: Fields }
  /** A reset: the whole content. */
  readonly replaced?: Dataset
}

interface RoomNow {
  readonly tables: Tables
  readonly meta: Fields
}
type Rooms = Map<string, RoomNow>

/** Steps between two kept states; twice as many whenever there would be too many of them. */
const KEEP_EVERY = 250
const MOST_KEPT = 64

/**
 * Plays a recording and hands out its moments. Rejects with `invalid-argument` for what is no recording, `closed` when the
 * signal says so.
 * @example
 * const player = await createPlayer(recording)
 * player.at(17).changes // [{ room: 'project/1', store: 'tasks', id: 7, before, after, fields: ['name'] }]
 */
export async function createPlayer(given: Recording | unknown, options: ReplayOptions = {}): Promise<Player> {
  const recording = checkRecording(given)
  let rooms: Rooms = new Map([...datasetsOf(recording.state)].map(([room, dataset]) => [room, nowOf(dataset)]))
  let kept: { readonly position: number; readonly rooms: Rooms }[] = [{ position: 0, rooms: copied(rooms) }]
  let keepEvery = KEEP_EVERY
  const steps: Step[] = []
  let current = 0
  const committed = (room: string, entry: LogEntry): void => {
    const now = rooms.get(room)
    if (now === undefined) return
    steps.push({ entry: current, room, ...enter(rooms, room, now, entry) })
    if (steps.length % keepEvery !== 0) return
    kept.push({ position: steps.length, rooms: copied(rooms) })
    if (kept.length <= MOST_KEPT) return
    keepEvery *= 2
    kept = kept.filter(({ position: at }) => at % keepEvery === 0)
  }
  const playback = await startPlayback(recording, { committed }, options.functions)
  try {
    for (const [at, entry] of recording.entries.entries()) {
      if (at % PROGRESS_EVERY === 0) options.onProgress?.(at, recording.entries.length)
      await betweenEntries(options)
      current = entry.n
      await playback.feed(entry)
    }
  } finally {
    await playback.end()
  }
  /** How many steps `rooms` have behind them. */
  let position = steps.length

  const stepsUntil = (n: number): number => firstAfter(steps, n)
  const go = (to: number): void => {
    const nearest = kept.reduce((best, each) => (each.position <= to ? each : best))
    if (to < position || nearest.position > position) {
      rooms = copied(nearest.rooms)
      position = nearest.position
    }
    for (const step of steps.slice(position, to)) take(rooms, step)
    position = to
  }
  const [first] = recording.entries

  return {
    recording,
    changing: [...new Set(steps.map(({ entry }) => entry))],
    at(n) {
      const index = first === undefined ? -1 : Math.min(n - first.n, recording.entries.length - 1)
      const entry = recording.entries[index]
      const changes = entry === undefined ? [] : steps.slice(stepsUntil(entry.n - 1), stepsUntil(entry.n))
      return { entry, changes: changesOf(changes) }
    },
    stateAt(n) {
      go(stepsUntil(n))
      const { state } = recording
      return {
        ...state,
        projects: state.projects.map(({ id, name }) => {
          const now = rooms.get(`project/${idKey(id)}`)
          const lists = Object.entries(storesOf(now?.tables ?? new Map()))
          return {
            id,
            name,
            ...Object.fromEntries(lists.map(([store, records]) => [`${store}Data`, records])),
            projectMeta: now?.meta ?? {},
          }
        }),
        collections: Object.fromEntries(
          Object.keys(state.collections).map((name) => [
            name,
            storesOf(rooms.get(`collection/${name}`)?.tables ?? new Map())[name] ?? [],
          ]),
        ),
      }
    },
  }
}

function nowOf({ stores, meta }: Dataset): RoomNow {
  return { tables: tablesOf(stores), meta }
}

function copied(rooms: Rooms): Rooms {
  const copy = (tables: Tables): Tables => new Map([...tables].map(([store, table]) => [store, new Map(table)]))
  return new Map([...rooms].map(([room, { tables, meta }]) => [room, { tables: copy(tables), meta }]))
}

/** Applies a commit as a room does, and tells what it did. */
function enter(
  rooms: Rooms,
  room: string,
  { tables, meta: before }: RoomNow,
  entry: LogEntry,
): Pick<Step, 'touched' | 'meta' | 'replaced'> {
  const touched: Step['touched'][number][] = []
  switch (entry.type) {
    case 'changes': {
      applyChanges(tables, entry.changes, (store, key, was, is) => touched.push({ store, key, before: was, after: is }))
      if (entry.changes.meta === undefined) return { touched }
      // A real client sends the project's own generated id along; the project keeps its own.
      const { id: _, ...fields } = entry.changes.meta
      const meta = { ...before, ...fields }
      rooms.set(room, { tables, meta })
      return { touched, meta: { before, after: meta } }
    }
    case 'reset': {
      const next = nowOf(entry.dataset)
      for (const store of new Set([...tables.keys(), ...next.tables.keys()])) {
        const [was, is] = [tables.get(store), next.tables.get(store)]
        for (const key of new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])) {
          const [old, fresh] = [was?.get(key), is?.get(key)]
          if (!sameValue(old, fresh)) touched.push({ store, key, before: old, after: fresh })
        }
      }
      rooms.set(room, next)
      return { touched, meta: { before, after: next.meta }, replaced: entry.dataset }
    }
    default:
      return assertNever(entry)
  }
}

function take(rooms: Rooms, { room, touched, meta, replaced }: Step): void {
  const now = rooms.get(room)
  if (replaced !== undefined) rooms.set(room, nowOf(replaced))
  else if (now !== undefined) {
    for (const { store, key, after } of touched) put(now.tables, store, key, after)
    if (meta) rooms.set(room, { tables: now.tables, meta: meta.after })
  }
}

function put(tables: Tables, store: string, key: RecordKey, record: PlainRecord | undefined): void {
  const table = tables.get(store)
  if (record === undefined) table?.delete(key)
  else if (table) table.set(key, record)
  else tables.set(store, new Map([[key, record]]))
}

/** How many steps are of entries up to `n`. */
function firstAfter(steps: readonly Step[], n: number): number {
  let [low, high] = [0, steps.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((steps[middle]?.entry ?? 0) <= n) low = middle + 1
    else high = middle
  }
  return low
}

/** What several commits of one entry did together: each record once. */
function changesOf(steps: readonly Step[]): readonly RecordChange[] {
  const changes = new Map<
    string,
    { room: string; store: string; id: RecordId; before?: Fields | undefined; after?: Fields | undefined }
  >()
  for (const { room, touched, meta } of steps) {
    for (const { store, key, before, after } of touched) {
      const known = changes.get(`${room} ${store} ${key}`)
      const id = (after ?? before)?.id ?? key
      changes.set(`${room} ${store} ${key}`, { room, store, id, before: known ? known.before : before, after })
    }
    if (meta) {
      const known = changes.get(room)
      changes.set(room, { room, store: '', id: '', before: known ? known.before : meta.before, after: meta.after })
    }
  }
  return [...changes.values()].flatMap(({ room, store, id, before, after }) => {
    const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
      .filter((field) => !sameValue(before?.[field], after?.[field]))
      .sort()
    if (fields.length === 0) return []
    return [{ room, store, id, ...(before && { before }), ...(after && { after }), fields }]
  })
}
