/** The Gantt page by mouse and by keyboard, as its user meets it; a second tab watches. */
import type { BrowserContext, Locator, Page } from '@playwright/test'
import { type GanttTab, openGantt } from './support/gantt-tab.ts'
import { expect, test } from './support/test.ts'

const PHASE = 'Planning and enhancements'
const FIRST_OF_PHASE = 'Start of Release Cycle'
const LAST_OF_PHASE = 'Begin Enhancements Freeze'

async function twoTabs(context: BrowserContext, name: string): Promise<[GanttTab, GanttTab]> {
  const left = await openGantt(context, { name })
  return [left, await openGantt(context, { name })]
}

/** A button of the page, wherever the design puts it. */
function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

test('by mouse: add, rename, indent, drag, link and delete in one tab is seen in the other', async ({
  context,
  backend,
}) => {
  const [left, right] = await twoTabs(context, backend)
  const { page } = left
  await page.bringToFront()

  await left.row(PHASE).click()
  await button(page, 'Add task').click()
  await page.getByLabel('Description').fill('Book a room')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(right.row('Book a room')).toHaveAttribute('aria-level', '2')

  await left.row('Book a room').dblclick()
  await page.getByLabel('Description').fill('Book a large room')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(right.row('Book a large room')).toBeVisible()
  await expect(right.row('Book a room')).toBeHidden()

  await left.row('Book a large room').click()
  await button(page, 'Indent').click()
  await expect(right.row('Book a large room')).toHaveAttribute('aria-level', '3')
  const above = await right.find('tasks', 'name', LAST_OF_PHASE)
  const room = await right.find('tasks', 'name', 'Book a large room')
  expect(room['parentId']).toEqual(above.id)

  const bar = page.locator(`.gantt_task_line[data-task-id="${room.id}"]`)
  await bar.scrollIntoViewIfNeeded()
  const from = await bar.boundingBox()
  if (!from) throw new Error('The bar is not on the screen')
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
  await page.mouse.down()
  await page.mouse.move(from.x + from.width / 2 + 85, from.y + from.height / 2, { steps: 6 })
  await page.mouse.up()
  await expect
    .poll(async () => (await right.find('tasks', 'name', 'Book a large room'))['startDate'])
    .not.toEqual(room['startDate'])

  await bar.hover()
  const links = (await right.plan()).dependencies.length
  await bar.locator('.gantt_link_point').last().hover()
  await page.mouse.down()
  const kickoff = await right.find('tasks', 'name', FIRST_OF_PHASE)
  const goal = await page.locator(`.gantt_task_line[data-task-id="${kickoff.id}"]`).boundingBox()
  if (!goal) throw new Error('No bar to link to')
  await page.mouse.move(goal.x + 6, goal.y + goal.height / 2, { steps: 8 })
  await page.mouse.up()
  await expect.poll(async () => (await right.plan()).dependencies.length).toBe(links + 1)

  await left.row('Book a large room').click()
  await button(page, 'Delete').click()
  await expect(right.row('Book a large room')).toBeHidden()
  await expect.poll(async () => (await right.plan()).dependencies.length).toBe(links)
})

test('by keyboard alone: a task is added, found in the chart, and deleted', async ({ context, backend }) => {
  const [left, right] = await twoTabs(context, backend)
  const { page } = left
  await page.bringToFront()
  await tabTo(page, button(page, 'Add task'))
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Description')).toBeFocused()
  await page.keyboard.press('Control+A')
  await page.keyboard.type('Typed by hand')
  await tabTo(page, page.getByRole('button', { name: 'Save' }))
  await page.keyboard.press('Enter')
  const task = await right.find('tasks', 'name', 'Typed by hand')
  // The chart takes the focus back, with the new task selected.
  await expect(left.row('Typed by hand')).toBeFocused()
  await tabTo(page, button(page, 'Delete'))
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await right.plan()).tasks.map(({ id }) => id)).not.toContain(task.id)
})

test('undo and redo, by button and by key, take back and bring back only what this tab did, and keep the focus', async ({
  context,
  backend,
}) => {
  const [left, right] = await twoTabs(context, backend)
  const { page } = left
  const names = async (): Promise<unknown[]> => (await right.plan()).tasks.map(({ name }) => name)
  await page.bringToFront()
  await expect(button(page, 'Undo')).toBeDisabled()
  await expect(button(page, 'Redo')).toBeDisabled()
  await left.add('tasks', { name: 'Mine', duration: 1 })
  await right.add('tasks', { name: 'Theirs', duration: 1 })
  await left.find('tasks', 'name', 'Theirs')
  await right.find('tasks', 'name', 'Mine')

  await button(page, 'Undo').focus()
  await page.keyboard.press('Enter')
  await expect.poll(names).not.toContain('Mine')
  expect(await names()).toContain('Theirs')
  await expect(button(page, 'Undo')).toBeDisabled()
  await expect(button(page, 'Redo')).toBeFocused()

  await page.keyboard.press('Control+Shift+Z')
  await expect.poll(names).toContain('Mine')
  await page.keyboard.press('Control+Z')
  await expect.poll(names).not.toContain('Mine')

  await button(page, 'Add task').click()
  await page.getByLabel('Description').press('Control+Y')
  const here = (await left.plan()).tasks.map(({ name }) => name)
  expect(here, 'a field has its own undo').not.toContain('Mine')
})

/** Presses Tab until the element, or one inside of it, has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await target.evaluate((element) => element.contains(document.activeElement))) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${target}`)
}

test('a server that is not there is told, and so is a project; the page offers another, and takes no edits before', async ({
  page,
  backend,
  allowErrors,
}) => {
  // The browser itself says that it cannot connect.
  allowErrors(/ERR_CONNECTION_REFUSED|WebSocket connection/)
  await page.goto('gantt.html?server=ws://127.0.0.1:9')
  const noEdits = page.locator('[inert]').getByTitle('Add task')
  await expect(page.getByText('No answer from 127.0.0.1:9')).toBeVisible()
  await expect(noEdits).toBeVisible()
  await page.getByRole('button', { name: 'Other server' }).click()
  await expect(page.getByRole('dialog', { name: 'Server' })).toBeVisible()
  await page.getByLabel('In this browser').check()
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByTestId('connection')).toHaveText('Live, in this browser')
  await expect(noEdits).toBeHidden()

  await page.goto(`gantt.html?name=${backend}&project=77`)
  await expect(page.getByText('The server has no project 77')).toBeVisible()
  await expect(noEdits).toBeVisible()
  await page.getByRole('button', { name: 'Open project 1' }).click()
  await expect(page.getByRole('row').filter({ hasText: PHASE })).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Project' })).toHaveValue('1')
  await button(page, 'Add task').click()
  await expect(page.getByLabel('Description')).toBeFocused()
})
