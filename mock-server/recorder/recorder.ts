/** Owns a recording while it is made: what it begins with, what it keeps, and its bounds. */
import type { Cancel, Clock, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { ServerState } from '../core/state-file.ts'
import type { LabCore } from '../lab/lab-core.ts'
import type {
  Recorder,
  RecorderSnapshot,
  RecorderState,
  Recording,
  RecordingOptions,
  RecordingStart,
  RoomMark,
  WireEntry,
} from './recording.ts'
import { Redactor } from './redact.ts'
import type { TappedSocket } from './tapped-socket.ts'
import { WireLog } from './wire-log.ts'

/** How much one recording holds. */
export interface RecordingBounds {
  readonly entries: number
  /** UTF-16 code units of frames and bodies. */
  readonly characters: number
}

const BOUNDS: RecordingBounds = { entries: 200_000, characters: 67_108_864 }

/** What an entry costs besides its text. */
const ENTRY_COSTS = 100

interface Running {
  readonly begin: RecordingStart
  readonly entries: WireEntry[]
  readonly cancel: Cancel
  characters: number
  dropped: number
}

/** The recorder of a server. */
export class WireRecorder implements Recorder {
  readonly log: WireLog
  /** Those that are open. */
  readonly sockets: Set<TappedSocket> = new Set()
  readonly #bounds: RecordingBounds
  #core: LabCore | undefined
  #config: MockServerConfig
  #running: Running | undefined
  #numbers = 0

  constructor(clock: Clock, logger: Logger, config: MockServerConfig, bounds: RecordingBounds = BOUNDS) {
    this.#config = config
    this.#bounds = bounds
    this.log = new WireLog(clock, logger, new Redactor(config))
  }

  /** A number that no other socket or request has. */
  newNumber(): number {
    return (this.#numbers += 1)
  }

  /** The server is this one now. */
  follow(core: LabCore, config: MockServerConfig): void {
    const isAnother = this.#core !== undefined
    this.#core = core
    this.#config = config
    if (isAnother && this.log.isOn)
      this.log.add('control', {
        party: 'Server',
        action: { do: 'configure', config: this.log.redactor.config(config) },
      })
  }

  get state(): RecorderState {
    const running = this.#running
    if (running === undefined) return { state: 'idle' }
    this.log.flush()
    const { begin, entries, characters, dropped } = running
    return {
      state: 'recording',
      name: begin.name,
      since: begin.startedAt,
      entries: entries.length,
      characters,
      dropped,
    }
  }

  start(options: RecordingOptions = {}): void {
    const begin = this.#begin(options)
    this.#running?.cancel()
    const cancel = this.log.subscribe((batch) => this.#keep(batch))
    this.#running = { begin, entries: [], cancel, characters: 0, dropped: 0 }
  }

  snapshot(options: RecordingOptions = {}): RecorderSnapshot {
    return { ...this.#begin(options), after: this.log.last }
  }

  #begin({ name = 'recording' }: RecordingOptions): RecordingStart {
    const core = this.#core
    if (core === undefined) throw new PlanwireError('server-error', 'The mock server has not started', 'retry')
    const { redactor } = this.log
    return {
      format: 'planwire-recording',
      version: 1,
      name,
      startedAt: this.log.now(),
      config: redactor.config(this.#config),
      state: redactor.value(core.export()),
      rooms: Object.fromEntries([...core.snapshots()].map(([room, snapshot]) => [room, markOf(snapshot)])),
      sockets: [...this.sockets].flatMap((socket) => socket.earlier ?? []),
      ...this.#script(),
    }
  }

  stop(): Recording {
    const running = this.#running
    if (running === undefined)
      throw new PlanwireError('invalid-argument', 'Nothing is being recorded: start first', 'fatal')
    this.log.flush()
    running.cancel()
    this.#running = undefined
    const { begin, entries, dropped } = running
    const end = dropped > 0 ? undefined : this.#end()
    return {
      ...begin,
      ...(begin.lab === undefined && this.#script()),
      entries,
      ...(end && { end }),
      ...(dropped > 0 && { dropped }),
    }
  }

  subscribe(listener: (entries: readonly WireEntry[]) => void): Cancel {
    return this.log.subscribe(listener)
  }

  #keep(batch: readonly WireEntry[]): void {
    const running = this.#running
    if (running === undefined) return
    for (const entry of batch) {
      const characters = lengthOf(entry)
      // Everything from the first one that does not fit: a recording has no holes.
      const isFull =
        running.dropped > 0 ||
        running.entries.length >= this.#bounds.entries ||
        running.characters + characters > this.#bounds.characters
      if (isFull) {
        running.dropped += 1
        continue
      }
      running.entries.push(entry)
      running.characters += characters
    }
  }

  /** The script that runs: its faults may name tokens. */
  #script(): Pick<Recording, 'lab'> {
    const lab = this.#core?.lab.state
    return lab?.state === 'running' ? { lab: this.log.redactor.value({ script: lab.script, seed: lab.seed }) } : {}
  }

  /** The records as they are; undefined while the server is down. */
  #end(): ServerState | undefined {
    try {
      return this.#core && this.log.redactor.value(this.#core.export())
    } catch {
      return undefined
    }
  }
}

function lengthOf(entry: WireEntry): number {
  switch (entry.type) {
    case 'frame':
      return ENTRY_COSTS + entry.text.length
    case 'request':
    case 'answer':
      return ENTRY_COSTS + entry.body.length
    case 'control':
      return ENTRY_COSTS + JSON.stringify(entry.action).length
    default:
      return ENTRY_COSTS
  }
}

function markOf({ epoch, revision, nextId, counters, runs }: RoomMark): RoomMark {
  return { epoch, revision, nextId, ...(counters && { counters }), ...(runs && { runs }) }
}
