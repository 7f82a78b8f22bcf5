/** `expect` of Playwright, with what it can be asked about tabs and their wire. */
import { setTimeout } from 'node:timers/promises'
import { expect as base, type Expect, type ExpectMatcherState, type MatcherReturnType } from '@playwright/test'
import { PlanwireError } from '../../client/protocol/errors.ts'
import {
  type CompareOptions,
  convergenceInWords,
  type Holder,
  holdersOfServer,
} from '../../client/testing/convergence.ts'
import { convergedWithin, type ServerSource } from '../../client/testing/matchers.ts'
import type { OpenMock } from './mock.ts'
import type { TabRack, Tabs } from './tabs.ts'
import { matching, shownWire, type Wire, type WireOptions, type WirePattern } from './wire.ts'

/** What `toConverge` may be told. */
export interface ConvergeOptions extends CompareOptions {
  /** Holds the same as well. Default: the mock of the test, where the tabs use it. False: compare tabs alone. */
  readonly server?: ServerSource | false
  /** Longest wait, in milliseconds. Default: that of `expect`. */
  readonly timeout?: number
}

/** The matchers. */
export type KitMatchers = {
  /** Waits until all tabs and the server hold the same records and nothing waits; names the first difference otherwise. */
  toConverge(this: ExpectMatcherState, received: Tabs, options?: ConvergeOptions): Promise<MatcherReturnType>
  /** Waits until a tab has sent a frame or a request like this. */
  toHaveSent(
    this: ExpectMatcherState,
    received: Wire,
    pattern: WirePattern,
    options?: WireOptions,
  ): Promise<MatcherReturnType>
  /** Waits until a tab has received a frame or an answer like this. */
  toHaveReceived(
    this: ExpectMatcherState,
    received: Wire,
    pattern: WirePattern,
    options?: WireOptions,
  ): Promise<MatcherReturnType>
}

/** What stands behind the tabs of each test. */
export const kitOf: WeakMap<Tabs, { readonly tabs: TabRack; readonly mock: OpenMock }> = new WeakMap()

/** Looks often at first: most of what is waited for is there in a few milliseconds. */
const pauseMs = (passedMs: number): number => (passedMs < 500 ? 25 : 150)

const kitMatchers: KitMatchers = {
  async toConverge(received, given = {}) {
    const { server, timeout = this.timeout, ...options } = given
    const kit = kitOf.get(received)
    if (!kit) throw new PlanwireError('invalid-argument', 'toConverge: expect(tabs), of the fixture `tabs`', 'fatal')
    const { tabs, mock } = kit
    const since = Date.now()
    const holders = async (): Promise<readonly Holder[]> => {
      const source = server === undefined && (await mock.inUse()) ? mock : server || undefined
      const before = holdersOfServer((await source?.export()) ?? {})
      const stores = [...new Set(before.flatMap((holder) => Object.keys(holder.stores)))]
      const read = await tabs.holders(stores)
      // The server is read after the tabs: what they hold, it had.
      const theirs = source ? holdersOfServer(await source.export()) : []
      return [...read, ...theirs]
    }
    const pause = async (passedMs: number): Promise<number> => {
      await setTimeout(pauseMs(passedMs))
      return Date.now() - since - passedMs
    }
    const found = await convergedWithin(!this.isNot, timeout, pause, holders, options)
    const pass = found.state === 'converged'
    return {
      pass,
      name: 'toConverge',
      message: () =>
        pass
          ? `Expected the tabs to differ, but ${convergenceInWords(found)}`
          : `The tabs do not converge within ${timeout} ms: ${convergenceInWords(found)}`,
    }
  },
  toHaveSent(received, pattern, options) {
    return crossed(this, 'toHaveSent', received, 'up', pattern, options)
  },
  toHaveReceived(received, pattern, options) {
    return crossed(this, 'toHaveReceived', received, 'down', pattern, options)
  },
}

async function crossed(
  { timeout, isNot }: ExpectMatcherState,
  name: string,
  wire: Wire,
  direction: 'up' | 'down',
  pattern: WirePattern,
  options: WireOptions = {},
): Promise<MatcherReturnType> {
  const since = Date.now()
  const { times } = options
  let count = 0
  for (;;) {
    count = matching(wire, direction, pattern, options).length
    const passed = times === undefined ? count > 0 : count === times
    if (passed !== isNot || Date.now() - since >= timeout) break
    await setTimeout(pauseMs(Date.now() - since))
  }
  const pass = times === undefined ? count > 0 : count === times
  const sought = pattern instanceof RegExp || typeof pattern === 'string' ? String(pattern) : JSON.stringify(pattern)
  const wanted = times === undefined ? '' : ` ${times} times`
  const verb = direction === 'up' ? 'sent' : 'received'
  return {
    pass,
    name,
    message: () =>
      [
        `Expected ${options.party ?? 'somebody'} ${isNot ? 'not ' : ''}to have ${verb}${wanted}: ${sought}`,
        `Found ${count}. What was ${verb} last:`,
        ...shownWire(wire, direction),
      ].join('\n'),
  }
}

/** Playwright's `expect` with {@link KitMatchers}. */
export const expect: Expect<KitMatchers> = base.extend(kitMatchers)
