/** Owns the way from configured projects and collections to the content of a room: nested tasks made flat, shapes checked. */
import { flattenTree, isTree } from '../../client/protocol/dialects/bryntum/tree.ts'
import { recordsAt } from '../../client/protocol/record-guards.ts'
import { type Dataset, type PlainRecord, PROJECT_STORES } from '../../client/protocol/records.ts'
import type { ProjectConfig } from './config.ts'
import { inConfig } from './config-check.ts'
import { configuredContent } from './project-formats.ts'

/** The content of a project, and the number of records that it is configured with, nested ones too. */
export interface ProjectSeed {
  readonly dataset: Dataset
  readonly configured: number
}

/** The content of the project at this place of the list. Throws `invalid-argument` with the path of what is wrong. */
export function projectSeed(project: ProjectConfig, at: number): ProjectSeed {
  return inConfig(() => {
    const { lists, meta } = configuredContent(project, `projects[${at}]`)
    const stores: Record<string, readonly PlainRecord[]> = {}
    let configured = 0
    for (const store of PROJECT_STORES) {
      const { records, path } = lists.get(store) ?? { records: [], path: '' }
      if (isTree(store)) stores[store] = flattenTree(records, path, store === 'tasks' ? 'all' : 'nested')
      else stores[store] = recordsAt(records, path)
      configured += countRecords(records, isTree(store))
    }
    return { dataset: { stores, meta }, configured }
  })
}

function countRecords(records: readonly PlainRecord[], tree: boolean): number {
  let count = 0
  const open: unknown[] = [...records]
  for (let record = open.pop(); record !== undefined; record = open.pop()) {
    count += 1
    if (!tree || typeof record !== 'object' || record === null || !('children' in record)) continue
    const { children } = record
    if (Array.isArray(children)) for (const child of children) open.push(child)
  }
  return count
}

/** The content of a configured collection. Throws `invalid-argument` with the path of what is wrong. */
export function collectionSeed(name: string, records: readonly PlainRecord[]): Dataset {
  return { stores: { [name]: inConfig(() => recordsAt(records, `collections.${name}`)) }, meta: {} }
}
