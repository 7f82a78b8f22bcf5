/**
 * Remote calls of the live-updates protocol: `{"action":"call","body":[{"id":"2","name":"svc.add","args":[1,2]}]}` answered by
 * `{"action":"result","body":[{"id":"2","error":null,"data":3}]}` (source: recorded frames). Owns ids, waiting, and how a call fails.
 */
import type { Cancel, Clock, HttpPort } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { isObject } from '../protocol/guards.ts'
import type { RemoteCall, RemoteResult } from '../protocol/messages.ts'
import { REQUEST_TIMEOUT_MS } from './live-ports.ts'

interface Waiting {
  readonly call: RemoteCall
  /** It may be carried out twice. */
  readonly repeatable: boolean
  sent: boolean
  readonly stop: Cancel
  readonly done: (data: unknown) => void
  readonly failed: (error: PlanwireError) => void
}

/** Calls that wait for their answer. */
export class RemoteCalls {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Waiting>()
  readonly #prefix: string
  #last = 0

  /** `prefix` keeps the ids of several users of one socket apart. */
  constructor(clock: Clock, prefix: string) {
    this.#clock = clock
    this.#prefix = prefix
  }

  /** Files a call; it fails with `timeout` when no answer came in time. One that is repeatable outlives a lost connection. */
  add(name: string, args: readonly unknown[], repeatable: boolean): Promise<unknown> {
    const id = `${this.#prefix}${++this.#last}`
    const promise = new Promise<unknown>((done, failed) => {
      const stop = this.#clock.after(REQUEST_TIMEOUT_MS, () => {
        this.#fail(id, new PlanwireError('timeout', `${name}: no answer`, 'retry', { name }))
      })
      this.#waiting.set(id, { call: { id, name, args }, repeatable, sent: false, stop, done, failed })
    })
    promise.catch(() => {})
    return promise
  }

  /** The calls that were not sent yet, from now on counted as sent. */
  take(): readonly RemoteCall[] {
    const unsent = [...this.#waiting.values()].filter((waiting) => !waiting.sent)
    for (const waiting of unsent) waiting.sent = true
    return unsent.map(({ call }) => call)
  }

  /** Settles the calls that the results answer; results of others are passed over. A truthy `error` rejects. */
  settle(results: readonly RemoteResult[]): void {
    for (const { id, error, data } of results) {
      const waiting = this.#waiting.get(id)
      if (!waiting) continue
      if (error) {
        const { name } = waiting.call
        this.#fail(
          id,
          new PlanwireError('rejected', `${name}: ${typeof error === 'string' ? error : 'refused'}`, 'drop-changeset', {
            name,
            error,
          }),
        )
        continue
      }
      this.#waiting.delete(id)
      waiting.stop()
      waiting.done(data)
    }
  }

  /** The connection is gone: whether the server carried out what was sent is unknown, so only what may run twice is sent again. */
  failSent(error: PlanwireError, keep = true): void {
    for (const [id, waiting] of [...this.#waiting]) {
      if (keep && waiting.repeatable) waiting.sent = false
      else if (waiting.sent) this.#fail(id, error)
    }
  }

  /** Nothing will be answered any more. */
  failAll(error: PlanwireError): void {
    for (const id of [...this.#waiting.keys()]) this.#fail(id, error)
  }

  #fail(id: string, error: PlanwireError): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.stop()
    waiting?.failed(error)
  }
}

/** Calls without a socket: `POST` of the bare list, answered by the bare list of results. */
export async function postCalls(
  http: HttpPort,
  url: string,
  token: string,
  calls: readonly RemoteCall[],
): Promise<readonly RemoteResult[]> {
  const answer = await http.request({
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/json', 'Remote-Token': token },
    body: JSON.stringify(calls),
    timeoutMs: REQUEST_TIMEOUT_MS,
  })
  let json: unknown
  try {
    json = JSON.parse(answer.body)
  } catch {
    json = undefined
  }
  if (answer.status !== 200 || !Array.isArray(json)) {
    throw new PlanwireError('server-error', `Remote call: HTTP ${answer.status}`, 'retry', { status: answer.status })
  }
  return json.filter(isObject).map(({ id, error = null, data = null }) => ({ id: String(id), error, data }))
}
