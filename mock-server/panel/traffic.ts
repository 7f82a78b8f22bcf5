/**
 * Owns what the panel has heard of the wire: the newest entries, within bounds, and who is connected. Taking an entry in costs a
 * few counters and no parsing, so that a storm of messages costs the page next to nothing.
 */
import type { WireEntry } from '../recorder/recording.ts'
import { Connections } from './connections.ts'
import { kindOf } from './entry-kind.ts'

/** Entries that are kept, and their characters. */
export const KEPT_ENTRIES = 5000
const KEPT_CHARACTERS = 16_777_216

/** What crossed the wire. */
export class Traffic {
  readonly connections: Connections = new Connections()
  /** Kinds of messages seen so far, at most 200. */
  readonly kinds: Set<string> = new Set()
  /** Parties seen so far, at most 500. */
  readonly parties: Set<string> = new Set()
  /** Raised by {@link clear}: what was shown before is gone. */
  era = 0
  /** Raised when another backend took over, which counts entries and sockets from 1: what was heard before is gone, and who was connected. */
  generation = 0
  /** Entries heard in all, kept or not. */
  heard = 0
  /** Entries that were left out on the way, because this page read too slowly. */
  missed = 0
  #last: number | undefined
  #kept: WireEntry[] = []
  #characters = 0
  /** What asks led to which answers. */
  readonly #requests = new Map<number, WireEntry & { readonly type: 'request' }>()
  readonly #changed: () => void
  readonly #listeners = new Set<(entries: readonly WireEntry[]) => void>()

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** The newest entries, oldest first. */
  get entries(): readonly WireEntry[] {
    return this.#kept
  }

  /** Takes a batch in. */
  take(entries: readonly WireEntry[]): void {
    for (const entry of entries) {
      if (this.#last !== undefined && entry.n <= this.#last) this.#restart()
      this.#kept.push(entry)
      this.#characters += lengthOf(entry)
      this.connections.take(entry)
      if (this.kinds.size < 200) this.kinds.add(kindOf(entry))
      if ('socket' in entry && this.parties.size < 500) this.parties.add(entry.party)
      if (this.#last !== undefined && entry.n > this.#last + 1) this.missed += entry.n - this.#last - 1
      this.#last = entry.n
      if (entry.type === 'request') this.#requests.set(entry.request, entry)
    }
    this.heard += entries.length
    for (const listener of this.#listeners) listener(entries)
    this.#forget()
    this.#changed()
  }

  /** Hears each batch that is taken in. */
  subscribe(listener: (entries: readonly WireEntry[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The request that an answer belongs to, while it is kept. */
  requestOf(answer: WireEntry & { readonly type: 'answer' }): (WireEntry & { readonly type: 'request' }) | undefined {
    return this.#requests.get(answer.request)
  }

  clear(): void {
    this.#kept = []
    this.#characters = 0
    this.#requests.clear()
    this.era += 1
    this.#changed()
  }

  #restart(): void {
    this.generation += 1
    this.#last = undefined
    this.connections.clear()
    this.clear()
  }

  /** In bulk, so that each entry costs the same. */
  #forget(): void {
    if (this.#kept.length <= KEPT_ENTRIES * 1.2 && this.#characters <= KEPT_CHARACTERS) return
    let gone = Math.max(0, this.#kept.length - KEPT_ENTRIES)
    let characters = 0
    for (let at = 0; at < gone; at += 1) characters += lengthOf(this.#kept[at])
    while (this.#characters - characters > KEPT_CHARACTERS * 0.8 && gone < this.#kept.length) {
      characters += lengthOf(this.#kept[gone])
      gone += 1
    }
    for (const entry of this.#kept.slice(0, gone)) if (entry.type === 'request') this.#requests.delete(entry.request)
    this.#kept = this.#kept.slice(gone)
    this.#characters -= characters
  }
}

/** Characters that an entry keeps in memory, about. */
function lengthOf(entry: WireEntry | undefined): number {
  if (entry === undefined) return 0
  if (entry.type === 'frame') return entry.text.length + 100
  return 'body' in entry ? entry.body.length + 300 : 200
}
