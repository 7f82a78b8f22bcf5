/** What a tab has asked the authority and has no answer to yet. */
import type { PlanwireError } from '../../client/protocol/errors.ts'
import type { RestAnswer } from '../core/contract.ts'

type Call =
  | { readonly type: 'request'; resolve(answer: RestAnswer | undefined): void; reject(error: PlanwireError): void }
  | { readonly type: 'command'; resolve(): void; reject(error: PlanwireError): void }
  /** For something that is answered with JSON, or with nothing. */
  | { readonly type: 'question'; resolve(text: string): void; reject(error: PlanwireError): void }

export class PendingCalls {
  readonly #calls = new Map<number, Call>()

  request(call: number): Promise<RestAnswer | undefined> {
    return new Promise((resolve, reject) => this.#calls.set(call, { type: 'request', resolve, reject }))
  }

  question(call: number): Promise<string> {
    return new Promise((resolve, reject) => this.#calls.set(call, { type: 'question', resolve, reject }))
  }

  command(call: number): Promise<void> {
    return new Promise((resolve, reject) => this.#calls.set(call, { type: 'command', resolve, reject }))
  }

  /** `answer` is undefined when the request is to pass. */
  answered(call: number, answer: RestAnswer | undefined): void {
    const pending = this.#take(call)
    if (pending?.type === 'request') pending.resolve(answer)
  }

  told(call: number, text: string): void {
    const pending = this.#take(call)
    if (pending?.type === 'question') pending.resolve(text)
  }

  done(call: number): void {
    const pending = this.#take(call)
    if (pending?.type === 'command') pending.resolve()
    else if (pending?.type === 'question') pending.resolve('')
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
