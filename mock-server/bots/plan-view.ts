/** Owns a bot's view of a plan: what is there to be edited, and what it left there itself. */
import type { ProjectClient } from '../../client/project/project-client.ts'
import { idKey, type RecordId, type RecordKey, sameId } from '../../client/protocol/ids.ts'
import type { Task } from '../../client/protocol/records.ts'
import { addDays, isDate } from './dates.ts'

/** How many things of a kind a bot leaves in a plan before it takes the oldest back. */
export const MOST_LEFT = 6

const WEEK = 7

/** A task with dates. */
export type Dated = Task & { readonly startDate: string; readonly endDate: string }

/** True for a task with dates. */
export function isDated(task: Task): task is Dated {
  return isDate(task.startDate) && isDate(task.endDate)
}

/** The plan as one bot sees it. */
export class PlanView {
  readonly client: ProjectClient
  /** Ids, under which the client finds them for good, of what this bot added and nobody has removed. */
  readonly #mine = new Map<'tasks' | 'dependencies' | 'assignments', RecordId[]>()
  /** Where tasks stood that this bot has put below others. */
  readonly nested: { readonly task: RecordId; readonly former: RecordId | null }[] = []

  /** From when to when the plan lasted when this bot first looked, and a week around it: bots never push it further. */
  #frame: { readonly from: string; readonly to: string } | undefined

  constructor(client: ProjectClient) {
    this.client = client
    // What undo brings back counts too, so that nothing stays for ever.
    for (const store of ['tasks', 'dependencies', 'assignments'] as const)
      client.store(store).on('change', ({ origin, added }) => {
        if (origin === 'local') this.#mine.set(store, [...this.mine(store), ...added.map(({ id }) => id)])
      })
  }

  /** What this bot added to a store, oldest first. */
  mine(store: 'tasks' | 'dependencies' | 'assignments'): readonly RecordId[] {
    const left = (this.#mine.get(store) ?? []).filter((id) => this.client.store(store).has(id))
    this.#mine.set(store, left)
    return left
  }

  /** The name of a task in quotes, short enough for a line. */
  quoted(task: Task): string {
    const name = String(task.name ?? task.id)
    return `“${name.length > 40 ? `${name.slice(0, 39)}…` : name}”`
  }

  /** Tasks that no other hangs below: the others' dates follow from these. */
  leaves(): readonly Task[] {
    const { tasks } = this.client
    return tasks.all().filter((task) => tasks.children(task.id).length === 0)
  }

  /** Leaves with dates. */
  bars(): readonly Dated[] {
    return this.leaves().filter(isDated)
  }

  /** From when to when the plan around a task lasts: bars stay within it, so that a plan looks like one after a day of bots. */
  frame(task: Task): { readonly from: string; readonly to: string } | undefined {
    const parent = this.client.tasks.parent(task.id)
    if (parent && isDate(parent.startDate) && isDate(parent.endDate) && parent.startDate < parent.endDate)
      return { from: parent.startDate, to: parent.endDate }
    this.#frame ??= frameOf(this.bars())
    return this.#frame
  }

  /** The tasks below the same parent, the task itself among them. */
  siblings(id: RecordId): readonly Task[] {
    const { tasks } = this.client
    return tasks.children(tasks.parent(id)?.id ?? null)
  }

  /** How deep a task lies; 1: at the root. */
  depth(id: RecordId): number {
    let depth = 1
    for (let at = this.client.tasks.parent(id); at; at = this.client.tasks.parent(at.id)) depth += 1
    return depth
  }

  /** True if work on `to` waits for `from` already, directly or by others. */
  leadsTo(from: RecordId, to: RecordId): boolean {
    const next = new Map<RecordKey, RecordId[]>()
    for (const link of this.client.dependencies) {
      if (link.from === undefined || link.to === undefined) continue
      next.set(idKey(link.from), [...(next.get(idKey(link.from)) ?? []), link.to])
    }
    const seen = new Set<RecordKey>()
    const open = [from]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (sameId(at, to)) return true
      if (seen.has(idKey(at))) continue
      seen.add(idKey(at))
      open.push(...(next.get(idKey(at)) ?? []))
    }
    return false
  }
}

function frameOf(bars: readonly Dated[]): { readonly from: string; readonly to: string } | undefined {
  const from = bars.map((bar) => bar.startDate).sort()[0]
  const to = bars
    .map((bar) => bar.endDate)
    .sort()
    .at(-1)
  return from === undefined || to === undefined ? undefined : { from: addDays(from, -WEEK), to: addDays(to, WEEK) }
}
