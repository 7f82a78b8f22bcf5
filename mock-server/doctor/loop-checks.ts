/**
 * Looks for clients that answer each other for ever: one sends back what it was just told, or two set a date to and fro.
 */
import { saysTheSame } from '../../client/store/same-value.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Check } from './doctor.ts'
import type { Sighting } from './finding.ts'
import type { WireMessage, WireRecord } from './wire-message.ts'

/** So soon after it was told, sending the same back is no idea of a user. */
const ECHO_MS = 2_000
/** So many times within so long. */
const ECHOES = 3
const LOOP_MS = 10_000
/** A date that goes to and fro so often. */
const TURNS = 4
const PING_PONG_MS = 30_000

const DATE_FIELD = /date|start|end|deadline|until/i
const LIKE_A_DATE = /^\d{2,4}[-/.]\d\d[-/.]\d{2,4}/

interface Turn {
  readonly line: string
  readonly party: string
  readonly value: unknown
  readonly at: number
  readonly n: number
}

export class LoopChecks implements Check {
  /** What a line was told last of a field, by line, record and field. */
  readonly #told = new BoundedMap<{ readonly value: unknown; readonly at: number; readonly n: number }>(20_000)
  /** Echoes of late, by record. */
  readonly #echoes = new BoundedMap<Turn[]>(2_000)
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

  #learn({ store, id, fields }: WireRecord, { line, at, n }: WireMessage): void {
    for (const [field, value] of Object.entries(fields))
      this.#told.set(`${line} ${store} ${id} ${field}`, { value, at, n })
  }

  #echo({ store, id, fields }: WireRecord, message: WireMessage, found: Sighting[]): void {
    const { line, party, at, n } = message
    const names = Object.keys(fields).filter((field) => field !== 'id')
    const told = names.map((field) => this.#told.get(`${line} ${store} ${id} ${field}`))
    const isEcho =
      names.length > 0 &&
      told.every(
        (each, index) => each && at - each.at <= ECHO_MS && saysTheSame(each.value, fields[names[index] ?? '']),
      )
    if (!isEcho) return
    const key = `${store} ${id}`
    const recent = (this.#echoes.get(key) ?? []).filter((each) => at - each.at <= LOOP_MS)
    recent.push({ line, party, value: undefined, at, n })
    this.#echoes.set(key, recent.slice(-ECHOES))
    if (recent.length < ECHOES) return
    const parties = [...new Set(recent.map((each) => each.party))]
    found.push({
      code: 'echo-loop',
      cause: key,
      parties,
      entries: recent.map((each) => each.n),
      message: `${parties.join(' and ')} sent back what the server had just told of ${key} (${names.join(', ')}), ${recent.length} times within ${LOOP_MS / 1000} s.`,
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
        turns.every((turn, index) => turn.line === (index % 2 ? b : a).line && turn.value === (index % 2 ? b : a).value)
      if (!goesToAndFro) continue
      found.push({
        code: 'date-ping-pong',
        cause: key,
        parties: [a.party, b.party],
        entries: turns.map((turn) => turn.n),
        message: `${a.party} and ${b.party} set ${field} of ${store} ${String(id)} to and fro: ${String(a.value)}, ${String(b.value)}.`,
      })
    }
  }
}
