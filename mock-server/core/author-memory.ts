/**
 * Owns what a room remembers of its authors, so that a replay changes nothing (law 3) and a phantom id that is used
 * before its answer arrived is understood: the counters, the local revisions, the phantom ids. All bounded.
 */
import type { ClientId, RecordId, RecordKey } from '../../client/protocol/ids.ts'
import type { AuthorCounter } from './contract.ts'
import { BOUNDS } from './defaults.ts'
import type { PhantomIds } from './prepare-changes.ts'

interface Memory {
  /** Counter of the newest committed changeset; -1 before the first. */
  counter: number
  /**
   * Counters below it that were not committed: a client that holds changesets of one user back while another works sends
   * them later. Bounded; the lowest are forgotten first and then count as committed.
   */
  readonly missing: Set<number>
  /** Revisions dialect: the author's number to the server's. */
  readonly localRevisions: Map<string, number>
}

/** What is remembered of a commit. */
export interface Committed {
  readonly counter?: number | undefined
  readonly localRevision?: string | undefined
  readonly phantoms?: PhantomIds
}

const CLIENT = 'client '

/** The authors of one room by key: the client id of the extension, or the session for clients without it. */
export class AuthorMemory {
  readonly #authors = new Map<string, Memory>()
  #forgot = false
  /** Real ids by author, then by store and key of the phantom id; who added last comes last. They go with a session. */
  readonly #phantoms = new Map<string, Map<string, RecordId>>()
  #phantomCount = 0

  /** The key of a client that asked for the extension: the same after a reconnect. */
  static client(client: ClientId): string {
    return `${CLIENT}${client}`
  }

  /** The key of a session without it: gone with the session. */
  static session(session: string): string {
    return `session ${session}`
  }

  /** True for a client that may have been known once: nobody is forgotten before the memory is full. */
  mayHaveForgotten(author: string): boolean {
    return !this.#authors.has(author) && (this.#forgot || this.#authors.size >= BOUNDS.authors)
  }

  /** True when this changeset was committed before. */
  isReplay(author: string, counter: number): boolean {
    const memory = this.#authors.get(author)
    return memory !== undefined && counter <= memory.counter && !memory.missing.has(counter)
  }

  /** What a snapshot knew of a client. */
  resume([client, counter, missing = []]: AuthorCounter): void {
    const memory: Memory = { counter, missing: new Set(missing), localRevisions: new Map() }
    if (keep(this.#authors, AuthorMemory.client(client), memory, BOUNDS.authors)) this.#forgot = true
  }

  /** The revision that a local revision became. */
  revisionOf(author: string, localRevision: string): number | undefined {
    return this.#authors.get(author)?.localRevisions.get(localRevision)
  }

  /** The real id that an author's phantom id became. */
  realId(author: string, store: string, key: RecordKey): RecordId | undefined {
    return this.#phantoms.get(author)?.get(phantomKey(store, key))
  }

  /** Remembers a commit. */
  committed(author: string, revision: number, { counter, localRevision, phantoms }: Committed): void {
    if (phantoms && phantoms.size > 0) this.#rememberPhantoms(author, phantoms)
    if (counter === undefined && localRevision === undefined) return
    const memory = this.#authors.get(author) ?? { counter: -1, missing: new Set(), localRevisions: new Map() }
    if (keep(this.#authors, author, memory, BOUNDS.authors)) this.#forgot = true
    if (counter !== undefined) count(memory, counter)
    if (localRevision !== undefined) keep(memory.localRevisions, localRevision, revision, BOUNDS.localRevisions)
  }

  /** The session loaded the project anew: its local revisions may start over. */
  startOver(author: string): void {
    this.#authors.get(author)?.localRevisions.clear()
  }

  /** The room was reset: what phantom ids and local revisions stood for is gone, counters go on. */
  reset(): void {
    this.#phantoms.clear()
    this.#phantomCount = 0
    for (const { localRevisions } of this.#authors.values()) localRevisions.clear()
  }

  /** The author will not come back. */
  forget(author: string): void {
    this.#authors.delete(author)
    this.#phantomCount -= this.#phantoms.get(author)?.size ?? 0
    this.#phantoms.delete(author)
  }

  /** The counters of all clients, for a snapshot; the client heard of last comes last. */
  counters(): readonly AuthorCounter[] {
    const counters: AuthorCounter[] = []
    for (const [key, { counter, missing }] of this.#authors) {
      if (counter < 0 || !key.startsWith(CLIENT)) continue
      const client = key.slice(CLIENT.length)
      counters.push(missing.size === 0 ? [client, counter] : [client, counter, [...missing]])
    }
    return counters
  }

  #rememberPhantoms(author: string, phantoms: PhantomIds): void {
    const own = this.#phantoms.get(author) ?? new Map<string, RecordId>()
    this.#phantoms.delete(author)
    this.#phantoms.set(author, own)
    for (const [store, ids] of phantoms) {
      for (const [key, id] of ids) {
        const phantom = phantomKey(store, key)
        if (!own.delete(phantom)) this.#phantomCount += 1
        own.set(phantom, id)
      }
    }
    for (const [oldest, theirs] of this.#phantoms) {
      for (const phantom of theirs.keys()) {
        if (this.#phantomCount <= BOUNDS.phantoms) return
        theirs.delete(phantom)
        this.#phantomCount -= 1
      }
      this.#phantoms.delete(oldest)
    }
  }
}

/** A changeset was committed: it is missing no longer, and those that it went ahead of are. */
function count(memory: Memory, counter: number): void {
  const { missing } = memory
  missing.delete(counter)
  for (let passed = Math.max(memory.counter + 1, counter - BOUNDS.missing); passed < counter; passed += 1)
    missing.add(passed)
  memory.counter = Math.max(memory.counter, counter)
  for (const lowest of missing) {
    if (missing.size <= BOUNDS.missing) break
    missing.delete(lowest)
  }
}

/** No two of these are equal for different parts: the length tells where the store ends. */
function phantomKey(store: string, key: RecordKey): string {
  return `${store.length} ${store}${key}`
}

/** Sets a key as the newest of a bounded map; what was not touched longest goes first. True if something went. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, bound: number): boolean {
  map.delete(key)
  map.set(key, value)
  if (map.size <= bound) return false
  const oldest = map.keys().next()
  return !oldest.done && map.delete(oldest.value)
}
