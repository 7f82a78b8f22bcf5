/** A mock server for each test of Vitest: `test.extend(mockFixtures(config))`. Owns its address and its end. */
import type { MockServerConfig } from '../core/config.ts'
import { startMockServer, type TestMockServer, type TestServerOptions } from './start.ts'

/** What Vitest hands to a fixture. */
interface FixtureContext {
  readonly task: object
}

/** For `test.extend`. */
export interface MockFixtures {
  /** Hands each test a server of its own, and closes it after the test. */
  readonly mock: (context: FixtureContext, use: (mock: TestMockServer) => Promise<void>) => Promise<void>
}

let last = 0

/**
 * A mock server for each test that asks for one, at an address that no other test has, so that tests may run concurrently. It
 * starts with the configuration, and is closed when the test is over.
 * @example
 * const test = base.extend(mockFixtures({ projects: [{ id: 1, name: 'House', tasksData: [] }] })) // base: `test` of 'vitest'
 * test('…', async ({ mock }) => {
 *   const client = new ProjectClient({ wsAddress: mock.url, wsProjectId: 1 })
 * })
 */
export function mockFixtures(
  config: MockServerConfig = {},
  options: Omit<TestServerOptions, 'url'> = {},
): MockFixtures {
  return {
    // Vitest finds out by the pattern of the first parameter what a fixture needs.
    mock: async ({ task: _ }, use) => {
      last += 1
      const mock = await startMockServer(config, { ...options, url: `ws://test-${last}.planwire.test` })
      try {
        await use(mock)
      } finally {
        await mock.close()
      }
    },
  }
}
