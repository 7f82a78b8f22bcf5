/**
 * Looks for clients that end with different records. Follows what each connection of a project was told, and, where a server
 * does not confirm changes, what it sent itself, as a client applies both; when the wire is quiet it compares the fields that
 * changed.
 *
 *     ann sends name = A          bob sends name = B         both on their way at once
 *     ann is told name = B        bob is told name = A       ann shows B, bob shows A: they part here
 */
import { isObject } from '../../client/protocol/guards.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { saysTheSame } from '../../client/store/same-value.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Check } from './doctor.ts'
import type { Sighting } from './finding.ts'
import type { WireMessage, WireRecord } from './wire-message.ts'

/** So long nothing may be said of a project before its clients are compared. */
const QUIET_MS = 3_000
const MOST_TOUCHED = 5_000
/** Records of one dataset, and of those that changed since; where there are more nothing is followed. */
const MOST_RECORDS = 50_000
const MOST_LINES = 100
/** Where a record stands among its siblings is worked out by each client. */
const OWN_AFFAIR = new Set([
  'id',
  'parentIndex',
  'orderedParentIndex',
  'children',
  'expanded',
  '$PhantomId',
  '$PhantomParentId',
])
const CHANGE = /^project_?change$/i

interface Value {
  readonly value: unknown
  readonly n: number
  readonly revision: string | undefined
}

/** A dataset as it was loaded, by store and id. Who loads the same one shares it. */
interface Base {
  readonly text: string
  readonly n: number
  readonly revision: string | undefined
  readonly project: string
  readonly records: ReadonlyMap<string, Fields>
}

interface View {
  readonly party: string
  /** Project that it loaded; undefined: none, or it cannot be followed. */
  project: string | undefined
  /** The server confirms every change to its author: what counts is what it tells. */
  confirms: boolean
  base: Base | undefined
  /** Own changes that a fault holds back: nobody can say yet what becomes of them. */
  readonly held: Set<number>
  /** What changed since, by store and id; undefined: removed. */
  changed: Map<string, ReadonlyMap<string, Value> | undefined>
}

export class Divergence implements Check {
  readonly #views = new BoundedMap<View>(MOST_LINES)
  #newest: Base | undefined
  /** Fields that changed since they were compared last, by project: `tasks 7` and the field. */
  readonly #touched = new Map<string, { at: number; readonly fields: Map<string, Set<string>> }>()

  take(entry: WireEntry, message: WireMessage | undefined): readonly Sighting[] {
    if (entry.type === 'close') this.#views.delete(`socket ${entry.socket}`)
    if (entry.type === 'arrival') for (const [, view] of this.#views.entries()) view.held.delete(entry.of)
    // Requests belong to no connection: what their clients hold cannot be followed.
    if (message === undefined || !message.line.startsWith('socket')) return []
    const view = this.#viewOf(message)
    const { command, direction, body } = message
    if (direction === 'down' && command === 'login' && isObject(body['planwire'])) view.confirms = true
    if (command === 'dataset') {
      if (direction === 'up') view.project = undefined
      else if (entry.type === 'frame') this.#load(view, message, entry.text)
    } else if (CHANGE.test(command) && view.project !== undefined) this.#change(view, message)
    return []
  }

  passed(now: number): readonly Sighting[] {
    const found: Sighting[] = []
    for (const [project, touched] of this.#touched) {
      if (now - touched.at < QUIET_MS) continue
      this.#touched.delete(project)
      this.#compare(project, touched.fields, found)
    }
    return found
  }

  #viewOf({ line, party }: WireMessage): View {
    const known = this.#views.get(line)
    if (known !== undefined && known.party === party) return known
    const fresh: View = {
      party,
      project: undefined,
      confirms: false,
      base: undefined,
      held: new Set(),
      changed: new Map(),
    }
    const view = known === undefined ? fresh : { ...known, party }
    this.#views.set(line, view)
    return view
  }

  #load(view: View, { body, n }: WireMessage, text: string): void {
    const base = this.#newest?.text === text ? this.#newest : baseOf(body, n, text)
    this.#newest = base ?? this.#newest
    view.base = base
    view.changed = new Map()
    view.project = base?.project
  }

  #change(view: View, message: WireMessage): void {
    const { direction, body, at, n, records } = message
    const project = view.project ?? ''
    if (body['error'] !== undefined) {
      // What became of its change on the screen is the client's affair; it loads anew, if it is wise.
      view.project = undefined
      return
    }
    const touched = this.#touched.get(project) ?? { at, fields: new Map<string, Set<string>>() }
    touched.at = at
    this.#touched.set(project, touched)
    if (Array.isArray(body['revisions'])) view.confirms = true
    // Own new records get their real ids, and count, when the server tells.
    const isOwn = direction === 'up'
    if (message.held && view.held.size < MOST_TOUCHED) view.held.add(n)
    if (isOwn && view.confirms) return
    const revision = revisionOf(body)
    for (const record of records) if (!record.isInput) this.#apply(view, record, isOwn, n, revision, touched.fields)
    if (view.changed.size <= MOST_RECORDS) return
    view.project = undefined
    view.base = undefined
    view.changed = new Map()
  }

  #apply(
    view: View,
    { store, kind, fields, id }: WireRecord,
    isOwn: boolean,
    n: number,
    revision: string | undefined,
    touched: Map<string, Set<string>>,
  ): void {
    if (id === undefined) return
    const key = `${store} ${id}`
    const known = valuesOf(view, key)
    if (kind === 'removed') view.changed.set(key, undefined)
    else if (kind === 'added' && !isOwn) view.changed.set(key, valuesIn(fields, n, revision))
    else if (kind === 'updated' && known !== undefined)
      view.changed.set(key, new Map([...known, ...valuesIn(fields, n, revision)]))
    if (kind === 'updated' && (touched.size < MOST_TOUCHED || touched.has(key))) {
      const names = touched.get(key) ?? new Set<string>()
      for (const field of Object.keys(fields)) if (!OWN_AFFAIR.has(field)) names.add(field)
      touched.set(key, names)
    }
  }

  #compare(project: string, touched: ReadonlyMap<string, ReadonlySet<string>>, found: Sighting[]): void {
    const views = [...this.#views.entries()].flatMap(([, view]) =>
      view.project === project && view.held.size === 0 ? [view] : [],
    )
    for (const [key, fields] of touched) {
      for (const field of fields) {
        const seen = views.flatMap((view) => {
          const record = valuesOf(view, key)
          return record === undefined ? [] : [{ view, held: record.get(field) }]
        })
        const [first] = seen
        const other = seen.find(({ held }) => !saysTheSame(held?.value, first?.held?.value))
        if (first === undefined || other === undefined) continue
        const both = [first, other].flatMap(({ held }) => held ?? []).sort((a, b) => a.n - b.n)
        const numbers = both.map(({ n }) => n)
        const revision = both.at(-1)?.revision
        const since = revision === undefined ? `entry ${Math.max(0, ...numbers)}` : `revision ${revision}`
        const value = ({ held }: typeof first): string => JSON.stringify(held?.value ?? null)?.slice(0, 100) ?? 'null'
        found.push({
          code: 'divergence',
          cause: `${project} ${key} ${field}`,
          parties: [first.view.party, other.view.party],
          entries: numbers,
          message: `${first.view.party} and ${other.view.party} part at ${since}: ${field} of ${key} is ${value(first)} for one and ${value(other)} for the other.`,
        })
      }
    }
  }
}

/** What a view holds of a record; undefined: nothing. */
function valuesOf({ base, changed }: View, key: string): ReadonlyMap<string, Value> | undefined {
  if (changed.has(key)) return changed.get(key)
  const record = base?.records.get(key)
  return base && record && valuesIn(record, base.n, base.revision)
}

function valuesIn(fields: Fields, n: number, revision: string | undefined): Map<string, Value> {
  const values = new Map<string, Value>()
  for (const [field, value] of Object.entries(fields))
    if (!OWN_AFFAIR.has(field)) values.set(field, { value, n, revision })
  return values
}

function baseOf({ dataset, project, planwire }: Fields, n: number, text: string): Base | undefined {
  if (!isObject(dataset) || (typeof project !== 'string' && typeof project !== 'number')) return undefined
  const records = new Map<string, Fields>()
  const open: { readonly store: string; readonly record: unknown; readonly parent: unknown }[] = []
  for (const [list, some] of Object.entries(dataset)) {
    if (!list.endsWith('Data') || !Array.isArray(some)) continue
    for (const record of some) open.push({ store: list.slice(0, -4), record, parent: undefined })
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { store, record, parent } = next
    if (!isObject(record)) continue
    if (records.size >= MOST_RECORDS) return undefined
    records.set(`${store} ${String(record['id'])}`, parent === undefined ? record : { parentId: parent, ...record })
    const { children } = record
    if (Array.isArray(children)) for (const child of children) open.push({ store, record: child, parent: record['id'] })
  }
  const revision = isObject(planwire) ? String(planwire['revision']) : undefined
  return { text, n, revision, project: String(project), records }
}

function revisionOf(body: Fields): string | undefined {
  const { planwire, revisions } = body
  if (isObject(planwire) && planwire['revision'] !== undefined) return String(planwire['revision'])
  const last = Array.isArray(revisions) ? revisions.at(-1) : undefined
  return isObject(last) && last['revision'] !== undefined ? String(last['revision']) : undefined
}
