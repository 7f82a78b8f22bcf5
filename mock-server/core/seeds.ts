/** Owns the way from configured projects and collections to the content of a room: nested tasks made flat, shapes checked. */
import { flattenTree, isTree } from '../../client/protocol/dialects/bryntum/tree.ts'
import { recordsAt } from '../../client/protocol/guards.ts'
import { type Dataset, type PlainRecord, PROJECT_STORES } from '../../client/protocol/records.ts'
import type { ProjectConfig } from './config.ts'
import { inConfig } from './config-check.ts'

/** The content of the project at this place of the list. Throws `invalid-argument` with the path of what is wrong. */
export function projectSeed(project: ProjectConfig, at: number): Dataset {
  const stores: Record<string, readonly PlainRecord[]> = {}
  for (const store of PROJECT_STORES) {
    const path = `projects[${at}].${store}Data`
    stores[store] = inConfig(() => {
      const records = project[`${store}Data`] ?? []
      if (!isTree(store)) return recordsAt(records, path)
      return flattenTree(records, path, store === 'tasks' ? 'all' : 'nested')
    })
  }
  return { stores, meta: project.projectMeta ?? {} }
}

/** The number of records that a project is configured with, nested ones too. */
export function countRecords(project: ProjectConfig): number {
  let count = 0
  for (const store of PROJECT_STORES) {
    const open: unknown[] = [...(project[`${store}Data`] ?? [])]
    for (let record = open.pop(); record !== undefined; record = open.pop()) {
      count += 1
      if (!isTree(store) || typeof record !== 'object' || record === null || !('children' in record)) continue
      const { children } = record
      if (Array.isArray(children)) for (const child of children) open.push(child)
    }
  }
  return count
}

/** The content of a configured collection. Throws `invalid-argument` with the path of what is wrong. */
export function collectionSeed(name: string, records: readonly PlainRecord[]): Dataset {
  return { stores: { [name]: inConfig(() => recordsAt(records, `collections.${name}`)) }, meta: {} }
}
