/** Saved versions of a plan: what is kept of it, how it differs from today's, and how it is brought back. */
import type { Dependency, Fields, ProjectClient, RecordId, Task } from 'planwire'

/** What a version holds. */
export interface PlanContent {
  readonly tasks: readonly Task[]
  readonly dependencies: readonly Dependency[]
}

/** Fields of a task that a version brings back; its place among its siblings is that of today. */
const TASK_FIELDS = ['name', 'startDate', 'endDate', 'duration', 'durationUnit', 'percentDone', 'parentId'] as const
const LINK_FIELDS = ['from', 'to', 'type', 'lag'] as const

/** How a version differs from today's plan, seen from today: `added` tasks are in the version alone. */
export interface PlanDifference {
  readonly added: readonly Task[]
  readonly removed: readonly Task[]
  readonly changed: readonly { readonly now: Task; readonly fields: readonly string[] }[]
}

/** What is to be kept of a plan. */
export function contentOf(client: Pick<ProjectClient, 'tasks' | 'dependencies'>): PlanContent {
  return { tasks: [...client.tasks.all()], dependencies: [...client.dependencies.all()] }
}

/** Reads what a server handed out as a version's content; undefined if it is none of ours. */
export function readContent(content: unknown): PlanContent | undefined {
  if (typeof content !== 'object' || content === null) return undefined
  const { tasks, dependencies }: Fields = { ...content }
  return isRecords(tasks) && isRecords(dependencies) ? { tasks, dependencies } : undefined
}

/** Compares tasks by id. */
export function differenceOf(then: readonly Task[], now: readonly Task[]): PlanDifference {
  const today = new Map(now.map((task) => [String(task.id), task]))
  const known = new Set(then.map(({ id }) => String(id)))
  const changed = then.flatMap((task) => {
    const current = today.get(String(task.id))
    const fields = current ? TASK_FIELDS.filter((field) => !same(task[field], current[field])) : []
    return current && fields.length > 0 ? [{ now: current, fields }] : []
  })
  return {
    added: then.filter(({ id }) => !today.has(String(id))),
    removed: now.filter(({ id }) => !known.has(String(id))),
    changed,
  }
}

/**
 * Makes today's tasks and links those of a version, as one step that can be undone. Tasks that are gone come back under
 * new ids.
 */
export function bringBack(client: ProjectClient, content: PlanContent, label: string): void {
  client.transact(
    () => {
      const { added, removed, changed } = differenceOf(content.tasks, client.tasks.all())
      const then = new Map(content.tasks.map((task) => [String(task.id), task]))
      const ids = new Map<string, RecordId>()
      const today = (id: unknown): RecordId | null => {
        if (typeof id !== 'string' && typeof id !== 'number') return null
        return ids.get(String(id)) ?? id
      }
      for (const task of parentsFirst(added)) {
        const made = client.tasks.add({ ...picked(task, TASK_FIELDS), parentId: today(task.parentId) })
        ids.set(String(task.id), made.id)
      }
      for (const { now, fields } of changed) {
        const task = then.get(String(now.id))
        if (!task) continue
        if (fields.includes('parentId')) client.tasks.move(now.id, { parentId: today(task.parentId) })
        const plain = fields.filter((field) => field !== 'parentId')
        if (plain.length > 0) client.tasks.update(now.id, picked(task, plain))
      }
      client.tasks.remove(removed.map(({ id }) => id))
      bringBackLinks(client, content.dependencies, today)
    },
    { label },
  )
}

function bringBackLinks(
  client: ProjectClient,
  then: readonly Dependency[],
  today: (id: unknown) => RecordId | null,
): void {
  const wanted = new Map(then.map((link) => [String(link.id), link]))
  client.dependencies.remove(client.dependencies.all().flatMap(({ id }) => (wanted.has(String(id)) ? [] : [id])))
  for (const link of then) {
    const ends = { from: today(link.from), to: today(link.to) }
    if (ends.from === null || ends.to === null) continue
    if (!client.tasks.has(ends.from) || !client.tasks.has(ends.to)) continue
    const fields = { ...picked(link, LINK_FIELDS), from: ends.from, to: ends.to }
    if (client.dependencies.has(link.id)) client.dependencies.update(link.id, fields)
    else client.dependencies.add(fields)
  }
}

/** A child can only be added under what is there. */
function parentsFirst(tasks: readonly Task[]): Task[] {
  const open = new Map(tasks.map((task) => [String(task.id), task]))
  const sorted: Task[] = []
  const take = (task: Task): void => {
    if (!open.delete(String(task.id))) return
    const parent = open.get(String(task.parentId))
    if (parent) take(parent)
    sorted.push(task)
  }
  for (const task of tasks) take(task)
  return sorted
}

function picked(record: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, record[name] ?? null]))
}

function same(one: unknown, other: unknown): boolean {
  return String(one ?? '') === String(other ?? '')
}

function isRecords(value: unknown): value is (Task & Dependency)[] {
  return (
    Array.isArray(value) &&
    value.every((one: unknown) => typeof one === 'object' && one !== null && 'id' in one && isId(one.id))
  )
}

function isId(value: unknown): value is RecordId {
  return typeof value === 'string' || typeof value === 'number'
}
