/** Gantt and calendar in one app: one connection, two stores. */
import type { Page } from '@playwright/test'
import { calendarTab, openCalendar } from './support/calendar-tab.ts'
import { address, type TabOptions } from './support/demo.ts'
import { openGantt } from './support/gantt-tab.ts'
import { expect, test } from './support/test.ts'

async function openBoth(page: Page, options: TabOptions): Promise<void> {
  await page.goto(address('both.html', options))
  await expect(page.getByTestId('ready')).toBeVisible()
  await expect(page.getByTestId('connection')).toContainText('Live')
}

test.describe('on a server in Node', () => {
  const tasksData = [{ id: 7, name: 'Dig', startDate: '2026-04-20T00:00:00', duration: 3 }]
  test.use({
    mockServer: {
      host: 'node',
      config: { projects: [{ id: 1, name: 'House', tasksData }], collections: { events: [] } },
    },
  })

  test('both widgets share exactly one handshake and one socket', async ({ context, mock }) => {
    const page = await context.newPage()
    const sockets: string[] = []
    const handshakes: string[] = []
    page.on('websocket', (socket) => sockets.push(socket.url()))
    page.on('request', (request) => {
      if (request.method() === 'GET' && new URL(request.url()).pathname === '/api/v1') handshakes.push(request.url())
    })
    const other = await context.newPage()
    await openBoth(page, { server: mock.url })
    await openBoth(other, { server: mock.url })
    // Both widgets hear of a change, so both are connected.
    await page.bringToFront()
    const calendar = calendarTab(other)
    await calendar.add({ text: 'Heard by both', start_date: '2026-04-24 10:00', end_date: '2026-04-24 11:00' })
    await calendarTab(page).find('Heard by both')
    await other.getByRole('region', { name: 'Plan' }).getByRole('row').nth(1).click()
    await other.getByRole('button', { name: 'Add task' }).click()
    await other.getByLabel('Description').fill('Seen by both')
    await other.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByRole('row').filter({ hasText: 'Seen by both' })).toBeAttached()
    expect(handshakes).toHaveLength(1)
    expect(sockets).toEqual([`${mock.url}/api/v1?token=token&ws=1&planwire=1`])
  })
})

test('the page with both widgets, the Gantt page and the calendar show one plan and one calendar', async ({
  context,
  backend,
}) => {
  const page = await context.newPage()
  await openBoth(page, { name: backend })
  const gantt = await openGantt(context, { name: backend })
  const calendar = await openCalendar(context, { name: backend })
  const phase = await gantt.find('tasks', 'name', 'Planning and enhancements')
  await gantt.add('tasks', { name: 'Planned elsewhere', parentId: phase.id, startDate: '2026-01-12', duration: 2 })
  await calendar.add({ text: 'Dated elsewhere', start_date: '2026-04-24 10:00', end_date: '2026-04-24 11:00' })
  await page.bringToFront()
  await expect(page.getByRole('row').filter({ hasText: 'Planned elsewhere' })).toBeAttached()
  const { id } = await calendarTab(page).find('Dated elsewhere')
  expect((await calendar.find('Dated elsewhere')).id).toEqual(id)
  await calendarTab(page).remove(id)
  await expect.poll(async () => (await calendar.events()).map((event) => event.id)).not.toContain(id)
})
