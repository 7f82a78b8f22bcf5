/** Owns a room's recent commits: bounded, without gaps, found by revision or by the author's changeset id. */
import type { ProjectChanges } from '../../client/protocol/changeset.ts'
import type { ChangesetId } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'

/** One commit as listeners hear of it: real ids, no version contents. */
export interface Commit {
  readonly revision: number
  readonly changes: ProjectChanges
  /** Id that the author's session got at login; `server` for everyone else. */
  readonly client: string
  /** The author's idempotency key. */
  readonly changeset?: ChangesetId
  readonly localRevision?: string
  readonly conflictResolutionFor?: string
  /** Keys of the author's revision that planwire does not know. */
  readonly extra?: Fields
}

/** What happened at one revision. After a reset only a dataset helps, so nothing more is kept of it. */
export type HistoryItem =
  | { readonly type: 'commit'; readonly commit: Commit }
  | { readonly type: 'reset'; readonly revision: number }

/** The last `limit` revisions of a room. */
export class History {
  readonly #limit: number
  readonly #items = new Map<number, HistoryItem>()
  readonly #changesets = new Map<ChangesetId, number>()

  constructor(limit: number) {
    this.#limit = Math.max(1, limit)
  }

  add(item: HistoryItem): void {
    this.#items.set(item.type === 'commit' ? item.commit.revision : item.revision, item)
    if (item.type === 'commit' && item.commit.changeset !== undefined) {
      this.#changesets.set(item.commit.changeset, item.commit.revision)
    }
    if (this.#items.size <= this.#limit) return
    // A map iterates in the order of insertion, so the first is the oldest.
    const oldest = this.#items.entries().next()
    if (oldest.done) return
    const [revision, gone] = oldest.value
    this.#items.delete(revision)
    if (gone.type === 'commit' && gone.commit.changeset !== undefined) this.#changesets.delete(gone.commit.changeset)
  }

  /** The commit of a revision, if it is still here. */
  commit(revision: number | undefined): Commit | undefined {
    const item = revision === undefined ? undefined : this.#items.get(revision)
    return item?.type === 'commit' ? item.commit : undefined
  }

  /** The commit of a changeset, if it is still here. */
  ofChangeset(changeset: ChangesetId): Commit | undefined {
    return this.commit(this.#changesets.get(changeset))
  }

  /** The commits after a revision, oldest first; `lost` when one is gone or a reset lies between. */
  since(revision: number, latest: number): readonly Commit[] | 'lost' {
    const commits: Commit[] = []
    for (let next = revision + 1; next <= latest; next += 1) {
      const commit = this.commit(next)
      if (!commit) return 'lost'
      commits.push(commit)
    }
    return commits
  }

  clear(): void {
    this.#items.clear()
    this.#changesets.clear()
  }
}
