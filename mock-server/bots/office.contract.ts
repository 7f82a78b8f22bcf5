/** A mock server with a real plan and a real calendar, bots that work on them, and people who watch; time is the test's. */
import { createScheduler, type Scheduler } from '../../client/live-updates/event-store.ts'
import { liveSaving } from '../../client/live-updates/live-runner.ts'
import type { HttpPort } from '../../client/ports/ports.ts'
import { undoing } from '../../client/project/late-history.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../core/config.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { routesOf } from '../core/routes.ts'
import { demoConfig } from '../fixtures/demo-config.ts'
import { createLabCore, type LabCore } from '../lab/lab-core.ts'
import {
  type BotEdit,
  type Bots,
  type CalendarBotOptions,
  type ProjectBotOptions,
  startBots,
  startCalendarBots,
} from './index.ts'

// The clock is the test's: what is loaded later has to be there from the start.
await Promise.all([undoing.load(), liveSaving.load()])

/** When the clock starts, in milliseconds since the epoch. */
const MORNING = 1_800_000_000_000

export class Office {
  readonly clock: ManualClock
  readonly mock: LabCore
  /** What all bots did. */
  readonly edits: BotEdit[] = []
  readonly #network: MemoryNetwork
  readonly #http: HttpPort
  readonly #ends: (() => void)[] = []

  private constructor(mock: LabCore, clock: ManualClock) {
    this.mock = mock
    this.clock = clock
    this.#network = new MemoryNetwork((socket) => mock.accept(socket), { mode: 'auto' })
    this.#http = {
      async request({ method, url, headers = {}, body = '' }) {
        const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
        const answer = await mock.http({ method, url: url.replace('http://mock', ''), headers: lower, body })
        if (!answer) throw new PlanwireError('connection-lost', `${url}: nobody is there`, 'retry')
        return {
          status: answer.status,
          body: answer.body,
          header: (name) => answer.headers[name.toLowerCase()] ?? null,
        }
      },
    }
  }

  static async open(config: MockServerConfig = {}): Promise<Office> {
    const clock = new ManualClock(MORNING)
    const whole = { ...demoConfig(), ...config }
    const mock = await createLabCore({
      clock,
      logger,
      log: createMemoryLog(),
      routes: routesOf(whole),
      start: (log) => createMockCore(whole, { clock, random: seededRandom('server'), log, logger }),
    })
    return new Office(mock, clock)
  }

  /** Bots on project 1 that have loaded it. */
  async plan(options: Partial<ProjectBotOptions> = {}): Promise<Bots> {
    return this.#hired(
      startBots({ wsAddress: 'ws://mock/', project: 1, seed: 7, rate: 30, ...this.#same('bots'), ...options }),
    )
  }

  /** Bots on the calendar that have loaded it. */
  async calendar(options: Partial<CalendarBotOptions> = {}): Promise<Bots> {
    const urls = { eventsUrl: 'http://mock/events', liveUpdatesUrl: 'http://mock/api/v1' }
    return this.#hired(startCalendarBots({ ...urls, seed: 7, rate: 30, ...this.#same('bots'), ...options }))
  }

  /** Somebody who looks at project 1. */
  async watcher(): Promise<ProjectClient> {
    const client = new ProjectClient({
      wsAddress: 'ws://mock/',
      wsProjectId: 1,
      credentials: { login: 'ann' },
      outbox: false,
      ...this.#same('ann'),
    })
    this.#ends.push(() => client.close())
    await this.pass(100)
    return client
  }

  /** Somebody who looks at the calendar. */
  async reader(): Promise<Scheduler> {
    const scheduler = createScheduler({ outbox: false, ...this.#same('bea') })
    const remote = new scheduler.ext.liveUpdates.RemoteEvents('http://mock/api/v1', 'token')
    remote.on(scheduler.ext.liveUpdates.remoteUpdates)
    this.#ends.push(() => {
      scheduler.close()
      remote.close()
    })
    void scheduler.load('http://mock/events')
    await this.pass(100)
    return scheduler
  }

  /** Moves the clock from timer to timer; frames and answers arrive between them. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    while (this.clock.now() < end) {
      const next = Math.min(this.clock.nextDue ?? end, end)
      this.clock.advance(Math.max(next - this.clock.now(), 0))
      // A request, its answer and the frames that follow take a few tasks.
      for (let task = 0; task < 3; task += 1) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Nobody begins anything new, and what is under way arrives. */
  async rest(bots: Bots): Promise<void> {
    bots.set({ paused: true })
    await this.pass(1_000)
    while (bots.people.some(({ activity }) => activity.state === 'offline')) await this.pass(1_000)
    await this.pass(2_000)
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end()
    await this.mock.close()
  }

  async #hired(bots: Bots): Promise<Bots> {
    this.#ends.push(() => bots.close())
    bots.onEdit((edit) => this.edits.push(edit))
    await this.pass(100)
    return bots
  }

  #same(who: string): Pick<CalendarBotOptions, 'clock' | 'random' | 'transport' | 'http'> {
    return { clock: this.clock, random: seededRandom(who), transport: this.#network.transport, http: this.#http }
  }
}

function logger(): void {}
