/**
 * Remote calls of the live-updates protocol: `{"action":"call","body":[{"id":"2","name":"svc.add","args":[1,2]}]}` answered by
 * `{"action":"result","body":[{"id":"2","error":null,"data":3}]}` (source: recorded frames). Owns ids, waiting, sending, and
 * how a call fails. Loaded with the first call: most apps make none.
 */
import type { Cancel } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { isObject, listAt, parsed } from '../protocol/guards.ts'
import type { RemoteCall, RemoteResult } from '../protocol/messages.ts'
import type { ConnectionState } from '../sync/connection.ts'
import type { LiveChannel } from './live-channel.ts'
import { type LivePorts, REQUEST_TIMEOUT_MS } from './live-ports.ts'

interface Waiting {
  readonly call: RemoteCall
  /** It may be carried out twice. */
  readonly repeatable: boolean
  sent: boolean
  readonly stop: Cancel
  readonly done: (data: unknown) => void
  readonly failed: (error: PlanwireError) => void
}

/** Users of one socket keep their ids apart. */
let callers = 0

/** Calls that wait for their answer. */
export class RemoteCalls {
  readonly #channel: LiveChannel
  readonly #ports: LivePorts
  readonly #url: string
  readonly #waiting = new Map<string, Waiting>()
  readonly #prefix = `${++callers}-`
  #last = 0

  constructor(channel: LiveChannel, ports: LivePorts, url: string) {
    this.#channel = channel
    this.#ports = ports
    this.#url = url
  }

  /** Makes a call; it fails with `timeout` when no answer came in time. One that is repeatable outlives a lost connection. */
  call(name: string, args: readonly unknown[], repeatable: boolean): Promise<unknown> {
    const id = `${this.#prefix}${++this.#last}`
    const answer = new Promise<unknown>((done, failed) => {
      const stop = this.#ports.clock.after(REQUEST_TIMEOUT_MS, () => {
        this.#fail(id, new PlanwireError('timeout', `${name}: no answer`, 'retry', { name }))
      })
      this.#waiting.set(id, { call: { id, name, args }, repeatable, sent: false, stop, done, failed })
    })
    if (this.#channel.connection.state === 'open') this.#send()
    return answer
  }

  /** Where the connection stands now: what waited leaves, or what was sent is lost with it. */
  connection(connection: ConnectionState): void {
    switch (connection.state) {
      case 'open':
        this.#send()
        return
      case 'connecting':
        this.#failSent(new PlanwireError('connection-lost', 'The connection was replaced', 'retry'))
        return
      case 'waiting':
      case 'auth-required':
        this.#failSent(connection.error)
    }
  }

  /** Settles the calls that the results answer; results of others are passed over. A truthy `error` rejects. */
  settle(results: readonly RemoteResult[]): void {
    for (const { id, error, data } of results) {
      const waiting = this.#waiting.get(id)
      if (error && waiting) {
        const { name } = waiting.call
        const text = `${name}: ${typeof error === 'string' ? error : 'refused'}`
        this.#fail(id, new PlanwireError('rejected', text, 'drop-changeset', { name, error }))
      } else this.#take(id)?.done(data)
    }
  }

  /** Nothing will be answered any more. */
  close(): void {
    for (const id of [...this.#waiting.keys()])
      this.#fail(id, new PlanwireError('closed', 'The connection was closed', 'fatal'))
  }

  #send(): void {
    const unsent = [...this.#waiting.values()].filter(({ sent }) => !sent)
    for (const waiting of unsent) waiting.sent = true
    const calls = unsent.map(({ call }) => call)
    if (calls.length > 0 && !this.#channel.call(calls)) void this.#post(calls)
  }

  /** Without a socket: `POST` of the bare list, answered by the bare list of results. */
  async #post(calls: readonly RemoteCall[]): Promise<void> {
    try {
      const token = this.#channel.handshake?.key ?? (await this.#channel.token()) ?? ''
      const { status, body } = await this.#ports.http.request({
        method: 'POST',
        url: this.#url,
        headers: { 'Content-Type': 'application/json', 'Remote-Token': token },
        body: JSON.stringify(calls),
        timeoutMs: REQUEST_TIMEOUT_MS,
      })
      const read = parsed(body, 'retry', (json) => listAt(json, 'results'))
      if (status !== 200 || !read.ok)
        throw new PlanwireError('server-error', `Remote call: HTTP ${status}`, 'retry', { status })
      this.settle(read.message.filter(isObject).map(({ id, error, data = null }) => ({ id: String(id), error, data })))
    } catch (cause) {
      const error =
        cause instanceof PlanwireError
          ? cause
          : new PlanwireError('connection-lost', 'Remote call: no answer', 'retry', {}, { cause })
      this.#failSent(error, false)
    }
  }

  /** The connection is gone: whether the server carried out what was sent is unknown, so only what may run twice is sent again. */
  #failSent(error: PlanwireError, keep = true): void {
    for (const [id, waiting] of [...this.#waiting]) {
      if (keep && waiting.repeatable) waiting.sent = false
      else if (waiting.sent) this.#fail(id, error)
    }
  }

  #fail(id: string, error: PlanwireError): void {
    this.#take(id)?.failed(error)
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.stop()
    return waiting
  }
}
