/** What axe can find on every page of the demo, in both colour schemes. */
import { AxeBuilder } from '@axe-core/playwright'
import { address } from './support/demo.ts'
import { expect, test } from './support/test.ts'

for (const name of ['index.html', 'gantt.html', 'calendar.html', 'both.html', 'vendor.html']) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${name} in ${colorScheme} has nothing that axe calls serious`, async ({ page, backend }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.goto(address(name, { name: backend }))
      await expect(page.getByTestId('ready')).toBeVisible()
      const { violations } = await new AxeBuilder({ page }).analyze()
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
      expect(serious).toEqual([])
    })
  }
}
