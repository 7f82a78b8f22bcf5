/** The Gantt page with no server at all: the mock in the browser is the one backend of all tabs. */
import { readDataset } from './support/dataset.ts'
import { address } from './support/demo.ts'
import { expectEqual, ganttTab, openGantt } from './support/gantt-tab.ts'
import { expect, test } from './support/test.ts'
import { workTogether } from './support/working-together.ts'

test('what one tab adds, edits, moves, nests, links and deletes is in the other, under the same ids', async ({
  context,
  backend,
}) => {
  const [left, right] = await Promise.all([
    openGantt(context, { name: backend }),
    openGantt(context, { name: backend }),
  ])
  await workTogether(left, right, () => readDataset(left.page, '/ws'))
  await expectEqual([left, right, await openGantt(context, { name: backend })])
})

test('three tabs that open at the same moment on an empty browser share one plan', async ({ context, backend }) => {
  const tabs = await Promise.all([1, 2, 3].map(() => openGantt(context, { name: backend })))
  await expectEqual(tabs)
  await Promise.all(tabs.map((tab, n) => tab.add('tasks', { name: `From tab ${n}`, duration: 1 })))
  for (const tab of tabs) for (const n of [0, 1, 2]) await tab.find('tasks', 'name', `From tab ${n}`)
  await expectEqual(tabs)
})

test('a reload and a new visit after all tabs were closed find everything as it was left', async ({
  context,
  backend,
}) => {
  const first = await openGantt(context, { name: backend })
  await first.add('tasks', { name: 'Survives a reload', startDate: '2026-03-16', duration: 2 })
  await first.synced()
  await first.page.reload()
  await first.synced()
  const kept = await first.find('tasks', 'name', 'Survives a reload')
  await first.update('tasks', kept.id, { name: 'Survives everything' })
  await first.synced()
  const before = await first.plan()
  await first.page.close()
  expect(context.pages()).toEqual([])

  const later = await openGantt(context, { name: backend })
  expect((await later.find('tasks', 'name', 'Survives everything')).id).toEqual(kept.id)
  expect((await later.plan()).tasks.length).toBe(before.tasks.length)
})

test('backends of different names in one browser know nothing of each other', async ({ context, backend }) => {
  const here = await openGantt(context, { name: backend })
  const there = await openGantt(context, { name: `${backend}-other` })
  await here.add('tasks', { name: 'Only here', duration: 1 })
  await here.synced()
  await there.add('tasks', { name: 'Only there', duration: 1 })
  await there.synced()
  expect((await there.plan()).tasks.map((task) => task['name'])).not.toContain('Only here')
  expect((await here.plan()).tasks.map((task) => task['name'])).not.toContain('Only there')
})

test('whoever resets the plan is named in every tab, and the plan is back', async ({ context, backend }) => {
  const options = { name: backend, login: 'user', password: 'user' }
  const left = await openGantt(context, options)
  const right = await openGantt(context, { name: backend, login: 'admin', password: 'admin' })
  const before = await left.plan()
  await left.add('tasks', { name: 'Short-lived', duration: 1 })
  await right.find('tasks', 'name', 'Short-lived')
  await left.page.evaluate(() => void window.demo.client.wsSend('reset'))
  for (const tab of [left, right]) await expect(tab.page.getByText(/user.*reset|reset.*user/i)).toBeVisible()
  await expectEqual([left, right])
  expect((await right.plan()).tasks.length).toBe(before.tasks.length)
})

test('a wrong password is told in words, and the right one works afterwards', async ({ context, backend }) => {
  const page = await context.newPage()
  await page.goto(address('gantt.html', { name: backend, login: 'admin', password: 'guess' }))
  await expect(page.getByText(/wrong.*password/i)).toBeVisible()
  await page.goto(address('gantt.html', { name: backend, login: 'admin', password: 'admin' }))
  await ganttTab(page).synced()
})
