/**
 * Fleets: several real clients and a server in one process, over a simulated network that delivers in a seeded order or
 * with seeded latency, loses connections, and stops for all that happens to tabs and servers. After the traffic stops, an
 * oracle compares every client with what the server stores. A run is a function of its story.
 */

import type { Random } from '../../client/ports/ports.ts'
import type { ProjectClientOptions } from '../../client/project/project-options.ts'
import { assertNever } from '../../client/protocol/errors.ts'
import type { ChangesetId, ClientId } from '../../client/protocol/ids.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import type { MemoryConnection } from '../../client/testing/memory-connection.ts'
import { type FarListener, type FarSocket, MemoryNetwork } from '../../client/testing/memory-network.ts'
import { MemoryLocks, MemoryOutbox } from '../../client/testing/memory-outbox.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { type Happening, type Happenings, happened } from './happenings.ts'
import { CoreServerModel } from './models/core-server.ts'
import { FlatServerModel } from './models/flat-server.ts'
import { RevisionsServerModel } from './models/revisions-server.ts'
import type { Memory, ServerModel } from './models/server-model.ts'
import { differences, unwholesome } from './oracle.ts'
import { act } from './planner.ts'
import type { Kind, Step, Story } from './story.ts'
import { Tab, type TabHost } from './tab.ts'

/** How a run ended: what is wrong, and what happened. */
export interface Outcome {
  readonly problems: readonly string[]
  readonly log: readonly string[]
  readonly happenings: ReadonlyMap<Happening, number>
}

const SPEECH: { readonly [kind in Kind]: Pick<ProjectClientOptions, 'dialect' | 'flatServer' | 'extension'> } = {
  core: { extension: true },
  'core-revisions-extension': { extension: true, dialect: 'bryntum-revisions' },
  'core-revisions': { extension: false, dialect: 'bryntum-revisions' },
  'core-flat-serial': { extension: false, dialect: 'bryntum-flat', flatServer: 'serial' },
  'core-flat': { extension: false, dialect: 'bryntum-flat' },
  'document-serial': { flatServer: 'serial' },
  document: {},
  late: {},
  faulty: {},
  revisions: {},
}

/** Far more than any fleet has to say: one that says more has two ends that answer each other for ever. */
const FRAMES = 50_000

/** Runs a story to its end; `frames`: the log holds each frame of each tab as well. */
export async function run(story: Story, frames = false): Promise<Outcome> {
  const fleet = new Fleet(story, frames)
  try {
    await fleet.run()
  } catch (error) {
    fleet.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    await fleet.close()
  }
  return fleet
}

class Fleet implements Outcome {
  readonly problems: string[] = []
  readonly log: string[] = []
  readonly happenings: Happenings = new Map()
  readonly #story: Story
  readonly #clock = new ManualClock(1_000_000_000)
  readonly #latency: ReturnType<typeof seededRandom>
  readonly #network: MemoryNetwork
  readonly #server: ServerModel
  readonly #storage = new MemoryOutbox()
  readonly #locks = new MemoryLocks()
  readonly #tabs: Tab[] = []
  readonly #host: TabHost
  /** Changesets on their way to the server, by socket, oldest first: what the wire does not say. */
  readonly #underway = new Map<string, ChangesetId[]>()
  #step = 0
  #opened = 0
  /** Frames that the server sent. */
  #frames = 0

  constructor(story: Story, frames: boolean) {
    this.#story = story
    this.#latency = seededRandom(`latency ${story.seed}`)
    this.#network = new MemoryNetwork(
      (socket) => this.#accept(socket),
      story.latency
        ? { mode: 'clock', clock: this.#clock, latencyMs: () => Math.floor(this.#latency.next() * 80) }
        : { mode: 'manual' },
    )
    this.#server = this.#serverOf(story.kind)
    this.#host = {
      transport: this.#network.transport,
      clock: this.#clock,
      acknowledges: this.#server.promises.once,
      took: (changeset) => this.#server.took(changeset),
      sent: (socket, changeset) => {
        const list = this.#underway.get(socket)
        if (list) list.push(changeset)
        else this.#underway.set(socket, [changeset])
      },
      log: (line) => this.log.push(line),
      frame: (line) => {
        if (frames) this.log.push(line)
      },
      happened: (what) => happened(this.happenings, what),
      failed: (what) => this.problems.push(`step ${this.#step}: ${what}`),
    }
  }

  async run(): Promise<void> {
    await this.#server.restart('kept')
    for (let at = 0; at < this.#story.tabs; at++) this.#open(`user${at % this.#story.users}`, [])
    await this.#quiet()
    for (const step of this.#story.steps) {
      this.#step += 1
      await this.#take(step)
      await idle()
      for (const tab of this.#living) tab.check()
      if (this.problems.length) return
    }
    await this.#quiet()
    for (const tab of this.#living) tab.check(true)
    this.problems.push(...this.#judge())
  }

  async close(): Promise<void> {
    for (const tab of this.#living) tab.die()
    await this.#server.close()
  }

  get #living(): Tab[] {
    return this.#tabs.filter((tab) => !tab.gone)
  }

  #serverOf(kind: Kind): ServerModel {
    const random = seededRandom(`server ${this.#story.seed}`)
    const report = (line: string): void => void this.log.push(`  server: ${line}`)
    switch (kind) {
      case 'document':
      case 'document-serial':
        return new FlatServerModel('document', random, report)
      case 'late':
      case 'faulty':
        return new FlatServerModel(kind, random, report)
      case 'revisions':
        return new RevisionsServerModel()
      default: {
        const { history } = this.#story
        const extension = SPEECH[kind].extension === true
        return new CoreServerModel({ clock: this.#clock, random, report, history, extension })
      }
    }
  }

  #open(user: string, former: ClientId[]): void {
    const { seed, kind, outbox } = this.#story
    const id: ClientId = `tab${this.#opened}`
    const random = seededRandom(`tab ${seed} ${this.#opened}`)
    this.#opened += 1
    const skewMs = Math.floor((random.next() - 0.5) * 7_200_000)
    if (Math.abs(skewMs) > 60_000) this.#happened('clocks wrong by more than a minute')
    const client = SPEECH[kind]
    const kept = outbox ? { storage: this.#storage, locks: this.#locks.tab(former) } : undefined
    this.#tabs.push(new Tab({ id, user, random, client, skewMs, outbox: kept, former }, this.#host))
  }

  #accept(socket: FarSocket): FarListener | undefined {
    const name = /socket=(.*)$/.exec(socket.url)?.[1] ?? ''
    // Servers see the path that their clients would open.
    const listener = this.#server.accept({
      url: '/',
      send: (frame) => {
        this.#frames += 1
        if (this.#frames > FRAMES) throw new Error(`The fleet talks without end: ${frame.slice(0, 200)}`)
        socket.send(frame)
      },
      close: (code, reason) => socket.close(code, reason),
    })
    return (
      listener && {
        frame: (text) => {
          const isChange = text.startsWith('{"command":"project') && text.includes('"changes"')
          listener.frame(text, isChange ? this.#underway.get(name)?.shift() : undefined)
        },
        closed: () => listener.closed(),
      }
    )
  }

  async #take(step: Step): Promise<void> {
    const random = seededRandom(step.seed)
    const below = (count: number): number => Math.floor(random.next() * count)
    const tab = this.#living[step.tab % this.#living.length]
    if (!tab) return
    const { id, user, former } = tab.options
    const say = (line: string): void => void this.log.push(`${this.#step} ${line}`)
    switch (step.kind) {
      case 'edit':
        this.#act(tab, random)
        return
      case 'deliver':
        say('some of what is on the way arrives')
        if (this.#story.latency) this.#clock.advance(below(60))
        else for (const connection of this.#network.connections) connection.deliver(below(2) ? 'up' : 'down', below(4))
        return
      case 'drop': {
        const { connections } = this.#network
        say('a connection drops')
        const connection = connections[below(connections.length)]
        if (connection) this.#cut(connection)
        return
      }
      case 'stall': {
        const { connections } = this.#network
        say('a line dies without a word')
        if (connections.length) this.#happened('lines dead without a word')
        connections[below(connections.length)]?.stall()
        return
      }
      case 'time':
        say('time passes')
        this.#clock.advance(below(20_000))
        return
      case 'sleep':
        say('the machine sleeps')
        this.#happened('machines asleep')
        this.#clock.jump(below(200_000))
        return
      case 'offline':
        say(`${id} goes offline`)
        if (tab.online) this.#happened('tabs offline')
        tab.offline()
        this.#dropAllOf(id)
        return
      case 'back':
        say('everybody is online')
        for (const each of this.#living) each.back(below(2) === 0)
        return
      case 'reset':
        say(`${id}: reset`)
        this.#happened('resets')
        if (this.#living.some((other) => other !== tab && other.held.size))
          this.#happened('resets amid the edits of others')
        tab.client.wsSend('reset', { project: 1 }).catch(() => {})
        return
      case 'restart':
        say('the server restarts')
        this.#happened('servers restarted')
        return this.#restart('kept', below(2) ? tab : undefined)
      case 'forget':
        say('the server restarts without its memory')
        this.#happened('servers restarted without their memory')
        return this.#restart('lost')
      case 'tail':
        say('the server restarts and lost what it wrote last')
        this.#happened('servers restarted with a lost tail')
        return this.#restart('tail', below(2) ? tab : undefined)
      case 'reload':
        say(`${id} reloads as tab${this.#opened}`)
        this.#happened('tabs reloaded')
        this.#bury(tab, below(2) === 0)
        this.#open(user, former)
        return
      case 'crash':
        if (this.#living.length === 1) return
        say(`${id} crashes`)
        this.#happened(tab.held.size ? 'tabs crashed with edits' : 'tabs crashed')
        this.#bury(tab, below(2) === 0)
        return
      case 'duplicate':
        if (this.#living.length > 8) return
        say(`${id} is duplicated as tab${this.#opened}`)
        this.#happened('tabs duplicated')
        this.#open(user, [...former])
        return
      case 'load':
        say(`${id} loads the project again`)
        this.#happened('projects read again')
        tab.client.wsSend('dataset', { project: 1 }).catch(() => {})
        return
      case 'relogin': {
        const login = `user${below(this.#story.users)}`
        say(`${id} logs in as ${login}`)
        if (tab.state?.user !== undefined && tab.state.user !== login) this.#happened('logins as somebody else')
        tab.client.wsSend('login', { login }).catch(() => {})
        return
      }
      case 'repeat':
        say(`${id} hears changes twice`)
        tab.repeated += 1 + below(3)
        return
      default:
        assertNever(step.kind)
    }
  }

  /** A tab dies; what it held must be in its storage. */
  #bury(tab: Tab, noticed: boolean): void {
    const { held } = tab
    tab.die()
    if (noticed) this.#dropAllOf(tab.options.id)
    for (const id of held) {
      if (!this.#storage.stored.has(id) && !this.#server.took(id))
        this.#host.failed(`${tab.options.id} died with ${id}, which its storage does not hold`)
    }
  }

  #dropAllOf(id: ClientId): void {
    for (const connection of this.#network.connections) if (connection.url.includes(`=${id}/`)) this.#cut(connection)
  }

  #act(tab: Tab, random: Random): void {
    const { client, online } = tab
    const done = act(client, random)
    this.log.push(`${this.#step} ${tab.options.id}: ${done}`)
    if (!online) this.#happened('edits made offline')
    if (done === 'undo: true') this.#happened('undone')
    if (done === 'redo: true') this.#happened('redone')
  }

  #cut(connection: MemoryConnection): void {
    const held = this.#living.some(({ options, held }) => held.size && connection.url.includes(`=${options.id}/`))
    this.#happened(held ? 'lines cut between a change and its ack' : 'lines cut')
    connection.drop()
  }

  #happened(what: Happening): void {
    happened(this.happenings, what)
  }

  /** The server stops and starts. `away`: a tab that is not back before the others have gone on. */
  async #restart(memory: Memory, away?: Tab): Promise<void> {
    for (const connection of this.#network.connections) this.#cut(connection)
    await this.#server.restart(memory)
    if (!away) return
    this.log.push(`  ${away.options.id} is away meanwhile`)
    this.#happened('tabs away while the others went on after a restart')
    away.offline()
    for (const tab of this.#living) if (tab.online) tab.back(true)
    await this.#pass(3)
  }

  /** Lets everything arrive and every client come back, until nobody waits for anything. */
  async #quiet(): Promise<void> {
    for (const tab of this.#living) tab.back(false)
    // Long enough to find dead lines dead, and for changesets of tabs that are gone to be adopted.
    const hadFaults = this.#step > 0 && this.#story.steps.some(({ kind }) => kind !== 'edit' && kind !== 'deliver')
    if (hadFaults) await this.#pass(50)
    const waiting = new Set(this.#living)
    for (const tab of waiting)
      tab.client.whenSynced().then(
        () => waiting.delete(tab),
        () => waiting.delete(tab),
      )
    for (let round = 0; round < 300; round++) {
      await this.#pass(1)
      if (waiting.size > 0) continue
      await this.#pass(1)
      return
    }
    const who = [...waiting].map(({ options, client }) => {
      const { connection, pendingCount, unconfirmedCount } = client
      return `${options.id} (${connection.state}, ${pendingCount} pending, ${unconfirmedCount} unconfirmed)`
    })
    throw new Error(`The fleet does not come to rest: ${who.join(', ')}`)
  }

  async #pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      for (let moved = 1; moved > 0; ) {
        moved = this.#network.flush()
        this.#server.settle()
        await idle()
      }
      this.#clock.advance(1_000)
      await idle()
    }
    this.#network.flush()
  }

  #judge(): string[] {
    const { promises } = this.#server
    const problems = this.#living.flatMap((tab) => [
      ...differences(tab, this.#server, this.#story),
      ...(tab.client.pendingCount ? [`${tab.options.id} still has ${tab.client.pendingCount} pending changesets`] : []),
      ...(promises.whole ? unwholesome(tab) : []),
    ])
    const order = this.#server.order()
    const twice = order.filter((id, at) => order.indexOf(id) !== at)
    if (promises.once && twice.length) problems.push(`in the server's order twice: ${twice.join(', ')}`)
    const refused = order.filter((id) => this.#tabs.some((tab) => tab.refused.has(id)))
    if (refused.length) problems.push(`told to be refused, and stored: ${refused.join(', ')}`)
    return problems
  }
}

/** Every microtask has run. */
function idle(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}
