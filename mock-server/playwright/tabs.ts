/** Tabs and users of the app under test. Owns their names, their contexts, and what they are read by. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from '@playwright/test'
import { CLIENT_HOOK } from '../../client/ports/client-hook.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { type Holder, holderOf } from '../../client/testing/convergence.ts'
import { readClients } from '../../client/testing/reading.ts'
import type { Mock } from './mock.ts'

/** A tab of the app under test. */
export interface Tab {
  /** `tab 1`, `ann`, or as it was opened. Failures name it so. */
  readonly name: string
  readonly page: Page
  /** Whose it is, if it was opened for a user. */
  readonly user: string | undefined
}

/** As many tabs as were asked for. */
export type TabList<N extends number, List extends readonly Tab[] = readonly []> = number extends N
  ? readonly Tab[]
  : List['length'] extends N
    ? List
    : TabList<N, readonly [...List, Tab]>

/** How to open. */
export interface OpenOptions {
  /** Default: `tab 1`, `tab 2`, or the user's name. Several at once are numbered. */
  readonly name?: string
  /** `shared` (default): all tabs in the context of the test. `own`: each in one of its own, as another browser would be. */
  readonly context?: 'shared' | 'own' | BrowserContext
}

/** Opens tabs that share a context. */
export interface Opens {
  /** Opens a tab and waits until it is loaded. */
  open(address: string, options?: OpenOptions): Promise<Tab>
  /** Opens several at the same moment. */
  open<N extends number>(count: N, address: string, options?: OpenOptions): Promise<TabList<N>>
}

/** All tabs of a test. */
export interface Tabs extends Opens, Iterable<Tab> {
  /** Counts a page that the test opened by itself among the tabs. Pages of further contexts are watched after {@link watch}. */
  adopt(page: Page, name?: string): Tab
  /** Lets pages that a context opens from now on be read. */
  watch(context: BrowserContext): Promise<void>
  readonly length: number
}

/** Somebody with a browser of their own. */
export interface User extends Pick<Opens, 'open'> {
  readonly name: string
  readonly context: BrowserContext
}

/** The user of a name, with a context of their own; the same one when asked again. */
export type Users = (name: string, options?: BrowserContextOptions) => Promise<User>

/** What a kit is told of the app under test. */
export interface AppUnderTest {
  /**
   * Makes the address of a page from what the test wrote, so that the app finds its server and knows its user.
   * @example
   * test.use({ app: { address: (path, { mock, user }) => `${path}?server=${mock.url}&login=${user ?? 'guest'}` } })
   */
  address?(
    path: string,
    about: { readonly mock: Mock; readonly user: string | undefined; readonly tab: string },
  ): string
}

/** What {@link TabRack} needs. */
export interface TabPorts {
  readonly browser: Browser
  readonly context: BrowserContext
  readonly app: AppUnderTest
  readonly mock: () => Mock
}

/** Before the scripts of a page: the list on which clients announce themselves. */
const HOOK = `globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(CLIENT_HOOK))})] ??= []`

/** The tabs of a test, with their inner side. */
export class TabRack implements Tabs {
  readonly #ports: TabPorts
  /** In the order in which they were asked for; undefined: not open yet. */
  readonly #tabs: (Tab | undefined)[] = []
  readonly #watched = new Set<BrowserContext>()
  readonly #made: BrowserContext[] = []
  readonly #users = new Map<string, Promise<User>>()
  readonly #prepare: ((context: BrowserContext) => Promise<void>)[] = []
  #opened = 0

  constructor(ports: TabPorts) {
    this.#ports = ports
  }

  get length(): number {
    return this.#open.length
  }

  [Symbol.iterator](): Iterator<Tab> {
    return this.#open[Symbol.iterator]()
  }

  /** Pages that are open, for whoever looks for a server in them. */
  get pages(): readonly Page[] {
    return [...this.#watched].flatMap((context) => context.pages())
  }

  async watch(context: BrowserContext): Promise<void> {
    if (this.#watched.has(context)) return
    this.#watched.add(context)
    await context.addInitScript(HOOK)
    for (const each of this.#prepare) await each(context)
  }

  async prepare(each: (context: BrowserContext) => Promise<void>): Promise<void> {
    this.#prepare.push(each)
    for (const context of this.#watched) await each(context)
  }

  open(address: string, options?: OpenOptions): Promise<Tab>
  open<N extends number>(count: N, address: string, options?: OpenOptions): Promise<TabList<N>>
  open(
    first: string | number,
    second?: string | OpenOptions,
    third?: OpenOptions,
  ): Promise<Tab> | Promise<readonly Tab[]> {
    return this.#openAs(undefined, first, second, third)
  }

  adopt(page: Page, name: string = this.#nextName()): Tab {
    if (!this.#watched.has(page.context())) {
      const what = 'A page of a context that is not watched cannot be read: call tabs.watch(context) before it opens'
      throw new PlanwireError('invalid-argument', what, 'fatal')
    }
    const tab: Tab = { name, page, user: undefined }
    this.#tabs.push(tab)
    return tab
  }

  readonly user: Users = (name, options) => {
    const known = this.#users.get(name)
    if (known) return known
    const made = this.#newContext(options).then((context): User => {
      const mine = (given: OpenOptions = {}): OpenOptions => ({ name, context, ...given })
      function open(address: string, options?: OpenOptions): Promise<Tab>
      function open<N extends number>(count: N, address: string, options?: OpenOptions): Promise<TabList<N>>
      function open(
        first: string | number,
        second?: string | OpenOptions,
        third?: OpenOptions,
      ): Promise<Tab | readonly Tab[]> {
        return typeof second === 'string'
          ? openAs(name, first, second, mine(third))
          : openAs(name, first, mine(second), undefined)
      }
      return { name, context, open }
    })
    const openAs = this.#openAs.bind(this)
    this.#users.set(name, made)
    return made
  }

  /** What every open tab holds. */
  async holders(stores: readonly string[]): Promise<readonly Holder[]> {
    return (await Promise.all(this.#open.map((tab) => holdersIn(tab, stores)))).flat()
  }

  /** Closes the contexts that were made here. */
  async close(): Promise<void> {
    await Promise.all(this.#made.map((context) => context.close()))
  }

  get #open(): readonly Tab[] {
    return this.#tabs.flatMap((tab) => (tab && !tab.page.isClosed() ? tab : []))
  }

  #nextName(): string {
    this.#opened += 1
    return `tab ${this.#opened}`
  }

  #openAs(
    user: string | undefined,
    first: string | number,
    second: string | OpenOptions | undefined,
    third: OpenOptions | undefined,
  ): Promise<Tab> | Promise<readonly Tab[]> {
    if (typeof first === 'string') return this.#openOne(first, user, typeof second === 'object' ? second : {})
    if (typeof second !== 'string')
      throw new PlanwireError('invalid-argument', 'open: tabs need an address', 'fatal', { count: first })
    const { name, ...options } = third ?? {}
    const numbered = (at: number): OpenOptions =>
      name === undefined ? options : { ...options, name: first === 1 ? name : `${name} ${at + 1}` }
    // Named in order, opened at once.
    return Promise.all(Array.from({ length: first }, (_, at) => this.#openOne(second, user, numbered(at))))
  }

  async #openOne(path: string, user: string | undefined, options: OpenOptions): Promise<Tab> {
    const name = options.name ?? this.#nextName()
    const place = this.#tabs.push(undefined) - 1
    const { app, mock } = this.#ports
    const given = options.context ?? 'shared'
    const context = given === 'shared' ? this.#ports.context : given === 'own' ? await this.#newContext() : given
    await this.watch(context)
    const address = app.address?.(path, { mock: mock(), user, tab: name }) ?? path
    const page = await context.newPage()
    const tab: Tab = { name, page, user }
    this.#tabs[place] = tab
    await page.goto(address)
    return tab
  }

  async #newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    const context = await this.#ports.browser.newContext(options)
    this.#made.push(context)
    await this.watch(context)
    return context
  }
}

const NO_CLIENT =
  'has no client of planwire: the page has not started yet, or shows what another library keeps (see exposeForTests in planwire/testing)'

/** What a tab holds: a holder for each client of each frame. */
async function holdersIn({ name, page }: Tab, stores: readonly string[]): Promise<readonly Holder[]> {
  const frames = await Promise.all(
    page.frames().map(async (frame) => {
      // A frame that is loading has nothing to say yet.
      const readings = await frame.evaluate(readClients, { stores }).catch(() => undefined)
      return readings?.length ? [{ frame, readings }] : []
    }),
  )
  const found = frames.flat()
  if (found.length === 0) return [{ name, of: 'nothing', settled: false, waits: NO_CLIENT, stores: {} }]
  return found.flatMap(({ frame, readings }, at) => {
    const place = found.length === 1 ? name : `${name}, ${frame.name() || `frame ${at + 1}`}`
    const seen = new Map<string, number>()
    return readings.map((reading) => {
      const number = (seen.get(reading.of) ?? 0) + 1
      seen.set(reading.of, number)
      return holderOf(number === 1 ? place : `${place}, client ${number}`, reading)
    })
  })
}
