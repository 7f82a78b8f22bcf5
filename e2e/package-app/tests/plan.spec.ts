import { expect, test } from 'planwire/playwright'

test.use({ mockServer: { host: 'page' } })

test('a task that one tab adds is in the other', async ({ tabs }) => {
  const [left, right] = await tabs.open(2, '/')
  await left.page.getByLabel('New task').fill('Paint the walls')
  await left.page.getByRole('button', { name: 'Add' }).click()
  await expect(right.page.getByText('Paint the walls')).toBeVisible()
  await expect(tabs).toConverge()
})

test('a task that is added while the server is away arrives later, once', async ({ tabs, faults, wire }) => {
  const [left, right] = await tabs.open(2, '/')
  await expect(tabs).toConverge()
  await faults.set({ offline: true })
  await left.page.getByLabel('New task').fill('Paint the walls')
  await left.page.getByRole('button', { name: 'Add' }).click()
  await expect(tabs).not.toConverge()
  await faults.stop()
  await expect(tabs).toConverge()
  await expect(right.page.getByText('Paint the walls')).toHaveCount(1)
  await expect(wire).toHaveReceived({ changes: { tasks: { added: [{ name: 'Paint the walls' }] } } })
})
