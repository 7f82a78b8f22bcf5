/** Tasks: a record store that is also a tree, and that takes along what hangs on a task. */
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import { isRecordId, type RecordId, sameId } from '../protocol/ids.ts'
import type { Fields, Task } from '../protocol/records.ts'
import type { TaskTree } from '../store/task-tree.ts'
import { RecordStore, type StoreHost } from './record-store.ts'

/** The plan's tasks as records and as a tree. */
export class TaskStore<T extends Task = Task> extends RecordStore<T> {
  readonly #tree: TaskTree

  constructor(host: StoreHost, tree: TaskTree) {
    super('tasks', host)
    this.#tree = tree
  }

  /** Children of a task (`null`: of the root) in their order. A task whose parent is gone is shown at the root. */
  children(parent: RecordId | null): readonly T[] {
    return this.#tree.children(parent === null ? null : (this.get(parent)?.id ?? parent)) as readonly T[]
  }

  /** The task's parent; undefined at the root. */
  parent(id: RecordId): T | undefined {
    return this.#tree.parent(this.get(id)?.id ?? id) as T | undefined
  }

  /** Every task below a task, parents first. */
  descendants(id: RecordId): readonly T[] {
    return this.#tree.descendants(this.get(id)?.id ?? id) as T[]
  }

  /** A new task is the last among its siblings unless `parentIndex` says otherwise. */
  protected override placed(fields: Fields): Fields {
    const siblings = this.children(isRecordId(fields['parentId']) ? fields['parentId'] : null)
    // Removed siblings leave gaps, so their number alone is not the next place.
    const parentIndex = Math.max(siblings.length, (siblings.at(-1)?.parentIndex ?? -1) + 1)
    return { parentIndex, ...fields }
  }

  /**
   * Moves a task below another parent (`parentId: null`: to the root) or to another place among its siblings.
   * `index` counts without the task itself; left out: last. Error `invalid-argument` for a move below itself.
   */
  move(id: RecordId, to: { readonly parentId?: RecordId | null; readonly index?: number }): void {
    const task = this.get(id)
    if (!task)
      throw new PlanwireError('not-found', `tasks.move: there is no task ${JSON.stringify(id)}`, 'drop-changeset', {
        id,
      })
    const parentId =
      to.parentId === undefined
        ? (this.parent(task.id)?.id ?? null)
        : to.parentId === null
          ? null
          : (this.get(to.parentId)?.id ?? to.parentId)
    if (
      parentId !== null &&
      (sameId(parentId, task.id) || this.descendants(task.id).some((below) => sameId(below.id, parentId)))
    ) {
      throw invalidArgument('A task cannot be moved below itself', { id, parentId })
    }
    const siblings = this.children(parentId).filter((sibling) => !sameId(sibling.id, task.id))
    const index = Math.max(0, Math.min(to.index ?? siblings.length, siblings.length))
    const order = [...siblings.slice(0, index), task, ...siblings.slice(index)]
    this.host.transact(() => {
      order.forEach((sibling, place) => {
        const moved = sibling === task && !sameParent(task.parentId, parentId)
        this.edit(sibling.id, moved ? { parentIndex: place, parentId } : { parentIndex: place })
      })
    })
  }

  /** A task goes with everything below it and with the dependencies and assignments of all of these. */
  protected override removeRecord(record: T): void {
    this.removeAll([record, ...this.descendants(record.id)])
  }
}

function sameParent(a: unknown, b: RecordId | null): boolean {
  return b === null ? !isRecordId(a) : sameId(a, b)
}
