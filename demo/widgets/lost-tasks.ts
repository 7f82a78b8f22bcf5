/** Tasks that somebody removed while this user edited them: kept until the user brings each back or lets it go. */
import type { Fields, PlainRecord, ProjectClient, RecordId } from 'planwire'

/** Lost tasks that are kept; of more, the oldest are forgotten. */
const MOST = 20
/** Tasks that are remembered after their removal, to know the whole of one that turns out to be lost. */
const REMOVED = 200

/** A lost task. */
export interface LostTask {
  readonly id: RecordId
  readonly name: string
  readonly parent: RecordId | undefined
}

/** The lost tasks of a client. */
export class LostTasks {
  readonly #client: ProjectClient
  readonly #changed: (parent: RecordId | undefined) => void
  readonly #removed = new Map<string, PlainRecord>()
  readonly #lost = new Map<string, { readonly task: LostTask; readonly fields: Fields }>()

  /** `changed` is called with the parent under which one was lost, brought back or let go. */
  constructor(client: ProjectClient, changed: (parent: RecordId | undefined) => void) {
    this.#client = client
    this.#changed = changed
    client.on('change', ({ origin, stores }) => {
      if (origin === 'local') return
      for (const task of stores['tasks']?.removed ?? []) keep(this.#removed, String(task.id), task, REMOVED)
    })
    client.on('conflict', ({ store, id, ours }) => {
      // The removal itself is told right behind.
      if (store === 'tasks') setTimeout(() => this.#lose(id, ours))
    })
  }

  /** Oldest first. */
  get all(): LostTask[] {
    return [...this.#lost.values()].map(({ task }) => task)
  }

  /** True if a child of this task was lost. */
  under(parent: RecordId): boolean {
    return this.all.some((task) => task.parent !== undefined && String(task.parent) === String(parent))
  }

  /** Adds the task anew, with the edit that was lost. */
  bringBack(id: RecordId): void {
    const lost = this.#lost.get(String(id))
    if (!lost) return
    const { parent, name } = lost.task
    const parentId = parent !== undefined && this.#client.tasks.has(parent) ? parent : null
    this.#client.transact(() => this.#client.tasks.add({ ...lost.fields, parentId }), { label: `bring back “${name}”` })
    this.letGo(id)
  }

  letGo(id: RecordId): void {
    const lost = this.#lost.get(String(id))
    if (!lost) return
    this.#lost.delete(String(id))
    this.#client.tasks.acknowledge(id)
    this.#changed(lost.task.parent)
  }

  #lose(id: RecordId, ours: Fields): void {
    const { id: _, parentIndex: __, orderedParentIndex: ___, ...before } = this.#removed.get(String(id)) ?? { id }
    const fields = { ...before, ...ours }
    const { name, parentId } = fields
    const parent = typeof parentId === 'string' || typeof parentId === 'number' ? parentId : undefined
    keep(this.#lost, String(id), { task: { id, name: typeof name === 'string' ? name : 'Task', parent }, fields }, MOST)
    this.#changed(parent)
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
