/** What becomes of edits while the server is away: the Gantt page on a host that is stopped, killed and started again. */
import type { Page } from '@playwright/test'
import { readDataset } from './support/dataset.ts'
import type { TabOptions } from './support/demo.ts'
import { type FragileHost, startFragileHost } from './support/fragile-host.ts'
import { expectEqual, type GanttTab, ganttTab, openGantt } from './support/gantt-tab.ts'
import { test as base, expect, tabsOf } from './support/test.ts'

const test = base.extend<{ readonly host: FragileHost; readonly admin: TabOptions; readonly user: TabOptions }>({
  host: async ({ allowErrors }, use) => {
    // A browser reports by itself each try to reach a server that is away.
    allowErrors(/WebSocket connection to 'ws:/)
    const host = await startFragileHost()
    await use(host)
    await host.remove()
  },
  admin: async ({ host }, use) => use({ server: host.url, login: 'admin', password: 'admin' }),
  user: async ({ host }, use) => use({ server: host.url, login: 'user', password: 'user' }),
})

const lost = (page: Page): Promise<void> =>
  expect(page.getByTestId('connection')).toHaveText(/Connection lost|Connecting/)
const waiting = (page: Page, text: RegExp | string): Promise<void> =>
  expect(page.getByTestId('pending')).toHaveText(text)

const namesOf = async (tab: GanttTab): Promise<unknown[]> => (await tab.plan()).tasks.map((task) => task['name'])
const named = async (tab: GanttTab, name: string): Promise<number> =>
  (await namesOf(tab)).filter((known) => known === name).length

/** One edit of a task, one new task with a new child, in two changesets. Nobody waits for storage. */
async function editOffline(tab: GanttTab, edited: string, added: string): Promise<void> {
  const first = (await tab.plan()).tasks[0]
  if (!first) throw new Error('no tasks')
  await tab.update('tasks', first.id, { name: edited })
  await tab.page.evaluate((name) => {
    const { client } = window.demo
    client.transact(() => {
      const parent = client.tasks.add({ name, startDate: '2026-03-16', duration: 2 })
      client.tasks.add({ name: `${name}, inside`, parentId: parent.id, startDate: '2026-03-16', duration: 1 })
    })
  }, added)
  await waiting(tab.page, '2 changes waiting')
}

/** The server is there again, and the machine of these pages has its network back. */
async function backOnline(host: FragileHost, ...pages: Page[]): Promise<void> {
  await host.comeBack()
  for (const page of pages) await page.evaluate(() => void dispatchEvent(new Event('online')))
}

test('a tab goes offline, edits and is closed: another tab of the same user shows the edits and delivers them', async ({
  context,
  users,
  host,
  admin,
}) => {
  const leaving = await openGantt(context, admin)
  const staying = await openGantt(context, admin)
  await host.goAway()
  await lost(leaving.page)
  await editOffline(leaving, 'Edited offline', 'Made offline')
  expect(await named(staying, 'Edited offline')).toBe(0)
  await leaving.page.close()

  await waiting(staying.page, '2 changes waiting')
  await expect(staying.row('Edited offline')).toBeVisible()
  await backOnline(host, staying.page)
  await waiting(staying.page, 'All changes stored')

  const stranger = await openGantt((await users('elsewhere')).context, admin)
  await expectEqual([staying, stranger], () => readDataset(stranger.page, host.url))
  for (const name of ['Edited offline', 'Made offline', 'Made offline, inside'])
    expect(await named(stranger, name), name).toBe(1)
})

test('the last tab of a user is closed offline: the next visit delivers its edits', async ({
  context,
  host,
  admin,
}) => {
  const leaving = await openGantt(context, admin)
  await host.goAway()
  await lost(leaving.page)
  await editOffline(leaving, 'Edited and left', 'Made and left')
  await leaving.page.close()
  await host.comeBack()
  const later = await openGantt(context, admin)
  await expect.poll(() => named(later, 'Made and left, inside')).toBe(1)
  await waiting(later.page, 'All changes stored')
  await expectEqual([later], () => readDataset(later.page, host.url))
  expect(await named(later, 'Edited and left')).toBe(1)
})

test('a tab that is reloaded offline has its edits again as soon as it knows whose they are, once', async ({
  context,
  host,
  admin,
}) => {
  const tab = await openGantt(context, admin)
  await host.goAway()
  await lost(tab.page)
  await editOffline(tab, 'Survives the reload', 'Survives as well')
  await tab.page.reload()
  await expect(tab.page.getByText(/No answer from/)).toBeVisible()
  await backOnline(host, tab.page)
  await tab.synced()
  expect(await namesOf(tab)).toEqual(
    expect.arrayContaining(['Survives the reload', 'Survives as well', 'Survives as well, inside']),
  )
  await waiting(tab.page, 'All changes stored')
  await expectEqual([tab], () => readDataset(tab.page, host.url))
  expect(await named(tab, 'Survives as well')).toBe(1)
})

test('what one user left is never sent by another in the same browser', async ({ context, host, admin, user }) => {
  const leaving = await openGantt(context, admin)
  const page = await context.newPage()
  tabsOf(context).adopt(page)
  const sent: string[] = []
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))))
  await page.goto(`gantt.html?${new URLSearchParams({ ...user })}`)
  const other = ganttTab(page)
  await other.synced()
  await host.goAway()
  await lost(leaving.page)
  await editOffline(leaving, 'Not yours', 'Not yours either')
  await leaving.page.close()
  await host.comeBack()

  // Both look for what is left, for as long as it takes; the tab of the user whose edits they are finds it.
  const own = await openGantt(context, admin)
  await other.update('tasks', (await other.plan()).tasks[1]?.id ?? '', { name: 'Mine' })
  await expect.poll(() => named(other, 'Not yours')).toBe(1)
  await expectEqual([other, own], () => readDataset(page, host.url))
  const changes = sent.filter((frame) => /"projectChange"/.test(frame))
  expect(changes.filter((frame) => frame.includes('Mine'))).toHaveLength(1)
  expect(changes.filter((frame) => frame.includes('Not yours'))).toEqual([])
})

test('whoever logs out with edits that are not stored is told so, and finds them at the next login', async ({
  context,
  host,
  admin,
}) => {
  const tab = await openGantt(context, admin)
  await host.goAway()
  await lost(tab.page)
  await editOffline(tab, 'Not stored yet', 'Nor is this')
  const refusal = await tab.page.evaluate(() =>
    Promise.resolve(window.demo.client.wsSend('logout')).then(
      () => 'logged out',
      (error: Error) => error.message,
    ),
  )
  expect(refusal).toMatch(/^2 change\(s\) are not stored yet/)
  await tab.page.close()
  await host.comeBack()
  const later = await openGantt(context, admin)
  await expect.poll(() => named(later, 'Not stored yet')).toBe(1)
  await expectEqual([later], () => readDataset(later.page, host.url))
})

for (const as of ['before', 'empty'] as const) {
  const what = as === 'before' ? 'with what it had stored' : 'without anything it had stored'
  test(`two browsers edit while the server is killed and started again ${what}: both end with the same plan`, async ({
    context,
    users,
    host,
    admin,
    user,
  }) => {
    const left = await openGantt(context, admin)
    const right = await openGantt((await users('elsewhere')).context, user)
    const [first, second, third] = (await left.plan()).tasks
    if (!first || !second || !third) throw new Error('too few tasks')
    await left.add('tasks', { name: 'Stored before', duration: 1 })
    await right.find('tasks', 'name', 'Stored before')
    await left.synced()
    for (const round of [1, 2]) {
      // On the way when the process dies.
      await Promise.all([
        left.update('tasks', first.id, { name: `Left ${round}` }),
        right.update('tasks', second.id, { name: `Right ${round}` }),
        host.goAway('kill'),
      ])
      await Promise.all([lost(left.page), lost(right.page)])
      // Both offline: other fields of one task, the same field of another, and new ones.
      await left.update('tasks', third.id, { percentDone: round * 10 })
      await right.update('tasks', third.id, { name: `Shared ${round}` })
      await left.add('tasks', { name: `From the left ${round}`, duration: 1 })
      await right.add('tasks', { name: `From the right ${round}`, duration: 1 })
      await host.comeBack(as)
      await left.find('tasks', 'name', `From the right ${round}`)
      await right.find('tasks', 'name', `From the left ${round}`)
      await expectEqual([left, right], () => readDataset(right.page, host.url))
      const names = await namesOf(right)
      for (const name of [`Left ${round}`, `Right ${round}`, `Shared ${round}`, `From the left ${round}`])
        expect(
          names.filter((known) => known === name),
          name,
        ).toHaveLength(1)
    }
    expect(await named(right, 'Stored before')).toBe(as === 'before' ? 1 : 0)
  })
}
