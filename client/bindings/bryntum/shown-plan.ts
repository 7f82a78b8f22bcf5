/**
 * The plan as a project model is to see it: every task below a parent that is there, links with both their ends only, and
 * of links that close a circle one inactive.
 */
import type { ProjectClient } from '../../project/project-client.ts'
import type { AddedRecord } from '../../protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { closingLinks, endOf } from './cycles.ts'

/** The part of a client that is mirrored. */
export type MirroredClient = Pick<ProjectClient, 'tasks' | 'dependencies' | 'store' | 'meta'>

/** What a model is shown. */
export class ShownPlan {
  readonly #client: MirroredClient
  /** Links that are not shown since one of their ends is not there. */
  readonly dangling: Map<string, Set<RecordKey>> = new Map()
  /** Links that are shown as inactive, because they would close a circle. */
  readonly #cut = new Set<RecordKey>()

  constructor(client: MirroredClient) {
    this.#client = client
  }

  /** Keys of links that the plan cannot have and the records still do. */
  get cut(): ReadonlySet<RecordKey> {
    return this.#cut
  }

  /** Everything is to be shown anew. */
  startOver(): void {
    this.dangling.clear()
    this.#cut.clear()
    for (const key of closingLinks(this.#plan(), this.#client.dependencies.all())) this.#cut.add(key)
  }

  /** A record as the model is to see it; undefined where it must not. */
  shown(store: string, record: PlainRecord): PlainRecord | undefined {
    if (store === 'tasks') {
      const parentId = this.#client.tasks.parent(record.id)?.id ?? null
      return sameId(parentId, record.parentId) || parentId === (record.parentId ?? null)
        ? record
        : { ...record, parentId }
    }
    if (store !== 'dependencies' && store !== 'assignments') return record
    const whole = endsOf(store, record).every(([target, id]) => id !== undefined && this.#client.store(target).has(id))
    const dangling = this.dangling.get(store) ?? new Set()
    this.dangling.set(store, dangling)
    if (!whole) {
      dangling.add(idKey(record.id))
      return undefined
    }
    dangling.delete(idKey(record.id))
    return store === 'dependencies' && this.#cut.has(idKey(record.id)) ? { ...record, active: false } : record
  }

  /** Compares anew what stands or falls with links that changed; adds these to `changed`. */
  cutCircles(changed: Map<string, Set<RecordKey>>): void {
    if (!changed.has('dependencies') && (this.#cut.size === 0 || !changed.has('tasks'))) return
    const keys = changed.get('dependencies') ?? new Set<RecordKey>()
    changed.set('dependencies', keys)
    // A circle may be no longer one.
    for (const key of this.#cut) keys.add(key)
    this.#cut.clear()
    const candidates = [...keys].flatMap((key) => this.#client.dependencies.get(key) ?? [])
    for (const key of closingLinks(this.#plan(), candidates)) {
      this.#cut.add(key)
      keys.add(key)
    }
  }

  /** The model refuses a child before its parent. */
  parentsFirst(added: readonly AddedRecord[]): AddedRecord[] {
    const waiting = new Map(added.map((entry) => [idKey(entry.id ?? ''), entry]))
    const sorted: AddedRecord[] = []
    for (const entry of added) {
      const path: AddedRecord[] = []
      for (let next: AddedRecord | undefined = entry; next && waiting.delete(idKey(next.id ?? '')); ) {
        path.push(next)
        const parent: RecordId | undefined = this.#client.tasks.parent(next.id ?? '')?.id
        next = parent === undefined ? undefined : waiting.get(idKey(parent))
      }
      sorted.push(...path.reverse())
    }
    return sorted
  }

  #plan(): Parameters<typeof closingLinks>[0] {
    const { tasks, dependencies } = this.#client
    return {
      dependencies: () => dependencies.all(),
      children: (id) => tasks.children(id),
      parent: (id) => tasks.parent(id),
    }
  }
}

/** The records that a link needs: their stores and keys. */
export function endsOf(store: string, record: PlainRecord): [target: string, id: RecordKey | undefined][] {
  if (store !== 'dependencies' && store !== 'assignments') return []
  if (store === 'dependencies')
    return [
      ['tasks', endOf(record, 'from')],
      ['tasks', endOf(record, 'to')],
    ]
  const event = record['event'] ?? record['eventId']
  const resource = record['resource'] ?? record['resourceId']
  return [
    ['tasks', typeof event === 'string' || typeof event === 'number' ? idKey(event) : undefined],
    ['resources', typeof resource === 'string' || typeof resource === 'number' ? idKey(resource) : undefined],
  ]
}
