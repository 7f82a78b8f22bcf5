/** Owns the format of the network lab's scripts: what may go wrong, when, for whom and for how long. Plain JSON, version 1. */

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down'

/** Who a fault is for; what is left out fits everybody. */
export interface LabTarget {
  /** Login name on the project socket. */
  readonly user?: string
  /** Id that a client of planwire's extension gave itself. */
  readonly client?: string
  /** Token of the live updates, of sockets and requests. */
  readonly token?: string
  /** One line alone, as the log and recordings name it: `ann`, `ann#2` for her second one. */
  readonly party?: string
  /** Id of a browser tab (`tab` of the server in the browser): its sockets and requests alike. */
  readonly tab?: string
  /** Path that begins so, without the query: `/ws`, `/events`. */
  readonly path?: string
  /** Only sockets, or only requests. */
  readonly via?: 'socket' | 'request'
  /** A share of those that fit, 0 to 1, chosen by the seed: the same ones in every run. */
  readonly share?: number
}

/** How often a fault that picks single frames or requests strikes. */
export interface Picking {
  /** 0 to 1, by the seed. Default 1. */
  readonly chance?: number
  /** At most so many. Default: no bound. */
  readonly count?: number
  /** Only frames that hold this text, and requests whose `METHOD /path` does. Default: changes, and requests that are no GET. */
  readonly match?: string
}

/** What may go wrong. Lasting faults last as long as their step. */
export type Fault =
  /** Everything takes longer; nothing overtakes anything on its own line. */
  | { readonly fault: 'latency'; readonly ms: number; readonly jitterMs?: number; readonly direction?: Direction }
  | { readonly fault: 'bandwidth'; readonly bytesPerSecond: number; readonly direction?: Direction }
  /** A client that reads so many frames a second; one that falls 16 Mi characters behind is cut off. */
  | { readonly fault: 'slow-consumer'; readonly framesPerSecond: number }
  /** Nothing arrives until it is over; then all of it does. */
  | { readonly fault: 'pause' }
  /** Dead lines that nobody was told of: nothing arrives any more, and they break when it is over. */
  | { readonly fault: 'half-open' }
  /** Lines break (1006), and none can be opened. */
  | { readonly fault: 'offline' }
  /** A change never reaches the server; its line breaks. */
  | ({ readonly fault: 'lose-before-commit' } & Picking)
  /** A change is done, the answer never arrives; its line breaks. */
  | ({ readonly fault: 'lose-ack' } & Picking)
  /** Instant. Sockets are closed with a code; 1006, the default, breaks them without a closing handshake. */
  | { readonly fault: 'drop'; readonly code?: number; readonly reason?: string }
  /** A request reaches the server twice. */
  | ({ readonly fault: 'duplicate' } & Picking)
  /** A request waits, at most `ms`, until another one has overtaken it. */
  | ({ readonly fault: 'reorder'; readonly ms?: number } & Picking)
  /** Requests are answered with an error and not done. Default: those of every method. */
  | ({ readonly fault: 'status'; readonly status: number } & Picking)
  /** Handshakes of sockets, and of the live updates, are refused. Default 403. */
  | { readonly fault: 'refuse-handshake'; readonly status?: number }
  /** Whoever shows this token, or any, is refused (401, 403, 1008); project sockets are closed with 1008 once. */
  | { readonly fault: 'expired-token'; readonly token?: string }
  /** Instant. The server stops and starts: with what it stored, or as configured. Default code 1001. */
  | { readonly fault: 'restart'; readonly memory: 'kept' | 'lost'; readonly downMs?: number; readonly code?: number }

export type FaultName = Fault['fault']
/** One kind of fault. */
export type FaultOf<Name extends FaultName> = Extract<Fault, { fault: Name }>

/** Something that happens, counted from the beginning of the script. */
export type LabTrigger =
  | { readonly event: 'commit'; readonly count?: number }
  | { readonly event: 'connect'; readonly count?: number; readonly to?: LabTarget }
  /** A frame that holds `match`, if given. */
  | {
      readonly event: 'frame'
      readonly count?: number
      readonly match?: string
      readonly direction?: Direction
      readonly to?: LabTarget
    }
  /** A request whose `METHOD /path` holds `match`, if given. */
  | { readonly event: 'request'; readonly count?: number; readonly match?: string; readonly to?: LabTarget }
  /** A step with this `id` begins or ends. */
  | { readonly event: 'begin' | 'end'; readonly step: string }

/** When a step begins, for whom, and how long it lasts. */
export interface Timing {
  /** Name of the step, for triggers and the log. */
  readonly id?: string
  /** Milliseconds since the script began, or since `after` happened. Default 0. */
  readonly at?: number
  readonly after?: LabTrigger
  /** Milliseconds; without it a lasting fault lasts until the lab is stopped. */
  readonly for?: number
  /** Begins anew every so many milliseconds, `times` times in all. */
  readonly every?: number
  readonly times?: number
  readonly to?: LabTarget
}

export type LabStep = Fault & Timing

/**
 * A script of the network lab.
 * @example
 * { "format": "planwire-lab", "version": 1, "steps": [{ "at": 2000, "for": 5000, "fault": "latency", "ms": 300 }] }
 */
export interface LabScript {
  readonly format: 'planwire-lab'
  readonly version: 1
  readonly name?: string
  /** Used where none is given to `run`. Default 1. */
  readonly seed?: number
  readonly steps: readonly LabStep[]
}
