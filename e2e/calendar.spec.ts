/** The calendar page: on the mock in the browser, and on a live-updates server that others wrote from the document. */
import type { Locator, Page } from '@playwright/test'
import { startDhtmlxServer } from './servers/dhtmlx-server.ts'
import { type CalendarTab, calendarTab, expectEqualCalendars, openCalendar } from './support/calendar-tab.ts'
import { address, type Row } from './support/demo.ts'
import { endAfterPages, expect, test } from './support/test.ts'

/** In the month that the calendar opens with: it loads what it shows. */
const DAY = '2026-04-15'

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
    const options = { server: server.url.replace('http', 'ws'), bodies: 'wrapped' } as const
    const [left, right] = await Promise.all([openCalendar(context, options), openCalendar(context, options)])
    await workTogether(left, right, () => server.state('events'))
  } finally {
    await endAfterPages(context, server)
  }
})

test('by mouse: an event is added, renamed, dragged to another day and deleted, and the other tab follows', async ({
  context,
  backend,
}) => {
  const left = await openCalendar(context, { name: backend })
  const right = await openCalendar(context, { name: backend })
  const { page } = left
  await page.bringToFront()
  const form = page.getByRole('dialog')

  await page.getByRole('button', { name: 'Add event' }).click()
  await form.getByLabel('Name').fill('Retrospective')
  await form.getByLabel('From').fill('2026-04-24')
  await form.getByLabel('To').fill('2026-04-24')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(dayOf(right.page, 'April 24, 2026')).toContainText('Retrospective')
  const { id } = await right.find('Retrospective')

  await page.getByText('Retrospective').click()
  await form.getByLabel('Name').fill('Long retrospective')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(dayOf(right.page, 'April 24, 2026')).toContainText('Long retrospective')

  await page.getByText('Long retrospective').dragTo(dayOf(page, 'April 28, 2026'))
  await expect(dayOf(right.page, 'April 28, 2026')).toContainText('Long retrospective')
  expect((await right.find('Long retrospective')).id).toEqual(id)

  await page.getByText('Long retrospective').click()
  await form.getByRole('button', { name: 'Delete' }).click()
  await expect(right.page.getByText('Long retrospective')).toBeHidden()
  await expectEqualCalendars([left, right])
})

test('a weekly series is created, one occurrence changed, one deleted and the series renamed, and the other tab follows', async ({
  context,
  backend,
}) => {
  const left = await openCalendar(context, { name: backend })
  const right = await openCalendar(context, { name: backend })
  const { page } = left
  await page.bringToFront()
  const form = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Add event' }).click()
  await form.getByLabel('Name').fill('Stand-up')
  await form.getByLabel('From').fill('2026-04-04')
  await form.getByLabel('To').fill('2026-04-04')
  await form.getByLabel('Repeats').selectOption('Every week')
  await form.getByRole('button', { name: 'Save' }).click()
  for (const day of ['April 4, 2026', 'April 11, 2026', 'April 18, 2026', 'May 2, 2026'])
    await expect(dayOf(right.page, day)).toContainText('Stand-up')

  await dayOf(page, 'April 11, 2026').getByText('Stand-up').click()
  await form.getByLabel('Name').fill('Long one')
  await form.getByRole('button', { name: 'Save' }).click()
  await dayOf(page, 'April 18, 2026').getByText('Stand-up').click()
  await form.getByRole('button', { name: 'Delete' }).click()
  await expect(dayOf(right.page, 'April 11, 2026')).toContainText('Long one')
  await expect(dayOf(right.page, 'April 18, 2026')).not.toContainText('Stand-up')
  await expectEqualCalendars([left, right])

  await dayOf(page, 'April 25, 2026').getByText('Stand-up').click()
  await form.getByLabel('Name').fill('Weekly')
  await form.getByLabel('Applies to').selectOption('The whole series')
  await form.getByRole('button', { name: 'Save' }).click()
  for (const day of ['April 4, 2026', 'April 11, 2026', 'April 18, 2026'])
    await expect(dayOf(right.page, day)).toContainText('Weekly')
  await expectEqualCalendars([left, right])
})

test('[DC10] two people in different time zones see the same clock, or the same moment, by choice', async ({
  browser,
}) => {
  const server = await startDhtmlxServer()
  try {
    for (const [times, hour] of [
      ['wall-clock', '10:00'],
      ['instant', '04:00'],
    ] as const) {
      const open = async (timezoneId: string): Promise<Page> => {
        const page = await (await browser.newContext({ timezoneId })).newPage()
        const query = new URLSearchParams({ server: server.url, bodies: 'wrapped', times })
        await page.goto(`calendar.html?${query}`)
        await calendarTab(page).synced()
        await expect(page.getByTestId('connection')).toContainText('Live')
        return page
      }
      const [berlin, newYork] = [await open('Europe/Berlin'), await open('America/New_York')]
      await berlin.evaluate((text) => {
        window.demo.scheduler.addEvent({
          text,
          start_date: new Date(2026, 3, 24, 10, 0),
          end_date: new Date(2026, 3, 24, 11, 0),
        })
      }, times)
      await expect(dayOf(berlin, 'April 24, 2026')).toContainText(`10:00${times}`)
      await expect(dayOf(newYork, 'April 24, 2026')).toContainText(`${hour}${times}`)
      await Promise.all([berlin, newYork].map((page) => page.context().close()))
    }
  } finally {
    await server.close()
  }
})

test('only what is missing of a month is asked for as the user pages', async ({ context }) => {
  const asked: string[] = []
  const at = (id: number, day: string) => ({
    id,
    text: day,
    start_date: `${day} 09:00`,
    end_date: `${day} 10:00`,
  })
  const server = await startDhtmlxServer({ records: { events: [at(1, '2026-04-15'), at(2, '2026-05-20')] } })
  try {
    context.on('request', (request) => {
      const { pathname, search } = new URL(request.url())
      if (pathname === '/events' && request.method() === 'GET') asked.push(search)
    })
    const { page } = await openCalendar(context, { server: server.url, bodies: 'wrapped' })
    await page.getByRole('button', { name: 'Forward' }).click()
    await expect(dayOf(page, 'May 20, 2026')).toContainText('2026-05-20')
    await expect.poll(() => asked).toContain('?from=2026-05-04&to=2026-06-01')
    const before = asked.length
    await page.getByRole('button', { name: 'Back' }).click()
    await expect(dayOf(page, 'April 15, 2026')).toContainText('2026-04-15')
    expect(asked.slice(before).filter((query) => query === '?from=2026-03-30&to=2026-05-04')).toEqual([])
  } finally {
    await endAfterPages(context, server)
  }
})

test('whoever has an event open that somebody else deletes is told', async ({ context, backend }) => {
  const left = await openCalendar(context, { name: backend })
  const right = await openCalendar(context, { name: backend })
  await left.add({ text: 'Contested', start_date: '2026-04-24 10:00', end_date: '2026-04-24 11:00' })
  const { id } = await right.find('Contested')
  await left.synced()
  await left.page.getByText('Contested').click()
  await expect(left.page.getByRole('dialog', { name: 'Edit event' })).toBeVisible()
  await right.remove(id)
  await expect(left.page.getByRole('dialog')).toBeHidden()
  await expect(left.page.getByRole('status').getByText('“Contested” was removed by somebody else')).toBeVisible()
})

test('a wrong token is told in words, and the right one can be given', async ({ page, backend }) => {
  await page.goto(address('calendar.html', { name: backend, token: 'guess' }))
  await expect(page.getByRole('heading', { name: 'The server refused the token' })).toBeVisible()
  await page.getByLabel('Token').fill('token')
  await page.getByRole('button', { name: 'Connect' }).click()
  await expect(page.getByTestId('connection')).toHaveText('Live, in this browser')
})

test('a wrong token is told in words on a server that others wrote, too', async ({ page, allowErrors }) => {
  // The browser reports every answer with 403 by itself.
  allowErrors(/403 \(Forbidden\)/)
  const server = await startDhtmlxServer()
  try {
    await page.goto(address('calendar.html', { server: server.url, token: 'guess' }))
    await expect(page.getByRole('heading', { name: 'The server refused the token' })).toBeVisible()
  } finally {
    await endAfterPages(page.context(), server)
  }
})

function dayOf(page: Page, day: string): Locator {
  return page.getByRole('gridcell', { name: day })
}
