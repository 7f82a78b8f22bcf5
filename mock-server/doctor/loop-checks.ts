/**
 * Looks for clients that answer each other for ever: one sends back what it was just told, or two set a date to and fro.
 */
import type { Fields } from '../../client/protocol/records.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Check } from './doctor.ts'
import type { Sighting } from './finding.ts'
import type { WireMessage, WireRecord } from './wire-message.ts'

/** So soon after it was told, sending the same back is no idea of a user. */
const ECHO_MS = 2_000
/** A client that sends back so many of so many things that it was told last does so by itself. */
const ECHOES = 3
const OF_TOLD = 5
/** Two clients that do so keep one change going round. */
const ROUNDS = 4
const ROUNDS_MS = 10_000

/** A date that goes to and fro so often. */
const TURNS = 4
const PING_PONG_MS = 30_000

const DATE_FIELD = /date|start|end|deadline|until/i
/** Clients number siblings anew as soon as others do: the same numbers come from several, and settle. */
const PLACES = new Set(['id', 'parentIndex', 'orderedParentIndex'])
/** No two clocks are further apart. */
const ZONES_MS = 14 * 3_600_000
/** Entries of a chain that are kept. */
const MOST_ENTRIES = 20
const NOTHING = '[]'
/** Longer updates are no echo that is looked for: they would have to be kept. */
const LONGEST = 2_000
const LIKE_A_DATE = /^\d{2,4}[-/.]\d\d[-/.]\d{2,4}/

interface Update {
  readonly key: string
  /** Its fields as JSON, but for those that say where it stands. */
  readonly fields: string
  readonly at: number
  readonly echoes: number[]
}

interface Chain {
  readonly startedAt: number
  readonly entries: readonly number[]
  readonly parties: readonly string[]
}

interface Turn {
  readonly line: string
  readonly party: string
  readonly value: string
  readonly at: number
  readonly n: number
}

export class LoopChecks implements Check {
  /** What a line was told last, and whether it sent that back. */
  readonly #updates = new BoundedMap<Update[]>(2_000)
  /** What a party sent of late, so that its own changes are no news to it: by party, record and content. */
  readonly #sent = new BoundedMap<true>(5_000)
  /** Whether a line was told something since it sent it last, by line, record and content. */
  readonly #toldSince = new BoundedMap<true>(5_000)
  /** How often in a row something was sent by whom it had just been told to, by record and content. */
  readonly #chains = new BoundedMap<Chain>(2_000)
  /** The newest values of a date and who set them, by record and field. */
  readonly #dates = new BoundedMap<Turn[]>(5_000)

  take(_: WireEntry, message: WireMessage | undefined): readonly Sighting[] {
    if (message === undefined) return []
    const found: Sighting[] = []
    for (const record of message.records) {
      if (record.kind !== 'updated' || record.id === undefined || record.isInput) continue
      if (message.direction === 'down') this.#learn(record, message)
      else if (message.line.startsWith('socket')) {
        this.#echo(record, message, found)
        this.#date(record, message, found)
      }
    }
    return found
  }

  #learn({ store, id, fields }: WireRecord, { line, party, at }: WireMessage): void {
    const text = contentOf(fields)
    if (text === NOTHING || text.length > LONGEST) return
    const key = `${store} ${id}`
    this.#toldSince.set(`${line} ${key} ${text}`, true)
    if (this.#sent.has(`${nameOf(party)} ${key} ${text}`)) return
    const updates = [...(this.#updates.get(line) ?? []), { key, fields: text, at, echoes: [] }]
    this.#updates.set(line, updates.slice(-OF_TOLD))
  }

  #echo({ store, id, fields }: WireRecord, message: WireMessage, found: Sighting[]): void {
    const { line, party, at, n } = message
    const text = contentOf(fields)
    if (text === NOTHING || text.length > LONGEST) return
    const key = `${store} ${id}`
    this.#goesRound(key, text, message, found)
    this.#sent.set(`${nameOf(party)} ${key} ${text}`, true)
    const updates = this.#updates.get(line) ?? []
    const told = updates.filter((each) => each.key === key && each.fields === text && at - each.at <= ECHO_MS).at(-1)
    if (told === undefined) return
    told.echoes.push(n)
    const echoed = updates.filter(({ echoes }) => echoes.length > 0)
    if (echoed.length < ECHOES) return
    found.push({
      code: 'echo-loop',
      cause: party,
      parties: [party],
      entries: echoed.flatMap(({ echoes }) => echoes.slice(-1)),
      message: `${party} sends back what the server has just told: ${echoed.length} of the last ${updates.length} updates, that of ${key} among them.`,
    })
  }

  #goesRound(key: string, text: string, { line, party, at, n }: WireMessage, found: Sighting[]): void {
    const content = `${key} ${text}`
    const wasTold = this.#toldSince.has(`${line} ${content}`)
    this.#toldSince.delete(`${line} ${content}`)
    const before = wasTold ? this.#chains.get(content) : undefined
    const goesOn = before !== undefined && at - before.startedAt <= ROUNDS_MS
    const chain: Chain = goesOn
      ? {
          ...before,
          entries: [...before.entries, n].slice(-MOST_ENTRIES),
          parties: [...new Set([...before.parties, party])],
        }
      : { startedAt: at, entries: [n], parties: [party] }
    this.#chains.set(content, chain)
    if (chain.entries.length < ROUNDS || chain.parties.length < 2) return
    found.push({
      code: 'echo-loop',
      cause: key,
      parties: chain.parties,
      entries: chain.entries,
      message: `${chain.parties.join(' and ')} send each other the same update of ${key} over and over: ${chain.entries.length} times within ${ROUNDS_MS / 1000} s.`,
    })
  }

  #date({ store, id, fields }: WireRecord, { line, party, at, n }: WireMessage, found: Sighting[]): void {
    for (const [field, value] of Object.entries(fields)) {
      if (typeof value !== 'string' || !DATE_FIELD.test(field) || !LIKE_A_DATE.test(value)) continue
      const key = `${store} ${id} ${field}`
      const turns = [...(this.#dates.get(key) ?? []), { line, party, value, at, n }].slice(-TURNS)
      this.#dates.set(key, turns)
      const [a, b] = turns
      if (turns.length < TURNS || a === undefined || b === undefined) continue
      const goesToAndFro =
        a.line !== b.line &&
        a.value !== b.value &&
        at - a.at <= PING_PONG_MS &&
        isOffByZone(a.value, b.value) &&
        turns.every((turn, index) => turn.line === (index % 2 ? b : a).line && turn.value === (index % 2 ? b : a).value)
      if (!goesToAndFro) continue
      found.push({
        code: 'date-ping-pong',
        cause: key,
        parties: [a.party, b.party],
        entries: turns.map((turn) => turn.n),
        message: `${a.party} and ${b.party} set ${field} of ${store} ${String(id)} to and fro: ${a.value}, ${b.value}.`,
      })
    }
  }
}

/** `ann` of `ann#2`: a client that comes back is the same one. */
function nameOf(party: string): string {
  return party.replace(/#\d+$/, '')
}

/** The fields of an update that say more than where the record stands, as text. */
function contentOf(fields: Fields): string {
  const names = Object.keys(fields).filter((field) => !PLACES.has(field))
  return JSON.stringify(names.sort().map((name) => [name, fields[name]]))
}

/** True for two moments that may be one, read in two time zones or formats. Whole days apart are two. */
function isOffByZone(one: string, other: string): boolean {
  const [a, b] = [momentOf(one), momentOf(other)]
  return a === undefined || b === undefined || Math.abs(a - b) <= ZONES_MS
}

/** Milliseconds since the epoch, where the text says so in the way of ISO 8601; without a zone as if in UTC. */
function momentOf(text: string): number | undefined {
  const iso = text.replace(' ', 'T')
  const moment = Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$|^\d{4}-\d\d-\d\d$/.test(iso) ? iso : `${iso}Z`)
  return Number.isNaN(moment) ? undefined : moment
}
