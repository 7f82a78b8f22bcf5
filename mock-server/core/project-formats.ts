/**
 * Owns the formats in which a project may be configured, and the way from each to lists of canonical records:
 *
 *   the documents' dataset            { tasksData: [], dependenciesData: [], ..., projectMeta: {} }
 *   a CrudManager load response       { tasks: { rows: [] }, dependencies: { rows: [] }, ..., project: {} }
 *   what DHTMLX Gantt loads           { data: [], links: [] }, or { tasks: [], links: [] }
 */
import { linkFromDhtmlx, taskFromDhtmlx } from '../../client/protocol/dialects/dhtmlx/gantt-mapping.ts'
import { recordsAt } from '../../client/protocol/record-guards.ts'
import { type Fields, type PlainRecord, PROJECT_STORES } from '../../client/protocol/records.ts'
import type { ProjectContent } from './config.ts'

/** The records of one store, and where they stood. */
export interface ConfiguredList {
  readonly records: readonly PlainRecord[]
  readonly path: string
}

/** A project's lists by store, and its own fields. */
export interface ConfiguredContent {
  readonly lists: ReadonlyMap<string, ConfiguredList>
  readonly meta: Fields
}

/** Reads the content of a project, whichever format it has. Throws a `Misfit` for DHTMLX records that are none. */
export function configuredContent(content: ProjectContent, path: string): ConfiguredContent {
  const lists = new Map<string, ConfiguredList>()
  const widget = widgetLists(content, path)
  for (const store of PROJECT_STORES) {
    const documented = content[`${store}Data`]
    const rows = content[store]
    const mapped = widget.get(store)
    if (documented) lists.set(store, { records: documented, path: `${path}.${store}Data` })
    else if (mapped) lists.set(store, mapped)
    else if (isList(rows)) lists.set(store, { records: rows, path: `${path}.${store}` })
    else if (rows?.rows) lists.set(store, { records: rows.rows, path: `${path}.${store}.rows` })
  }
  return { lists, meta: content.projectMeta ?? content.project ?? {} }
}

/** Tasks and dependencies of a content in the format of DHTMLX Gantt; none for the others. */
function widgetLists({ data, tasks, links }: ProjectContent, path: string): ReadonlyMap<string, ConfiguredList> {
  const lists = new Map<string, ConfiguredList>()
  const list = (store: string, key: string, records: readonly PlainRecord[], map: (record: Fields) => Fields): void => {
    const read = recordsAt(records, `${path}.${key}`)
    lists.set(store, { records: read.map((record) => ({ ...map(record), id: record.id })), path: `${path}.${key}` })
  }
  if (data) list('tasks', 'data', data, (task) => taskFromDhtmlx(task))
  else if (isList(tasks)) list('tasks', 'tasks', tasks, (task) => taskFromDhtmlx(task))
  if (links) list('dependencies', 'links', links, (link) => linkFromDhtmlx(link))
  return lists
}

/** `Array.isArray` does not tell a read-only list from an object. */
function isList(value: unknown): value is readonly PlainRecord[] {
  return Array.isArray(value)
}
