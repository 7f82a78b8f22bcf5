/** Owns who wants to be called back when something changed; one that fails is told, and harms neither the others nor the caller. */
import type { Cancel, Logger } from '../../client/ports/ports.ts'

/** Callbacks of one thing that changes. */
export class Watchers {
  readonly #logger: Logger
  readonly #watchers = new Set<() => void>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Calls back until it is cancelled; a function that was given twice is called twice. */
  watch(changed: () => void): Cancel {
    const each = (): void => changed()
    this.#watchers.add(each)
    return () => this.#watchers.delete(each)
  }

  changed(): void {
    for (const watcher of [...this.#watchers]) {
      try {
        watcher()
      } catch (cause) {
        this.#logger('error', 'A watcher of the lab failed', { cause })
      }
    }
  }
}
