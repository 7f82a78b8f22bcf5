/**
 * The world outside of a session: it takes its steps one after another as sockets, timers and the app ask for them, and
 * does for them what they want done. No step touches ports.
 */
import type { Cancel, Clock, Logger, Random, Socket, Transport } from '../ports/ports.ts'
import { flatClient } from '../protocol/dialects/bryntum-flat/client.ts'
import { revisionsClient } from '../protocol/dialects/bryntum-revisions/client.ts'
import type { ClientCodec } from '../protocol/dialects/codec.ts'
import { commandForAny, dialectOfAnswer } from '../protocol/dialects/detect.ts'
import { PlanwireError } from '../protocol/errors.ts'
import type { ChangesetId, ClientId, ProjectId } from '../protocol/ids.ts'
import type { Downstream, ProjectDialectName, Upstream } from '../protocol/messages.ts'
import { type Abort, onAbort } from './abort.ts'
import { handedOver } from './copies.ts'
import { whenThere } from './later.ts'
import { lineLost, logIn, lost, noCredentials, opened } from './login.ts'
import type { Outbox, OutboxListener } from './outbox.ts'
import type { Seen } from './replica.ts'
import { requestWithdrawn } from './requests.ts'
import {
  close,
  closedError,
  createSession,
  failedOutside,
  heard,
  keepNothing,
  remembered,
  request,
  restored,
  type SessionOptions,
  selectProject,
  timeIsUp,
  wake,
} from './session.ts'
import type {
  Credentials,
  CredentialsProvider,
  Outside,
  Request,
  SessionEvent,
  SessionState,
  Timer,
} from './session-types.ts'

/** The outside world of a session. */
export interface SessionPorts {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Who logs in, or who is asked for that on each connection; a rejection is retried. */
  readonly credentials?: Credentials | CredentialsProvider | undefined
  /** Calls back when the network is back or the tab is looked at again. */
  readonly wakeups?: (woken: () => void) => Cancel
  /** Keeps changesets beyond the life of the tab; undefined: they live in memory. */
  readonly outbox?: OutboxStart | undefined
}

/** Makes the outbox of a session: at once, or when its code is there. */
export type OutboxStart = (client: ClientId, clock: Clock, listener: OutboxListener) => Outbox | Promise<Outbox>

const CODECS: { readonly [name in ProjectDialectName]: ClientCodec } = {
  'bryntum-flat': flatClient,
  'bryntum-revisions': revisionsClient,
}

/** Who hears of a session. Neither may throw. */
export interface SessionListener {
  /** What the app sees has changed: called at once, before any event, to keep indexes in step. Must not call the session. */
  seen(changes: Seen, own: ChangesetId | undefined): void
  /** Events in order. May call the session. */
  event(event: SessionEvent): void
}

/** A session at work. */
export class LiveSession {
  readonly state: SessionState
  readonly #ports: SessionPorts
  readonly #listener: SessionListener
  readonly #timers = new Map<Timer, Cancel>()
  readonly #events: SessionEvent[] = []
  #socket: Socket | undefined
  /** What a transport calls back from within a step, to be taken after it; undefined between steps. */
  #held: ((state: SessionState) => void)[] | undefined
  #telling = false
  /** What is pending, or where it belongs, may be another than the outbox has. */
  #toKeep = false
  #outbox: Outbox | undefined
  readonly #stopWakeups: Cancel | undefined

  constructor(options: SessionOptions, ports: SessionPorts, listener: SessionListener) {
    this.#listener = listener
    this.#ports = ports
    const { credentials } = ports
    const provided = typeof credentials === 'function'
    const outside: Outside = {
      now: () => ports.clock.now(),
      open: () => this.#open(this.state.generation),
      hangUp: () => {
        this.#socket?.close()
        this.#socket = undefined
      },
      send: (message) => this.#socket?.send(this.#encode(message)),
      provide: () => void (provided && this.#provide(this.state.generation, credentials)),
      timer: (timer, delayMs, jitter) => this.#timer(timer, delayMs, jitter),
      tell: (...event) => {
        const [name, told] = event
        this.#toKeep ||= name === 'pending' || name === 'connection'
        if (name === 'view') listener.seen(told.changes, told.own)
        this.#events.push(event)
      },
    }
    const given = provided ? undefined : credentials
    this.state = createSession(options, outside, given, provided, ports.outbox !== undefined)
    if (ports.outbox) this.#keep(ports.outbox)
    this.#stopWakeups = ports.wakeups?.(() => this.step(wake))
  }

  /**
   * Takes a step of the session; when it is done, the outbox follows, and the app hears of what happened, in order. A
   * listener that edits is thus never ahead of frames that should have left before its own.
   */
  step<Args extends readonly unknown[]>(step: (state: SessionState, ...args: Args) => void, ...args: Args): void {
    const { state } = this.state.connection
    if (state === 'closed') return
    const outer = this.#held
    const held = (this.#held = outer ?? [])
    try {
      // What waits for an answer on this socket may be another tab's by now: a new one begins with a look. A client that
      // is closed opens none, and tells of its end alone.
      const entered = state === 'open' || state === 'authenticating'
      if (entered && !Object.is(step, close) && this.#outbox?.lapsed) lineLost(this.state, 'asleep for too long')
      step(this.state, ...args)
    } finally {
      this.#held = outer
    }
    if (this.#toKeep) this.#outbox?.follow(this.state)
    this.#toKeep = false
    if (!outer) for (const late of held) this.step(late)
    if (this.#telling) return
    this.#telling = true
    try {
      for (let event = this.#events.shift(); event; event = this.#events.shift()) this.#listener.event(event)
    } finally {
      this.#telling = false
    }
  }

  /** Brings a project into sight. */
  select(project: ProjectId): void {
    this.#toKeep = true
    this.step(selectProject, project)
  }

  /**
   * Sends a command and settles with its answer, or when it is handed over if the protocol has none. A refusal is an
   * event as well, so a caller that does not wait never causes an unhandled rejection. `signal` ends the wait.
   */
  request(message: Upstream, signal?: Abort): Promise<Downstream | undefined> {
    let wanted: Request | undefined
    const answer = new Promise<Downstream | undefined>((done, failed) => {
      if (signal?.aborted) failed(signal.reason)
      else if (this.state.connection.state === 'closed') failed(closedError())
      else this.step(request, (wanted = { message, sent: false, waiter: { done, failed } }))
    })
    const stop = onAbort(signal, (reason) => {
      wanted?.waiter?.failed(reason)
      if (wanted) this.step(requestWithdrawn, wanted)
    })
    answer.then(stop, stop)
    return answer
  }

  /** Ends everything. */
  close(): void {
    this.step(close)
    for (const timer of [...this.#timers.keys()]) this.#timer(timer)
    this.#stopWakeups?.()
    this.#outbox?.close()
  }

  #timer(timer: Timer, delayMs?: number, jitter?: boolean): void {
    this.#timers.get(timer)?.()
    this.#timers.delete(timer)
    if (delayMs === undefined) return
    const { clock, random } = this.#ports
    const run = (): void => {
      this.#timers.delete(timer)
      this.step(timeIsUp, timer)
    }
    this.#timers.set(timer, clock.after(jitter ? Math.round(delayMs * random.next()) : delayMs, run))
  }

  #keep(start: OutboxStart): void {
    const listener: OutboxListener = {
      restored: (box, entries) => this.step(restored, box, entries),
      takenOver: (ids) => this.step(handedOver, ids),
      remembered: (user) => this.step(remembered, user),
      failed: (error) => this.step(failedOutside, error),
    }
    const follow = (outbox: Outbox): void => {
      this.#outbox = outbox
      // Nothing is there to follow within the constructor.
      if (this.state.url !== undefined || this.state.project !== undefined) outbox.follow(this.state)
      if (this.state.connection.state === 'closed') outbox.close()
    }
    whenThere(start(this.state.clientId, this.#ports.clock, listener), follow, (error) => {
      listener.failed(error)
      this.step(keepNothing)
    })
  }

  async #provide(generation: number, provider: CredentialsProvider): Promise<void> {
    try {
      const credentials = await provider()
      if (!credentials) throw new Error('it gave none')
      this.#onLine(generation, (state) => logIn(state, credentials))
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      const error = new PlanwireError(
        'credentials-failed',
        `The credentials provider failed: ${why}`,
        'retry',
        {},
        { cause },
      )
      this.#onLine(generation, (state) => noCredentials(state, error))
    }
  }

  #open(generation: number): void {
    if (!this.#outbox?.lapsed) this.#openNow(generation)
    else void this.#outbox.stillOurs().then(() => this.#onLine(generation, () => this.#openNow(generation)))
  }

  #openNow(generation: number): void {
    const { url } = this.state
    if (url === undefined) return
    this.#socket = this.#ports.transport.open(url, {
      opened: () => this.#onLine(generation, opened),
      frame: (text) => this.#onLine(generation, () => this.#frame(text)),
      closed: (code, reason) => this.#onLine(generation, (state) => lost(state, code, reason)),
    })
  }

  /** A step for the current socket, after the step that is under way: what an older one still brings is ignored. */
  #onLine(generation: number, step: (state: SessionState) => void): void {
    const current = (state: SessionState): void => {
      if (generation === state.generation) step(state)
    }
    if (this.#held) this.#held.push(current)
    else this.step(current)
  }

  #frame(text: string): void {
    this.state.dialect ??= dialectOfAnswer(text)
    const parsed = CODECS[this.state.dialect ?? 'bryntum-flat'].decode(text)
    if (parsed.ok) heard(this.state, parsed.message)
    else {
      this.#ports.logger('warn', parsed.error.message, parsed.error.details)
      failedOutside(this.state, parsed.error)
    }
  }

  #encode(message: Upstream): string {
    return this.state.dialect ? CODECS[this.state.dialect].encode(message) : commandForAny(message)
  }
}
