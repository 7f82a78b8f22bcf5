/** The calendar page: on the mock in the browser, and on a live-updates server that others wrote from the document. */
import { startDhtmlxServer } from './servers/dhtmlx-server.ts'
import { type CalendarTab, expectEqualCalendars, openCalendar } from './support/calendar-tab.ts'
import { address, type Row } from './support/demo.ts'
import { expect, test } from './support/test.ts'

const DAY = '2026-03-03'

async function workTogether(left: CalendarTab, right: CalendarTab, server?: () => readonly Row[]): Promise<void> {
  await expectEqualCalendars([left, right], server)
  await left.add({ text: 'Review', start_date: `${DAY} 10:00`, end_date: `${DAY} 11:00` })
  const review = await right.find('Review')
  await expectEqualCalendars([left, right], server)
  await right.update(review.id, { text: 'Long review', end_date: `${DAY} 12:30` })
  expect((await left.find('Long review')).id).toEqual(review.id)
  await Promise.all([
    left.add({ text: 'Left one', start_date: `${DAY} 13:00`, end_date: `${DAY} 14:00` }),
    right.add({ text: 'Right one', start_date: `${DAY} 13:00`, end_date: `${DAY} 14:00` }),
  ])
  await left.find('Right one')
  await right.find('Left one')
  await expectEqualCalendars([left, right], server)
  await left.remove(review.id)
  await expect.poll(async () => (await right.events()).map(({ id }) => id)).not.toContain(review.id)
  await expectEqualCalendars([left, right], server)
}

test('what one tab adds, edits and deletes in the calendar is in the other, under the same ids, and stays after all tabs were closed', async ({
  context,
  backend,
}) => {
  const [left, right] = await Promise.all([
    openCalendar(context, { name: backend }),
    openCalendar(context, { name: backend }),
  ])
  await workTogether(left, right)
  const before = await left.events()
  await left.page.close()
  await right.page.close()
  const later = await openCalendar(context, { name: backend })
  await later.find('Left one')
  expect((await later.events()).length).toBe(before.length)
})

test('two calendars stay equal on a server that takes {event}, answers {id} and nothing else', async ({ context }) => {
  const server = await startDhtmlxServer({
    records: { events: [{ id: 1, text: 'Standup', start_date: `${DAY} 09:00`, end_date: `${DAY} 09:15` }] },
  })
  try {
    const options = { server: server.url.replace('http', 'ws') }
    const [left, right] = await Promise.all([openCalendar(context, options), openCalendar(context, options)])
    await workTogether(left, right, () => server.state('events'))
  } finally {
    await server.close()
  }
})

test('a wrong token is told in words', async ({ page, backend }) => {
  await page.goto(address('calendar.html', { name: backend, token: 'guess' }))
  await expect(page.getByText(/token/i)).toBeVisible()
})
