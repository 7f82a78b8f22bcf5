/** What a tab has asked the authority and has no answer to yet. */
import type { PlanwireError } from '../../client/protocol/errors.ts'
import type { RestAnswer } from '../core/contract.ts'
import type { ServerState } from '../core/state-file.ts'

type Call =
  | { readonly type: 'request'; resolve(answer: RestAnswer | undefined): void; reject(error: PlanwireError): void }
  | { readonly type: 'command'; resolve(): void; reject(error: PlanwireError): void }
  | { readonly type: 'export'; resolve(state: ServerState): void; reject(error: PlanwireError): void }

export class PendingCalls {
  readonly #calls = new Map<number, Call>()

  request(call: number): Promise<RestAnswer | undefined> {
    return new Promise((resolve, reject) => this.#calls.set(call, { type: 'request', resolve, reject }))
  }

  export(call: number): Promise<ServerState> {
    return new Promise((resolve, reject) => this.#calls.set(call, { type: 'export', resolve, reject }))
  }

  command(call: number): Promise<void> {
    return new Promise((resolve, reject) => this.#calls.set(call, { type: 'command', resolve, reject }))
  }

  /** `answer` is undefined when the request is to pass. */
  answered(call: number, answer: RestAnswer | undefined): void {
    const pending = this.#take(call)
    if (pending?.type === 'request') pending.resolve(answer)
  }

  exported(call: number, state: ServerState): void {
    const pending = this.#take(call)
    if (pending?.type === 'export') pending.resolve(state)
  }

  done(call: number): void {
    const pending = this.#take(call)
    if (pending?.type === 'command') pending.resolve()
  }

  failed(call: number, error: PlanwireError): void {
    this.#take(call)?.reject(error)
  }

  allFailed(error: PlanwireError): void {
    for (const call of [...this.#calls.keys()]) this.failed(call, error)
  }

  #take(call: number): Call | undefined {
    const pending = this.#calls.get(call)
    this.#calls.delete(call)
    return pending
  }
}
