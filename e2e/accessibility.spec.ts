/** What axe can find on every page of the demo; the dark scheme changes colours alone, so only contrast is looked at again. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { address } from './support/demo.ts'
import { expect, test } from './support/test.ts'

for (const name of ['index.html', 'gantt.html', 'calendar.html', 'both.html', 'vendor.html', 'dropped.html']) {
  test(`${name} has nothing that axe calls serious, in light and in dark`, async ({ page, backend }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(address(name, { name: backend }))
    await expect(page.getByTestId('ready')).toBeVisible()
    expect.soft(await serious(page, new AxeBuilder({ page })), 'in light').toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    expect.soft(await serious(page, new AxeBuilder({ page }).withRules(['color-contrast'])), 'in dark').toEqual([])
  })
}

async function serious(page: Page, axe: AxeBuilder): Promise<string[]> {
  // Colours that are still changing would be measured half way.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined))),
  )
  const { violations } = await axe.analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}
