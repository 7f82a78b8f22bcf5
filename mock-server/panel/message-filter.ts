/** Owns which entries a list shows: by text, party, direction and kind. Asked of each entry once, unless the filter changes. */
import type { WireEntry } from '../recorder/recording.ts'
import { directionOf, type EntryGroup, groupOf, kindOf } from './entry-kind.ts'
import type { Traffic } from './traffic.ts'

/** What is left out fits everything. */
export interface MessageFilter {
  /** Part of the raw text, in any case. */
  readonly text: string
  /** A party, or `tab:` and the id of a tab. */
  readonly party: string
  readonly direction: '' | 'up' | 'down'
  /** A group (`group:frames`), or a kind. */
  readonly kind: string
}

export const NO_FILTER: MessageFilter = { text: '', party: '', direction: '', kind: '' }

/** True if an entry is to be shown. */
function fitsFilter(entry: WireEntry, { text, party, direction, kind }: MessageFilter): boolean {
  if (party !== '' && party !== (party.startsWith('tab:') ? `tab:${entry.tab}` : entry.party)) return false
  if (direction !== '' && directionOf(entry) !== direction) return false
  if (kind !== '' && kind !== (kind.startsWith('group:') ? groupKey(groupOf(entry)) : kindOf(entry))) return false
  return text === '' || rawOf(entry).toLowerCase().includes(text.toLowerCase())
}

export const groupKey = (group: EntryGroup): string => `group:${group}`

/** An entry as it crossed the wire, one part after the other. */
export function rawOf(entry: WireEntry): string {
  switch (entry.type) {
    case 'frame':
      return entry.text
    case 'request':
      return `${entry.method} ${entry.url}\n${entry.body}`
    case 'answer':
      return `${entry.status}\n${entry.body}`
    case 'fault':
      return JSON.stringify(entry.event)
    case 'control':
      return JSON.stringify(entry.action)
    default: {
      const { n, at, party, ...rest } = entry
      return JSON.stringify(rest)
    }
  }
}

/** The entries of a traffic that fit a filter, kept in step with little work: new ones are looked at, old ones fall away. */
export class FilteredEntries {
  #filter: MessageFilter = NO_FILTER
  #list: WireEntry[] = []
  #era = 0
  #seen = 0
  readonly #traffic: Traffic

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  get list(): readonly WireEntry[] {
    return this.#list
  }

  get filter(): MessageFilter {
    return this.#filter
  }

  set filter(filter: MessageFilter) {
    this.#filter = filter
    this.#list = []
    this.#seen = 0
  }

  /** Takes in what is new; answers how many fell away at the front, or `all` if nothing is where it was. */
  update(): number | 'all' {
    const { entries, era } = this.#traffic
    const anew = era !== this.#era || this.#seen === 0
    if (anew) {
      this.#era = era
      this.#list = []
    }
    const from = anew ? 0 : firstAfter(entries, this.#seen)
    for (let at = from; at < entries.length; at += 1) {
      const entry = entries[at]
      if (entry !== undefined && fitsFilter(entry, this.#filter)) this.#list.push(entry)
    }
    this.#seen = entries.at(-1)?.n ?? 0
    if (anew) return 'all'
    const gone = firstAfter(this.#list, (entries[0]?.n ?? 1) - 1)
    if (gone > 0) this.#list = this.#list.slice(gone)
    return gone
  }
}

/** Where in a list that is ordered by number the first entry after `n` stands. */
function firstAfter(entries: readonly WireEntry[], n: number): number {
  let [from, to] = [0, entries.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((entries[middle]?.n ?? 0) <= n) from = middle + 1
    else to = middle
  }
  return from
}
