/** One open calendar page of the demo, and what it takes for two of them and a server to be called equal. */
import type { BrowserContext, Frame, Page } from '@playwright/test'
import { address, type Id, type Row, type TabOptions } from './demo.ts'
import { expect, tabsOf } from './test.ts'

/** A calendar page. */
export interface CalendarTab {
  readonly page: Page
  events(): Promise<Row[]>
  add(fields: object): Promise<void>
  update(id: Id, fields: object): Promise<void>
  remove(id: Id): Promise<void>
  /** Waits for the one event of that name. */
  find(text: string): Promise<Row>
  synced(): Promise<void>
}

/** Opens a calendar page and waits until it shows events. */
export async function openCalendar(context: BrowserContext, options: TabOptions): Promise<CalendarTab> {
  const { page } = await tabsOf(context).open(address('calendar.html', options), { context })
  const tab = calendarTab(page)
  await tab.synced()
  await expect.poll(async () => (await tab.events()).length, 'events that were loaded').toBeGreaterThan(0)
  return tab
}

/** The tab of a page that is open already, maybe in a frame. */
export function calendarTab(page: Page, frame: Frame = page.mainFrame()): CalendarTab {
  const events = (): Promise<Row[]> => frame.evaluate(() => [...window.demo.scheduler.getEvents()])
  return {
    page,
    events,
    add: (fields) => frame.evaluate((event) => void window.demo.scheduler.addEvent(event), fields),
    update: (id, fields) =>
      frame.evaluate(([key, event]) => void window.demo.scheduler.updateEvent(key, event), [id, fields] as const),
    remove: (id) => frame.evaluate((key) => void window.demo.scheduler.deleteEvent(key), id),
    async find(text) {
      let found: Row | undefined
      await expect
        .poll(async () => (found = (await events()).find((event) => event['text'] === text)), `the event ${text}`)
        .toBeDefined()
      if (!found) throw new Error('unreachable')
      return found
    },
    async synced() {
      await frame.waitForFunction(() => window.demo?.scheduler !== undefined)
      await frame.evaluate(async () => {
        await window.demo.scheduler.whenSynced()
      })
    },
  }
}

/** What users see of an event. Of other fields a server may have its own idea. */
const FIELDS = { events: ['text', 'start_date', 'end_date'] }

/** Waits until all tabs of the test hold the same events under the same ids, and the server agrees. */
export async function expectEqualCalendars(tabs: readonly CalendarTab[], server?: () => readonly Row[]): Promise<void> {
  const [first] = tabs
  if (!first) throw new Error('No tab')
  const all = tabsOf(first.page.context())
  if (!server || tabs.length > 1) await expect(all).toConverge()
  if (server)
    await expect(all).toConverge({ server: { export: () => ({ collections: { events: server() } }) }, fields: FIELDS })
}
