/** Owns where a playback begins: the records of every room, and what those who were connected had said. */
import { idKey } from '../../client/protocol/ids.ts'
import type { Dataset } from '../../client/protocol/records.ts'
import { BOUNDS } from '../core/defaults.ts'
import { collectionSeed, projectSeed } from '../core/seeds.ts'
import type { ServerState } from '../core/state-file.ts'
import type { Recording } from './recording.ts'

/** What those who were there had last shown of what they look at, oldest first. */
export function presencesOf({ sockets, startedAt }: Recording): readonly {
  readonly socket: number
  readonly at: number
  readonly text: string
}[] {
  return sockets
    .flatMap(({ socket, presence }) => {
      if (presence === undefined) return []
      const at = Math.min(startedAt, Math.max(presence.at, startedAt - BOUNDS.presenceMs))
      return [{ socket, at, text: presence.text }]
    })
    .sort((one, other) => one.at - other.at)
}

/** The records of every room of a state, by its name in the log, in the order in which a server opens them. */
export function datasetsOf({ projects, collections }: ServerState): ReadonlyMap<string, Dataset> {
  return new Map([
    ...projects.map((project, at) => [`project/${idKey(project.id)}`, projectSeed(project, at).dataset] as const),
    ...Object.entries(collections).map(
      ([name, records]) => [`collection/${name}`, collectionSeed(name, records)] as const,
    ),
  ])
}

/** What a socket missed before the recording began is over: it loads the project as it was then. */
export function withoutResume(frame: string): string {
  try {
    const parsed: { command?: unknown; planwire?: unknown; data?: { planwire?: unknown } } = JSON.parse(frame)
    if (parsed.command !== 'dataset') return frame
    delete parsed.planwire
    if (parsed.data) delete parsed.data.planwire
    return JSON.stringify(parsed)
  } catch {
    return frame
  }
}
