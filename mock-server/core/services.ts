/**
 * Owns the remote services of the live updates: functions of the configuration that clients call by name
 * (`svc.add`, source: recorded frames). They are the app developer's own code, so whatever they do (throw, never answer,
 * answer with what cannot be sent) ends as the error of one call.
 *
 * Bounds: calls of one frame, calls of one caller that are under way, time, and length of an answer.
 */
import type { Clock, Logger } from '../../client/ports/ports.ts'
import type { RemoteCall, RemoteResult } from '../../client/protocol/messages.ts'
import type { ServiceContext, ServiceMethod, ServicesConfig } from './config-functions.ts'
import { isTooDeep } from './depth.ts'

/** Calls of one frame; further ones are answered with an error each. */
const MOST_CALLS = 100
/** Calls of one caller that are under way at once. */
const MOST_UNDER_WAY = 200
/** Milliseconds that a function has for its answer. */
export const CALL_MS = 10_000
/** Length of an error as its caller reads it. */
const MOST_REASON = 500
const PATHS = /(?:file:\/\/)?(?:\/[\w.@+-]+){2,}\/?|[A-Za-z]:\\[^\s'"]+/g

/** Somebody who calls. */
export interface Caller {
  readonly token: string
  readonly connection: string | undefined
  /** Calls that are not answered yet. Counted by {@link Services}. */
  underWay: number
}

/** What services need of their server. */
export interface ServicesOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Longest answer, in UTF-16 code units. */
  readonly frameLength: number
  publish(entity: string, action: string, value: unknown): void
}

/** The services of one server. */
export class Services {
  /** Names as the handshake lists them: `{ svc: { add: 1 } }`. */
  readonly names: { readonly [service: string]: { readonly [method: string]: 1 } }
  readonly #methods = new Map<string, ServiceMethod>()
  readonly #options: ServicesOptions

  constructor(table: ServicesConfig, options: ServicesOptions) {
    this.#options = options
    const names = Object.entries(table).map(([service, methods]) => {
      for (const [method, run] of Object.entries(methods)) this.#methods.set(`${service}.${method}`, run)
      return [service, Object.fromEntries(Object.keys(methods).map((method) => [method, 1 as const]))] as const
    })
    this.names = Object.fromEntries(names)
  }

  /** Answers the calls of one frame, in their order: at once, or when the last function has answered or run out of time. */
  answer(calls: readonly RemoteCall[], caller: Caller): readonly RemoteResult[] | Promise<readonly RemoteResult[]> {
    const results = calls.map((call, at) => {
      if (at >= MOST_CALLS) return refused(call, `More than ${MOST_CALLS} calls at once`)
      return this.#call(call, caller)
    })
    return results.every(isResult) ? results : Promise.all(results)
  }

  #call(call: RemoteCall, caller: Caller): RemoteResult | Promise<RemoteResult> {
    const method = this.#methods.get(call.name)
    if (!method) return refused(call, 'Unknown method')
    if (caller.underWay >= MOST_UNDER_WAY) return refused(call, 'Too many calls under way')
    const { publish } = this.#options
    const context: ServiceContext = {
      token: caller.token,
      connection: caller.connection,
      publish: (entity, action, value) => publish(entity, action, value),
    }
    let answered: unknown
    try {
      answered = Reflect.apply(method, context, call.args)
    } catch (cause) {
      return this.#failed(call, cause)
    }
    if (!isThenable(answered)) return this.#done(call, answered)
    return this.#inTime(call, caller, answered)
  }

  #inTime(call: RemoteCall, caller: Caller, answer: PromiseLike<unknown>): Promise<RemoteResult> {
    caller.underWay += 1
    return new Promise((resolve) => {
      let open = true
      const end = (result: () => RemoteResult): void => {
        if (!open) return
        open = false
        caller.underWay -= 1
        stop()
        resolve(result())
      }
      const stop = this.#options.clock.after(CALL_MS, () => {
        this.#options.logger('warn', 'A remote call ran out of time', { name: call.name })
        end(() => refused(call, `No answer within ${CALL_MS / 1000} s`))
      })
      Promise.resolve(answer).then(
        (value) => end(() => this.#done(call, value)),
        (cause: unknown) => end(() => this.#failed(call, cause)),
      )
    })
  }

  #done(call: RemoteCall, value: unknown): RemoteResult {
    try {
      return { id: call.id, error: null, data: this.#sendable(value) }
    } catch (cause) {
      this.#options.logger('warn', 'A remote call answered what cannot be sent', { name: call.name, cause })
      return refused(call, 'The answer cannot be sent as JSON')
    }
  }

  #failed(call: RemoteCall, cause: unknown): RemoteResult {
    this.#options.logger('warn', 'A remote call failed', { name: call.name, cause })
    return refused(call, this.#reasonOf(cause))
  }

  /** What a caller may know of an error: its message, first line, no path; or the JSON that was thrown. */
  #reasonOf(cause: unknown): unknown {
    const message = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause
    if (typeof message === 'string') {
      const [line = ''] = message.split('\n', 1)
      return line.slice(0, MOST_REASON).replace(PATHS, '(path)') || 'Failed'
    }
    try {
      // Falsy errors would count as answers.
      return this.#sendable(cause) || 'Failed'
    } catch {
      return 'Failed'
    }
  }

  /** The value as it travels. Throws for what is no JSON, or too much of it. */
  #sendable(value: unknown): unknown {
    const text = JSON.stringify(value)
    if (text === undefined) return null
    if (text.length > this.#options.frameLength || isTooDeep(text)) throw new RangeError('Too large')
    return JSON.parse(text)
  }
}

function refused({ id }: RemoteCall, error: unknown): RemoteResult {
  return { id, error, data: null }
}

function isResult(value: RemoteResult | Promise<RemoteResult>): value is RemoteResult {
  return !isThenable(value)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
