/**
 * Owns the state of a whole server as one JSON value: taken out to keep, to send to a colleague, or to begin a test with, and
 * put back. What it holds under `projects` and `collections` is written as in a configuration, and is read by the same code.
 */
import { PlanwireError } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import { idKey } from '../../client/protocol/ids.ts'
import type { Dataset, PlainRecord } from '../../client/protocol/records.ts'
import type { ProjectConfig } from './config.ts'
import { checkConfig } from './config-check.ts'
import type { Hub } from './hub.ts'
import { repairedDataset } from './repair.ts'
import type { Room } from './room.ts'
import { collectionSeed, projectSeed } from './seeds.ts'

const FORMAT = 'planwire-state'
const VERSION = 1

/** The records of a server, as {@link exportState} writes them. Histories, sessions and people are not part of it. */
export interface ServerState {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** When it was taken, as ISO 8601. */
  readonly at: string
  /** Projects as in a configuration, contents of saved versions among them. */
  readonly projects: readonly ProjectConfig[]
  readonly collections: { readonly [name: string]: readonly PlainRecord[] }
}

/** The records of every room as they are now. */
export function exportState(hub: Hub): ServerState {
  const projects = hub.settings.projects.map(({ id, name }): ProjectConfig => {
    const { stores, meta } = hub.channel(id)?.room.content() ?? { stores: {}, meta: {} }
    const lists = Object.entries(stores).map(([store, records]) => [`${store}Data`, records])
    return { id, name, ...Object.fromEntries(lists), projectMeta: meta }
  })
  const collections = Object.keys(hub.settings.collections).map((name) => [
    name,
    hub.collection(name)?.content().stores[name] ?? [],
  ])
  const at = new Date(hub.clock.now()).toISOString()
  return { format: FORMAT, version: VERSION, at, projects, collections: Object.fromEntries(collections) }
}

/**
 * What is to be put back, room by room: everything that the state holds, nothing of what it does not. Throws
 * `invalid-argument`, before anything is changed, for what is no such state, is broken, or has no place here.
 */
export function readState(hub: Hub, state: unknown): readonly (readonly [room: Room, content: Dataset])[] {
  if (!isObject(state) || state['format'] !== FORMAT) {
    throw refused('This is no state of a planwire server: take one with export()', 'format')
  }
  if (state['version'] !== VERSION) {
    throw refused(
      `This state has version ${String(state['version'])}; this planwire reads version ${VERSION}`,
      'version',
    )
  }
  const { projects = [], collections = {} } = state
  // The shapes are those of a configuration; what does not fit is told with its path.
  const config = { projects, collections } as Pick<ServerState, 'projects' | 'collections'>
  checkConfig(config)
  const rooms: [Room, Dataset][] = []
  for (const [at, project] of config.projects.entries()) {
    const room = hub.channel(project.id)?.room
    if (!room) throw refused(`The server has no project ${idKey(project.id)}: configure it first`, `projects[${at}].id`)
    const { dataset, configured } = projectSeed(project, at)
    rooms.push([room, repairedDataset(dataset, configured).dataset])
  }
  for (const [name, records] of Object.entries(config.collections)) {
    const room = hub.collection(name)
    if (!room) throw refused(`The server has no collection ${name}: configure it first`, `collections.${name}`)
    rooms.push([room, collectionSeed(name, records)])
  }
  return rooms
}

const refused = (message: string, path: string): PlanwireError =>
  new PlanwireError('invalid-argument', message, 'fatal', { path })
