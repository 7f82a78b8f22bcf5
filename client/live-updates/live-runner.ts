/**
 * The engine at work: the one stateful piece of the live updates besides the connection. It feeds the reducer with what
 * requests and timers bring and carries out its effects; what the app should hear goes to the store, after the effects.
 */
import type { Cancel } from '../ports/ports.ts'
import type { DateRules } from '../protocol/dialects/dhtmlx/date-rules.ts'
import { assertNever, invalidArgument, type Parsed, PlanwireError } from '../protocol/errors.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { BACKOFF_CAP_MS, backoffMs } from '../sync/connection.ts'
import { type Later, later } from '../sync/later.ts'
import type { ViewChange } from '../sync/replica.ts'
import { createLiveState, type LiveInput, reduceLive } from './live-engine.ts'
import type { LiveOutbox } from './live-outbox.ts'
import type { LiveLink, LivePorts } from './live-ports.ts'
import type { LiveEffect, LiveEvent, LiveState, Saver, TimerName } from './live-state.ts'
import type { LoadedRanges, Range } from './ranges.ts'
import { type DataProcessorOptions, loadRecords, type RestEnvironment } from './rest-client.ts'

/** A range as it travels: `YYYY-MM-DD`, or a date in the widget's format. */
export interface DateRange {
  readonly from: string
  readonly to: string
}

/** Records by store, as an answer brought them. */
export interface Loaded {
  readonly [store: string]: readonly PlainRecord[]
}

/** Where records of some stores are read from. */
export interface LoadSource {
  readonly url: string | ((range: DateRange | undefined) => string)
  readonly stores: readonly string[]
  /** Reads its first range, and others when they are asked for; everything without it. */
  readonly ranges?: LoadedRanges | undefined
  readonly read: (body: string) => Parsed<Loaded>
}

/** Who hears of what happened. None of these may throw; `changed` comes first. */
export interface LiveAudience {
  changed(origin: 'local' | 'remote' | 'dataset', changes: readonly ViewChange[]): void
  event(event: LiveEvent): void
  /** The input is done with. */
  settled(): void
}

interface LoadWaiter {
  /** Waits for this range, not for whatever is read next. */
  readonly range: Range | undefined
  done(): void
  failed(error: PlanwireError): void
}

/** How long saves wait for what a server offers, in milliseconds: one that does not come is not offered. */
const GREETING_MS = 5_000

/** A further read after a frame that could not be read, in milliseconds. */
const DOUBT_MS = 2_000

/** What is loaded beside a store when the app says where to save to. */
export const liveSaving: Later<Saver> = later(() => import('./saving.ts'))

/** Inputs that do not wait until it is known what others took over. */
const SAID_BY_THIS_TAB: ReadonlySet<LiveInput['type']> = new Set(['edit', 'saver', 'restored', 'takenOver'])

/** An engine with its timers and requests. */
export class LiveRunner {
  readonly state: LiveState
  /** The connection that brings the frames, and the token. */
  link: LiveLink | undefined
  options: DataProcessorOptions | undefined
  /** Whether what is to be saved may be another tab's by now. */
  lease: LiveOutbox | undefined
  readonly #ports: LivePorts
  readonly #pathOf: (store: string) => string
  readonly #audience: LiveAudience
  readonly #timers = new Map<string, Cancel>()
  readonly #sources = new Map<string, LoadSource>()
  readonly #waiters = new Map<string, LoadWaiter[]>()
  #closed = false

  constructor(ports: LivePorts, pathOf: (store: string) => string, dates: DateRules, audience: LiveAudience) {
    this.#ports = ports
    this.#pathOf = pathOf
    this.#audience = audience
    this.state = createLiveState(ports.random.id(), dates.zone)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Takes an input and carries out its effects. */
  dispatch(input: LiveInput): void {
    if (this.#closed) return
    if (this.lease?.lapsed && !SAID_BY_THIS_TAB.has(input.type)) {
      // What the answer to a request would let go may be another tab's by now.
      void this.lease.stillOurs().then(() => this.#take(input))
    } else this.#take(input)
  }

  #take(input: LiveInput): void {
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

  /** Runs what needs the half that saves: at once, or when its code is there. */
  #whenSaving(run: () => void): void {
    if (this.#closed) return
    const { code } = liveSaving
    if (code && !this.state.saver) this.dispatch({ type: 'saver', saver: code })
    if (this.state.saver) {
      run()
      return
    }
    liveSaving.load().then(
      () => this.#whenSaving(run),
      (cause: unknown) => {
        const text = 'The code that saves edits cannot be loaded: they wait, and it is tried again'
        const error = new PlanwireError('connection-lost', text, 'retry', {}, { cause })
        if (this.#closed) return
        this.#tell(error)
        this.#arm('saver', BACKOFF_CAP_MS, () => this.#whenSaving(run))
      },
    )
  }

  /**
   * Saves may leave: at once, or when the handshake is answered that is under way. A whole record that leaves before it, and so
   * without its version, may undo what others did meanwhile.
   */
  startSaving(): void {
    if (this.state.saving) return
    this.#whenSaving(() => {
      const { link } = this
      const greets = link && !link.offers && /connecting|authenticating|waiting/.test(link.connection.state)
      const start = (): void => this.dispatch({ type: 'saving' })
      if (greets) this.#arm('greeting', GREETING_MS, start)
      else start()
    })
  }

  /** The handshake came to an end: nothing waits for it any more. */
  greeted(): void {
    if (!this.#timers.has('greeting')) return
    this.#stop('greeting')
    this.dispatch({ type: 'saving' })
  }

  /** Reads a source from now on. Settles with the first answer. */
  load(source: LoadSource): Promise<void> {
    const { ranges, stores } = source
    const name = stores.join('+')
    this.#sources.set(name, source)
    this.dispatchSoon({ type: 'source', name, stores, ranges })
    return this.#loaded(name, ranges?.first)
  }

  /** Reads what is missing of a range; resolves at once where nothing is. Error `invalid-argument` before a load. */
  showRange(name: string, range: Range): Promise<void> {
    const source = this.#sources.get(name)
    if (!source) return Promise.reject(invalidArgument('showRange: nothing was loaded yet'))
    if (!source.ranges) return Promise.resolve()
    this.dispatchSoon({ type: 'range', name, range })
    return source.ranges.hasRead(range) ? Promise.resolve() : this.#loaded(name, range)
  }

  #loaded(name: string, range: Range | undefined): Promise<void> {
    return new Promise<void>((done, failed) => {
      this.#waiters.set(name, [...(this.#waiters.get(name) ?? []), { range, done, failed }])
    })
  }

  /** Something may have been missed: reads again, soon, once for any number of doubts. */
  doubt(): void {
    if (!this.#closed && !this.#timers.has('doubt'))
      this.#arm('doubt', DOUBT_MS, () => this.dispatch({ type: 'reload' }))
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
        void this.#load(effect.number, effect.source, effect.ranges)
        return
      case 'timer':
        this.#timer(effect.name, effect.delayMs)
        return
      case 'backoff': {
        const pauseMs = backoffMs(effect.failures, this.#ports.random.next())
        this.#timer(effect.name, Math.max(effect.leastMs, pauseMs))
        return
      }
      case 'stopTimer':
        this.#stop(effect.name)
        return
      case 'emit':
        this.#audience.event(effect.event)
        return
      default:
        assertNever(effect)
    }
  }

  #tell(error: PlanwireError): void {
    this.#audience.event({ type: 'error', error })
    this.#audience.settled()
  }

  #timer(name: TimerName, delayMs: number): void {
    this.#arm(name, delayMs, () => this.dispatch({ type: 'timer', name }))
  }

  #arm(name: string, delayMs: number, run: () => void): void {
    this.#stop(name)
    this.#timers.set(
      name,
      this.#ports.clock.after(delayMs, () => {
        this.#timers.delete(name)
        run()
      }),
    )
  }

  #stop(name: string): void {
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }

  async #save(effect: Extract<LiveEffect, { type: 'save' }>): Promise<void> {
    const outcome = await this.state.saver?.saveRecord(this.#environment(), effect)
    if (outcome) this.dispatch({ type: 'answer', number: effect.number, outcome })
  }

  async #load(number: number, name: string, ranges: readonly Range[] | undefined): Promise<void> {
    const source = this.#sources.get(name)
    if (!source) return
    const known = source.ranges
    const urls = known && ranges ? ranges.map((range) => urlOf(source, known.textOf(range))) : [urlOf(source)]
    try {
      const answers = await Promise.all(urls.map((url) => loadRecords(this.#environment(), url, source.read)))
      if (this.lease?.lapsed) await this.lease.stillOurs()
      const waiters = this.#waitersOf(number, name)
      const [only = {}] = answers
      const stores = known && answers.length > 1 ? known.united(source.stores, answers) : only
      this.dispatch({ type: 'loaded', number, stores })
      const later = waiters.filter(({ range }) => range && source.ranges?.hasRead(range) === false)
      if (later.length > 0) this.#waiters.set(name, [...later, ...(this.#waiters.get(name) ?? [])])
      for (const waiter of waiters) if (!later.includes(waiter)) waiter.done()
    } catch (cause) {
      const lost = (): PlanwireError =>
        new PlanwireError('connection-lost', `${urls[0]}: no answer`, 'retry', {}, { cause })
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

  #environment(): RestEnvironment {
    return { ports: this.#ports, link: this.link, options: this.options, pathOf: this.#pathOf }
  }
}

/** Where a source, or a range of it, is read. */
function urlOf({ url }: LoadSource, dates?: DateRange): string {
  if (typeof url === 'function') return url(dates)
  if (!dates) return url
  const query = `from=${encodeURIComponent(dates.from)}&to=${encodeURIComponent(dates.to)}`
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}
