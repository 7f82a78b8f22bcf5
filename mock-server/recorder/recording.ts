/**
 * Owns the words of the recorder: what crossed the wire between clients and the mock server, entry by entry, and the file
 * that holds a recording.
 */
import type { MockServerConfig } from '../core/config.ts'
import type { ServerState } from '../core/state-file.ts'
import type { LabEvent } from '../lab/lab-events.ts'
import type { LabScript } from '../lab/script.ts'

/** What every entry has. */
interface Crossing {
  /** Number of the entry since the server started, from 1, without gaps. */
  readonly n: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Which client: the name of its socket, or of the page that asks. Two sockets of one login are `ann` and `ann#2`. */
  readonly party: string
}

/** Something that crossed the wire, as the client's end of it saw it: before the network lab up, after it down. */
export type WireEntry =
  | (Crossing & { readonly type: 'open' /** Path and query. */; readonly url: string; readonly socket: number })
  | (Crossing & {
      readonly type: 'frame'
      readonly socket: number
      readonly direction: 'up' | 'down'
      readonly text: string
    })
  | (Crossing & {
      readonly type: 'close'
      readonly socket: number
      readonly by: 'client' | 'server'
      readonly code?: number
      readonly reason?: string
    })
  | (Crossing & {
      readonly type: 'request'
      readonly request: number
      readonly method: string
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
  | (Crossing & { readonly type: 'fault'; readonly event: LabEvent })

/** A recording, as its file holds it: JSON. Passwords and tokens are redacted. */
export interface Recording {
  readonly format: 'planwire-recording'
  readonly version: 1
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Without secrets, and without functions. */
  readonly config: MockServerConfig
  /** The records of every project and collection when it began. */
  readonly state: ServerState
  /** The script of the network lab that ran, if one did, and its seed. */
  readonly lab?: { readonly script: LabScript; readonly seed: number }
  readonly entries: readonly WireEntry[]
  /** Entries that were left out because a bound was reached; missing: none. */
  readonly dropped?: number
}

/** Whether a recording is being made. */
export type RecorderState =
  | { readonly state: 'idle' }
  | { readonly state: 'recording'; readonly since: number; readonly entries: number; readonly characters: number }

/** The recorder of one mock server, as Node and Vitest hand it out; in the browser each call answers with a promise. */
export interface Recorder {
  readonly state: RecorderState
  /** Begins a recording; one that is being made is thrown away. */
  start(options?: { readonly name?: string }): void
  /** Ends it. Throws `invalid-argument` when none is being made. */
  stop(): Recording
  /** Hears what crosses the wire, in batches of a turn, whether a recording is being made or not. Nothing is kept while nobody listens. */
  subscribe(listener: (entries: readonly WireEntry[]) => void): () => void
}
