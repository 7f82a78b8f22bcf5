/**
 * How far a client has heard of each entity: positions that a planwire server gives with its frames (extension), by which it
 * tells after a lost connection what was missed. Other servers give none, and nothing here ever happens.
 */
import { PlanwireError } from '../protocol/errors.ts'
import { isObject } from '../protocol/guards.ts'
import type { Downstream } from '../protocol/messages.ts'
import type { Fields } from '../protocol/records.ts'

/** What a `subscribed` frame says. */
export interface Subscribed {
  readonly name: string
  /** False: what was missed cannot be told, only a read helps. */
  readonly caughtUp: boolean
  readonly error: PlanwireError | undefined
}

/** Positions by entity. */
export class Positions {
  readonly #heard = new Map<string, string>()

  /** True if all of these can go on where they were. */
  resume(names: readonly string[]): boolean {
    return names.every((name) => this.#heard.has(name))
  }

  /** What a subscription says beyond its name. */
  since(name: string): { readonly extra?: Fields } {
    const since = this.#heard.get(name)
    return since === undefined ? {} : { extra: { planwire: { since } } }
  }

  forget(name: string): void {
    this.#heard.delete(name)
  }

  clear(): void {
    this.#heard.clear()
  }

  /** An event was heard. One of several of a commit counts when the last of them came. */
  event({ name, extra }: Extract<Downstream, { type: 'event' }>): void {
    const body = extra?.['body']
    const said = isObject(body) ? body['planwire'] : undefined
    if (isObject(said) && said['more'] !== true) this.#note(name, said['position'])
  }

  /** Reads the answer to a subscription; undefined for any other frame. */
  subscribed({ command, payload }: Extract<Downstream, { type: 'custom' }>): Subscribed | undefined {
    const { name, planwire: said } = payload
    if (command !== 'subscribed' || typeof name !== 'string' || !isObject(said)) return undefined
    const refused = said['refused'] === true
    this.#note(name, said['position'])
    return {
      name,
      caughtUp: said['caughtUp'] !== false && !refused,
      error: refused
        ? new PlanwireError('forbidden', `The server refused the subscription to "${name}"`, 'reauthenticate', { name })
        : undefined,
    }
  }

  #note(name: string, position: unknown): void {
    if (typeof position === 'string') this.#heard.set(name, position)
  }
}
