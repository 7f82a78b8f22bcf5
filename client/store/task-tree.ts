/**
 * The tree of tasks over flat records: who is whose child, in which order. It follows single changes and is whole
 * whatever the records say: a task whose parent is not there stands at the root, and a cycle of parents is cut at the
 * member with the smallest id. Both are views; nothing is written back to the records.
 */
import { idKey, isRecordId, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Task } from '../protocol/records.ts'

const ROOT = ''

/** An index of tasks by parent. Keys are {@link idKey}s; the root's is the empty string. */
export class TaskTree {
  /** Every task, until somebody asks for the tree: an app that never does pays neither its time nor its memory. */
  #unasked: (() => Iterable<Task>) | undefined
  readonly #tasks = new Map<RecordKey, Task>()
  /** Children by the parent that their records name, present or not. */
  readonly #named = new Map<RecordKey, Set<RecordKey>>()
  /** Members at which a cycle is cut: they stand at the root. */
  readonly #cuts = new Set<RecordKey>()
  readonly #sorted = new Map<RecordKey, readonly Task[]>()

  /** `all`: reads every task when the tree is first asked for; changes before that are no work. Default: none yet. */
  constructor(all?: () => Iterable<Task>) {
    this.#unasked = all
  }

  /** Follows one record's change. */
  change(before: Task | undefined, after: Task | undefined): void {
    if (this.#unasked) return
    const from = before && idKey(before.id)
    const to = after && idKey(after.id)
    if (from !== undefined && from !== to) this.#take(from)
    if (to === undefined || !after) return
    const known = this.#tasks.get(to)
    this.#tasks.set(to, after)
    const parent = namedParent(after)
    if (known && namedParent(known) === parent) {
      this.#sorted.delete(this.#shownUnder(to))
      return
    }
    if (known) this.#unfile(to, namedParent(known))
    this.#file(to, parent)
    this.#sorted.clear()
    this.#cutCycles(to)
  }

  /** Children of a task, or of the root, by `parentIndex`, then by id. */
  children(parent: RecordId | null): readonly Task[] {
    this.#build()
    const key = parent === null ? ROOT : idKey(parent)
    let children = this.#sorted.get(key)
    if (!children) this.#sorted.set(key, (children = [...this.#shown(key)].sort(bySiblingOrder)))
    return children
  }

  /** The parent under which a task is shown; undefined at the root. */
  parent(id: RecordId): Task | undefined {
    this.#build()
    const under = this.#shownUnder(idKey(id))
    return under === ROOT ? undefined : this.#tasks.get(under)
  }

  /** Every task below a task, parents before their children. */
  descendants(id: RecordId): Task[] {
    const found: Task[] = [...this.children(id)]
    // `found` grows while it is walked: breadth first, without recursion.
    for (let at = 0; at < found.length; at++) found.push(...this.children((found[at] as Task).id))
    return found
  }

  #build(): void {
    const all = this.#unasked?.()
    this.#unasked = undefined
    for (const task of all ?? []) this.change(undefined, task)
  }

  *#shown(key: RecordKey): Iterable<Task> {
    for (const child of this.#named.get(key) ?? []) if (!this.#cuts.has(child)) yield this.#tasks.get(child) as Task
    if (key !== ROOT) return
    for (const cut of this.#cuts) yield this.#tasks.get(cut) as Task
    for (const [parent, children] of this.#named) {
      if (parent === ROOT || this.#tasks.has(parent)) continue
      for (const child of children) if (!this.#cuts.has(child)) yield this.#tasks.get(child) as Task
    }
  }

  #shownUnder(key: RecordKey): RecordKey {
    const task = this.#tasks.get(key)
    const parent = task ? namedParent(task) : ROOT
    return this.#cuts.has(key) || !this.#tasks.has(parent) ? ROOT : parent
  }

  #take(key: RecordKey): void {
    const task = this.#tasks.get(key)
    if (!task) return
    this.#tasks.delete(key)
    this.#unfile(key, namedParent(task))
    this.#cuts.delete(key)
    this.#sorted.clear()
    this.#recut()
  }

  #file(key: RecordKey, parent: RecordKey): void {
    const children = this.#named.get(parent)
    if (children) children.add(key)
    else this.#named.set(parent, new Set([key]))
  }

  #unfile(key: RecordKey, parent: RecordKey): void {
    const children = this.#named.get(parent)
    children?.delete(key)
    if (children?.size === 0) this.#named.delete(parent)
  }

  /** A new parent can close one cycle at most, and can end others. */
  #cutCycles(changed: RecordKey): void {
    this.#recut()
    const cycle = this.#cycleOf(changed)
    if (cycle !== undefined) this.#cuts.add(cycle)
  }

  #recut(): void {
    for (const cut of [...this.#cuts]) {
      const smallest = this.#cycleOf(cut)
      if (smallest === cut) continue
      this.#cuts.delete(cut)
      if (smallest !== undefined) this.#cuts.add(smallest)
    }
  }

  /** The smallest member of the cycle that a task is in, if it is in one. */
  #cycleOf(key: RecordKey): RecordKey | undefined {
    const seen = new Set<RecordKey>()
    let at = key
    while (this.#tasks.has(at) && !seen.has(at)) {
      seen.add(at)
      at = namedParent(this.#tasks.get(at) as Task)
    }
    if (at !== key || !seen.has(key)) return undefined
    return [...seen].sort(compareKeys)[0]
  }
}

function namedParent(task: Task): RecordKey {
  return isRecordId(task.parentId) ? idKey(task.parentId) : ROOT
}

function bySiblingOrder(a: Task, b: Task): number {
  return (
    (a.parentIndex ?? Number.MAX_SAFE_INTEGER) - (b.parentIndex ?? Number.MAX_SAFE_INTEGER) ||
    compareKeys(idKey(a.id), idKey(b.id))
  )
}

/** Numbers by value, then everything else by code unit: the same order in every tab, whatever its language. */
export function compareKeys(a: RecordKey, b: RecordKey): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  // Never a number and a name by code unit: 2 < 10, 10 < '1a' and '1a' < '2' would be a circle.
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
