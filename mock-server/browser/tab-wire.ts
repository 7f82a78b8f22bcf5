/**
 * Owns what one tab is told of the wire: one list at a time, the next one once it has read that, so that a tab which is slow
 * or frozen piles nothing up. What does not fit meanwhile is left out, the oldest first: a gap in the numbers tells.
 */
import type { Cancel, Clock } from '../../client/ports/ports.ts'
import type { Recorder, WireEntry } from '../recorder/recording.ts'

/** UTF-16 code units that may wait for one tab. */
const MOST_WAITING = 8_388_608
/** Between two lists: what comes meanwhile travels together. */
const PAUSE_MS = 16

export class TabWire {
  readonly #clock: Clock
  readonly #post: (entries: string) => void
  #stop: Cancel | undefined
  /** Entries as JSON, oldest first. */
  #waiting: string[] = []
  #characters = 0
  #state: 'ready' | 'unread' | 'pausing' = 'ready'
  #cancel: Cancel = () => {}

  /** `post` gets a list of entries as JSON. */
  constructor(clock: Clock, post: (entries: string) => void) {
    this.#clock = clock
    this.#post = post
  }

  /** Idempotent. */
  listen(recorder: Pick<Recorder, 'subscribe'>): void {
    this.#stop ??= recorder.subscribe((entries) => this.#take(entries))
  }

  /** The tab has read the list that it was sent. */
  read(): void {
    if (this.#state !== 'unread') return
    this.#state = 'pausing'
    this.#cancel = this.#clock.after(PAUSE_MS, () => {
      this.#state = 'ready'
      this.#send()
    })
  }

  /** Nothing more. */
  end(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#cancel()
    this.#waiting = []
    this.#characters = 0
    this.#state = 'ready'
  }

  #take(entries: readonly WireEntry[]): void {
    for (const entry of entries) {
      const text = JSON.stringify(entry)
      this.#waiting.push(text)
      this.#characters += text.length
    }
    let surplus = 0
    while (this.#characters > MOST_WAITING && surplus < this.#waiting.length) {
      this.#characters -= this.#waiting[surplus]?.length ?? 0
      surplus += 1
    }
    if (surplus > 0) this.#waiting.splice(0, surplus)
    this.#send()
  }

  #send(): void {
    if (this.#state !== 'ready' || this.#waiting.length === 0) return
    this.#state = 'unread'
    const list = `[${this.#waiting.join(',')}]`
    this.#waiting = []
    this.#characters = 0
    this.#post(list)
  }
}
