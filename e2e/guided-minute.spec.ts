/** The guided minute with which the first page opens: as its visitor goes through it by hand, and as it is skipped. */
import type { Locator, Page } from '@playwright/test'
import { address } from './support/demo.ts'
import { expect, test } from './support/test.ts'

const minute = (page: Page): Locator => page.getByRole('region', { name: 'Guided minute' })
const verdict = (page: Page): Locator => page.getByTestId('convergence')
const tab = (page: Page, title: string): Locator => page.getByRole('region', { name: title, exact: true })

/** The first visit of somebody who wants no motion: each step waits to be asked for. */
async function visit(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(address('index.html', { name }))
  await expect(minute(page).getByRole('heading')).toHaveText('Two tabs, one plan')
}

/** On by keyboard, until this is the step and what it does is done. */
async function goTo(page: Page, heading: string): Promise<void> {
  await minute(page).getByRole('button', { name: 'Next' }).press('Enter')
  await expect(minute(page).getByRole('heading')).toHaveText(heading)
  await expect(minute(page)).toHaveAttribute('data-state', 'reading')
}

test('step by step: a bot joins, a network drops, all becomes equal and one’s own is undone, while the vendor’s client stays behind', async ({
  page,
  backend,
}) => {
  await visit(page, backend)
  await minute(page).getByLabel('Vendor’s own client beside it').check()
  await expect(tab(page, 'The vendor’s client')).toContainText('shows the same')
  const ada = page.frameLocator('[title="Tab one"]')
  const grace = page.frameLocator('[title="Tab two"]')

  await expect(minute(page)).toHaveAttribute('data-state', 'reading')
  await goTo(page, 'A bot joins')
  await expect(grace.getByLabel('People online').getByTitle(/^Robin \(bot/)).toBeVisible()
  await expect(verdict(page)).toHaveText(/^Equal/)

  await goTo(page, 'Ada’s network drops')
  await expect(tab(page, 'Tab one')).toContainText('2 changes waiting')
  await expect(
    ada.getByRole('row', { name: 'Interviews with planners' }).getByRole('img', { name: 'Waiting' }),
  ).toBeVisible()
  await expect(ada.getByTestId('connection')).not.toHaveText(/Live/)

  await goTo(page, 'The others carry on')
  await expect(grace.getByRole('row', { name: 'Interviews' })).toBeHidden()
  await expect(verdict(page)).toHaveText(/records differ, 2 changes wait/)

  await goTo(page, 'The network is back')
  await expect(verdict(page)).toHaveText(/^Equal/)
  await expect(tab(page, 'The vendor’s client')).toContainText(/differs in \d+ tasks/)
  await expect(ada.getByRole('row', { name: 'Learn' }).getByRole('img', { name: 'Conflict' })).toBeVisible()
  await ada.getByRole('row', { name: 'Learn' }).getByRole('img', { name: 'Conflict' }).click()
  const signs = ada.getByRole('dialog', { name: 'What the signs mean' })
  await signs.getByRole('button', { name: 'Bring it back' }).click()
  await expect(grace.getByRole('row', { name: 'Interviews with planners' })).toBeVisible()

  await goTo(page, 'Undo takes back only your own')
  await expect(grace.getByRole('row', { name: 'Interviews with planners' })).toBeHidden()
  await expect(verdict(page)).toHaveText(/^Equal/)

  await minute(page).getByRole('button', { name: 'Next' }).press('Enter')
  await expect(minute(page).getByText('new ProjectClient(')).toBeVisible()
  await minute(page).getByRole('button', { name: 'Try it yourself' }).click()
  await expect(verdict(page)).toHaveText(/^Equal: [1-9]/)
  await expect(ada.getByRole('row', { name: 'Planning and enhancements' })).toBeVisible()
})

test('skipped by Escape, it touches nobody’s plan, does not come again by itself, and can be played again', async ({
  page,
  backend,
}) => {
  await visit(page, backend)
  // Whatever happens in the tabs, the controls keep the focus of the keyboard.
  await minute(page).getByRole('button', { name: 'Next' }).focus()
  await expect(minute(page)).toHaveAttribute('data-state', 'reading')
  await expect(minute(page).getByRole('button', { name: 'Next' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(minute(page)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Guided minute' })).toBeFocused()
  await expect(verdict(page)).toHaveText(/^Equal: [1-9]/)
  await page.reload()
  await expect(verdict(page)).toHaveText(/^Equal: [1-9]/)
  await expect(minute(page)).toBeHidden()
  await page.getByRole('button', { name: 'Guided minute' }).press('Enter')
  await expect(minute(page).getByRole('heading')).toHaveText('Two tabs, one plan')
})
