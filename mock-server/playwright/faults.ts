/** What may go wrong in a test: the network lab of its mock server, and the browser's own network, tab by tab. */
import type { CDPSession, Page } from '@playwright/test'
import type { MockLab, OpenMock } from './mock.ts'
import type { Tab } from './tabs.ts'

/**
 * Faults under a test's hand. They end with the test. When the network is back (`stop()`, `set({ offline: false })`) all tabs hear
 * `online`, as browsers tell it, so that nobody waits for the next try.
 */
export interface Faults extends MockLab {
  /**
   * Takes the network from one tab. Of a server in Node: what the tab sends is late, and nobody tells its sockets, as in a tunnel;
   * elsewhere than in Chromium all tabs of its context lose the network. Of a server in the page: its lines break.
   */
  offline(tab: Tab): Promise<void>
  /** Gives it back; other faults, and a script that runs, go on. */
  online(tab: Tab): Promise<void>
}

const UNLIMITED = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 }

/** Faults of a server and of tabs. */
export function faultsOf(mock: OpenMock, tabs: Iterable<Tab>): Faults {
  const wake = (page: Page): Promise<void> => page.evaluate(() => void dispatchEvent(new Event('online')))
  const networkIsBack = async (): Promise<void> => {
    // A page that is loading will look for its server by itself.
    await Promise.allSettled([...tabs].map(({ page }) => wake(page)))
  }
  const sessions = new Map<Tab, CDPSession>()
  /** Tabs that are offline on a server in the page, with the names of their faults. */
  const cut = new Map<Tab, string>()
  const cutInPage = async (tab: Tab, offline: boolean): Promise<void> => {
    const fault = cut.get(tab)
    if (!offline) {
      cut.delete(tab)
      if (fault !== undefined) await mock.lab.end(fault)
      await wake(tab.page)
    } else if (fault === undefined) {
      const to = { tab: await mock.tabIn(tab.page) }
      cut.set(tab, await mock.lab.inject({ fault: 'offline', to }))
    }
  }
  const emulate = async (tab: Tab, offline: boolean): Promise<void> => {
    if (mock.host === 'page') return cutInPage(tab, offline)
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
    async set(settings) {
      await mock.lab.set(settings)
      if (settings.offline === false) await networkIsBack()
    },
    async stop() {
      cut.clear()
      await mock.lab.stop()
      await networkIsBack()
    },
    offline: (tab) => emulate(tab, true),
    online: (tab) => emulate(tab, false),
  }
}
