/**
 * One open Gantt page of the demo as its user and its console see it, and what it takes for two of them, and a server,
 * to be called equal.
 */
import type { BrowserContext, Frame, Locator, Page } from '@playwright/test'
import { address, type Id, type Row, type TabOptions } from './demo.ts'
import { expect } from './test.ts'

/** The stores that the scenarios touch. */
export const STORES = ['tasks', 'dependencies', 'resources', 'assignments'] as const
/** Name of a store. */
export type Store = (typeof STORES)[number]
/** What a tab or a server holds. */
export type Plan = { readonly [store in Store]: readonly Row[] }
/** What a tab holds: also its tasks' ids in the order in which the tree shows them. */
export type TabPlan = Plan & { readonly order: readonly Id[] }

/** A Gantt page. */
export interface GanttTab {
  readonly page: Page
  /** Resolves when everything loaded and nothing of its own is unconfirmed. */
  synced(): Promise<void>
  plan(): Promise<TabPlan>
  add(store: Store, fields: object): Promise<void>
  update(store: Store, id: Id, fields: object): Promise<void>
  remove(store: Store, id: Id): Promise<void>
  move(id: Id, to: { parentId: Id | null; index: number }): Promise<void>
  /** Waits for the one record whose `field` is `value`. */
  find(store: Store, field: string, value: unknown): Promise<Row>
  /** The row of a task in the chart. */
  row(name: string): Locator
}

/** Opens a Gantt page and waits until it shows tasks. */
export async function openGantt(context: BrowserContext, options: TabOptions): Promise<GanttTab> {
  const page = await context.newPage()
  await page.goto(address('gantt.html', options))
  const tab = ganttTab(page)
  await tab.synced()
  return tab
}

/** The tab of a Gantt page that is open already, maybe in a frame. */
export function ganttTab(page: Page, frame: Frame = page.mainFrame()): GanttTab {
  const plan = (): Promise<TabPlan> =>
    frame.evaluate(() => {
      const { client } = window.demo
      const below = (parent: Id | null): Id[] =>
        [...client.tasks.children(parent)].flatMap(({ id }) => [id, ...below(id)])
      return {
        tasks: [...client.tasks.all()],
        dependencies: [...client.dependencies.all()],
        resources: [...client.resources.all()],
        assignments: [...client.assignments.all()],
        order: below(null),
      }
    })
  return {
    page,
    plan,
    async synced() {
      await frame.waitForFunction(() => window.demo?.client !== undefined)
      await frame.evaluate(async () => {
        await window.demo.client.whenSynced()
      })
    },
    add: (store, fields) =>
      frame.evaluate(([name, row]) => void window.demo.client[name].add(row), [store, fields] as const),
    update: (store, id, fields) =>
      frame.evaluate(([name, key, row]) => void window.demo.client[name].update(key, row), [
        store,
        id,
        fields,
      ] as const),
    remove: (store, id) =>
      frame.evaluate(([name, key]) => void window.demo.client[name].remove(key), [store, id] as const),
    move: (id, to) =>
      frame.evaluate(([key, place]) => void window.demo.client.tasks.move(key, place), [id, to] as const),
    async find(store, field, value) {
      let found: Row | undefined
      await expect
        .poll(async () => {
          found = (await plan())[store].find((row) => row[field] === value)
          return found !== undefined
        }, `a record of ${store} with ${field} ${value}`)
        .toBe(true)
      if (!found) throw new Error('unreachable')
      return found
    },
    row: (name) => frame.getByRole('row').filter({ hasText: name }),
  }
}

/** The fields that users see, records by id. */
const FIELDS: Readonly<Record<Store, readonly string[]>> = {
  tasks: ['name', 'startDate', 'endDate', 'duration', 'percentDone'],
  dependencies: ['from', 'to', 'type'],
  resources: ['name'],
  assignments: ['event', 'resource', 'units'],
}

function visible(plan: Plan): object {
  return Object.fromEntries(
    STORES.map((store) => {
      const rows = plan[store].map((row) => {
        const fields = FIELDS[store].map((field) => [field, row[field] ?? null])
        return { id: row.id, parent: row['parentId'] ?? null, ...Object.fromEntries(fields) }
      })
      return [store, rows.sort((a, b) => String(a.id).localeCompare(String(b.id)))]
    }),
  )
}

/** Waits until all tabs hold the same records with the same ids, nothing is pending, and the server agrees. */
export async function expectEqual(tabs: readonly GanttTab[], server?: () => Plan | Promise<Plan>): Promise<void> {
  for (const tab of tabs) await tab.synced()
  await expect(async () => {
    const [first, ...others] = await Promise.all(tabs.map((tab) => tab.plan()))
    if (!first) throw new Error('No tab')
    const expected = visible(first)
    for (const other of others) {
      expect(visible(other)).toEqual(expected)
      expect(other.order).toEqual(first.order)
    }
    if (server) expect(visible(await server()), 'what the server holds').toEqual(expected)
    expect(JSON.stringify(expected), 'no temporary id is left').not.toMatch(/"_generated|phantom/i)
  }).toPass({ timeout: 10_000 })
}
