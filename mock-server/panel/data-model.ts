/** Owns the records of a server as tables: which there are, their columns, and which rows fit a search. */
import { isObject } from '../../client/protocol/guards.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { ServerState } from '../core/state-file.ts'

export type DataRow = { readonly [field: string]: unknown }

/** One store of a project, or a collection. */
export interface DataTable {
  /** Stays the same from one reading to the next. */
  readonly key: string
  /** `House` or `Collections`. */
  readonly group: string
  readonly name: string
  /** Id of the project; undefined for a collection. */
  readonly project: ProjectId | undefined
  readonly rows: readonly DataRow[]
}

/** Columns that come first, where records have them. */
const FIRST = [
  'id',
  'name',
  'text',
  'parentId',
  'startDate',
  'start_date',
  'endDate',
  'end_date',
  'duration',
  'percentDone',
]
/** Rows that decide which columns there are, and columns that are shown. */
const LOOKED_AT = 200
const MOST_COLUMNS = 24

/** Every table of a state, empty ones last in their group. */
export function tablesOf(state: ServerState): readonly DataTable[] {
  const projects = state.projects.flatMap((project) =>
    Object.entries(project)
      .flatMap(([key, rows]): DataTable[] =>
        key.endsWith('Data') && Array.isArray(rows)
          ? [
              {
                key: `${project.id}/${key}`,
                group: project.name,
                name: key.slice(0, -'Data'.length),
                project: project.id,
                rows: rows.filter(isObject),
              },
            ]
          : [],
      )
      .sort((a, b) => Number(a.rows.length === 0) - Number(b.rows.length === 0)),
  )
  const collections = Object.entries(state.collections).map(([name, rows]) => ({
    key: `collections/${name}`,
    group: 'Collections',
    name,
    project: undefined,
    rows: [...rows],
  }))
  return [...projects, ...collections]
}

/** The columns of rows, the telling ones first. */
export function columnsOf(rows: readonly DataRow[]): readonly string[] {
  const found = new Set<string>()
  for (const row of rows.slice(0, LOOKED_AT)) for (const field of Object.keys(row)) found.add(field)
  const rank = (field: string): number => {
    const at = FIRST.indexOf(field)
    return at < 0 ? FIRST.length : at
  }
  return [...found].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_COLUMNS)
}

/** Rows in which a text occurs, in any field and any case. */
export function searchRows(rows: readonly DataRow[], text: string): readonly DataRow[] {
  if (text === '') return rows
  const wanted = text.toLowerCase()
  return rows.filter((row) => Object.values(row).some((value) => cellOf(value).toLowerCase().includes(wanted)))
}

/** A value as a cell shows it. */
export function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
