/** Looks at connections: how they speak, what they ask for and never hear, how often they come back, how much they load. */
import { isObject } from '../../client/protocol/guards.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Check } from './doctor.ts'
import type { FindingCode, Sighting } from './finding.ts'
import type { WireMessage } from './wire-message.ts'

const ACK_MS = 10_000
const ANSWER_MS = 30_000
/** UTF-16 code units of a dataset: at 1 MB/s, some five seconds. */
const LARGE = 5_000_000
const RELOADS = 5
const RELOADS_MS = 10_000
const REFUSALS = 3
const REFUSALS_MS = 30_000
const BREAKS = 6
const BREAKS_MS = 30_000
/** A line that lives so long was no storm. */
const SHORT_MS = 5_000

interface Line {
  readonly url: string
  readonly openedAt: number
  envelope?: { readonly name: 'flat' | 'data'; readonly command: string; readonly n: number }
  /** The server granted planwire's extension: it acknowledges every change. */
  extended: boolean
  /** Changes that are to be confirmed, oldest first. */
  unconfirmed: { readonly n: number; readonly at: number; readonly what: string; readonly key: string }[]
  loads: number[]
}

const MOST_UNCONFIRMED = 1_000

export class LineChecks implements Check {
  readonly #lines = new BoundedMap<Line>(2_000)
  /** When doors were shut, or lines broke, by what it was and who. */
  readonly #times = new BoundedMap<{ readonly at: number; readonly n: number }[]>(1_000)
  readonly #requests = new BoundedMap<{
    readonly n: number
    readonly at: number
    readonly party: string
    readonly what: string
  }>(1_000)
  /** Parties that a fault of the network lab is for: what breaks there is meant to. */
  readonly #faulty = new BoundedMap<number>(1_000)

  take(entry: WireEntry, message: WireMessage | undefined): readonly Sighting[] {
    switch (entry.type) {
      case 'open':
        this.#lines.set(`socket ${entry.socket}`, {
          url: entry.url,
          openedAt: entry.at,
          extended: false,
          unconfirmed: [],
          loads: [],
        })
        return []
      case 'close':
        return this.#closed(entry)
      case 'fault':
        this.#faulty.set(entry.party, entry.at)
        return []
      case 'request':
        if (!entry.held && entry.method !== 'OPTIONS')
          this.#requests.set(String(entry.request), {
            n: entry.n,
            at: entry.at,
            party: entry.party,
            what: `${entry.method} ${entry.url}`,
          })
        return []
      case 'answer':
        this.#requests.delete(String(entry.request))
        return []
      case 'frame':
        return [...this.#size(entry), ...(message ? this.#frame(message) : [])]
      default:
        return []
    }
  }

  passed(now: number): readonly Sighting[] {
    const found: Sighting[] = []
    for (const [, line] of this.#lines.entries()) {
      const [first] = line.unconfirmed
      if (first === undefined || now - first.at < ACK_MS) continue
      line.unconfirmed.shift()
      const { n, what, key } = first
      const [party = ''] = key.split('\n', 1)
      found.push(
        one('missing-ack', `${party}`, party, [n], `${party} heard nothing of ${what} for ${ACK_MS / 1000} s.`),
      )
    }
    for (const [request, { n, at, party, what }] of this.#requests.entries()) {
      if (now - at < ANSWER_MS) break
      this.#requests.delete(request)
      found.push(one('missing-answer', party, party, [n], `${what} has no answer after ${ANSWER_MS / 1000} s.`))
    }
    return found
  }

  #frame(message: WireMessage): readonly Sighting[] {
    const { line: name, direction, command, body, party, n } = message
    // One that was open before the doctor came.
    const line = this.#lines.get(name) ?? { url: '', openedAt: 0, extended: false, unconfirmed: [], loads: [] }
    if (!this.#lines.has(name)) this.#lines.set(name, line)
    if (direction === 'up') return this.#up(line, message)
    const { error } = body
    if (command === 'login' && isObject(body['planwire'])) line.extended = true
    if (command === 'ack' || command === 'caughtUp' || command === 'dataset') line.unconfirmed = []
    else if (typeof error === 'string') {
      line.unconfirmed.shift()
      if (/unknown command/i.test(error))
        return [
          one(
            'unknown-command',
            `${party} ${command}`,
            party,
            [n],
            `The server does not know the command ${command} of ${party}.`,
          ),
        ]
    } else if (/^project_?change$/i.test(command)) confirm(line, message)
    return []
  }

  #up(line: Line, message: WireMessage): readonly Sighting[] {
    const { command, envelope, party, n, at, held, body, records } = message
    const found: Sighting[] = []
    if (command === 'dataset') {
      line.loads = [...line.loads.filter((time) => at - time <= RELOADS_MS), at].slice(-RELOADS)
      if (line.loads.length === RELOADS)
        found.push(
          one(
            'dataset-reloads',
            party,
            party,
            [n],
            `${party} loads the dataset ${RELOADS} times within ${RELOADS_MS / 1000} s.`,
          ),
        )
    }
    // A login may say everything twice, so that servers of both dialects understand it.
    if (envelope !== undefined && command !== 'login') {
      const before = line.envelope
      if (before === undefined) line.envelope = { name: envelope, command, n }
      else if (before.name !== envelope) {
        const words = { flat: 'flat', data: 'in { command, data }' }
        const text = `${party} sends ${command} ${words[envelope]} on a connection where ${before.command} was ${words[before.name]}.`
        found.push(one('dialect-mix', `${message.line} ${command}`, party, [before.n, n], text))
      }
    }
    if (!held && /^project_?change$/i.test(command) && line.unconfirmed.length < MOST_UNCONFIRMED) {
      const { revisions } = body
      const what = `${command} (entry ${n})`
      const key = `${party}\n`
      if (Array.isArray(revisions)) {
        for (const each of revisions)
          if (isObject(each)) line.unconfirmed.push({ n, at, what, key: key + String(each['revision']) })
      } else if (line.extended && isObject(body['planwire'])) line.unconfirmed.push({ n, at, what, key })
      else {
        // Flat, without the extension: only new records are answered.
        const phantom = records.find(({ kind }) => kind === 'added')?.fields['$PhantomId']
        if (phantom !== undefined) line.unconfirmed.push({ n, at, what, key: key + String(phantom) })
      }
    }
    return found
  }

  #size({ n, party, text, direction, socket }: Extract<WireEntry, { type: 'frame' }>): readonly Sighting[] {
    if (direction === 'up' || text.length < LARGE) return []
    const size = `${(text.length / 1_000_000).toFixed(1)} million characters`
    return [one('oversized-dataset', `socket ${socket}`, party, [n], `${party} is sent ${size} in one frame.`)]
  }

  #closed(entry: Extract<WireEntry, { type: 'close' }>): readonly Sighting[] {
    const { n, at, party, socket, by, code, refused } = entry
    const name = `socket ${socket}`
    const line = this.#lines.get(name)
    this.#lines.delete(name)
    if (by === 'client' || this.#isFaulty(party, at)) return []
    const isRefusal = code === 1008 || refused === 401 || refused === 403 || refused === 404
    const [kind, most, within]: readonly [FindingCode, number, number] = isRefusal
      ? ['retry-after-refusal', REFUSALS, REFUSALS_MS]
      : ['reconnect-storm', BREAKS, BREAKS_MS]
    if (!isRefusal && (code === 1001 || line === undefined || at - line.openedAt > SHORT_MS)) return []
    const who = `${kind} ${isRefusal ? (line?.url ?? party) : party.replace(/#\d+$/, '')} ${entry.tab ?? ''}`
    const times = [...(this.#times.get(who) ?? []).filter((time) => at - time.at <= within), { at, n }].slice(-most)
    this.#times.set(who, times)
    if (times.length < most) return []
    this.#times.delete(who)
    const text = isRefusal
      ? `${party} was refused (${refused ?? code}) ${most} times within ${within / 1000} s, with the same address.`
      : `${party} connected, and lost the line again, ${most} times within ${within / 1000} s (${code}).`
    return [
      one(
        kind,
        who,
        party,
        times.map((time) => time.n),
        text,
      ),
    ]
  }

  #isFaulty(party: string, at: number): boolean {
    const faults = [this.#faulty.get(party), this.#faulty.get('everybody')]
    return faults.some((time) => time !== undefined && at - time < BREAKS_MS)
  }
}

/** A change came back to its author. */
function confirm(line: Line, { body, records }: WireMessage): void {
  const names = new Set<string>(
    records.flatMap(({ fields }) => (fields['$PhantomId'] === undefined ? [] : [String(fields['$PhantomId'])])),
  )
  const { revisions } = body
  if (Array.isArray(revisions))
    for (const each of revisions) if (isObject(each)) names.add(String(each['localRevision']))
  line.unconfirmed = line.unconfirmed.filter(({ key }) => !names.has(key.split('\n')[1] ?? ''))
}

function one(code: FindingCode, cause: string, party: string, entries: readonly number[], message: string): Sighting {
  return { code, cause, parties: [party], entries, message }
}
