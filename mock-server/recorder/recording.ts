/**
 * Owns the words of the recorder: what crossed the wire between clients and the mock server, entry by entry, and the file
 * that holds a recording.
 */
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { RoomSnapshot } from '../core/contract.ts'
import type { ServerState } from '../core/state-file.ts'
import type { LabEvent } from '../lab/lab-events.ts'
import type { LabScript } from '../lab/script.ts'

/** What every entry has. */
interface Crossing {
  /** Number of the entry since the server started, from 1, without gaps. */
  readonly n: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /**
   * Who: as the network lab names it. A socket is its login name (`ann`, `ann#2` for a second one), before the login its path;
   * a request is `PUT /events`; what the server was told from outside is `Server`.
   */
  readonly party: string
  /** Id of the browser tab that it came from, or went to; missing on hosts that know none. */
  readonly tab?: string
}

/**
 * `true`: a fault of the network lab kept it from reaching the server within the call. If it gets there after all, an entry
 * `arrival` says when.
 */
interface Held {
  readonly held?: true
}

/** Something that crossed the wire, as the client's end of it saw it: before the network lab up, after it down. */
export type WireEntry =
  | (Crossing & Held & { readonly type: 'open'; readonly socket: number /** Path and query. */; readonly url: string })
  | (Crossing &
      Held & {
        readonly type: 'frame'
        readonly socket: number
        readonly direction: 'up' | 'down'
        readonly text: string
      })
  | (Crossing &
      Held & {
        readonly type: 'close'
        readonly socket: number
        readonly by: 'client' | 'server'
        /** Missing where the host was not told; 1006: the line broke. */
        readonly code?: number
        readonly reason?: string
        /** It was never open: the handshake was refused with this status, or with no answer (0). */
        readonly refused?: number
      })
  | (Crossing &
      Held & {
        readonly type: 'request'
        readonly request: number
        readonly method: string
        /** Path and query. */
        readonly url: string
        readonly headers: Readonly<Record<string, string>>
        readonly body: string
      })
  | (Crossing & {
      readonly type: 'answer'
      readonly request: number
      /** 0: the network failed. */
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    })
  /** What was held back reached the server now: the entry with the number `of`. A request may arrive twice. */
  | (Crossing & { readonly type: 'arrival'; readonly of: number })
  | (Crossing & { readonly type: 'fault'; readonly event: LabEvent })
  /** Somebody told the server itself to do something. */
  | (Crossing & { readonly type: 'control'; readonly action: ControlAction })

/** One kind of entry. */
export type WireEntryOf<Type extends WireEntry['type']> = Extract<WireEntry, { type: Type }>

/** What a server is told from outside the wire. */
export type ControlAction =
  | { readonly do: 'reset'; readonly project?: ProjectId }
  | { readonly do: 'import'; readonly state: unknown }
  | { readonly do: 'publish'; readonly entity: string; readonly action: string; readonly value?: unknown }
  /** It went on with another configuration. */
  | { readonly do: 'configure'; readonly config: MockServerConfig }

/** A socket that was open when a recording began. */
export interface EarlierSocket {
  readonly socket: number
  readonly party: string
  readonly tab?: string
  readonly url: string
  /** What made it what it was: its login, the project that it loaded, what it subscribed to. */
  readonly frames: readonly string[]
  /** The frame by which it last showed what it looks at, and when, as long as that counts: a minute. */
  readonly presence?: { readonly at: number; readonly text: string }
}

/** What a recording begins with: the server as it stood, and who was connected. */
export interface RecordingStart {
  readonly format: 'planwire-recording'
  readonly version: 1
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Without secrets, and without functions. */
  readonly config: MockServerConfig
  /** The records of every project and collection when it began. */
  readonly state: ServerState
  /** Where each room stood when it began, by its name in the log (`project/1`, `collection/events`): a replay goes on from there. */
  readonly rooms?: { readonly [room: string]: RoomMark }
  readonly sockets: readonly EarlierSocket[]
  /** The script of the network lab that ran, if one did, and its seed. */
  readonly lab?: { readonly script: LabScript; readonly seed: number }
}

/** A recording, as its file holds it: JSON. Passwords and tokens are replaced by `secret-1`, `secret-2`, the same everywhere. */
export interface Recording extends RecordingStart {
  readonly entries: readonly WireEntry[]
  /** The records when it ended; missing when the server was down, or entries were left out. */
  readonly end?: ServerState
  /** Newest entries that were left out because a bound was reached; missing: none. */
  readonly dropped?: number
}

/** How things stand, with what is heard from then on a recording: `{ ...snapshot, entries }`. */
export interface RecorderSnapshot extends RecordingStart {
  /** Number of the newest entry before it: those with greater numbers follow. */
  readonly after: number
}

/** Where a room stands, but for its records. */
export type RoomMark = Pick<RoomSnapshot, 'epoch' | 'revision' | 'nextId' | 'counters' | 'runs'>

/** Whether a recording is being made. */
export type RecorderState =
  | { readonly state: 'idle' }
  | {
      readonly state: 'recording'
      readonly name: string
      /** Milliseconds since the epoch. */
      readonly since: number
      readonly entries: number
      /** UTF-16 code units. */
      readonly characters: number
      /** Entries left out, since a bound is reached. */
      readonly dropped: number
    }

/** How a recording is made. */
export interface RecordingOptions {
  /** Default `recording`. */
  readonly name?: string
}

/** The recorder of one mock server, as Node and Vitest hand it out; in the browser each call answers with a promise. */
export interface Recorder {
  readonly state: RecorderState
  /** Begins a recording; one that is being made is thrown away. Throws `server-error` while a restart of the lab has the server down. */
  start(options?: RecordingOptions): void
  /** Ends it. Throws `invalid-argument` when none is being made. */
  stop(): Recording
  /**
   * What a recording that begins now would begin with; one that is being made goes on. Throws `server-error` while the server is
   * down.
   * @example
   * mock.recorder.subscribe((heard) => entries.push(...heard))
   * const start = mock.recorder.snapshot()
   * // later
   * const player = await createPlayer({ ...start, entries: entries.filter(({ n }) => n > start.after) })
   */
  snapshot(options?: RecordingOptions): RecorderSnapshot
  /** Hears what crosses the wire, in batches of a turn, whether a recording is being made or not. Nothing is kept while nobody listens. */
  subscribe(listener: (entries: readonly WireEntry[]) => void): () => void
}
