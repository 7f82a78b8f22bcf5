/** A `ProjectClient` as the source of a chart: canonical tasks and dependencies under the widget's names. */
import type { Cancel } from '../../ports/ports.ts'
import type { ChangeBatch, StoreBatch } from '../../project/change-batch.ts'
import type { ProjectClient } from '../../project/project-client.ts'
import { SCHEDULER_DATES } from '../../protocol/dialects/dhtmlx/dates.ts'
import {
  linkFromDhtmlx,
  linkToDhtmlx,
  taskFromDhtmlx,
  taskToDhtmlx,
} from '../../protocol/dialects/dhtmlx/gantt-mapping.ts'
import { isRecordId, type RecordId, sameId } from '../../protocol/ids.ts'
import type { PlainRecord, Task } from '../../protocol/records.ts'
import type { GanttChange, GanttFields, GanttPlace, GanttSource } from './gantt-source.ts'
import { IdSet } from './mirror.ts'

/** What the chart needs of a client. */
export type ProjectForGantt = Pick<ProjectClient, 'tasks' | 'dependencies' | 'transact' | 'on' | 'wsProjectId'>

/** Fields that say where a task stands. */
const PLACE_FIELDS = ['parentId', 'parentIndex', 'orderedParentIndex']
/** The widget's word for finish-start. */
const FINISH_START = '0'

/** Tasks and dependencies of a live project, as a chart wants them. */
export function projectSource(client: ProjectForGantt): GanttSource {
  return new ProjectSource(client)
}

class ProjectSource implements GanttSource {
  readonly dateOrder = 'year-first'
  readonly #client: ProjectForGantt
  /** Links that cannot be shown because one of their tasks is missing. */
  readonly #dangling = new IdSet()

  constructor(client: ProjectForGantt) {
    this.#client = client
  }

  task(id: RecordId): GanttFields | undefined {
    const task = this.#client.tasks.get(id)
    if (!task) return undefined
    const { id: _, parent: __, ...fields } = taskToDhtmlx(task, SCHEDULER_DATES)
    return { ...fields, type: this.#typeOf(task) }
  }

  children(parent: RecordId | null): readonly RecordId[] {
    return this.#client.tasks.children(parent).map((task) => task.id)
  }

  parent(id: RecordId): RecordId | null {
    return this.#client.tasks.parent(id)?.id ?? null
  }

  links(): readonly RecordId[] {
    return this.#client.dependencies.all().map((dependency) => dependency.id)
  }

  link(id: RecordId): GanttFields | undefined {
    const dependency = this.#client.dependencies.get(id)
    if (!dependency) return undefined
    const { id: _, ...fields } = linkToDhtmlx(dependency)
    const whole = [fields['source'], fields['target']].every((end) => isRecordId(end) && this.#client.tasks.has(end))
    if (!whole) {
      this.#dangling.add(id)
      return undefined
    }
    return { ...fields, type: fields['type'] ?? FINISH_START }
  }

  transact(run: () => void): void {
    this.#client.transact(run)
  }

  addTask(fields: GanttFields, { parent, index }: GanttPlace): RecordId {
    const { id: _, ...canonical } = taskFromDhtmlx(withoutType(fields), SCHEDULER_DATES)
    const last = this.#client.tasks.children(parent).length
    const task = this.#client.tasks.add({ ...canonical, parentId: parent })
    if (index < last) this.#client.tasks.move(task.id, { parentId: parent, index })
    return task.id
  }

  updateTask(id: RecordId, fields: GanttFields): void {
    const edit = withoutType(fields)
    if (Object.keys(edit).length > 0) this.#client.tasks.update(id, taskFromDhtmlx(edit, SCHEDULER_DATES))
  }

  moveTask(id: RecordId, { parent, index }: GanttPlace): void {
    this.#client.tasks.move(id, { parentId: parent, index })
  }

  removeTask(id: RecordId): void {
    this.#client.tasks.remove(id)
  }

  addLink(fields: GanttFields): RecordId {
    const { id: _, ...canonical } = linkFromDhtmlx(fields)
    return this.#client.dependencies.add(canonical).id
  }

  updateLink(id: RecordId, fields: GanttFields): void {
    this.#client.dependencies.update(id, linkFromDhtmlx(fields, this.#client.dependencies.get(id)))
  }

  removeLink(id: RecordId): void {
    this.#client.dependencies.remove(id)
  }

  onChange(listener: (change: GanttChange) => void): Cancel {
    let shown = this.#client.wsProjectId
    return this.#client.on('change', (batch: ChangeBatch) => {
      const now = this.#client.wsProjectId
      const sameProject = shown !== undefined && now !== undefined && sameId(shown, now)
      shown = now
      const everything = batch.origin === 'dataset' || !sameProject
      listener(everything ? { type: 'everything', sameProject } : this.#changeOf(batch))
    })
  }

  #changeOf(batch: ChangeBatch): GanttChange {
    const tasks = batch.stores['tasks']
    const links = batch.stores['dependencies']
    const branches = new Set<RecordId | null>()
    for (const task of tasks ? placed(tasks) : []) branches.add(isRecordId(task['parentId']) ? task['parentId'] : null)
    const parents = [...branches].filter((id) => id !== null)
    return {
      type: 'records',
      // A parent may have become a summary task, or ceased to be one.
      tasks: [...(tasks ? ids(tasks) : []), ...parents],
      // A task whose parent is gone stands at the top.
      branches: branches.size > 0 ? [...branches, null] : [],
      links: [...(links ? ids(links) : []), ...(tasks?.added.length ? this.#dangling.take() : [])],
      rekeyedTasks: tasks?.rekeyed ?? [],
      rekeyedLinks: links?.rekeyed ?? [],
    }
  }

  /** Canonical tasks have no type: children make a summary, no length makes a milestone. */
  #typeOf(task: Task): string {
    if (this.#client.tasks.children(task.id).length > 0) return 'project'
    const none = task.duration === 0 || (task.startDate != null && task.startDate === task.endDate)
    return none ? 'milestone' : 'task'
  }
}

function ids({ added, updated, removed, rekeyed }: StoreBatch): RecordId[] {
  const records = [...added, ...updated.map(({ after }) => after), ...removed, ...rekeyed.map(({ record }) => record)]
  return records.map((record) => record.id)
}

/** Every state of a task in which it is, or was, the child of some parent that has to be looked at. */
function placed({ added, updated, removed, rekeyed }: StoreBatch): PlainRecord[] {
  const moved = updated.filter(({ before, after }) => PLACE_FIELDS.some((field) => before[field] !== after[field]))
  return [
    ...added,
    ...removed,
    ...moved.flatMap(({ before, after }) => [before, after]),
    ...rekeyed.map(({ record }) => record),
  ]
}

/** The widget's type follows from the record, except that a milestone has no length. */
function withoutType(fields: GanttFields): GanttFields {
  const { type, ...rest } = fields
  if (type !== 'milestone' || !('start_date' in rest)) return rest
  return { ...rest, end_date: rest['start_date'], duration: 0 }
}
