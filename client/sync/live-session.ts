/**
 * The one stateful piece of the sync layer: it feeds the session reducer with what sockets and timers bring and carries
 * out its effects. Everything else here is pure.
 */
import type { Cancel, Clock, Logger, Random, Socket, Transport } from '../ports/ports.ts'
import { flatClient } from '../protocol/dialects/bryntum-flat/client.ts'
import { revisionsClient } from '../protocol/dialects/bryntum-revisions/client.ts'
import type { ClientCodec } from '../protocol/dialects/codec.ts'
import { commandForAny, dialectOfAnswer } from '../protocol/dialects/detect.ts'
import { PlanwireError } from '../protocol/errors.ts'
import type { ChangesetId, ClientId } from '../protocol/ids.ts'
import type { Downstream, ProjectDialectName, Upstream } from '../protocol/messages.ts'
import { type Abort, onAbort } from './abort.ts'
import { currentCopy } from './copies.ts'
import { whenThere } from './later.ts'
import type { Outbox, OutboxListener } from './outbox.ts'
import type { ViewChange } from './replica.ts'
import { createSession, reduce, type SessionOptions } from './session.ts'
import type { CredentialsProvider, Effect, Input, SessionEvent, SessionState, TimerName } from './session-types.ts'

/** The outside world of a session. */
export interface SessionPorts {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Asked for credentials on each connection; a rejection is retried. */
  readonly credentials?: CredentialsProvider
  /** Calls back when the network is back or the tab is looked at again. */
  readonly wakeups?: (woken: () => void) => Cancel
  /** Keeps changesets beyond the life of the tab; undefined: they live in memory. */
  readonly outbox?: OutboxStart | undefined
}

/** What a session needs of its outbox. */
type SessionOutbox = Pick<Outbox, 'follow' | 'close' | 'lapsed' | 'stillOurs'>

/** Makes the outbox of a session: at once, or when its code is there. */
export type OutboxStart = (client: ClientId, clock: Clock, listener: OutboxListener) => Outbox | Promise<Outbox>

const CODECS: { readonly [name in ProjectDialectName]: ClientCodec } = {
  'bryntum-flat': flatClient,
  'bryntum-revisions': revisionsClient,
}

/** Who hears of a session. Neither may throw. */
export interface SessionListener {
  /** What the app sees has changed: called at once, before any event, to keep indexes in step. Must not call the session. */
  seen(changes: readonly ViewChange[], own: ChangesetId | undefined): void
  /** Events in order. May call the session. */
  event(event: SessionEvent): void
}

/** A session at work. */
export class LiveSession {
  readonly state: SessionState
  readonly #ports: SessionPorts
  readonly #listener: SessionListener
  readonly #timers = new Map<TimerName, Cancel>()
  readonly #answers = new Map<number, { done(answer: Downstream | undefined): void; failed(reason: unknown): void }>()
  readonly #events: SessionEvent[] = []
  #socket: Socket | undefined
  #telling = false
  #requests = 0
  #outbox: SessionOutbox | undefined
  readonly #stopWakeups: Cancel | undefined

  constructor(options: SessionOptions, ports: SessionPorts, listener: SessionListener) {
    this.state = createSession({ ...options, hasOutbox: ports.outbox !== undefined })
    this.#listener = listener
    this.#ports = ports
    if (ports.outbox) this.#keep(ports.outbox)
    this.#stopWakeups = ports.wakeups?.(() => this.dispatch({ type: 'wake', now: ports.clock.now() }))
  }

  /**
   * Takes an input and carries out its effects: first everything but events, then the events, in order. A listener that
   * edits is thus never ahead of frames that should have left before its own.
   */
  dispatch(input: Input): void {
    // What waits for an answer on this socket may be another tab's by now: a new one begins with a look.
    const { state } = this.state.connection
    const entered = state === 'open' || state === 'authenticating'
    if (entered && input.type !== 'slept' && input.type !== 'close' && this.#outbox?.lapsed)
      this.dispatch({ type: 'slept' })
    let pendingChanged = input.type === 'project'
    for (const effect of reduce(this.state, input)) {
      if (effect.type !== 'emit') this.#perform(effect)
      else {
        pendingChanged ||= effect.event.type === 'pending' || effect.event.type === 'connection'
        if (effect.event.type === 'view') this.#listener.seen(effect.event.changes, effect.event.own)
        this.#events.push(effect.event)
      }
    }
    if (pendingChanged) this.#outbox?.follow(this.state)
    if (input.type === 'close') {
      this.#stopWakeups?.()
      this.#outbox?.close()
    }
    if (this.#telling) return
    this.#telling = true
    try {
      for (let event = this.#events.shift(); event; event = this.#events.shift()) this.#listener.event(event)
    } finally {
      this.#telling = false
    }
  }

  /**
   * Sends a command and settles with its answer, or when it is handed over if the protocol has none. A refusal is an
   * event as well, so a caller that does not wait never causes an unhandled rejection.
   */
  request(message: Upstream, signal?: Abort): Promise<Downstream | undefined> {
    const id = this.#requests++
    const promise = new Promise<Downstream | undefined>((done, failed) => this.#answers.set(id, { done, failed }))
    const stop = onAbort(signal, (reason) => this.#giveUp(id, reason))
    promise.then(stop, stop)
    // Aborted before it began: nothing leaves.
    if (this.#answers.has(id)) this.dispatch({ type: 'request', id, message })
    return promise
  }

  /** Ends the wait for an answer. A command that has not left is withdrawn; of one that has, the answer is still awaited, to tell the next ones apart. */
  #giveUp(id: number, reason: unknown): void {
    this.#answers.get(id)?.failed(reason)
    this.#answers.delete(id)
    if (this.state.requests.some((request) => request.id === id && !request.sent))
      this.dispatch({ type: 'withdraw', id })
  }

  #perform(effect: Exclude<Effect, { type: 'emit' }>): void {
    switch (effect.type) {
      case 'open':
        if (!this.#outbox?.lapsed) this.#socket = this.#open(effect.url, effect.generation)
        else
          void this.#outbox.stillOurs().then(() => {
            if (effect.generation === this.state.generation) this.#socket = this.#open(effect.url, effect.generation)
          })
        return
      case 'send':
        this.#socket?.send(this.#encode(effect.message))
        return
      case 'closeSocket':
        this.#socket?.close()
        this.#socket = undefined
        return
      case 'provide':
        void this.#provide(effect.generation)
        return
      case 'timer': {
        this.#stop(effect.name)
        const delayMs = effect.jitter ? Math.round(effect.delayMs * this.#ports.random.next()) : effect.delayMs
        this.#timers.set(
          effect.name,
          this.#ports.clock.after(delayMs, () => {
            this.#timers.delete(effect.name)
            this.dispatch({ type: 'timer', name: effect.name, now: this.#ports.clock.now() })
          }),
        )
        return
      }
      case 'stopTimer':
        for (const name of effect.name === 'all' ? [...this.#timers.keys()] : [effect.name]) this.#stop(name)
        return
      case 'answer':
        this.#answers.get(effect.id)?.done(effect.answer)
        this.#answers.delete(effect.id)
        return
      case 'fail':
        this.#answers.get(effect.id)?.failed(effect.error)
        this.#answers.delete(effect.id)
        return
    }
  }

  #keep(start: OutboxStart): void {
    const listener: OutboxListener = {
      restored: (box, entries) => this.dispatch({ type: 'restored', box, entries }),
      takenOver: (ids) => this.dispatch({ type: 'takenOver', ids }),
      remembered: (user) => this.dispatch({ type: 'remembered', user }),
      failed: (error) => this.dispatch({ type: 'malformed', error }),
    }
    const follow = (outbox: SessionOutbox): void => {
      this.#outbox = outbox
      // Nothing is there to follow within the constructor.
      if (this.state.url !== undefined || this.state.project !== undefined) outbox.follow(this.state)
      if (this.state.connection.state === 'closed') outbox.close()
    }
    whenThere(start(this.state.clientId, this.#ports.clock, listener), follow, (error) => {
      listener.failed(error)
      follow(nothingKept(listener))
    })
  }

  async #provide(generation: number): Promise<void> {
    try {
      const credentials = await this.#ports.credentials?.()
      if (credentials) this.dispatch({ type: 'credentials', generation, credentials })
      else throw new Error('it gave none')
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      const error = new PlanwireError(
        'credentials-failed',
        `The credentials provider failed: ${why}`,
        'retry',
        {},
        { cause },
      )
      this.dispatch({ type: 'noCredentials', generation, error })
    }
  }

  #open(url: string, generation: number): Socket {
    return this.#ports.transport.open(url, {
      opened: () => this.dispatch({ type: 'opened', generation }),
      frame: (text) => this.#frame(text, generation),
      closed: (code, reason) => this.dispatch({ type: 'lost', generation, code, reason }),
    })
  }

  #frame(text: string, generation: number): void {
    if (generation !== this.state.generation) return
    if (!this.state.dialect) {
      const name = dialectOfAnswer(text)
      if (name) this.dispatch({ type: 'dialect', name })
    }
    const parsed = CODECS[this.state.dialect ?? 'bryntum-flat'].decode(text)
    if (parsed.ok)
      this.dispatch({ type: 'received', generation, message: parsed.message, now: this.#ports.clock.now() })
    else {
      this.#ports.logger('warn', parsed.error.message, parsed.error.details)
      this.dispatch({ type: 'malformed', error: parsed.error })
    }
  }

  #encode(message: Upstream): string {
    return this.state.dialect ? CODECS[this.state.dialect].encode(message) : commandForAny(message)
  }

  #stop(name: TimerName): void {
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }
}

/** In place of an outbox whose code cannot be loaded: nothing was kept, so nothing is waited for. */
function nothingKept(listener: OutboxListener): SessionOutbox {
  return {
    lapsed: false,
    stillOurs: () => Promise.resolve(),
    follow(state) {
      const copy = currentCopy(state)
      if (copy?.server === undefined || copy.restored) return
      listener.restored({ server: copy.server, user: copy.user, project: copy.project }, [])
    },
    close() {},
  }
}
