/** One backend for all tabs where there is no SharedWorker: leaders that come, go, crash, hang and sleep. */
import { crash, hostTab, openHostTab } from './support/host-page.ts'
import { type HostSite, openHostSite } from './support/host-site.ts'
import { expect, test } from './support/test.ts'

// biome-ignore lint/suspicious/noSkippedTests: other browsers have no DevTools protocol to crash and freeze tabs by.
test.skip(({ browserName }) => browserName !== 'chromium', 'these tests speak the DevTools protocol')

let site: HostSite
test.beforeAll(async () => {
  site = await openHostSite()
})
test.afterAll(() => site.close())

const at = (): string => `http://127.0.0.1:${site.port}/a/`
const led = (name: string): Record<string, string> => ({ name, without: 'SharedWorker' })

test('ten tabs that open at once have one leader and one state', async ({ context, backend }) => {
  const tabs = await Promise.all(Array.from({ length: 10 }, () => openHostTab(context, at(), led(backend))))
  for (const tab of tabs) expect(await tab.place()).toEqual({ mode: 'leader-tab', storage: 'indexeddb' })
  await Promise.all(tabs.map((tab, n) => tab.add(`From tab ${n}`)))
  const texts = await Promise.all(tabs.map((tab) => tab.texts()))
  expect(new Set(texts[0])).toEqual(new Set(tabs.map((_, n) => `From tab ${n}`)))
  for (const each of texts) expect(each).toEqual(texts[0])
})

test('what was acknowledged survives the crash of the leader in the middle of a commit', async ({
  context,
  backend,
}) => {
  const leader = await openHostTab(context, at(), led(backend))
  await leader.place()
  const tab = await openHostTab(context, at(), led(backend))
  await tab.place()
  await tab.page.evaluate(() => {
    window.heard = []
    for (let n = 0; n < 300; n += 1) {
      const body = JSON.stringify({ text: `${n}`, start_date: '2026-01-01 09:00', end_date: '2026-01-01 10:00' })
      void fetch('/events', { method: 'POST', body }).then(
        ({ status }) => {
          if (status === 200) window.heard.push(`${n}`)
        },
        () => {},
      )
    }
  })
  await tab.page.waitForFunction(() => window.heard.length > 20)
  await crash(context, leader.page)
  const texts = await tab.texts()
  const acknowledged = await tab.page.evaluate(() => window.heard)
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(texts).toEqual(expect.arrayContaining(acknowledged))
})

test('a tab that starts while the leader closes is taken in by the next one', async ({ context, backend }) => {
  const leader = await openHostTab(context, at(), led(backend))
  await leader.add('Kept')
  const page = await context.newPage()
  const [tab] = await Promise.all([
    page.goto(`${at()}?${new URLSearchParams(led(backend))}`, { waitUntil: 'commit' }).then(() => hostTab(page)),
    leader.page.evaluate(async () => (await window.server).close()),
  ])
  await page.waitForLoadState()
  expect(await tab.texts()).toEqual(['Kept'])
})

test('a leader that is frozen holds the others up until it is active, and nothing is lost', async ({
  context,
  backend,
}) => {
  const leader = await openHostTab(context, at(), led(backend))
  await leader.place()
  const tab = await openHostTab(context, at(), led(backend))
  await tab.logIn('admin')
  const devTools = await context.newCDPSession(leader.page)
  await devTools.send('Page.setWebLifecycleState', { state: 'frozen' })
  const added = tab.add('Asked of a frozen leader')
  const late = await openHostTab(context, at(), led(backend))
  const texts = late.texts()
  await devTools.send('Page.setWebLifecycleState', { state: 'active' })
  await added
  expect(await texts).toEqual(['Asked of a frozen leader'])
  expect(await tab.users()).toEqual(['admin'])
  expect(await tab.told()).toEqual([])
})

test('a leader that is busy answers when it is done, in order', async ({ context, backend }) => {
  const leader = await openHostTab(context, at(), led(backend))
  await leader.place()
  const tab = await openHostTab(context, at(), led(backend))
  await tab.place()
  const busy = leader.page.evaluate(() => {
    const end = performance.now() + 1500
    while (performance.now() < end);
  })
  for (const text of ['one', 'two', 'three']) await tab.add(text)
  await busy
  expect(await leader.texts()).toEqual(['one', 'two', 'three'])
})

test('a reset, an export and an import reach all tabs', async ({ context, backend }) => {
  const leader = await openHostTab(context, at(), led(backend))
  await leader.add('Kept')
  const tab = await openHostTab(context, at(), led(backend))
  const restored = await tab.page.evaluate(async () => {
    const server = await window.server
    const state = JSON.parse(JSON.stringify(await server.export()))
    await server.reset()
    const rows: unknown[] = await (await fetch('/events')).json()
    await server.import(state)
    return rows.length
  })
  expect(restored).toBe(0)
  expect(await leader.texts()).toEqual(['Kept'])
})
