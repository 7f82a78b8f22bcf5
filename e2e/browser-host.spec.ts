/** What the mock server in a browser survives, each by the browser's own doing: reloads, caches, crashes, frozen tabs, deployments, insecure origins. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium } from '@playwright/test'
import { chromiumLaunchOptions, findWholeChromium } from '../scripts/chromium.js'
import { crash, openHostTab } from './support/host-page.ts'
import { type HostSite, openHostDevSite, openHostSite } from './support/host-site.ts'
import { expect, test } from './support/test.ts'

// biome-ignore lint/suspicious/noSkippedTests: other browsers have no DevTools protocol to crash and freeze tabs by.
test.skip(({ browserName }) => browserName !== 'chromium', 'these tests speak the DevTools protocol')

let site: HostSite
test.beforeAll(async () => {
  site = await openHostSite()
})
test.afterAll(() => site.close())

/** The address of a deployment's page. */
const at = (deployment = 'a', host = '127.0.0.1'): string => `http://${host}:${site.port}/${deployment}/`

/** A browser of the test's own, with switches that Playwright does not set, or sets. */
async function withBrowser(
  args: readonly string[],
  ignoreDefaultArgs: string[],
  run: (context: BrowserContext) => Promise<void>,
  launch: ReturnType<typeof chromiumLaunchOptions> = chromiumLaunchOptions(),
): Promise<void> {
  const rules = args.some((arg) => arg.startsWith('--host-resolver-rules'))
  const usual = launch.args.filter((arg) => !(rules && arg.startsWith('--host-resolver-rules')))
  const browser: Browser = await chromium.launch({ ...launch, args: [...usual, ...args], ignoreDefaultArgs })
  try {
    await run(await browser.newContext())
  } finally {
    await browser.close()
  }
}

test('a hard reload, past every cache, finds everything', async ({ context, backend }) => {
  const tab = await openHostTab(context, at(), { name: backend })
  await tab.add('Kept')
  const devTools = await context.newCDPSession(tab.page)
  const loaded = tab.page.waitForEvent('load')
  await devTools.send('Page.reload', { ignoreCache: true })
  await loaded
  expect(await tab.place()).toEqual({ mode: 'shared-worker', storage: 'indexeddb' })
  expect(await tab.texts()).toEqual(['Kept'])
})

test('a crash of the whole browser loses nothing that was acknowledged', async ({ backend }) => {
  const profile = await mkdtemp(join(tmpdir(), 'planwire-profile-'))
  try {
    const first = await chromium.launchPersistentContext(profile, chromiumLaunchOptions())
    const tab = await openHostTab(first, at(), { name: backend })
    await tab.add('Kept')
    const gone = first.waitForEvent('close')
    const devTools = await first.newCDPSession(tab.page)
    devTools.send('Browser.crash').catch(() => {})
    await gone
    const second = await chromium.launchPersistentContext(profile, chromiumLaunchOptions())
    try {
      expect(await (await openHostTab(second, at(), { name: backend })).texts()).toEqual(['Kept'])
    } finally {
      await second.close()
    }
  } finally {
    await rm(profile, { recursive: true, force: true })
  }
})

test('hot replacement of the code that starts the server keeps the server, its sockets and its state', async ({
  context,
  backend,
}) => {
  const dev = await openHostDevSite()
  try {
    const tab = await openHostTab(context, `${dev.url}hot.html`, { name: backend })
    await tab.add('Kept')
    await tab.logIn('admin')
    const before = await tab.page.evaluateHandle(() => window.server)
    const socket = await tab.page.evaluateHandle(() => window.socket)
    dev.replace()
    await tab.page.waitForFunction(() => window.marks === 2)
    expect(await tab.page.evaluate(async (server) => (await window.server) === server, before)).toBe(true)
    expect(await socket.evaluate((socket) => socket.readyState)).toBe(1)
    expect(await tab.texts()).toEqual(['Kept'])
    expect(await tab.told()).toEqual([])
  } finally {
    await dev.close()
  }
})

test('a page that comes back from the back/forward cache starts anew and finds everything', async ({ backend }) => {
  const executablePath = findWholeChromium()
  // biome-ignore lint/suspicious/noSkippedTests: a browser without windows has no such cache.
  test.skip(executablePath === undefined, 'only a whole Chromium has a back/forward cache')
  const whole = { ...chromiumLaunchOptions(), ...(executablePath && { executablePath }) }
  const comeBack = async (context: BrowserContext): Promise<void> => {
    const tab = await openHostTab(context, at(), { name: backend })
    await tab.add('Kept')
    await tab.logIn('admin')
    await tab.page.evaluate(() => {
      window.marks = 1
      addEventListener('pageshow', ({ persisted }) => sessionStorage.setItem('persisted', String(persisted)))
    })
    await tab.page.goto(`http://127.0.0.1:${site.port}/elsewhere`)
    await tab.page.goBack({ waitUntil: 'commit' })
    await tab.page.waitForFunction(() => window.marks === 0)
    expect(await tab.page.evaluate(() => sessionStorage.getItem('persisted'))).toBe('true')
    expect(await tab.texts()).toEqual(['Kept'])
    await tab.logIn('admin')
    await expect.poll(() => tab.users()).toEqual(['admin'])
  }
  await withBrowser([], ['--disable-back-forward-cache'], comeBack, whole)
})

test('a tab that crashes leaves the list of users, and whoever comes after finds everything', async ({
  context,
  backend,
}) => {
  const mine = await openHostTab(context, at(), { name: backend })
  const other = await openHostTab(context, at(), { name: backend })
  await mine.logIn('admin')
  await other.logIn('user')
  await expect.poll(() => mine.users()).toEqual(['admin', 'user'])
  await crash(context, other.page)
  await expect.poll(() => mine.users()).toEqual(['admin'])
  await mine.add('Meanwhile')
  const later = await openHostTab(context, at(), { name: backend })
  expect(await later.texts()).toEqual(['Meanwhile'])
})

test('a frozen tab holds up nobody, and hears what it missed once it is active', async ({ context, backend }) => {
  const mine = await openHostTab(context, at(), { name: backend })
  const frozen = await openHostTab(context, at(), { name: backend })
  await frozen.logIn('user')
  const devTools = await context.newCDPSession(frozen.page)
  await devTools.send('Page.setWebLifecycleState', { state: 'frozen' })
  await mine.logIn('admin')
  await mine.add('Meanwhile')
  // It is there, only silent.
  await expect.poll(() => mine.users()).toEqual(['admin', 'user'])
  await devTools.send('Page.setWebLifecycleState', { state: 'active' })
  await expect.poll(() => frozen.users()).toEqual(['admin', 'user'])
  expect(await frozen.texts()).toEqual(['Meanwhile'])
})

test('a new deployment waits for the tabs of the old one, says so, and goes on from their state', async ({
  context,
  backend,
}) => {
  const old = await openHostTab(context, at('old'), { name: backend })
  await old.add('Made before')
  const fresh = await openHostTab(context, at('new'), { name: backend })
  await expect.poll(() => fresh.told()).toEqual([expect.stringContaining('Another version of this site')])
  await old.add('Made meanwhile')
  await old.page.close()
  expect(await fresh.place()).toEqual({ mode: 'shared-worker', storage: 'indexeddb' })
  expect(await fresh.texts()).toEqual(['Made before', 'Made meanwhile'])
})

test('where the browser refuses storage to the worker the state is in memory, shared by all tabs, and told of', async ({
  context,
  backend,
}) => {
  const tabs = [1, 2].map(() => openHostTab(context, at('storage-refused'), { name: backend }))
  const [left, right] = await Promise.all(tabs)
  if (!left || !right) throw new Error('no tabs')
  expect(await left.place()).toEqual({ mode: 'shared-worker', storage: 'memory' })
  await left.add('Unkept')
  expect(await right.texts()).toEqual(['Unkept'])
  const told = [...(await left.told()), ...(await right.told())]
  expect(told).toContainEqual(expect.stringContaining('refused storage'))
})

test('a private window has a state of its own, which ends with it', async ({ browser, context, backend }) => {
  const tab = await openHostTab(context, at(), { name: backend })
  await tab.add('Public')
  for (const visit of [1, 2]) {
    const window = await browser.newContext()
    const secret = await openHostTab(window, at(), { name: backend })
    expect(await secret.texts(), `visit ${visit}`).toEqual([])
    await secret.add('Secret')
    await secret.page.reload()
    expect(await secret.texts()).toEqual(['Secret'])
    await window.close()
  }
  expect(await tab.texts()).toEqual(['Public'])
})

test('the file of a project is looked for where the page is, not where the worker is', async ({ context, backend }) => {
  const tab = await openHostTab(context, at(), { name: backend, projects: './plan.json' })
  const state = await tab.page.evaluate(async () => JSON.stringify(await (await window.server).export()))
  expect(state).toContain('From a file')
})

test("an app's own MSW worker leads to the mock beside its own handlers", async ({ context, backend }) => {
  const [left, right] = await Promise.all([1, 2].map(() => openHostTab(context, `${at()}msw.html`, { name: backend })))
  if (!left || !right) throw new Error('no tabs')
  await left.add('By MSW')
  expect(await right.texts()).toEqual(['By MSW'])
  expect(await left.page.evaluate(async () => (await fetch('/mine')).json())).toBe('mine')
  await left.logIn('admin')
  await right.logIn('user')
  await expect.poll(() => left.users()).toEqual(['admin', 'user'])
  await right.page.evaluate(() => window.socket.close())
  await expect.poll(() => left.users()).toEqual(['admin'])
  // As documented: no error event, and clean.
  const ends = await left.page.evaluate(async () => {
    await (await window.server).close()
    return new Promise((resolve) => {
      const socket = new WebSocket('/ws')
      const told: string[] = []
      socket.onopen = () => told.push('open')
      socket.onerror = () => told.push('error')
      socket.onclose = ({ code, wasClean }) => resolve([...told, code, wasClean])
    })
  })
  expect(ends).toEqual([1006, true])
})

test.describe('on a plain-http address of a LAN, which has no Web Locks', () => {
  /** A browser that finds this machine under a name. */
  const onLan = (run: (context: BrowserContext) => Promise<void>): Promise<void> =>
    withBrowser(['--host-resolver-rules=MAP lan.test 127.0.0.1'], [], run)
  const lan = (deployment = 'a'): string => at(deployment, 'lan.test')

  test('all tabs share one state, which is kept when they have closed, and a crashed tab is noticed', async ({
    backend,
  }) => {
    await onLan(async (context) => {
      const mine = await openHostTab(context, lan(), { name: backend })
      const other = await openHostTab(context, lan(), { name: backend })
      expect(await mine.page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false])
      expect(await mine.place()).toEqual({ mode: 'shared-worker', storage: 'indexeddb' })
      await mine.logIn('admin')
      await other.logIn('user')
      await expect.poll(() => mine.users()).toEqual(['admin', 'user'])
      await other.add('Kept')
      await crash(context, other.page)
      await expect.poll(() => mine.users()).toEqual(['admin'])
      expect(await mine.told()).toEqual([])
      await mine.page.close()
      const later = await openHostTab(context, lan(), { name: backend })
      expect(await later.texts()).toEqual(['Kept'])
    })
  })

  test('a new deployment waits for the tabs of the old one there too', async ({ backend }) => {
    await onLan(async (context) => {
      const old = await openHostTab(context, lan('old'), { name: backend })
      await old.add('Made before')
      const fresh = await openHostTab(context, lan('new'), { name: backend })
      await expect.poll(() => fresh.told()).toEqual([expect.stringContaining('Another version of this site')])
      await old.add('Made meanwhile')
      await crash(context, old.page)
      expect(await fresh.texts()).toEqual(['Made before', 'Made meanwhile'])
    })
  })

  test('tabs without SharedWorker find a leader there, and the next one when it crashes', async ({ backend }) => {
    await onLan(async (context) => {
      const query = { name: backend, without: 'SharedWorker' }
      const leader = await openHostTab(context, lan(), query)
      expect(await leader.place()).toEqual({ mode: 'leader-tab', storage: 'indexeddb' })
      await leader.add('Kept')
      const tab = await openHostTab(context, lan(), query)
      expect(await tab.texts()).toEqual(['Kept'])
      await crash(context, leader.page)
      await expect.poll(() => tab.told()).toEqual([expect.stringContaining('starting it again')])
      expect(await tab.texts()).toEqual(['Kept'])
    })
  })
})
