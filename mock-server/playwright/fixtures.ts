/** `test` of Playwright, with the fixtures of the kit. Owns what begins and ends with a test. */
import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestInfo,
  type TestType,
} from '@playwright/test'
import { type Faults, faultsOf } from './faults.ts'
import { kitOf } from './matchers.ts'
import { type Mock, type MockChoice, noMock, type OpenMock, startNodeMock } from './mock.ts'
import { pageMock } from './page-mock.ts'
import { type AppUnderTest, TabRack, type Tabs, type Users } from './tabs.ts'
import { type Wire, WireLog } from './wire.ts'

/** What a test may ask for. */
export interface KitFixtures {
  /** The app under test in as many tabs as the test opens. Closed with it. */
  readonly tabs: Tabs
  /** Users, each with a browser context of their own: `const ann = await users('ann')`. */
  readonly users: Users
  /** The mock server of this test, which no other test has. */
  readonly mock: Mock
  /** Faults of the network. */
  readonly faults: Faults
  /** What crosses the wire. Attached as `planwire-recording.json` when the test fails. */
  readonly wire: Wire
}

/** What `test.use` and the configuration may set. */
export interface KitOptions {
  /** Which mock server a test has. */
  readonly mockServer: MockChoice
  /** How the app under test finds its server and knows its user. */
  readonly app: AppUnderTest
}

/** What the fixtures share. */
interface Kit {
  readonly tabs: TabRack
  readonly mock: OpenMock
}

/**
 * Playwright's `test` with tabs, users, a mock server, faults and the wire.
 * @example
 * import { expect, test } from 'planwire/playwright'
 *
 * test('both see it', async ({ tabs }) => {
 *   const [left, right] = await tabs.open(2, '/plan')
 *   await left.page.getByRole('button', { name: 'Add task' }).click()
 *   await expect(tabs).toConverge()
 *   await expect(right.page.getByText('New task')).toBeVisible()
 * })
 */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & KitFixtures & KitOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
> = base.extend<KitFixtures & KitOptions & { readonly kit: Kit }>({
  mockServer: [{}, { option: true }],
  app: [{}, { option: true }],
  kit: [
    async ({ browser, context, mockServer, app }, use, testInfo) => {
      const tabs: TabRack = new TabRack({ browser, context, app, mock: () => mock })
      await tabs.watch(context)
      const mock = await mockFor(mockServer, tabs, nameOf(testInfo))
      const shared = { tabs, mock }
      kitOf.set(tabs, shared)
      await use(shared)
      await tabs.close()
      // A page whose server goes first says so on the console.
      if (mock.host === 'node') await Promise.all(context.pages().map((page) => page.close()))
      await mock.close()
    },
    { box: true },
  ],
  tabs: async ({ kit }, use) => use(kit.tabs),
  users: async ({ kit }, use) => use(kit.tabs.user),
  mock: async ({ kit }, use) => use(kit.mock),
  faults: async ({ kit }, use) => use(faultsOf(kit.mock, kit.tabs)),
  wire: async ({ kit: { mock } }, use, testInfo) => {
    const log = new WireLog()
    await mock.listen((entries) => log.heard(entries))
    await use(log)
    if (testInfo.status === testInfo.expectedStatus) return
    const recording = await mock.recording()
    const body = JSON.stringify(recording)
    if (recording) await testInfo.attach('planwire-recording.json', { body, contentType: 'application/json' })
  },
})

/** No two tests share it, in whatever worker, nor two runs of one. */
function nameOf({ testId, repeatEachIndex, retry }: TestInfo): string {
  return `test-${testId}-${repeatEachIndex}-${retry}`
}

async function mockFor({ host = 'node', config = {} }: MockChoice, tabs: TabRack, name: string): Promise<OpenMock> {
  switch (host) {
    case 'node':
      return startNodeMock(name, config)
    case 'page':
      return pageMock(name, tabs)
    default:
      return noMock(name)
  }
}
