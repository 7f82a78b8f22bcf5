/**
 * The engine at work: the one stateful piece of the live updates besides the connection. It feeds the reducer with what
 * requests and timers bring and carries out its effects; what the app should hear goes to the store, after the effects.
 */
import type { Cancel } from '../ports/ports.ts'
import { assertNever, type Parsed, PlanwireError } from '../protocol/errors.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { backoffMs } from '../sync/connection.ts'
import type { ViewChange } from '../sync/replica.ts'
import { createLiveState, type LiveInput, reduceLive } from './live-engine.ts'
import type { LiveLink, LivePorts } from './live-ports.ts'
import type { LiveEffect, LiveEvent, LiveState, TimerName } from './live-state.ts'
import { type DataProcessorOptions, loadRecords, saveRecord } from './rest-client.ts'

/** Where records of some stores are read from. */
export interface LoadSource {
  readonly url: string
  readonly stores: readonly string[]
  readonly read: (body: string) => Parsed<{ readonly [store: string]: readonly PlainRecord[] }>
}

/** Who hears of what happened. None of these may throw; `changed` comes first. */
export interface LiveAudience {
  changed(origin: 'local' | 'remote' | 'dataset', changes: readonly ViewChange[]): void
  event(event: LiveEvent): void
  /** The input is done with. */
  settled(): void
}

interface LoadWaiter {
  done(): void
  failed(error: PlanwireError): void
}

/** A further read after a frame that could not be read, in milliseconds. */
const DOUBT_MS = 2_000

/** An engine with its timers and requests. */
export class LiveRunner {
  readonly state: LiveState
  /** The connection that brings the frames, and the token. */
  link: LiveLink | undefined
  options: DataProcessorOptions | undefined
  readonly #ports: LivePorts
  readonly #pathOf: (store: string) => string
  readonly #audience: LiveAudience
  readonly #timers = new Map<TimerName | 'doubt', Cancel>()
  readonly #sources = new Map<string, LoadSource>()
  readonly #waiters = new Map<string, LoadWaiter[]>()
  #closed = false

  constructor(ports: LivePorts, pathOf: (store: string) => string, audience: LiveAudience) {
    this.#ports = ports
    this.#pathOf = pathOf
    this.#audience = audience
    this.state = createLiveState(ports.random.id())
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Takes an input and carries out its effects. */
  dispatch(input: LiveInput): void {
    if (this.#closed) return
    const { origin, changes, effects } = reduceLive(this.state, input)
    this.#audience.changed(origin, changes)
    for (const effect of effects) this.#perform(effect)
    this.#audience.settled()
  }

  /** Takes an input in the next microtask: what the app says right after it counts as said before. */
  dispatchSoon(input: LiveInput): void {
    void Promise.resolve().then(() => this.dispatch(input))
  }

  /** Reads a source from now on. Settles with the first answer. */
  load(source: LoadSource): Promise<void> {
    const name = source.stores.join('+')
    this.#sources.set(name, source)
    this.dispatchSoon({ type: 'source', name, stores: source.stores })
    return new Promise<void>((done, failed) => {
      this.#waiters.set(name, [...(this.#waiters.get(name) ?? []), { done, failed }])
    })
  }

  /** Something may have been missed: reads again, soon, once for any number of doubts. */
  doubt(): void {
    if (!this.#closed && !this.#timers.has('doubt')) this.#arm('doubt', DOUBT_MS, { type: 'reload' })
  }

  /** Stops every timer; late answers are ignored, waiting loads rejected. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const stop of this.#timers.values()) stop()
    this.#timers.clear()
    const error = new PlanwireError('closed', 'The store was closed', 'fatal')
    for (const waiters of this.#waiters.values()) for (const { failed } of waiters) failed(error)
    this.#waiters.clear()
  }

  #perform(effect: LiveEffect): void {
    switch (effect.type) {
      case 'save':
        void this.#save(effect)
        return
      case 'load':
        void this.#load(effect.number, effect.source)
        return
      case 'timer':
        this.#arm(effect.name, effect.delayMs, { type: 'timer', name: effect.name })
        return
      case 'backoff': {
        const pauseMs = backoffMs(effect.failures, this.#ports.random.next())
        this.#arm(effect.name, Math.max(effect.leastMs, pauseMs), { type: 'timer', name: effect.name })
        return
      }
      case 'stopTimer':
        this.#timers.get(effect.name)?.()
        this.#timers.delete(effect.name)
        return
      case 'emit':
        this.#audience.event(effect.event)
        return
      default:
        assertNever(effect)
    }
  }

  #arm(name: TimerName | 'doubt', delayMs: number, input: LiveInput): void {
    this.#timers.get(name)?.()
    this.#timers.set(
      name,
      this.#ports.clock.after(delayMs, () => {
        this.#timers.delete(name)
        this.dispatch(input)
      }),
    )
  }

  async #save({ number, store, method, record }: Extract<LiveEffect, { type: 'save' }>): Promise<void> {
    const id = method === 'POST' ? undefined : record.id
    const outcome = await saveRecord(this.#environment(), { store, method, id, record })
    this.dispatch({ type: 'answer', number, outcome })
  }

  async #load(number: number, name: string): Promise<void> {
    const source = this.#sources.get(name)
    if (!source) return
    try {
      const stores = await loadRecords(this.#environment(), source.url, source.read)
      const waiters = this.#waitersOf(number, name)
      this.dispatch({ type: 'loaded', number, stores })
      for (const { done } of waiters) done()
    } catch (cause) {
      const lost = (): PlanwireError =>
        new PlanwireError('connection-lost', `${source.url}: no answer`, 'retry', {}, { cause })
      const error = cause instanceof PlanwireError ? cause : lost()
      const waiters = this.#waitersOf(number, name)
      this.dispatch({ type: 'loadFailed', number, error, retry: error.recovery === 'retry' })
      for (const { failed } of waiters) failed(error)
    }
  }

  /** Who waits for this load. The answer to one that another replaced says nothing to those who wait for the other. */
  #waitersOf(number: number, name: string): readonly LoadWaiter[] {
    if (this.state.sources.get(name)?.running !== number) return []
    const waiters = this.#waiters.get(name) ?? []
    this.#waiters.delete(name)
    return waiters
  }

  #environment(): Parameters<typeof saveRecord>[0] {
    return { ports: this.#ports, link: this.link, options: this.options, pathOf: this.#pathOf }
  }
}
