/** Pages with the vendor's widgets (`e2e/vendor/pages`), each kept current by the vendor's code or by ours, driven by the same words. */
import type { BrowserContext, Page } from '@playwright/test'
import type { Id, Row } from './demo.ts'
import { expect } from './test.ts'

/** Who keeps the widget current. */
export type Who = 'vendor' | 'ours'

/** `window.desk` of a page. */
interface DeskOnPage {
  rows(): Row[]
  text(id: Id): unknown
  add(fields: object): unknown
  change(id: Id, fields: object): void
  remove(id: Id): void
  openForm(id: Id): void
  formOpen(): boolean
  internals(id: Id): string[]
  readonly told: readonly string[]
  detach(): void
  call(name: string): void
  readonly ended: readonly string[]
  connection(): string | undefined
  synced(): Promise<unknown>
}

declare global {
  interface Window {
    readonly desk: DeskOnPage
  }
}

/** Origin of the pages; empty when the widgets are not installed. */
export const vendorSite: string = process.env['PLANWIRE_VENDOR_SITE'] ?? ''

/** An open page. */
export interface Desk {
  readonly page: Page
  rows(): Promise<Row[]>
  row(id: Id): Promise<Row | undefined>
  /** Adds a record; an event's dates are `YYYY-MM-DD HH:mm` by the clock of the page. */
  add(fields: object): Promise<void>
  change(id: Id, fields: object): Promise<void>
  remove(id: Id): Promise<void>
  /** Waits until a record fits, and returns it. */
  find(what: string, fits: (row: Row) => boolean): Promise<Row>
}

/** Opens a page and waits until it runs. */
export async function openDesk(
  context: BrowserContext,
  widget: 'scheduler' | 'gantt',
  query: Readonly<Record<string, string>>,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<Desk> {
  const page = await context.newPage()
  await prepare(page)
  await page.goto(`${vendorSite}/pages/${widget}.html?${new URLSearchParams(query)}`)
  await page.waitForFunction(() => window.desk !== undefined)
  const rows = (): Promise<Row[]> => page.evaluate(() => window.desk.rows())
  return {
    page,
    rows,
    row: async (id) => (await rows()).find((row) => String(row.id) === String(id)),
    add: (fields) => page.evaluate(([record]) => void window.desk.add(record), [fields] as const),
    change: (id, fields) => page.evaluate(([key, edit]) => window.desk.change(key, edit), [id, fields] as const),
    remove: (id) => page.evaluate((key) => window.desk.remove(key), id),
    async find(what, fits) {
      let found: Row | undefined
      await expect.poll(async () => (found = (await rows()).find(fits)) !== undefined, what).toBe(true)
      if (!found) throw new Error('unreachable')
      return found
    },
  }
}
