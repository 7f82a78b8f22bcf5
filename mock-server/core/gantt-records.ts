/** Owns how Gantt sees the records of a project, and what its own become there (see also the mapping of the dialect). */
import { linkToDhtmlx, taskToDhtmlx } from '../../client/protocol/dialects/dhtmlx/gantt-mapping.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'

/** A task as Gantt reads it. */
export function taskRecord(task: PlainRecord): PlainRecord {
  return { ...taskToDhtmlx(task), id: task.id }
}

/** A dependency as Gantt reads it. */
export function linkRecord(dependency: PlainRecord): PlainRecord {
  return { ...linkToDhtmlx(dependency), id: dependency.id }
}
