/**
 * Owns three small clients that hold a project by frames alone, as a widget would that knows nothing but its dialect:
 *
 *   flat        takes its own change for the truth at once, new records under temporary ids; then applies what it hears
 *   revisions   shows what the server ordered; `input` takes `$input` where there is one, as Bryntum's own client does
 *   extension   shows what the server ordered
 */

import type { ProjectChanges, StoreChanges } from '../../client/protocol/changeset.ts'
import { flattenTree } from '../../client/protocol/dialects/bryntum/tree.ts'
import { idKey, isRecordId, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import { rewriteReferences } from '../../client/store/references.ts'
import { applyChanges, type Tables, tablesOf } from '../../client/store/tables.ts'
import { change, type Kit, type Peer, revision } from './core-kit.contract.ts'

/** The stores that hang together. */
const STORES = ['tasks', 'resources', 'dependencies', 'assignments'] as const
/** The forms in which a client may speak. */
export const FORMS = ['flat', 'revisions', 'extension'] as const
export type Form = (typeof FORMS)[number]

/** Changes as they travel, by store. */
export type Sent = { readonly [store: string]: StoreChanges }

interface Frame {
  readonly command: string
  readonly changes?: Sent
  readonly data?: { readonly revisions?: readonly { readonly changes: Sent }[] }
}

/** A client of project 1. */
export class FrameClient {
  readonly form: Form
  readonly #peer: Peer
  readonly #rows: Tables
  readonly #input: boolean
  #count = 0

  constructor(kit: Kit, form: Form, name: string, input = false) {
    this.form = form
    this.#input = input
    this.#peer = form === 'flat' ? kit.flat() : form === 'revisions' ? kit.revisions() : kit.extended(name)
    this.#rows = storedRows(kit)
  }

  /** Sends a change. */
  send(changes: Sent): void {
    this.#count += 1
    if (this.form === 'flat') applyChanges(this.#rows, asChanges(changes))
    if (this.form === 'revisions') this.#peer.say(revision(`local-${this.#count}`, withInput(changes)))
    else this.#peer.say(change(changes, this.form === 'extension' ? this.#count : undefined))
  }

  /** Applies what arrived. */
  hear(): void {
    for (const frame of this.#peer.heard() as readonly Frame[]) {
      const heard = frame.changes ? [frame.changes] : (frame.data?.revisions?.map(({ changes }) => changes) ?? [])
      for (const changes of heard) this.#apply(this.#input ? inputOf(changes) : changes)
    }
  }

  /** What the client holds, comparable. */
  rows(): unknown {
    return comparable(this.#rows)
  }

  #apply(changes: Sent): void {
    for (const [store, { added }] of Object.entries(changes)) {
      for (const { $PhantomId: phantom, id } of added ?? []) {
        if (phantom !== undefined && id !== undefined) this.#rename(store, phantom, id)
      }
    }
    applyChanges(this.#rows, asChanges(changes))
  }

  /** An own new record got its real id. */
  #rename(store: string, phantom: RecordId, real: RecordId): void {
    if (!this.#rows.get(store)?.delete(idKey(phantom))) return
    const lookup = (id: RecordId, of?: string): RecordId | undefined =>
      of === store && idKey(id) === idKey(phantom) ? real : undefined
    for (const [name, table] of this.#rows) {
      for (const [key, record] of table) table.set(key, rewriteReferences(record, lookup, name))
    }
  }
}

/** The rows of project 1 as the server stores them. */
export function storedRows(kit: Kit): Tables {
  const dataset = kit.dataset()
  return tablesOf(
    Object.fromEntries(
      STORES.map((store) => [
        store,
        store === 'tasks' ? flattenTree(dataset.tasksData ?? [], store) : rowsAt(dataset[`${store}Data`]),
      ]),
    ),
  )
}

/** Rows in an order and form in which equal ones are equal: a field that is null is as good as none. */
export function comparable(rows: Tables): unknown {
  return Object.fromEntries(
    STORES.map((store) => [
      store,
      [...(rows.get(store)?.values() ?? [])]
        .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)))
        .sort((a, b) => (numberOf(a['id']) < numberOf(b['id']) ? -1 : 1)),
    ]),
  )
}

/** `7`, `'7'` and `events-7` as text: ids of different authors have different forms. */
function numberOf(id: unknown): string {
  return String(id).replace(/^\D+/, '')
}

/** What is not whole about rows; empty when they are. */
export function faults(rows: Tables): readonly string[] {
  const found: string[] = []
  const tasks = rows.get('tasks') ?? new Map<RecordKey, PlainRecord>()
  for (const [key, { parentIndex }] of tasks) {
    if (typeof parentIndex !== 'number') found.push(`task ${key} has no place`)
    const climbed = new Set<unknown>()
    for (let at: unknown = key; isRecordId(at); at = tasks.get(idKey(at))?.['parentId']) {
      if (!tasks.has(idKey(at))) found.push(`${key} is below ${at}, which is not there`)
      if (climbed.has(idKey(at))) {
        found.push(`${key} is below itself`)
        break
      }
      climbed.add(idKey(at))
    }
  }
  const ends: readonly [store: string, target: string, fields: readonly string[]][] = [
    ['dependencies', 'tasks', ['from', 'to', 'fromEvent', 'toEvent', 'fromTask', 'toTask']],
    ['assignments', 'tasks', ['event', 'eventId', 'task', 'taskId']],
    ['assignments', 'resources', ['resource', 'resourceId']],
  ]
  for (const [store, target, fields] of ends) {
    for (const [key, link] of rows.get(store) ?? []) {
      for (const field of fields) {
        const id = link[field]
        if (isRecordId(id) && !rows.get(target)?.has(idKey(id)))
          found.push(`${store} ${key}: ${field} ${id} is not there`)
      }
    }
  }
  return found
}

function asChanges(stores: Sent): ProjectChanges {
  return { stores }
}

function withInput(changes: Sent): Sent {
  return Object.fromEntries(Object.entries(changes).map(([store, part]) => [store, { ...part, $input: part }]))
}

function inputOf(changes: Sent): Sent {
  return Object.fromEntries(Object.entries(changes).map(([store, part]) => [store, part.$input ?? part]))
}

function rowsAt(records: readonly Fields[] | undefined): readonly PlainRecord[] {
  return (records ?? []).flatMap((record) => (isRecordId(record['id']) ? { ...record, id: record['id'] } : []))
}
