/** What crossed the wire in a test, and how it is searched. */
import { isObject } from '../../client/protocol/guards.ts'
import type { WireEntry } from '../recorder/recording.ts'

/**
 * What to look for: text of a frame (of a request: of `METHOD /path body`), a pattern for it, or some members of its JSON, to
 * any depth.
 * @example
 * await expect(wire).toHaveSent({ command: 'projectChange', changes: { tasks: { updated: [{ id: 7 }] } } })
 * await expect(wire).toHaveSent('DELETE /events/')
 */
export type WirePattern = string | RegExp | object

/** Which entries count. */
export interface WireOptions {
  /** Only of this one: a login name, `ann#2` for a second socket. */
  readonly party?: string
  /** Exactly so many. Default: one or more. */
  readonly times?: number
}

/** The traffic of a test between its tabs and the mock server. */
export interface Wire {
  /** What was heard so far, oldest first: frames, requests, answers, sockets, faults. Secrets are redacted. */
  readonly entries: readonly WireEntry[]
}

/** Entries that a test keeps; older ones are forgotten. */
const MOST_ENTRIES = 50_000

/** The traffic, with its inner side. */
export class WireLog implements Wire {
  readonly entries: WireEntry[] = []

  heard(entries: readonly WireEntry[]): void {
    this.entries.push(...entries)
    if (this.entries.length > MOST_ENTRIES) this.entries.splice(0, this.entries.length - MOST_ENTRIES)
  }
}

/** Entries that say what a pattern asks for. */
export function matching(
  wire: Wire,
  direction: 'up' | 'down',
  pattern: WirePattern,
  { party }: WireOptions = {},
): readonly WireEntry[] {
  return wire.entries.filter((entry) => {
    const said = saidBy(entry, direction)
    if (said === undefined || (party !== undefined && entry.party !== party)) return false
    if (typeof pattern === 'string') return said.whole.includes(pattern)
    if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace('g', '')).test(said.whole)
    const value = parsed(said.body)
    return value !== undefined && holds(value, pattern)
  })
}

/** One line per entry of a direction, newest last, for the message of a failure. */
export function shownWire(wire: Wire, direction: 'up' | 'down', most = 10): readonly string[] {
  const said = wire.entries.flatMap((entry) => {
    const what = saidBy(entry, direction)
    return what ? [`  ${entry.party}: ${what.whole.slice(0, 200)}`] : []
  })
  return said.length > most ? [`  … ${said.length - most} before`, ...said.slice(-most)] : said
}

function saidBy(entry: WireEntry, direction: 'up' | 'down'): { whole: string; body: string } | undefined {
  switch (entry.type) {
    case 'frame':
      return entry.direction === direction ? { whole: entry.text, body: entry.text } : undefined
    case 'request':
      return direction === 'up' ? { whole: `${entry.method} ${entry.url} ${entry.body}`, body: entry.body } : undefined
    case 'answer':
      return direction === 'down' ? { whole: `${entry.status} ${entry.body}`, body: entry.body } : undefined
    default:
      return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** True if every member of the pattern is in the value; lists hold, in any place, something for each of the pattern's. */
function holds(value: unknown, pattern: unknown): boolean {
  if (isObject(pattern) && typeof pattern['asymmetricMatch'] === 'function')
    return Boolean(Reflect.apply(pattern['asymmetricMatch'], pattern, [value]))
  if (pattern instanceof RegExp) return typeof value === 'string' && pattern.test(value)
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((each) => value.some((member) => holds(member, each)))
  if (isObject(pattern))
    return isObject(value) && Object.entries(pattern).every(([key, each]) => holds(value[key], each))
  return Object.is(value, pattern)
}
