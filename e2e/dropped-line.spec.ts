/** The demo page on which the vendor's client and ours go through the same dropped connection. */
import { address } from './support/demo.ts'
import { expect, test } from './support/test.ts'

test('after a dropped connection the vendor’s chart misses what somebody else did, and ours shows it', async ({
  page,
  backend,
}) => {
  await page.goto(address('dropped.html', { name: backend }))
  await expect(page.getByTestId('ready')).toBeVisible()
  const [theirs, ours] = [page.getByTestId('theirs'), page.getByTestId('ours')]
  await expect(theirs).toHaveText('shows what the server holds')
  await expect(ours).toHaveText('shows what the server holds')
  await page.getByRole('button', { name: 'Drop the connection' }).click()
  await expect(page.getByTestId('verdict')).toHaveText('The connection is down')
  await expect(theirs).toHaveText('differs from the server in 3 tasks')
  await expect(ours).toHaveText('differs from the server in 3 tasks')
  await page.getByRole('button', { name: 'Bring it back' }).click()
  await expect(page.getByTestId('verdict')).toContainText('planwire caught up; the vendor’s chart differs in 3 tasks')
  await expect(ours).toHaveText('shows what the server holds')
  await expect(theirs).toHaveText('differs from the server in 3 tasks')
})
