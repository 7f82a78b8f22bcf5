/** What axe can find on every page of the demo; the dark scheme changes colours alone, so only contrast is looked at again. */
import type { Page } from '@playwright/test'
import axe, { type RunOptions } from 'axe-core'
import { calendarTab } from './support/calendar-tab.ts'
import { address } from './support/demo.ts'
import { expect, test } from './support/test.ts'

for (const name of ['index.html', 'gantt.html', 'calendar.html', 'both.html', 'vendor.html', 'dropped.html']) {
  test(`${name} has nothing that axe calls serious, in light and in dark`, async ({ page, backend }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(address(name, { name: backend }))
    await expect(page.getByTestId('ready')).toBeVisible()
    expect.soft(await serious(page), 'in light').toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    expect.soft(await serious(page, CONTRAST), 'in dark').toEqual([])
  })
}

/** What a page opens over itself: its page, how it is opened, and what it holds first. */
const dialogs: readonly [string, string, (page: Page) => Promise<void>, string][] = [
  ['the choice of the server', 'index.html', (page) => press(page, 'Choose the server'), 'Address'],
  ['the form of an event', 'calendar.html', (page) => press(page, 'Add event'), 'Name'],
  ['the form of one occurrence', 'calendar.html', openOccurrence, 'Applies to'],
  ['the saved versions', 'gantt.html', (page) => press(page, 'Versions'), 'Name of a new version'],
  ['the form of a task', 'gantt.html', (page) => press(page, 'Add task'), 'Description'],
]
for (const [title, name, open, field] of dialogs) {
  test(`${title} has nothing that axe calls serious, in light and in dark, and holds the focus`, async ({
    page,
    backend,
  }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(address(name, { name: backend }))
    await expect(page.getByTestId('ready')).toBeVisible()
    await open(page)
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByLabel(field)).toBeVisible()
    await expect.poll(() => dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
    expect.soft(await serious(page, {}, DIALOG), 'in light').toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    expect.soft(await serious(page, CONTRAST, DIALOG), 'in dark').toEqual([])
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })
}

test('in forced colours the bars and links of a chart still stand out', async ({ page, backend }) => {
  await page.emulateMedia({ forcedColors: 'active' })
  await page.goto(address('gantt.html', { name: backend }))
  await expect(page.getByTestId('ready')).toBeVisible()
  const backgrounds = (selector: string): Promise<string[]> =>
    page
      .locator(selector)
      .evaluateAll((found) => [...new Set(found.map((each) => getComputedStyle(each).backgroundColor))])
  const [canvas = ''] = await backgrounds('main')
  for (const part of [
    '.gantt_task_line.phase',
    '.gantt_task_line:not(.phase, .gantt_milestone)',
    '.gantt_line_wrapper div',
  ]) {
    const colours = await backgrounds(part)
    expect(colours.length, part).toBeGreaterThan(0)
    expect(colours, part).not.toContain(canvas)
  }
})

test('the login form and the notice behind it have nothing that axe calls serious', async ({ page, backend }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(address('gantt.html', { name: backend, login: 'user', password: 'wrong' }))
  await expect(page.getByRole('dialog', { name: 'Log in' }).getByLabel('Password')).toBeFocused()
  expect.soft(await serious(page), 'the form').toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('heading', { name: 'You are not logged in' })).toBeVisible()
  expect.soft(await serious(page), 'the notice').toEqual([])
})

test('an event of the calendar keeps the focus of the keyboard when it was edited, and when others edit', async ({
  page,
  backend,
}) => {
  await page.goto(address('calendar.html', { name: backend }))
  await expect(page.getByTestId('ready')).toBeVisible()
  const event = (text: string) => page.locator('.fc-event', { hasText: text })
  await event('Docs Freeze').focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Name').fill('Docs thaw')
  await page.keyboard.press('Enter')
  await expect(event('Docs thaw')).toBeFocused()
  await calendarTab(page).add({ text: 'Elsewhere', start_date: '2026-04-24 10:00', end_date: '2026-04-24 11:00' })
  await expect(event('Elsewhere')).toBeVisible()
  await expect(event('Docs thaw')).toBeFocused()
})

async function press(page: Page, title: string): Promise<void> {
  await page.getByTitle(title).click()
}

async function openOccurrence(page: Page): Promise<void> {
  const tab = calendarTab(page)
  await tab.add({
    text: 'Stand-up',
    start_date: '2026-04-07 09:00',
    end_date: '9999-02-01 00:00',
    rrule: 'FREQ=WEEKLY;INTERVAL=1',
    duration: 1_800,
  })
  await page.locator('.fc-event', { hasText: 'Stand-up' }).first().click()
  await page.getByLabel('Applies to').selectOption('The whole series')
}

declare global {
  interface Window {
    readonly axe: typeof import('axe-core')
  }
}

const CONTRAST: RunOptions = { runOnly: { type: 'rule', values: ['color-contrast'] } }
const DIALOG = '[role=dialog],dialog'

/**
 * What axe calls serious in the page and in the frames with pages of ours, or in a part of the page. Each frame is looked at by
 * itself, and tells only what is wrong: one result of all of them takes axe half a minute to gather.
 */
async function serious(page: Page, options: RunOptions = {}, part?: string): Promise<string[]> {
  const found: string[] = []
  const frames =
    part === undefined ? page.frames().filter((frame) => frame.url() !== 'about:blank') : [page.mainFrame()]
  for (const frame of frames) {
    await frame.evaluate((code) => {
      if (!('axe' in window)) new Function(code)()
    }, axe.source)
    const wrong = await frame.evaluate(
      async ({ options, part }) => {
        // Colours that are still changing would be measured half way. What is paused or goes round and round never ends.
        const ending = document
          .getAnimations()
          .filter(
            ({ playState, effect }) => playState === 'running' && effect?.getComputedTiming().endTime !== Infinity,
          )
        await Promise.all(ending.map(({ finished }) => finished.catch(() => undefined)))
        const { violations } = await window.axe.run(part ?? document, {
          ...options,
          resultTypes: ['violations'],
          iframes: false,
        })
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
      },
      { options, part },
    )
    found.push(...wrong)
  }
  return found
}
