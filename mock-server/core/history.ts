/** Owns a room's recent commits: bounded, without gaps, found by revision or by the author's changeset id. */
import type { Changeset, ProjectChanges } from '../../client/protocol/changeset.ts'
import type { ChangesetId } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { BOUNDS } from './defaults.ts'

/** One commit as listeners hear of it: real ids, no version contents. */
export interface Commit {
  readonly revision: number
  readonly changes: ProjectChanges
  /** JSON text of `changes.stores`, where they stand as their author wrote them. */
  readonly text?: string
  /** Named by the first commit of a run. */
  readonly run?: string
  /** Id that the author's session got at login; `server` for everyone else. */
  readonly client: string
  /** The author's idempotency key. */
  readonly changeset?: ChangesetId
  readonly localRevision?: string
  readonly conflictResolutionFor?: string
  /** What the author alone has to be told beside `changes`. Not in the log: whoever comes back is told by `changes`. */
  readonly correction?: Changeset
  /** Keys of the author's revision that planwire does not know. */
  readonly extra?: Fields
}

/**
 * A commit as it is kept. Of those whose text is known the text alone, and no objects that live long and die late: what a
 * one-field commit leaves behind for the collector of garbage is 0.7 kB instead of 1.1.
 */
interface Item {
  readonly commit: Commit
  readonly length: number
}

/** A commit that reads its changes from their text when somebody asks. */
class WrittenCommit implements Commit {
  readonly revision: number
  readonly client: string
  readonly text: string
  readonly run?: string
  readonly changeset?: ChangesetId

  constructor(text: string, { revision, client, run, changeset }: Commit) {
    this.revision = revision
    this.client = client
    this.text = text
    if (run !== undefined) this.run = run
    if (changeset !== undefined) this.changeset = changeset
  }

  get changes(): ProjectChanges {
    return { stores: JSON.parse(this.text) }
  }
}

function kept(commit: Commit): Commit {
  const { text, localRevision, conflictResolutionFor, correction, extra } = commit
  const more = localRevision ?? conflictResolutionFor ?? correction ?? extra
  return text === undefined || more !== undefined ? commit : new WrittenCommit(text, commit)
}

/**
 * The last commits of a room: at most `limit` of them, and no more than fits. A list with its oldest end counted up and cut off
 * now and then: as a map it took 5 % of what a one-field commit costs the core.
 */
export class History {
  readonly #limit: number
  /** From `#base` on; undefined what is forgotten, and for revisions that are no commits. */
  #items: (Item | undefined)[] = []
  #base = 0
  /** How many places at the beginning are forgotten. */
  #forgotten = 0
  #count = 0
  readonly #changesets = new Map<ChangesetId, number>()
  #length = 0

  constructor(limit: number) {
    this.#limit = Math.max(1, limit)
  }

  /** Adds the newest commit. `length` is that of the frame that made it. */
  add(commit: Commit, length: number): void {
    const { revision, changeset } = commit
    if (this.#count === 0) this.#begin(revision)
    while (this.#base + this.#items.length < revision) this.#items.push(undefined)
    this.#items.push({ commit: kept(commit), length })
    this.#count += 1
    if (changeset !== undefined) this.#changesets.set(changeset, revision)
    this.#length += length
    // The newest stays, however long it is.
    while (this.#count > this.#limit || (this.#length > BOUNDS.historyLength && this.#count > 1)) this.#forget()
    if (this.#forgotten > 1024 && this.#forgotten * 2 > this.#items.length) {
      this.#items.splice(0, this.#forgotten)
      this.#base += this.#forgotten
      this.#forgotten = 0
    }
  }

  /** The commit of a revision, if it is still here. */
  commit(revision: number | undefined): Commit | undefined {
    return revision === undefined ? undefined : this.#items[revision - this.#base]?.commit
  }

  /** The commit of a changeset, if it is still here. */
  ofChangeset(changeset: ChangesetId): Commit | undefined {
    return this.commit(this.#changesets.get(changeset))
  }

  /** The commits after `revision` up to `latest`, oldest first; `lost` when one of them is not here, as after a reset. */
  since(revision: number, latest: number): readonly Commit[] | 'lost' {
    if (revision > latest || latest - revision > this.#count) return 'lost'
    const commits: Commit[] = []
    for (let next = revision + 1; next <= latest; next += 1) {
      const commit = this.commit(next)
      if (!commit) return 'lost'
      commits.push(commit)
    }
    return commits
  }

  clear(): void {
    this.#begin(0)
    this.#count = 0
    this.#changesets.clear()
    this.#length = 0
  }

  #begin(revision: number): void {
    this.#items = []
    this.#base = revision
    this.#forgotten = 0
  }

  #forget(): void {
    const oldest = this.#items[this.#forgotten]
    this.#items[this.#forgotten] = undefined
    this.#forgotten += 1
    if (!oldest) return
    this.#count -= 1
    this.#length -= oldest.length
    const { changeset } = oldest.commit
    if (changeset !== undefined) this.#changesets.delete(changeset)
  }
}
