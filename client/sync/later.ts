/**
 * Code that is loaded beside what an app loads first: it is asked for when a client is made and is there a moment later.
 * Until then what it would do waits. Nothing is sent before the outbox was read, so a client without its outbox's code is
 * one whose outbox has not answered yet.
 */
import { PlanwireError } from '../protocol/errors.ts'

/** A module that is loaded when it is first wanted. */
export interface Later<Code> {
  /** Undefined until it is there. */
  readonly code: Code | undefined
  /** Loads it. After a failure the next call tries again. */
  load(): Promise<Code>
}

/** @example const keeping = later(() => import('./keeping.ts')) */
export function later<Code>(load: () => Promise<Code>): Later<Code> {
  let code: Code | undefined
  let loading: Promise<Code> | undefined
  return {
    get code() {
      return code
    },
    load() {
      // A loader may be a bundler's, and throw instead of rejecting.
      loading ??= new Promise<Code>((done) => done(load())).then(
        (loaded) => (code = loaded),
        (cause: unknown) => {
          loading = undefined
          throw cause
        },
      )
      return loading
    },
  }
}

/** What `make` makes of the code: at once if it is there. */
export function made<Code, Thing>(of: Later<Code>, make: (code: Code) => Thing): Thing | Promise<Thing> {
  return of.code === undefined ? of.load().then(make) : make(of.code)
}

/** Hands over an outbox when it is there. `failed`: its code cannot be loaded, and the app goes on in memory. */
export function whenThere<Outbox>(
  outbox: Outbox | Promise<Outbox>,
  there: (outbox: Outbox) => void,
  failed: (error: PlanwireError) => void,
): void {
  if (outbox instanceof Promise) outbox.then(there, (cause: unknown) => failed(notKept(cause)))
  else there(outbox)
}

/** The app goes on in memory, and its user should know that a closed tab loses what is pending. */
export function notKept(cause: unknown): PlanwireError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const text = `Changes cannot be kept beyond this tab (${why}): do not close it while something is pending`
  return new PlanwireError('storage-failed', text, 'retry', {}, { cause })
}
