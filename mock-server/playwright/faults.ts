/** What may go wrong in a test: the network lab of its mock server, and the browser's own network, tab by tab. */
import type { CDPSession } from '@playwright/test'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockLab, OpenMock } from './mock.ts'
import type { Tab } from './tabs.ts'

/** Faults under a test's hand. They end with the test. */
export interface Faults extends MockLab {
  /**
   * Takes the network from one tab, as a train tunnel does: what it sends is lost or late, nobody tells its sockets. Elsewhere than
   * in Chromium all tabs of its context lose it.
   */
  offline(tab: Tab): Promise<void>
  /** Gives it back. */
  online(tab: Tab): Promise<void>
}

const UNLIMITED = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 }

/** Faults of a server and of tabs. */
export function faultsOf(mock: OpenMock): Faults {
  const sessions = new Map<Tab, CDPSession>()
  const emulate = async (tab: Tab, offline: boolean): Promise<void> => {
    if (mock.host === 'page') {
      const what =
        "A mock server in the page needs no network that could fail: use faults.set({ offline }) for all its tabs, or test.use({ mockServer: { host: 'node' } })"
      throw new PlanwireError('invalid-argument', what, 'fatal')
    }
    const context = tab.page.context()
    if (context.browser()?.browserType().name() !== 'chromium') return context.setOffline(offline)
    let session = sessions.get(tab)
    if (!session) {
      session = await context.newCDPSession(tab.page)
      sessions.set(tab, session)
      await session.send('Network.enable')
    }
    await session.send('Network.emulateNetworkConditions', { offline, ...UNLIMITED })
  }
  return {
    ...mock.lab,
    offline: (tab) => emulate(tab, true),
    online: (tab) => emulate(tab, false),
  }
}
