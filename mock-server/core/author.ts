/** Owns who commits, and whose changeset it is that somebody hands over. */
import { type ChangesetId, type ClientId, changesetId, parseChangesetId } from '../../client/protocol/ids.ts'
import type { ClientRevision } from '../../client/protocol/messages.ts'
import { AuthorMemory } from './author-memory.ts'

/** Who commits. A session is its own author, so that listeners know it again. */
export interface Author {
  /** Under which the room remembers the author; undefined for authors that need no memory (REST). */
  readonly key: string | undefined
  /** Id that the session got at login, or `server`. */
  readonly client: string
  /** Client id of the extension. */
  readonly clientId: ClientId | undefined
  /** `7`, or `events-7`. */
  readonly ids: 'numbers' | 'strings'
}

/** Whose changeset it is, and under which key and counter it is remembered: an adopted one is still its maker's. */
export function makerOf(
  { counter, changeset }: ClientRevision,
  { clientId }: Author,
): { readonly key: string; readonly counter: number; readonly changeset: ChangesetId } | undefined {
  if (clientId === undefined) return undefined
  const adopted = changeset === undefined ? undefined : parseChangesetId(changeset)
  const made = adopted ?? (counter === undefined ? undefined : { client: clientId, counter })
  return (
    made && {
      key: AuthorMemory.client(made.client),
      counter: made.counter,
      changeset: changesetId(made.client, made.counter),
    }
  )
}

/** The idempotency key of a revision; undefined for authors without the extension. */
export function changesetOf(sent: ClientRevision, author: Author): ChangesetId | undefined {
  return makerOf(sent, author)?.changeset
}
