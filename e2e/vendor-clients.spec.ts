/** dhtmlx-scheduler and dhtmlx-gantt on the mock server: as their vendor publishes them, and connected by us; in tabs, and in time zones. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BrowserContext } from '@playwright/test'
import type { Row } from './support/demo.ts'
import { type Desk, openDesk, vendorSite, type Who } from './support/desk.ts'
import { startNodeHost } from './support/node-host.ts'
import { expect, test } from './support/test.ts'

type Widget = 'scheduler' | 'gantt'

/** A new record as each widget takes it. */
const NEW: Readonly<Record<Widget, object>> = {
  scheduler: { text: 'Made here', start_date: '2025-04-23 09:00', end_date: '2025-04-23 11:00' },
  gantt: { text: 'Made here', start_date: '12-01-2026 00:00', duration: 3 },
}

/** What all users of a widget have to agree on: dates by each one's own clock. */
async function shown(desk: Desk): Promise<unknown[]> {
  const rows = await desk.rows()
  return desk.page.evaluate((all) => {
    const clock = (at: unknown): string => (typeof at === 'string' ? new Date(at).toLocaleString('sv') : '')
    return all.map((row) =>
      [row.id, row['text'], row['parent'] ?? 0, clock(row['start_date']), clock(row['end_date'])].join(),
    )
  }, rows as Row[])
}

async function expectEqual(one: Desk, other: Desk): Promise<void> {
  await expect(async () => expect(await shown(other)).toEqual(await shown(one))).toPass()
}

/** Adds, edits and deletes in turns; after each step both show the same. */
async function work(one: Desk, other: Desk, widget: Widget): Promise<void> {
  await expectEqual(one, other)
  const start = (await shown(one)).length
  await one.add(NEW[widget])
  const { id } = await other.find('the new record', ({ text }) => text === 'Made here')
  await expectEqual(one, other)
  await other.change(id, { text: 'Changed there' })
  await one.find('the change', (row) => row['text'] === 'Changed there' && row.id === id)
  await expectEqual(one, other)
  await one.remove(id)
  await expect.poll(async () => (await shown(other)).length, 'records of the other').toBe(start)
  await expectEqual(one, other)
}

for (const widget of ['scheduler', 'gantt'] as const) {
  for (const [one, other] of [
    ['vendor', 'vendor'],
    ['ours', 'ours'],
  ] as const satisfies readonly (readonly [Who, Who])[]) {
    test(`${widget}, two tabs on the mock in the browser: ${one} and ${other}`, async ({ context, backend }) => {
      const left = await openDesk(context, widget, { client: one, backend })
      const right = await openDesk(context, widget, { client: other, backend })
      await left.find('what was loaded', () => true)
      await right.find('what was loaded', () => true)
      await work(left, right, widget)
    })
  }

  test(`${widget}, Berlin with the vendor's code and New York with ours on the mock in Node: the same wall clock`, async ({
    browser,
  }) => {
    const host = await startNodeHost()
    const contexts: BrowserContext[] = []
    const open = async (client: Who, timezoneId: string): Promise<Desk> => {
      const context = await browser.newContext({ timezoneId })
      contexts.push(context)
      const server = host.url.replace(/^ws/, 'http')
      const desk = await openDesk(context, widget, { client, server })
      await desk.find('what was loaded', () => true)
      return desk
    }
    try {
      const berlin = await open('vendor', 'Europe/Berlin')
      const newYork = await open('ours', 'America/New_York')
      await work(berlin, newYork, widget)
      await work(newYork, berlin, widget)
    } finally {
      for (const context of contexts) await context.close()
      await host.close()
    }
  })
}

test('the front-end snippet of the vendor’s document runs as it is printed, but for its import', async ({
  context,
  backend,
}) => {
  const file = readFileSync(fileURLToPath(new URL('vendor/pages/snippet.ts', import.meta.url)), 'utf8')
  expect(file.split('as it is printed.\n')[1]?.split('// So far')[0]).toBe(PRINTED)
  const open = async () => {
    const page = await context.newPage()
    await page.goto(`${vendorSite}/pages/snippet.html?backend=${backend}`)
    await page.waitForFunction(() => window.snippet?.scheduler.getEvents().length)
    return page
  }
  const [left, right] = [await open(), await open()]
  await left.evaluate(async () => {
    const { scheduler } = window.snippet
    scheduler.addEvent({ text: 'As printed', start_date: '2025-04-23 09:00', end_date: '2025-04-23 10:00' })
    await scheduler.whenSynced()
  })
  const texts = (): Promise<unknown[]> =>
    right.evaluate(() => window.snippet.scheduler.getEvents().map(({ text }) => text))
  await expect.poll(texts).toContain('As printed')
})

declare global {
  interface Window {
    readonly snippet: {
      readonly scheduler: {
        getEvents(): readonly Row[]
        addEvent(fields: object): unknown
        whenSynced(): Promise<unknown>
      }
    }
  }
}

/** "Front-End Integration" of "Multi-User Live Updates". */
const PRINTED = `const AUTH_TOKEN = "token";
scheduler.init('scheduler_here', new Date(2025, 3, 20), "week");
scheduler.load("/events");
const dp = scheduler.createDataProcessor({
url: "/events",
mode: "REST-JSON",
headers: {
"Remote-Token": AUTH_TOKEN
}
});
const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates;
const remoteEvents = new RemoteEvents("/api/v1", AUTH_TOKEN);
remoteEvents.on(remoteUpdates);
`
