/**
 * Owns when the doctor looks: it parses what it looks at, so it does so in small pieces between the page's own work, a few
 * milliseconds at a time, and leaves the oldest out when it cannot keep up.
 */
import type { Doctor } from '../doctor/doctor.ts'
import type { WireEntry } from '../recorder/recording.ts'
import type { SlicePorts } from './slices.ts'

/** Entries that may wait. */
export const MOST_WAITING = 20_000
/** Between two looks at the clock, and how long one piece may take. */
const PIECE = 20
const PIECE_MS = 4

/** What a queue goes by. */
export interface QueuePorts extends SlicePorts {
  /** There are findings that were not there before. */
  readonly changed: () => void
}

export class DoctorQueue {
  /** Entries that nobody looked at, since too many waited. */
  skipped = 0
  readonly #doctor: Doctor
  readonly #ports: QueuePorts
  #waiting: WireEntry[] = []
  #state: 'idle' | 'working' | 'ended' = 'idle'

  constructor(doctor: Doctor, ports: QueuePorts) {
    this.#doctor = doctor
    this.#ports = ports
  }

  take(entries: readonly WireEntry[]): void {
    if (this.#state === 'ended') return
    for (const entry of entries) this.#waiting.push(entry)
    const surplus = this.#waiting.length - MOST_WAITING
    if (surplus > 0) {
      this.#waiting = this.#waiting.slice(surplus)
      this.skipped += surplus
    }
    if (this.#state === 'working' || this.#waiting.length === 0) return
    this.#state = 'working'
    this.#ports.soon(() => this.#work())
  }

  /** Looks at what did not come; not while something waits, which may be just that. */
  passed(at: number): void {
    if (this.#state === 'idle' && this.#doctor.passed(at).length > 0) this.#ports.changed()
  }

  clear(): void {
    this.#waiting = []
    this.skipped = 0
    this.#doctor.clear()
  }

  /** Nothing more is looked at. */
  end(): void {
    this.#state = 'ended'
    this.#waiting = []
  }

  #work(): void {
    if (this.#state === 'ended') return
    const { now, soon, changed } = this.#ports
    const until = now() + PIECE_MS
    let found = 0
    let done = 0
    while (done < this.#waiting.length && now() < until) {
      found += this.#doctor.take(this.#waiting.slice(done, done + PIECE)).length
      done += PIECE
    }
    this.#waiting = this.#waiting.slice(done)
    if (found > 0) changed()
    if (this.#waiting.length > 0) soon(() => this.#work())
    else this.#state = 'idle'
  }
}
