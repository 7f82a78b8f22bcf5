/**
 * Owns the faults of the vendors' servers that `quirks` of a configuration switches on, each at the place where it shows.
 * The rest of the server does not know them: without quirks every function here hands on what it was given.
 */
import type { Clock } from '../../client/ports/ports.ts'
import { nestTree } from '../../client/protocol/dialects/bryntum/nest.ts'
import { isObject } from '../../client/protocol/guards.ts'
import { idKey, type RecordKey } from '../../client/protocol/ids.ts'
import type { ClientRevision, Downstream } from '../../client/protocol/messages.ts'
import type { Dataset, PlainRecord } from '../../client/protocol/records.ts'
import type { ChannelMember } from './project-channel.ts'
import type { QuirkName } from './quirk-names.ts'
import type { Outcome } from './room.ts'
import { withoutContents } from './versions.ts'

/** Quirks as the sessions meet them. */
export interface Quirks {
  has(name: QuirkName): boolean
  /** True for a frame that is passed over in silence. */
  ignores(frame: string): boolean
  /** Runs what a change frame does: at once, or a little later, in order. */
  commit(run: () => void): void
  /** Revisions as the room is given them. */
  revisions(revisions: readonly ClientRevision[]): readonly ClientRevision[]
  /** A message as it is told. */
  told(message: Downstream): Downstream
  /** Under which the room remembers a session without the extension. */
  sessionKey(key: string): string | undefined
  /** Those of one project; undefined when none shows there. */
  ofProject(): ProjectQuirks | undefined
}

/** Longest delay of `late-commits`, in milliseconds. */
const LATEST_MS = 4
/** How many changes reach everybody before one does not. */
const MISSED_EVERY = 5

/** Names of the documents and of the 2022 server that the 2025 server does not know. */
const UNKNOWN_NAMES = new Set(['projectChange', 'projectChanges', 'requestVersionAutoSave', 'loadVersionContent'])

const STACK =
  '\n    at WebSocketServer.handle (/srv/gantt/server.js:214:17)\n    at WebSocket.emit (node:events:524:28)'

/** The quirks of a configuration. `inTurn` runs what comes late. */
export function createQuirks(names: ReadonlySet<QuirkName>, clock: Clock, inTurn: (run: () => void) => void): Quirks {
  const has = (name: QuirkName): boolean => names.has(name)
  let late = 0
  let latest = 0
  return {
    has,
    ignores: (frame) => has('unknown-names') && UNKNOWN_NAMES.has(commandOf(frame)),
    commit(run) {
      if (!has('late-commits')) {
        run()
        return
      }
      late += 1
      // In the order in which they came, each one to four milliseconds after it arrived.
      latest = Math.max(latest, clock.now() + 1 + (late % LATEST_MS))
      clock.after(latest - clock.now(), () => inTurn(run))
    },
    revisions(revisions) {
      if (!has('lost-content')) return revisions
      return revisions.map((revision) => ({ ...revision, changes: withoutContents(revision.changes) }))
    },
    told(message) {
      if (message.type !== 'refused' || !has('stack-traces')) return message
      return { ...message, error: `Error: ${message.error}${STACK}` }
    },
    sessionKey: (key) => (has('forgotten-replays') ? undefined : key),
    ofProject() {
      const some = has('missed-events') || has('lost-parents') || has('both-parents')
      return some ? new ProjectQuirks(names) : undefined
    },
  }
}

function commandOf(frame: string): string {
  try {
    const json: unknown = JSON.parse(frame)
    return isObject(json) && typeof json['command'] === 'string' ? json['command'] : ''
  } catch {
    return ''
  }
}

/** Quirks as the members of one project meet them. */
export class ProjectQuirks {
  readonly #names: ReadonlySet<QuirkName>
  /** New children of new parents. */
  readonly #orphans = new Set<RecordKey>()
  /** Moved tasks, with the parent that each was below first. */
  readonly #moved = new Map<RecordKey, string>()
  #commits = 0

  constructor(names: ReadonlySet<QuirkName>) {
    this.#names = names
  }

  committed(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.type !== 'committed') continue
      for (const { id, $PhantomParentId } of outcome.commit.changes.stores.tasks?.added ?? [])
        if (id !== undefined && $PhantomParentId !== undefined) this.#orphans.add(idKey(id))
      for (const { store, before, after } of outcome.touched) {
        if (store !== 'tasks' || !before || !after || before.parentId === after.parentId) continue
        this.#orphans.delete(idKey(after.id))
        this.#moved.set(idKey(after.id), String(before.parentId))
      }
    }
  }

  /** Everything was put back. */
  replaced(): void {
    this.#orphans.clear()
    this.#moved.clear()
  }

  /** The one of these that does not hear of a change. */
  deaf(others: readonly ChannelMember[]): ChannelMember | undefined {
    if (!this.#names.has('missed-events')) return undefined
    this.#commits += 1
    if (this.#commits % MISSED_EVERY !== 0) return undefined
    return others[(this.#commits / MISSED_EVERY) % others.length]
  }

  /** The dataset as it is served. */
  dataset(dataset: Dataset): Dataset {
    let tasks = dataset.stores['tasks'] ?? []
    if (this.#names.has('lost-parents')) tasks = tasks.map((task) => this.#orphaned(task))
    if (this.#names.has('both-parents')) tasks = this.#doubled(tasks)
    return { ...dataset, stores: { ...dataset.stores, tasks } }
  }

  #orphaned(task: PlainRecord): PlainRecord {
    if (!this.#orphans.has(idKey(task.id))) return task
    const { parentId: _, ...rest } = task
    return { ...rest, id: task.id }
  }

  /** Nested already, so that a task can stand below its first parent as well as below the one that it names. */
  #doubled(tasks: readonly PlainRecord[]): readonly PlainRecord[] {
    const twins = new Map<string, PlainRecord[]>()
    for (const task of tasks) {
      const parent = this.#moved.get(idKey(task.id))
      if (parent === undefined || parent === String(task.parentId)) continue
      twins.set(parent, [...(twins.get(parent) ?? []), task])
    }
    if (twins.size === 0) return tasks
    const within = (records: readonly PlainRecord[]): readonly PlainRecord[] =>
      records.map((record) => {
        const below = Array.isArray(record['children']) ? within(record['children']) : []
        const children = [...below, ...(twins.get(String(record.id)) ?? [])]
        return children.length === 0 ? record : { ...record, children }
      })
    return within(nestTree(tasks))
  }
}
