/** Replays a recording against a fresh server, and tells the first thing that is not as it was. */
import type { ServerState } from '../core/state-file.ts'
import { betweenEntries, type PlayOptions } from './play-options.ts'
import { type Playback, startPlayback } from './playback.ts'
import { checkRecording } from './read-recording.ts'
import type { Recording, WireEntryOf } from './recording.ts'

/** What is not as it was. */
export interface ReplayDifference {
  /** Number of the entry whose frame or answer came otherwise; `end`: the records at the end did. */
  readonly entry: number | 'end'
  /** Who was to get it; missing at the end. */
  readonly party?: string
  /** Where in the frame, the body or the state: `changes.tasks.updated[0].name`. Empty: the whole of it. */
  readonly path: string
  readonly expected: unknown
  /** Undefined: nothing came. */
  readonly got: unknown
}

/** How a replay went. */
export interface ReplayOutcome {
  /** Whether every frame, every answer and the records at the end are as they were. */
  readonly same: boolean
  /** Frames and answers that were compared. */
  readonly compared: number
  /** The newest may be missing where there are very many. */
  readonly differences: readonly ReplayDifference[]
  /** The first of them. */
  readonly first?: ReplayDifference
  /** The records at the end of the replay; missing when the server was down then. */
  readonly end?: ServerState
}

/** How a recording is replayed. */
export interface ReplayOptions extends PlayOptions {
  /** Hears how many of the entries are done, now and then. */
  onProgress?(done: number, all: number): void
}

/** Differences that are told. */
const MOST_TOLD = 1000
/** Frames that came and are not expected yet, among which one is looked for. */
const WINDOW = 200
/** Entries between two words of progress. */
export const PROGRESS_EVERY = 250

/**
 * Sends what every client sent, in its order and at its time, to a fresh server that stands where the recorded one stood, and
 * compares what each client is told and which records are there at the end. Ids that every server makes anew are matched, acks
 * are left out: when they come is the storage's affair. What a fault of the network lab kept from the server, it does not get
 * here either. Rejects with `invalid-argument` for what is no recording, `closed` when the signal says so.
 * @example
 * const outcome = await replay(JSON.parse(await readFile('lost-edit.json', 'utf8')))
 * expect(outcome.first).toBeUndefined()
 */
export async function replay(given: Recording | unknown, options: ReplayOptions = {}): Promise<ReplayOutcome> {
  const recording = checkRecording(given)
  const inbox = new Inbox()
  const playback = await startPlayback(recording, inbox, options.functions)
  const differences: ReplayDifference[] = []
  let compared = 0
  const differs = (difference: ReplayDifference | undefined): void => {
    if (difference !== undefined && differences.length < MOST_TOLD) differences.push(difference)
  }
  // What sockets were told before the recording began is of no interest.
  inbox.forget()
  try {
    for (const [at, entry] of recording.entries.entries()) {
      if (at % PROGRESS_EVERY === 0) options.onProgress?.(at, recording.entries.length)
      await betweenEntries(options)
      await playback.feed(entry)
      if (entry.type === 'frame' && entry.direction === 'down' && !isAck(entry.text)) {
        compared += 1
        differs(inbox.takeFrame(entry, playback.ids))
        // What a fault answered in the server's place, and what it lost, is no word of the server.
      } else if (entry.type === 'answer' && entry.status !== 0 && playback.hasReached(entry.request)) {
        compared += 1
        differs(inbox.takeAnswer(entry, playback.ids))
      }
    }
    const { state } = playback
    if (recording.end !== undefined) {
      const mismatch = playback.ids.compare({ ...recording.end, at: '' }, state && { ...state, at: '' })
      differs(mismatch && { entry: 'end', ...mismatch })
    }
    const [first] = differences
    return {
      same: first === undefined,
      compared,
      differences,
      ...(first && { first }),
      ...(state && { end: state }),
    }
  } finally {
    await playback.end()
  }
}

/** What the fresh server said and the recording has not come to yet. */
class Inbox {
  readonly #frames = new Map<number, string[]>()
  readonly #answers = new Map<number, { readonly status: number; readonly body: string; readonly marks: object }>()

  frame(socket: number, text: string): void {
    if (isAck(text)) return
    const frames = this.#frames.get(socket)
    if (frames) frames.push(text)
    else this.#frames.set(socket, [text])
  }

  answer(request: number, status: number, headers: Readonly<Record<string, string>>, body: string): void {
    // The second answer to a request that arrived twice reached nobody.
    if (!this.#answers.has(request)) this.#answers.set(request, { status, body, marks: marksOf(headers) })
  }

  forget(): void {
    this.#frames.clear()
  }

  /** Frames of one socket come in order, but for those that a fault let overtake others: so one further on counts, too. */
  takeFrame({ n, socket, party, text }: WireEntryOf<'frame'>, ids: IdMatches): ReplayDifference | undefined {
    const frames = this.#frames.get(socket) ?? []
    let nearest: ReplayDifference | undefined
    for (let at = 0; at < Math.min(frames.length, WINDOW); at += 1) {
      const mismatch = ids.compareTexts(text, frames[at] ?? '')
      if (mismatch === undefined) {
        frames.splice(at, 1)
        return undefined
      }
      nearest ??= { entry: n, party, ...mismatch }
    }
    // What came instead is gone too, so that one difference is told once.
    frames.shift()
    return nearest ?? { entry: n, party, path: '', expected: text, got: undefined }
  }

  takeAnswer(
    { n, request, party, status, headers, body }: WireEntryOf<'answer'>,
    ids: IdMatches,
  ): ReplayDifference | undefined {
    const got = this.#answers.get(request)
    this.#answers.delete(request)
    const told = { entry: n, party }
    if (got === undefined) return { ...told, path: '', expected: body, got: undefined }
    if (got.status !== status) return { ...told, path: 'status', expected: status, got: got.status }
    const mismatch = ids.compareTexts(body, got.body) ?? ids.compare(marksOf(headers), got.marks)
    return mismatch && { ...told, ...mismatch }
  }
}

/** The headers that say at which version something is. */
function marksOf(headers: Readonly<Record<string, string>>): object {
  return { etag: headers['etag'], position: headers['planwire-position'] }
}

type IdMatches = Playback['ids']

const ACK = /"command"\s*:\s*"ack"/

function isAck(text: string): boolean {
  return text.length < 1000 && ACK.test(text)
}
