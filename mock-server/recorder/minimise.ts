/**
 * Cuts a recording down to what a failing check needs. Every attempt is played against a fresh server, so what is left is a
 * recording of its own: with the answers that this server gave, and ids that fit them.
 *
 * Parts are left out by halves, then quarters, and so on, as long as the check still fails (Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002): whole parties first, then single messages.
 */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { IdMatch } from './id-match.ts'
import { betweenEntries, type PlayOptions } from './play-options.ts'
import { isInput, type PlaybackListener, startPlayback } from './playback.ts'
import { checkRecording } from './read-recording.ts'
import type { Recording, WireEntry } from './recording.ts'

/** True when a recording still shows what is wrong. */
export type FailingCheck = (recording: Recording) => boolean | Promise<boolean>

/** How a recording is cut down. */
export interface MinimiseOptions extends PlayOptions {
  /** Hears how many messages are left, and how many attempts were made. */
  onProgress?(left: number, attempts: number): void
}

/** Something that was done to the server, and what it said to that. */
interface Cause {
  readonly entry: WireEntry
  readonly effects: readonly Effect[]
}

type Effect =
  | { readonly type: 'frame'; readonly socket: number; readonly text: string }
  | {
      readonly type: 'closed'
      readonly socket: number
      readonly code: number | undefined
      readonly reason: string | undefined
    }
  | {
      readonly type: 'answer'
      readonly request: number
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

/**
 * The smallest recording that it finds for which `fails` is still true. Rejects with `invalid-argument` when it is not true
 * of the whole recording, `closed` when the signal says so.
 * @example
 * const small = await minimise(recording, (each) => each.end?.projects[0]?.tasksData?.length === 0)
 */
export async function minimise(
  given: Recording | unknown,
  fails: FailingCheck,
  { onProgress, ...options }: MinimiseOptions = {},
): Promise<Recording> {
  const recording = checkRecording(given)
  const whole = await play(recording, inputsOf(recording), options)
  if (!(await fails(whole.recording)))
    throw new PlanwireError(
      'invalid-argument',
      'The check does not fail for the whole recording: there is nothing to cut down',
      'fatal',
    )
  let best = whole.recording
  let attempts = 0

  /** The parts without which it does not fail. */
  async function reduce<Part>(
    parts: readonly Part[],
    of: (parts: readonly Part[]) => { readonly from: Recording; readonly causes: readonly Cause[] },
  ): Promise<readonly Part[]> {
    let left = parts
    let pieces = 2
    while (left.length > 0) {
      const size = Math.ceil(left.length / pieces)
      let smaller: readonly Part[] | undefined
      for (let from = 0; from < left.length && smaller === undefined; from += size) {
        const without = [...left.slice(0, from), ...left.slice(from + size)]
        const { from: begin, causes: inputs } = of(without)
        const attempt = await play(begin, inputs, options)
        attempts += 1
        if (await fails(attempt.recording)) {
          smaller = without
          best = attempt.recording
        }
        onProgress?.(inputsOf(best).length, attempts)
      }
      if (smaller !== undefined) {
        left = smaller
        pieces = Math.max(2, pieces - 1)
      } else if (size === 1) return left
      else pieces = Math.min(left.length, pieces * 2)
    }
    return left
  }

  const { causes } = whole
  const ownerOf = ownersOf(causes)
  /** Without the sockets that were open before and are nobody's. */
  const only = (owners: ReadonlySet<string>): Recording => ({
    ...recording,
    sockets: recording.sockets.filter(({ socket }) => owners.has(`socket ${socket}`)),
  })
  const all = new Set([...recording.sockets.map(({ socket }) => `socket ${socket}`), ...causes.map(ownerOf)])
  const kept = new Set(
    await reduce([...all], (some) => {
      const owners = new Set(some)
      return { from: only(owners), causes: causes.filter((each) => owners.has(ownerOf(each))) }
    }),
  )
  const theirs = causes.filter((each) => kept.has(ownerOf(each)))
  // What a fault held back and its arrival are one message.
  const messages = [...new Set(theirs.map(messageOf))]
  await reduce(messages, (some) => {
    const left = new Set(some)
    return { from: only(kept), causes: theirs.filter((each) => left.has(messageOf(each))) }
  })
  return { ...best, name: `${recording.name}, minimised` }
}

function inputsOf({ entries }: Recording): readonly Cause[] {
  return entries.filter(isInput).map((entry) => ({ entry, effects: [] }))
}

/** Number of the entry with the message. */
function messageOf({ entry }: Cause): number {
  return entry.type === 'arrival' ? entry.of : entry.n
}

/** Whose something is: a socket with all that happens on it goes as one, and so do the requests of a kind. */
function ownersOf(causes: readonly Cause[]): (cause: Cause) => string {
  const owners = new Map<number, string>()
  for (const { entry } of causes)
    if (entry.type !== 'arrival') owners.set(entry.n, 'socket' in entry ? `socket ${entry.socket}` : entry.party)
  return (cause) => owners.get(messageOf(cause)) ?? ''
}

/** Plays these inputs, and records what becomes of them; ids that come out otherwise than before are put right in what follows. */
async function play(
  recording: Recording,
  inputs: readonly Cause[],
  options: PlayOptions,
): Promise<{ readonly recording: Recording; readonly causes: readonly Cause[] }> {
  let effects: Effect[] = []
  const listener: PlaybackListener = {
    frame: (socket, text) => effects.push({ type: 'frame', socket, text }),
    closed: (socket, code, reason) => effects.push({ type: 'closed', socket, code, reason }),
    answer: (request, status, headers, body) => effects.push({ type: 'answer', request, status, headers, body }),
  }
  const entries: WireEntry[] = []
  const causes: Cause[] = []
  const numbers = new Map<number, number>()
  const over = new Set<number>()
  const parties = new Map<number, { readonly party: string; readonly tab?: string }>(
    recording.sockets.map(({ socket, party, tab }) => [socket, { party, ...(tab === undefined ? {} : { tab }) }]),
  )
  const playback = await startPlayback(recording, listener, options.functions)
  effects = []
  try {
    for (const cause of inputs) {
      await betweenEntries(options)
      const { entry } = cause
      if (entry.type === 'arrival' && !numbers.has(entry.of)) continue
      // The fresh server has said so itself.
      if (entry.type === 'close' && over.has(entry.socket)) continue
      const who = { party: entry.party, ...(entry.tab === undefined ? {} : { tab: entry.tab }) }
      if ('socket' in entry) parties.set(entry.socket, who)
      if ('request' in entry) parties.set(entry.request, who)
      await playback.feed(entry)
      const n = entries.length + 1
      numbers.set(entry.n, n)
      entries.push({ ...translated(entry, playback.ids, numbers), n })
      for (const effect of effects) {
        if (effect.type === 'closed') over.add(effect.socket)
        entries.push({ ...entryOf(effect, parties), n: entries.length + 1, at: entry.at })
      }
      learn(cause.effects, effects, playback.ids)
      causes.push({ entry, effects })
      effects = []
    }
    const end = playback.state
    const { end: _, dropped: __, ...rest } = recording
    return { recording: { ...rest, entries, ...(end && { end }) }, causes }
  } finally {
    await playback.end()
  }
}

function translated(entry: WireEntry, ids: IdMatch, numbers: ReadonlyMap<number, number>): WireEntry {
  switch (entry.type) {
    case 'frame':
      return { ...entry, text: ids.translate(entry.text) }
    case 'request':
      return { ...entry, url: ids.translatePath(entry.url), body: ids.translate(entry.body) }
    case 'arrival':
      return { ...entry, of: numbers.get(entry.of) ?? entry.of }
    default:
      return entry
  }
}

/** What the whole recording's server said to something, and what this one says: it shows which ids come out otherwise. */
function learn(before: readonly Effect[], now: readonly Effect[], ids: IdMatch): void {
  const taken = new Set<Effect>()
  for (const effect of before) {
    const other = now.find((each) => !taken.has(each) && each.type === effect.type && toWhom(each) === toWhom(effect))
    if (other === undefined || other.type === 'closed' || effect.type === 'closed') continue
    taken.add(other)
    ids.learn(textOf(effect), textOf(other))
  }
}

const toWhom = (effect: Effect): number => (effect.type === 'answer' ? effect.request : effect.socket)
const textOf = (effect: Exclude<Effect, { type: 'closed' }>): string =>
  effect.type === 'answer' ? effect.body : effect.text

function entryOf(
  effect: Effect,
  parties: ReadonlyMap<number, { readonly party: string; readonly tab?: string }>,
): Omit<WireEntry, 'n' | 'at'> & WireEntry {
  const who = { n: 0, at: 0, ...(parties.get(toWhom(effect)) ?? { party: '' }) }
  switch (effect.type) {
    case 'frame':
      return { ...who, type: 'frame', socket: effect.socket, direction: 'down', text: effect.text }
    case 'closed': {
      const { socket, code = 1005, reason } = effect
      return { ...who, type: 'close', socket, by: 'server', code, ...(reason ? { reason } : {}) }
    }
    case 'answer': {
      const { request, status, headers, body } = effect
      return { ...who, type: 'answer', request, status, headers, body }
    }
  }
}
