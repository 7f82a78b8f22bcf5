/**
 * Owns what a room remembers of its authors, so that a replay changes nothing (law 3) and a phantom id that was sent
 * before its answer arrived is understood: the last counter, the local revisions, the phantom ids. All bounded.
 */
import type { ClientId, RecordId } from '../../client/protocol/ids.ts'
import { BOUNDS } from './defaults.ts'
import type { PhantomIds } from './prepare-changes.ts'

interface Memory {
  /** Counter of the newest committed changeset; -1 before the first. */
  counter: number
  /** Revisions dialect: the author's number to the server's. */
  readonly localRevisions: Map<string, number>
  /** Store and phantom key (as `store key`) to the real id. */
  readonly phantoms: Map<string, RecordId>
}

/** The authors of one room by key: the client id of the extension, or the session for clients without it. */
export class AuthorMemory {
  readonly #authors = new Map<string, Memory>()

  /** The key of a client that asked for the extension: the same after a reconnect. */
  static client(client: ClientId): string {
    return `client ${client}`
  }

  /** The key of a session without it: gone with the session. */
  static session(session: string): string {
    return `session ${session}`
  }

  /** True when this changeset, or a later one of the same client, was committed before. */
  isReplay(author: string, counter: number): boolean {
    return counter <= (this.#authors.get(author)?.counter ?? -1)
  }

  /** The revision that a local revision became. */
  revisionOf(author: string, localRevision: string): number | undefined {
    return this.#authors.get(author)?.localRevisions.get(localRevision)
  }

  /** The real id that an author's phantom id became. */
  realId(author: string, store: string, key: string): RecordId | undefined {
    return this.#authors.get(author)?.phantoms.get(`${store} ${key}`)
  }

  /** Remembers a commit. */
  committed(
    author: string,
    revision: number,
    of: { counter?: number; localRevision?: string; phantoms?: PhantomIds },
  ): void {
    if (of.counter === undefined && of.localRevision === undefined && !of.phantoms?.size) return
    const memory = this.#touch(author)
    if (of.counter !== undefined) memory.counter = Math.max(memory.counter, of.counter)
    if (of.localRevision !== undefined) keep(memory.localRevisions, of.localRevision, revision)
    for (const [store, ids] of of.phantoms ?? []) {
      for (const [key, id] of ids) keep(memory.phantoms, `${store} ${key}`, id)
    }
  }

  /** The session loaded the project anew: its local revisions may start over. */
  startOver(author: string): void {
    this.#authors.get(author)?.localRevisions.clear()
  }

  /** The room was reset: what phantom ids stood for is gone, counters go on. */
  reset(): void {
    for (const memory of this.#authors.values()) {
      memory.localRevisions.clear()
      memory.phantoms.clear()
    }
  }

  /** The author will not come back. */
  forget(author: string): void {
    this.#authors.delete(author)
  }

  /** The counters of all clients, for a snapshot. */
  counters(): readonly (readonly [ClientId, number])[] {
    const counters: [ClientId, number][] = []
    for (const [key, { counter }] of this.#authors) {
      if (counter >= 0 && key.startsWith('client ')) counters.push([key.slice('client '.length), counter])
    }
    return counters
  }

  /** Reuses an author's memory or makes room for it; whoever was heard of last is forgotten last. */
  #touch(author: string): Memory {
    const memory = this.#authors.get(author) ?? { counter: -1, localRevisions: new Map(), phantoms: new Map() }
    this.#authors.delete(author)
    keep(this.#authors, author, memory, BOUNDS.authors)
    return memory
  }
}

/** Sets a key as the newest of a bounded map. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, bound: number = BOUNDS.remembered): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= bound) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
