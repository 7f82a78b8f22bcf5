/** Typed events. A listener that throws stops nobody: its error is handed to `failed`. */
import type { Cancel } from '../ports/ports.ts'

/** An event: its name and what its listeners receive. */
export type Told<Events> = { [Name in keyof Events]: [name: Name, payload: Events[Name]] }[keyof Events]

/** Listeners by event name; `Events` maps each name to what its listeners receive. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>()
  readonly #failed: (error: unknown, event: keyof Events) => void

  constructor(failed: (error: unknown, event: keyof Events) => void) {
    this.#failed = failed
  }

  /** Calls `listener` on each event of that name until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: (payload: Events[Name]) => void): Cancel {
    let listeners = this.#listeners.get(name)
    if (!listeners) this.#listeners.set(name, (listeners = new Set()))
    // A wrapper of its own, so that one function registered twice is called twice and can be taken off once.
    const own = (payload: Events[Name]): void => listener(payload)
    listeners.add(own)
    return () => listeners.delete(own)
  }

  /** Calls every listener of the event, in the order in which they came. */
  emit(...[name, payload]: Told<Events>): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        ;(listener as (payload: Events[keyof Events]) => void)(payload)
      } catch (error) {
        this.#failed(error, name)
      }
    }
  }

  /** True if somebody listens. */
  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0
  }

  /** Takes every listener off. */
  clear(): void {
    this.#listeners.clear()
  }
}
