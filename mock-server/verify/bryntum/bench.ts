/** Owns what a clause of the Bryntum dialects works with: connections, records of its own, and taking those away again. */
import { idKey, isRecordId, type ProjectId, type RecordId, type RecordKey } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import type { VerifySettings, VerifyUser } from '../options.ts'
import { Peer } from '../peer.ts'
import type { VerifyPorts } from '../platform.ts'
import type { Finding } from '../report.ts'
import type { Trace } from '../trace.ts'
import { failed, inconclusive, NoAnswer, needed, Verdict } from '../verdict.ts'
import { Planner } from './planner.ts'
import { listOf, type PlanRows, readDataset, realId, rowsIn } from './rows.ts'
import { type BryntumDialect, type HeardChange, readFrame, type Said } from './speech.ts'

/** What a run knows of the server before the first clause that writes. */
export interface KnownPlan {
  readonly project: ProjectId
  /** A project beside it; undefined when the user sees one alone. */
  readonly elsewhere: ProjectId | undefined
  /** Ids that were there before the run, by store: never touched. */
  readonly ids: ReadonlyMap<string, ReadonlySet<RecordKey>>
  readonly quietMs: number
}

/** What a bench is made of. */
export interface BenchOptions {
  readonly settings: VerifySettings & { readonly dialect: BryntumDialect }
  readonly ports: VerifyPorts
  readonly trace: Trace
  /** Part of every name and temporary id of this run. */
  readonly tag: string
  readonly known: KnownPlan
  /** Numbers temporary ids over the whole run: a server may remember those of earlier clauses. */
  readonly count: () => number
}

/** One record of the suite's own, to be taken away. */
interface Own {
  readonly store: string
  readonly id: RecordId
}

/** Lent to one clause. */
export class BryntumBench {
  readonly settings: BenchOptions['settings']
  readonly dialect: BryntumDialect
  readonly flat: boolean
  readonly project: ProjectId
  readonly known: KnownPlan
  readonly #options: BenchOptions
  readonly #planners: Planner[] = []
  readonly #own: Own[] = []
  readonly #lasting: string[] = []
  /** What was learned of the server on the way. */
  readonly findings: Finding[] = []
  #reader: Planner | undefined
  #wrote = false

  constructor(options: BenchOptions) {
    this.#options = options
    this.settings = options.settings
    this.dialect = options.settings.dialect
    this.flat = this.dialect === 'bryntum-flat'
    this.known = options.known
    this.project = options.known.project
  }

  /** A connection that is not logged in. */
  async connect(name: string): Promise<Planner> {
    const { settings, ports, trace } = this.#options
    const peer = new Peer<Said>({
      name,
      url: settings.url,
      transport: ports.transport,
      clock: ports.clock,
      trace,
      timeoutMs: settings.timeoutMs,
      read: (frame) => readFrame(this.dialect, frame),
    })
    const planner = new Planner(peer, this.dialect, settings, this.known.quietMs)
    this.#planners.push(planner)
    await peer.opened()
    return planner
  }

  /** A client that is logged in and, unless told otherwise, has loaded the project. What it heard so far is forgotten. */
  planner(name: string, options: PlannerOptions = {}): Promise<Planner> {
    return needed(`${name} could not begin`, async () => {
      const planner = await this.connect(name)
      const answer = await planner.login(options.user ?? this.settings.user, options.extension)
      if (answer.error !== undefined) failed(`"login" was refused: ${answer.error}`)
      if (options.extension !== undefined && answer.fields['planwire'] === undefined) {
        failed('the server does not grant planwire’s extension')
      }
      const project = options.project ?? this.project
      if (options.load !== false) await planner.load(project)
      planner.forget()
      return planner
    })
  }

  /** The project as a newcomer loads it. */
  async rows(): Promise<PlanRows> {
    if (this.#reader?.peer.inbox.ended !== undefined) this.#reader = undefined
    this.#reader ??= await this.planner('reader', { load: false })
    const answer = await this.#reader.ask('dataset', { project: this.project })
    if (answer.error !== undefined) failed(`the dataset cannot be loaded any more: "${answer.error}"`)
    return readDataset(answer.fields['dataset']) ?? failed('the answer to "dataset" holds no dataset')
  }

  /** Loads the project until it fits, for servers that store a little later; answers the last one when the time is up. */
  async rowsWhen(fits: (rows: PlanRows) => boolean): Promise<PlanRows> {
    const { clock } = this.#options.ports
    const end = clock.now() + this.settings.settleMs
    let pauseMs = 10
    for (;;) {
      const rows = await this.rows()
      if (fits(rows) || clock.now() >= end) return rows
      await this.#pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, 500)
    }
  }

  /** Lets a little time pass between two looks. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.ports.clock.after(ms, resolve)
    })
  }

  /** A temporary id as the vendor's client makes them. */
  phantom(): string {
    return `_generatedModel_${this.#options.tag}-${this.#options.count()}`
  }

  /** A name that tells whose record it is. */
  named(what: string): string {
    return `${this.#options.tag} ${what}`
  }

  /** A task that the vendor's client could have made. */
  task(what: string, fields: Fields = {}): Fields {
    const startDate = this.flat ? '2030-01-07' : '2030-01-07T00:00:00'
    return { name: this.named(what), startDate, duration: 1, ...fields }
  }

  /** The clause is about to write. */
  writes(): void {
    this.#wrote = true
  }

  /** A record of the suite's own, to be taken away when the clause is over. */
  own(store: string, id: unknown): void {
    this.#wrote = true
    if (isRecordId(id) && !this.isForeign(store, id)) this.#own.push({ store, id })
  }

  /** True for records that were there before the run. */
  isForeign(store: string, id: RecordId): boolean {
    return this.known.ids.get(store)?.has(idKey(id)) === true
  }

  /** Adds records and resolves with their real ids, as the author is told. For what a clause needs, not for what it is about. */
  add(author: Planner, store: string, records: readonly Fields[]): Promise<readonly RecordId[]> {
    return needed('what the clause needs could not be added', async () => {
      const phantoms = records.map(() => this.phantom())
      const added = records.map((record, at) => ({ ...record, $PhantomId: phantoms[at] }))
      this.#wrote = true
      author.change(this.project, { [store]: { added } })
      const heard = await author.heardChange(`answer to new ${store}`, brings(store, phantoms))
      return phantoms.map((phantom) => {
        const id = realId(heard.changes, store, phantom) ?? inconclusive(`a new record of ${store} got no real id`)
        // Whatever the clause would do to it, it would do to somebody's record.
        if (this.isForeign(store, id)) inconclusive(`a new record of ${store} got the id ${id} of another record`)
        this.own(store, id)
        return id
      })
    })
  }

  /** Something that the protocol has no way to take away again. */
  leaves(what: string): void {
    this.#lasting.push(what)
  }

  /** Remembers something worth telling. */
  find(finding: Finding): void {
    this.findings.push(finding)
  }

  /** Closes the clause's connections. */
  close(): void {
    for (const planner of this.#planners) planner.peer.close()
  }

  /** Takes the clause's records away; answers what could not be. */
  async cleanUp(): Promise<readonly string[]> {
    return this.#wrote ? [...(await this.#takeAway()), ...this.#lasting] : []
  }

  async #takeAway(): Promise<readonly string[]> {
    try {
      const rows = await this.rows().catch(() => undefined)
      const own = rows ? this.#leftIn(rows) : this.#own
      if (own.length === 0) return []
      // The revisions dialect takes changes of a loaded project alone.
      if (!rows && !this.flat) return own.map(inWords)
      const cleaner = await this.planner('cleaner', { load: rows !== undefined })
      const changes: Record<string, { removed: { id: RecordId }[] }> = {}
      for (const { store, id } of own) {
        const removed = changes[store]?.removed ?? []
        removed.push({ id })
        changes[store] = { removed }
      }
      cleaner.change(this.project, changes)
      const after = await this.rowsWhen((now) => this.#leftIn(now).length === 0)
      return this.#leftIn(after).map(inWords)
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Verdict)) throw error
      return this.#own.map(inWords)
    }
  }

  /** Own rows of a dataset: those that the clause noted, and whatever carries the run's name. Children come before their parents. */
  #leftIn(rows: PlanRows): readonly Own[] {
    const { tag } = this.#options
    const found: Own[] = []
    for (const [store, list] of rows.stores) {
      for (const row of list) {
        const noted = this.#own.some((own) => own.store === store && idKey(own.id) === idKey(row.id))
        const named = typeof row['name'] === 'string' && row['name'].startsWith(tag)
        if ((noted || named) && !this.isForeign(store, row.id)) found.push({ store, id: row.id })
      }
    }
    return found.reverse()
  }
}

/** How a client of a clause begins. */
export interface PlannerOptions {
  readonly user?: VerifyUser
  readonly project?: ProjectId
  /** Default true. */
  readonly load?: boolean
  /** What stands under `planwire` in the login. */
  readonly extension?: Fields
}

/** True for a change that holds new records with these temporary ids. */
export function brings(store: string, phantoms: readonly string[]): (change: HeardChange) => boolean {
  return ({ changes }) => {
    const heard = new Set(listOf(changes, store, 'added').map(({ $PhantomId }) => $PhantomId))
    return phantoms.every((phantom) => heard.has(phantom))
  }
}

function inWords({ store, id }: Own): string {
  return `${store} ${id}`
}

/** Ids of a dataset by store. */
export function idsOf(rows: PlanRows): ReadonlyMap<string, ReadonlySet<RecordKey>> {
  return new Map(
    [...rows.stores.keys()].map((store) => [store, new Set(rowsIn(rows, store).map(({ id }) => idKey(id)))]),
  )
}
