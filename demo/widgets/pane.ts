/** What a page shows to the split view around it, and to the console: `window.demo`. */

import type { GanttStatic } from 'dhtmlx-gantt'
import type { ProjectClient } from 'planwire'

/** A page as its neighbour in the split view sees it. */
export interface Pane {
  /** Everything the page holds: records as text, by store and id. */
  records(): ReadonlyMap<string, string>
  /** How many records there are. */
  count(): number
  /** Own changes that wait for the server. */
  pending(): number
  /** The rows of its chart as text by id, where it has one. */
  chart?(): ReadonlyMap<string, string>
  /** Calls back after every change. */
  onChange(listener: () => void): void
}

declare global {
  interface Window {
    /** The parts of this page, for the console and for tests. */
    demo?: {
      readonly pane?: Pane
      readonly client?: ProjectClient
      readonly gantt?: GanttStatic
      /** Id of this tab at the server in this browser. */
      readonly tab?: string | undefined
      readonly [part: string]: unknown
    }
  }
}

/** Records as text in which equal data is equal, by store and id. */
export function recordsOf(stores: {
  readonly [store: string]: readonly { readonly id: string | number }[]
}): ReadonlyMap<string, string> {
  const records = Object.entries(stores).flatMap(([store, list]) =>
    list.map((record): [string, string] => {
      const fields = Object.entries(record).filter(([, value]) => value !== undefined && value !== null)
      return [`${store} ${record.id}`, JSON.stringify(fields.sort())]
    }),
  )
  return new Map(records)
}

/** In how many records two panes differ. */
export function differing(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): number {
  const keys = new Set([...one.keys(), ...other.keys()])
  return [...keys].filter((key) => one.get(key) !== other.get(key)).length
}

/** What a chart shows, whoever keeps it current: name and dates of each row, by id. */
export function chartRows(gantt: GanttStatic): ReadonlyMap<string, string> {
  const rows = new Map<string, string>()
  gantt.eachTask(({ id, text, start_date, end_date }) => {
    // The dates of what has tasks below it follow from them, in one chart before the other.
    if (gantt.getChildren(id).length > 0) rows.set(String(id), String(text))
    else rows.set(String(id), `${text} ${Number(start_date)} ${Number(end_date)}`)
  })
  return rows
}
