/** Owns the entries of what crosses the wire: their numbers, and the batches in which listeners hear of them. */
import type { Cancel, Clock, Logger } from '../../client/ports/ports.ts'
import type { WireEntry, WireEntryOf } from './recording.ts'
import type { Redactor } from './redact.ts'

/** An entry without what all have: number and time are those of the moment. */
type Fresh<Type extends WireEntry['type']> = Omit<WireEntryOf<Type>, 'n' | 'at' | 'type'>
/** An entry that may be completed within the call that made it. */
export type OpenEntry<Type extends WireEntry['type']> = {
  -readonly [K in keyof WireEntryOf<Type>]: WireEntryOf<Type>[K]
}

/** The log of one server. Nothing is made while nobody listens. */
export class WireLog {
  readonly #clock: Clock
  readonly #logger: Logger
  #redactor: Redactor
  readonly #listeners = new Set<(entries: readonly WireEntry[]) => void>()
  #batch: WireEntry[] = []
  #last = 0

  constructor(clock: Clock, logger: Logger, redactor: Redactor) {
    this.#clock = clock
    this.#logger = logger
    this.#redactor = redactor
  }

  /** True while somebody listens. */
  get isOn(): boolean {
    return this.#listeners.size > 0
  }

  /** Number of the newest entry; 0: none was made. */
  get last(): number {
    return this.#last
  }

  get redactor(): Redactor {
    return this.#redactor
  }

  now(): number {
    return this.#clock.now()
  }

  subscribe(listener: (entries: readonly WireEntry[]) => void): Cancel {
    // What came before is not for it.
    this.flush()
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One more entry; listeners hear of it when the turn is over. */
  add<Type extends WireEntry['type']>(type: Type, fresh: Fresh<Type>): OpenEntry<Type> {
    // `fresh` is the rest of an entry of this very type, which the compiler cannot put together.
    const entry = { n: (this.#last += 1), at: this.#clock.now(), type, ...fresh } as unknown as OpenEntry<Type> &
      WireEntry
    if (this.#batch.push(entry) === 1) void Promise.resolve().then(() => this.flush())
    return entry
  }

  /** Tells what there is now. */
  flush(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    for (const listener of [...this.#listeners]) {
      try {
        listener(batch)
      } catch (cause) {
        this.#logger('error', 'A listener of the recorder failed', { cause })
      }
    }
  }
}
