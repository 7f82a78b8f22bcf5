/** Owns what a clause of the live updates works with: sockets, requests, events of its own, and taking those away again. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, type RecordId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import type { VerifySettings } from '../options.ts'
import { Peer } from '../peer.ts'
import type { VerifyPorts } from '../platform.ts'
import type { Finding } from '../report.ts'
import type { Trace } from '../trace.ts'
import { failed, inconclusive, NoAnswer, needed, Verdict } from '../verdict.ts'
import { idIn, matches, type RestAnswered, readAny, type ToldEvent, toldIn } from './answers.ts'

/** What a bench is made of. */
export interface LiveBenchOptions {
  readonly settings: VerifySettings
  readonly ports: VerifyPorts
  readonly trace: Trace
  readonly tag: string
  readonly quietMs: number
}

/** What a request carries. `token`: undefined sends none. */
export interface RestOptions {
  readonly body?: Fields | string
  readonly token?: string | undefined
  /** The version of the record that the write is meant for. */
  readonly ifMatch?: string
}

/** Lent to one clause. */
export class LiveBench {
  readonly settings: VerifySettings
  readonly findings: Finding[] = []
  /** Path of the collection. */
  readonly path: string
  readonly quietMs: number
  readonly #options: LiveBenchOptions
  readonly #peers: Peer<Fields>[] = []
  readonly #own = new Map<string, RecordId>()
  /** Newest first: links before their tasks. */
  readonly #ownPaths: string[] = []
  #wrote = false

  constructor(options: LiveBenchOptions) {
    this.#options = options
    this.settings = options.settings
    this.quietMs = options.quietMs
    this.path = `/${options.settings.collection}`
  }

  /** A socket, as it opens; `query` without its question mark. */
  socket(
    name: string,
    path: string = this.settings.livePath,
    query = `token=${this.settings.token}&ws=1`,
  ): Peer<Fields> {
    const { settings, ports, trace } = this.#options
    const peer = new Peer<Fields>({
      name,
      url: `${settings.url}${path}?${query}`,
      transport: ports.transport,
      clock: ports.clock,
      trace,
      timeoutMs: settings.timeoutMs,
      read: (frame) => [frame],
    })
    this.#peers.push(peer)
    return peer
  }

  /** A socket that has started and subscribed. */
  subscriber(name: string, ...entities: string[]): Promise<Peer<Fields>> {
    return needed(`${name} could not begin`, async () => {
      const peer = await this.socket(name).opened()
      await peer.inbox.next(this.settings.timeoutMs, '"start"', ({ action }) => action === 'start')
      for (const entity of entities) peer.send({ action: 'subscribe', name: entity })
      await this.caughtUp(peer)
      return peer
    })
  }

  /**
   * Lets the server handle what a socket sent. Subscriptions have no answer; a call has one on servers that know calls, on
   * others the quiet time has to do.
   */
  async caughtUp(peer: Peer<Fields>): Promise<void> {
    peer.send({ action: 'call', body: [{ id: '1', name: 'planwire.verify', args: [] }] })
    await peer.inbox.within(this.quietMs, ({ action }) => action === 'result')
  }

  /** A request with the right token, or as told. */
  async rest(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    options: RestOptions = {},
  ): Promise<RestAnswered> {
    const { settings, ports, trace } = this.#options
    const token = 'token' in options ? options.token : settings.token
    const body =
      options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
    trace.note('rest', 'out', `${method} ${path}${body === undefined ? '' : ` ${body}`}`)
    if (method !== 'GET') this.#wrote = true
    const answer = await ports.http
      .request({
        method,
        url: `${settings.httpUrl}${path}`,
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/json',
          ...(token === undefined ? {} : { 'Remote-Token': token }),
          ...(options.ifMatch === undefined ? {} : { 'If-Match': options.ifMatch }),
        },
        timeoutMs: settings.timeoutMs,
        ...(body === undefined ? {} : { body }),
      })
      .catch(() => {
        throw new NoAnswer(`no answer to ${method} ${path} (waited ${settings.timeoutMs} ms at most)`)
      })
    trace.note('rest', 'in', `${answer.status} ${answer.body}`)
    const etag = answer.header('etag') ?? undefined
    return { status: answer.status, text: answer.body, json: readAny(answer.body), etag }
  }

  /** The path of one record; ids travel as they are, the way the vendor's client sends them. */
  at(id: RecordId): string {
    return `${this.path}/${String(id).replace(/[^\w:.~-]/g, encodeURIComponent)}`
  }

  /** An event that the vendor's client could have made. */
  event(what: string, fields: Fields = {}): Fields {
    return { text: this.named(what), start_date: '2030-01-07 09:00', end_date: '2030-01-07 10:00', ...fields }
  }

  /** A task that DHTMLX Gantt could have made. */
  task(what: string): Fields {
    return { text: this.named(what), start_date: '07-01-2030 00:00', duration: 1, progress: 0, parent: 0 }
  }

  /** A name that tells whose record it is. */
  named(what: string): string {
    return `${this.#options.tag} ${what}`
  }

  /** A record of the suite's own, to be taken away when the clause is over. */
  own(id: unknown): void {
    if (isRecordId(id)) this.#own.set(String(id), id)
  }

  /** A record of the suite's own outside of the collection, by its path. */
  ownAt(path: string): void {
    this.#ownPaths.unshift(path)
  }

  /** Adds an event and resolves with its id. For what a clause needs, not for what it is about. */
  add(what: string, fields: Fields = {}): Promise<RecordId> {
    return needed('what the clause needs could not be added', async () => {
      const answer = await this.rest('POST', this.path, { body: this.event(what, fields) })
      const id = idIn(answer) ?? inconclusive(`the answer ${answer.status} to a new event has no id`)
      this.own(id)
      return id
    })
  }

  /** The records of the collection. */
  async list(query = ''): Promise<readonly Fields[]> {
    const answer = await this.rest('GET', `${this.path}${query}`)
    if (answer.status !== 200) failed(`GET ${this.path} is answered with ${answer.status}`)
    const list = isObject(answer.json) ? answer.json['data'] : answer.json
    return Array.isArray(list) ? list.filter(isObject) : failed(`GET ${this.path} brings no list`)
  }

  /** The next event about a record of the collection, or of another entity. */
  told(
    peer: Peer<Fields>,
    what: string,
    fits: (event: ToldEvent) => boolean,
    entity: string = this.settings.collection,
  ): Promise<ToldEvent> {
    return peer.inbox
      .next(this.settings.timeoutMs, what, (frame) => matches(entity, frame, fits))
      .then((frame) => toldIn(entity, frame) ?? failed('the frame is no event'))
  }

  /** An event that should not come; undefined after a quiet time without it, and after the answer to a call, if calls are answered. */
  async unwanted(peer: Peer<Fields>, fits: (event: ToldEvent) => boolean): Promise<ToldEvent | undefined> {
    const within = (ms: number): Promise<Fields | undefined> =>
      peer.inbox.within(ms, (each) => matches(this.settings.collection, each, fits))
    let frame = await within(this.quietMs)
    if (!frame) {
      await this.caughtUp(peer)
      frame = await within(0)
    }
    return frame && toldIn(this.settings.collection, frame)
  }

  /** Remembers something worth telling. */
  find(finding: Finding): void {
    this.findings.push(finding)
  }

  close(): void {
    for (const peer of this.#peers) peer.close()
  }

  /** Takes the clause's records away; answers what could not be. */
  async cleanUp(): Promise<readonly string[]> {
    if (!this.#wrote) return []
    return [...(await this.#cleanPaths()), ...(await this.#cleanCollection())]
  }

  async #cleanPaths(): Promise<readonly string[]> {
    const left: string[] = []
    for (const path of this.#ownPaths) {
      const gone = await this.rest('DELETE', path).then(
        // What the clause itself removed, or what went with its task.
        ({ status }) => [200, 204, 404, 410].includes(status),
        () => false,
      )
      if (!gone) left.push(path)
    }
    return left
  }

  async #cleanCollection(): Promise<readonly string[]> {
    // A server of Gantt alone has no events.
    if (this.#ownPaths.length > 0 && this.#own.size === 0) return []
    const left = async (): Promise<readonly RecordId[]> =>
      (await this.list()).flatMap(({ id, text }) =>
        isRecordId(id) && (this.#own.has(String(id)) || String(text).startsWith(this.#options.tag)) ? [id] : [],
      )
    try {
      for (const id of await left()) await this.rest('DELETE', this.at(id))
      return (await left()).map((id) => `${this.settings.collection} ${id}`)
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Verdict)) throw error
      return [...this.#own.values()].map((id) => `${this.settings.collection} ${id}`)
    }
  }
}
