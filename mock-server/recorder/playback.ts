/**
 * Owns a fresh server that gets what a recorded one got: the same records, the same moments, the same frames and requests in
 * the order in which they reached it.
 *
 *     recording ── feed(entry) ──▶ core with a clock of its own ── heard ──▶ what each socket and request is told
 */

import type { Random } from '../../client/ports/ports.ts'
import { assertNever } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { LogEntry, MockCore, RevisionLog, ServerSocketListener } from '../core/contract.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import type { ServerState } from '../core/state-file.ts'
import { IdMatch } from './id-match.ts'
import type { ReplayFunctions } from './play-options.ts'
import { datasetsOf, presencesOf, withoutResume } from './recorded-start.ts'
import type { Recording, WireEntry, WireEntryOf } from './recording.ts'

/** Hears what the fresh server says. */
export interface PlaybackListener {
  frame?(socket: number, text: string): void
  closed?(socket: number, code: number | undefined, reason: string | undefined): void
  answer?(request: number, status: number, headers: Readonly<Record<string, string>>, body: string): void
  committed?(room: string, entry: LogEntry): void
}

/** More than the longest chain of promises between a commit and its ack. */
const MICROTASKS = 40

interface Open {
  readonly listener: ServerSocketListener
  over: boolean
}

/** A fresh server under the recording's hand. Made by {@link startPlayback}. */
export class Playback {
  /** What of the recording stands for what of the fresh server. */
  readonly ids: IdMatch = new IdMatch()
  readonly #clock: ManualClock
  readonly #listener: PlaybackListener
  readonly #start: (config: MockServerConfig, memory: 'kept' | 'lost') => Promise<MockCore>
  #config: MockServerConfig
  #core: MockCore | undefined
  readonly #sockets = new Map<number, Open>()
  /** Those that reached the server. */
  readonly #requests = new Set<number>()
  /** What has not reached the server yet, or may reach it again. */
  readonly #held = new Map<number, WireEntry>()

  constructor(
    recording: Recording,
    clock: ManualClock,
    listener: PlaybackListener,
    start: (config: MockServerConfig, memory: 'kept' | 'lost') => Promise<MockCore>,
  ) {
    this.#config = recording.config
    this.#clock = clock
    this.#listener = listener
    this.#start = start
  }

  /** Whether a request reached the server so far. */
  hasReached(request: number): boolean {
    return this.#requests.has(request)
  }

  /** The records as they are; undefined while the server is down. */
  get state(): ServerState | undefined {
    return this.#core?.export()
  }

  async begin(recording: Recording): Promise<void> {
    this.#core = await this.#start(this.#config, 'kept')
    for (const { socket, url, tab, frames } of recording.sockets) {
      this.#open(socket, url, tab)
      for (const frame of frames) this.#sockets.get(socket)?.listener.frame(withoutResume(frame))
      await settled()
    }
    for (const { socket, at, text } of presencesOf(recording)) {
      await this.#goTo(at)
      this.#sockets.get(socket)?.listener.frame(text)
      await settled()
    }
    await this.#goTo(recording.startedAt)
  }

  /** Does what an entry did to the server, if it did anything; resolves when the server is quiet. */
  async feed(entry: WireEntry): Promise<void> {
    await this.#goTo(entry.at)
    if (!isInput(entry)) return
    if ('held' in entry && entry.held) this.#held.set(entry.n, entry)
    else await this.#arrive(entry)
    await settled()
  }

  async end(): Promise<void> {
    await this.#core?.close()
    this.#core = undefined
  }

  async #goTo(at: number): Promise<void> {
    if (at <= this.#clock.now()) return
    this.#clock.advance(at - this.#clock.now())
    await settled()
  }

  async #arrive(entry: WireEntry): Promise<void> {
    switch (entry.type) {
      case 'open':
        this.#open(entry.socket, entry.url, entry.tab)
        return
      case 'frame':
        if (entry.direction === 'up') this.#sockets.get(entry.socket)?.listener.frame(this.ids.translate(entry.text))
        return
      case 'close':
        this.#close(entry.socket)
        return
      case 'request':
        this.#held.set(entry.n, entry)
        await this.#request(entry)
        return
      case 'arrival': {
        const held = this.#held.get(entry.of)
        if (held !== undefined && held.type !== 'request') this.#held.delete(entry.of)
        if (held !== undefined) await this.#arrive(held)
        return
      }
      case 'fault':
        await this.#fault(entry)
        return
      case 'control':
        await this.#control(entry)
        return
      case 'answer':
        return
      default:
        assertNever(entry)
    }
  }

  #open(socket: number, url: string, tab: string | undefined): void {
    // Both are set before the server says its first word.
    let open: Open | undefined
    const listener = this.#core?.accept({
      url,
      tab,
      send: (text) => {
        if (open?.over !== true) this.#listener.frame?.(socket, text)
      },
      close: (code, reason) => {
        if (open?.over === true) return
        if (open) open.over = true
        this.#listener.closed?.(socket, code, reason)
      },
    })
    if (listener === undefined) return
    open = { listener, over: false }
    this.#sockets.set(socket, open)
  }

  #close(socket: number): void {
    const open = this.#sockets.get(socket)
    this.#sockets.delete(socket)
    if (open === undefined) return
    open.over = true
    open.listener.closed()
  }

  async #request({ request, method, url, headers, body, tab }: WireEntryOf<'request'>): Promise<void> {
    this.#requests.add(request)
    const match = headers['if-match']
    const answering = this.#core?.http({
      method,
      url: this.ids.translatePath(url),
      headers: match === undefined ? headers : { ...headers, 'if-match': this.ids.translateEtag(match) },
      body: this.ids.translate(body),
      ...(tab === undefined ? {} : { tab }),
    })
    // An answer may wait for a timer, as a service of the configuration does: nobody waits here.
    void answering?.then(
      (answer) => this.#listener.answer?.(request, answer.status, answer.headers, answer.body),
      () => this.#listener.answer?.(request, 0, {}, ''),
    )
  }

  async #fault({ event: { effect } }: WireEntryOf<'fault'>): Promise<void> {
    // Not when it goes down: its sockets end one by one first, and who is left hears of each.
    if (effect.type !== 'up' && effect.type !== 'failed') return
    await this.#stop()
    if (effect.type === 'up') this.#core = await this.#start(this.#config, effect.memory)
  }

  async #control({ action }: WireEntryOf<'control'>): Promise<void> {
    switch (action.do) {
      case 'reset':
        // What was refused then is refused now.
        await this.#core?.reset(action.project).catch(() => {})
        return
      case 'import':
        await this.#core?.import(action.state).catch(() => {})
        return
      case 'publish':
        this.#core?.publish(action.entity, action.action, action.value)
        return
      case 'configure':
        this.#config = action.config
        await this.#stop()
        this.#core = await this.#start(this.#config, 'kept')
        return
      default:
        assertNever(action)
    }
  }

  async #stop(): Promise<void> {
    await this.#core?.close()
    this.#core = undefined
    this.#sockets.clear()
  }
}

/**
 * Starts a fresh server that stands where the recorded one stood. Rejects with `invalid-argument` for a configuration that
 * cannot be.
 */
export async function startPlayback(
  recording: Recording,
  listener: PlaybackListener = {},
  functions: ReplayFunctions = {},
): Promise<Playback> {
  const clock = new ManualClock(presencesOf(recording)[0]?.at ?? recording.startedAt)
  const log = createMemoryLog()
  const { rooms = {}, state } = recording
  for (const [room, dataset] of datasetsOf(state)) {
    const mark = rooms[room] ?? { epoch: `epoch of ${room}`, revision: 0, nextId: 100 }
    await log.saveSnapshot(room, { ...mark, dataset })
  }
  const runs = [...datasetsOf(state).keys()].map((room) => rooms[room]?.runs?.at(-1)?.[1] ?? '')
  const random = namesFirst(['recorded', ...runs])
  const playback = new Playback(recording, clock, listener, (config, memory) =>
    createMockCore(
      { ...config, ...functions },
      {
        clock,
        random,
        logger: () => {},
        log: watched(log, memory, (room, entry) => listener.committed?.(room, entry)),
      },
    ),
  )
  await playback.begin(recording)
  return playback
}

/** The log as one server after another has it. */
function watched(
  log: RevisionLog,
  memory: 'kept' | 'lost',
  committed: (room: string, entry: LogEntry) => void,
): RevisionLog {
  return {
    ...log,
    load: async (room) => (memory === 'kept' ? log.load(room) : undefined),
    append(room, expectedRevision, entry) {
      committed(room, entry)
      return log.append(room, expectedRevision, entry)
    },
    close: async () => {},
  }
}

/** Gives these ids first: a server asks for its own name, then for that of the run of each room. */
function namesFirst(names: string[]): Random {
  const rest = seededRandom('replay')
  return { next: () => rest.next(), id: () => names.shift() ?? rest.id() }
}

/** True for what somebody did to the server: a replay acts on these, and compares the others. */
export function isInput(entry: WireEntry): boolean {
  return entry.type !== 'answer' && !(entry.type === 'frame' && entry.direction === 'down')
}

/** Lets everything run that waits for no timer. */
async function settled(): Promise<void> {
  for (let count = 0; count < MICROTASKS; count += 1) await undefined
}
