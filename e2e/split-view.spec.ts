/** The first page: two live tabs side by side, and its own word on whether they are equal. */
import type { Frame, Page } from '@playwright/test'
import { calendarTab } from './support/calendar-tab.ts'
import { address } from './support/demo.ts'
import { expectEqual, type GanttTab, ganttTab } from './support/gantt-tab.ts'
import { expect, tabsOf, test } from './support/test.ts'

async function frameOf(page: Page, title: string): Promise<Frame> {
  const element = await page.getByTitle(title).elementHandle()
  const frame = await element?.contentFrame()
  if (!frame) throw new Error(`No frame ${title}`)
  return frame
}

async function openSplit(page: Page, name: string): Promise<[GanttTab, GanttTab]> {
  tabsOf(page.context()).adopt(page)
  await page.goto(address('index.html', { name, guide: 'off' }))
  await expect(page.getByTestId('convergence')).toHaveText(/^Equal: [1-9]/)
  return [ganttTab(page, await frameOf(page, 'Tab one')), ganttTab(page, await frameOf(page, 'Tab two'))]
}

test('an edit by mouse on one side is on the other, and the page says that both are equal', async ({
  page,
  backend,
}) => {
  const [left, right] = await openSplit(page, backend)
  const one = page.frameLocator('[title="Tab one"]')
  await one.getByRole('row').filter({ hasText: 'Planning and enhancements' }).click()
  await one.getByRole('button', { name: 'Add task' }).click()
  await one.getByLabel('Description').fill('Side by side')
  await one.getByRole('button', { name: 'Save' }).click()
  await expect(right.row('Side by side')).toBeVisible()
  await expectEqual([left, right])
  await expect(page.getByTestId('convergence')).toHaveText(
    `Equal: ${(await right.plan()).tasks.length} records on both sides`,
  )
})

test('a storm of edits on both sides at once ends equal', async ({ page, backend }) => {
  const [left, right] = await openSplit(page, backend)
  const ids = (await left.plan()).tasks.map(({ id }) => id)
  const edits = [left, right].flatMap((tab, side) =>
    ids.slice(0, 40).map((id, n) => tab.update('tasks', id, { name: `Task ${n} by ${side}`, percentDone: n + side })),
  )
  const adds = [left, right].flatMap((tab, side) =>
    ids.slice(0, 10).map((parentId, n) => tab.add('tasks', { name: `New ${n} by ${side}`, parentId, duration: 1 })),
  )
  await Promise.all([...edits, ...adds])
  await expectEqual([left, right])
  expect((await left.plan()).tasks).toHaveLength(ids.length + 20)
  await expect(page.getByTestId('convergence')).toHaveText(/^Equal/)
})

test('the calendar can be split too', async ({ page, backend }) => {
  await openSplit(page, backend)
  await page.getByLabel('Widget').selectOption('Calendar')
  await expect(page.frameLocator('[title="Tab two"]').getByRole('button', { name: 'Add event' })).toBeVisible()
  await expect(page.getByTestId('convergence')).toHaveText(/^Equal: [1-9]/)
  const left = calendarTab(page, await frameOf(page, 'Tab one'))
  const right = calendarTab(page, await frameOf(page, 'Tab two'))
  await left.add({ text: 'On both sides', start_date: '2026-04-24 10:00', end_date: '2026-04-24 11:00' })
  await right.find('On both sides')
  await expect(page.getByTestId('convergence')).toHaveText(
    `Equal: ${(await right.events()).length} records on both sides`,
  )
})
