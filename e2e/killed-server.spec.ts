/**
 * Two people edit at random, in three tabs of two browsers, while `planwire serve --data DIR` is killed and started again on
 * its port: tabs go offline, are reloaded, and closed with edits that another tab adopts. Owns no scenario in detail
 * (`offline.spec.ts` does): only that everybody ends with what the server holds.
 */
import type { Page } from '@playwright/test'
import { readDataset } from './support/dataset.ts'
import { type FragileHost, startFragileHost } from './support/fragile-host.ts'
import { expectEqual, type GanttTab, openGantt } from './support/gantt-tab.ts'
import { editAtRandom, keptName } from './support/random-edits.ts'
import { test as base, expect } from './support/test.ts'

const test = base.extend<{ readonly host: FragileHost }>({
  host: async ({ allowErrors }, use) => {
    // A browser reports by itself each try to reach a server that is away.
    allowErrors(/WebSocket connection to 'ws:/)
    const host = await startFragileHost()
    await use(host)
    await host.remove()
  },
})

const lost = (page: Page): Promise<void> =>
  expect(page.getByTestId('connection')).toHaveText(/Connection lost|Connecting/)

async function namesOf(tab: GanttTab): Promise<string[]> {
  return (await tab.plan()).tasks.map((task) => String(task['name']))
}

for (const as of ['before', 'empty'] as const) {
  const what = as === 'before' ? 'goes on with its log' : 'has lost its log'
  test(`random edits of three tabs in two browsers, while a server is killed that ${what}: all end equal`, async ({
    context,
    users,
    host,
  }) => {
    const ann = { server: host.url, login: 'admin', password: 'admin' }
    const bob = { server: host.url, login: 'user', password: 'user' }
    const left = await openGantt(context, ann)
    const right = await openGantt((await users('elsewhere')).context, bob)
    let closing = await openGantt(context, ann)
    for (const round of [1, 2, 3]) {
      const seed = round * 1_000 + (as === 'before' ? 0 : 500)
      await test.step(`round ${round}, seed ${seed}`, async () => {
        const tabs = { left, right, closing }
        const edit = (when: string): Promise<unknown> =>
          Promise.all(
            Object.entries(tabs).map(([name, tab], at) =>
              editAtRandom(tab, { seed: seed + at, mark: `${as} ${round} ${when} ${name}`, edits: 8 }),
            ),
          )
        // The process dies with changes on their way, or half stored.
        await Promise.all([edit('online'), host.goAway('kill')])
        for (const tab of Object.values(tabs)) await lost(tab.page)
        await edit('offline')
        // Right after the last edit: nobody waits for storage.
        await closing.page.close()
        if (round === 2) await left.page.reload()
        await host.comeBack(as)
        for (const { page } of [left, right]) await page.evaluate(() => void dispatchEvent(new Event('online')))

        // What the closed tab had not sent is adopted after some seconds.
        const offline = ['left', 'right', 'closing'].map((name) => keptName(`${as} ${round} offline ${name}`))
        for (const name of offline) await expect.poll(() => namesOf(right)).toContain(name)
        await expectEqual([left, right], () => readDataset(right.page, host.url))
        const names = (await namesOf(right)).filter((name) => name.startsWith(as))
        expect(
          names.filter((name, at) => names.indexOf(name) !== at),
          'nothing is there twice',
        ).toEqual([])
      })
      closing = await openGantt(context, ann)
    }
    await expectEqual([left, right, closing], () => readDataset(right.page, host.url))
  })
}
