/** Owns what faults do to requests. Each travels on a line of its own, so they overtake each other where latency lets them. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { RestAnswer, RestRequest } from '../core/contract.ts'
import { failure } from '../core/rest-answers.ts'
import type { Route, Routes } from '../core/routes.ts'
import type { ActiveFault, Party } from './active-fault.ts'
import { bytesOf, paceOf } from './lab-lines.ts'
import { pathOf } from './line.ts'
import type { NetworkLab } from './network-lab.ts'
import type { Direction } from './script.ts'

/** How long a request waits to be overtaken, unless its step says otherwise. */
const OVERTAKE_MS = 300

/** Why a request got no answer; hosts turn it into what their platform says where the network failed. */
export function noAnswer(): PlanwireError {
  return new PlanwireError('connection-lost', 'No answer: a fault of the network lab', 'retry')
}

/** Such as `PUT /events`: one name for all records of a collection, since a stream of chance for each would have no end. */
export function requestName(route: Route, { method, url }: Pick<RestRequest, 'method' | 'url'>): string {
  const path = pathOf(url)
  const hasId = 'id' in route && route.id !== undefined
  return `${method} ${hasId ? path.slice(0, path.lastIndexOf('/')) : path}`
}

/** The requests of a server. */
export class LabRequests {
  readonly #lab: NetworkLab
  readonly #routes: Routes
  /** Requests that wait to be overtaken. */
  readonly #waiting = new Set<() => void>()

  constructor(lab: NetworkLab, routes: Routes) {
    this.#lab = lab
    this.#routes = routes
  }

  /**
   * Takes a request to the core and its answer back; undefined for a path that is none of the core's. Rejects with
   * `connection-lost` when no answer arrives. What nothing is wrong with reaches the core within the call.
   */
  carry(
    request: RestRequest,
    core: (request: RestRequest) => Promise<RestAnswer> | undefined,
  ): Promise<RestAnswer> | undefined {
    const route = this.#routes.http(request.url)
    if (route === undefined) return core(request)
    const path = pathOf(request.url)
    const what = `${request.method} ${path}`
    const party: Party = {
      via: 'request',
      path,
      token: request.headers['remote-token'],
      tab: request.tab,
      key: requestName(route, request),
    }
    this.#lab.saw({ event: 'request', party, text: what })
    return this.#carry(request, core, party, what, route.type === 'handshake')
  }

  async #carry(
    request: RestRequest,
    core: (request: RestRequest) => Promise<RestAnswer> | undefined,
    party: Party,
    what: string,
    isHandshake: boolean,
  ): Promise<RestAnswer> {
    const lab = this.#lab
    const isPreflight = request.method === 'OPTIONS'
    const isWrite = !isPreflight && request.method !== 'GET'
    const passes = this.#arrives(party, 'up', request.body)
    if (passes) await passes
    for (const { fault } of lab.for('offline', party)) {
      this.#tell(fault, party, { type: 'lost', what })
      throw noAnswer()
    }
    for (const { fault } of lab.for('half-open', party)) {
      this.#tell(fault, party, { type: 'lost', what })
      await fault.over()
      throw noAnswer()
    }
    const refused = isPreflight ? undefined : this.#refusal(party, what, isHandshake)
    if (refused !== undefined) return this.#answered(party, refused)
    for (const { fault, step } of lab.for('lose-before-commit', party)) {
      if (!fault.strikes(step, party, what, isWrite)) continue
      lab.tell(fault, party.key, { type: 'lost', what })
      throw noAnswer()
    }
    for (const { fault, step } of lab.for('reorder', party)) {
      if (!fault.strikes(step, party, what, isWrite)) continue
      await this.#overtaken(step.ms ?? OVERTAKE_MS)
      lab.tell(fault, party.key, { type: 'overtaken', what })
    }
    const answering = core(request)
    // Whoever waited for one that is faster goes next.
    for (const go of [...this.#waiting]) go()
    if (answering === undefined) throw noAnswer()
    for (const { fault, step } of lab.for('duplicate', party)) {
      if (!fault.strikes(step, party, what, isWrite)) continue
      lab.tell(fault, party.key, { type: 'repeated', what })
      // The answer to the second one finds nobody who waits for it.
      core(request)?.catch(() => {})
    }
    const answered = await answering
    for (const { fault, step } of lab.for('lose-ack', party)) {
      if (!fault.strikes(step, party, what, isWrite)) continue
      lab.tell(fault, party.key, { type: 'ack-lost', what })
      throw noAnswer()
    }
    return this.#answered(party, answered)
  }

  /** The answer on its way back. */
  async #answered(party: Party, answer: RestAnswer): Promise<RestAnswer> {
    const passes = this.#arrives(party, 'down', answer.body)
    if (passes) await passes
    for (const { fault } of this.#lab.for('half-open', party)) {
      await fault.over()
      throw noAnswer()
    }
    if (this.#lab.for('offline', party).length > 0) throw noAnswer()
    return answer
  }

  #refusal(party: Party, what: string, isHandshake: boolean): RestAnswer | undefined {
    const lab = this.#lab
    for (const { fault, step } of lab.for('expired-token', party)) {
      if (party.token === undefined || (step.token ?? party.token) !== party.token) continue
      const status = isHandshake ? 403 : 401
      this.#tell(fault, party, { type: 'answered', status, what })
      return failure(status, 'Token expired')
    }
    if (isHandshake) {
      for (const { fault, step } of lab.for('refuse-handshake', party)) {
        const status = step.status ?? 403
        this.#tell(fault, party, { type: 'refused', status })
        return failure(status, 'Refused by the network lab')
      }
    }
    for (const { fault, step } of lab.for('status', party)) {
      if (!fault.strikes(step, party, what, true)) continue
      lab.tell(fault, party.key, { type: 'answered', status: step.status, what })
      return failure(step.status, 'An error of the network lab')
    }
    return undefined
  }

  /** Undefined when nothing delays it. */
  #arrives(party: Party, direction: Direction, body: string): Promise<void> | undefined {
    const { busyMs, delayMs } = paceOf(this.#lab, party, direction, bytesOf(body))
    const [pause] = this.#lab.for('pause', party)
    const delay = Math.round(busyMs + delayMs)
    if (delay === 0 && pause === undefined) return undefined
    return this.#travels(party, delay)
  }

  async #travels(party: Party, delayMs: number): Promise<void> {
    if (delayMs > 0) await this.#lab.delay(delayMs)
    for (let [pause] = this.#lab.for('pause', party); pause; [pause] = this.#lab.for('pause', party)) {
      pause.fault.touched += 1
      await pause.fault.over()
    }
  }

  #overtaken(mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#waiting.delete(go)
        resolve()
      }
      this.#waiting.add(go)
      void this.#lab.delay(mostMs).then(go)
    })
  }

  #tell(fault: ActiveFault, party: Party, effect: Parameters<NetworkLab['tell']>[2]): void {
    fault.touched += 1
    this.#lab.tell(fault, party.key, effect)
  }
}
