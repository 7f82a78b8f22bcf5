/**
 * One open Gantt page of the demo as its user and its console see it, and what it takes for two of them, and a server,
 * to be called equal.
 */
import type { BrowserContext, Frame, Locator, Page } from '@playwright/test'
import { address, type Id, type Row, type TabOptions } from './demo.ts'
import { expect, tabsOf } from './test.ts'

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
  const { page } = await tabsOf(context).open(address('gantt.html', options), { context })
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

/** The fields that users see. Of others a server may have its own idea. */
const FIELDS: Readonly<Record<Store, readonly string[]>> = {
  tasks: ['name', 'startDate', 'endDate', 'duration', 'percentDone', 'parentId'],
  dependencies: ['from', 'to', 'type'],
  resources: ['name'],
  assignments: ['event', 'resource', 'units'],
}

/**
 * Waits until all tabs of the test hold the same records with the same ids, in the same order, and nothing is pending; and the
 * server agrees: the one given in the fields that users see, the mock in the page as a whole.
 */
export async function expectEqual(tabs: readonly GanttTab[], server?: () => Plan | Promise<Plan>): Promise<void> {
  const [first] = tabs
  if (!first) throw new Error('No tab')
  const all = tabsOf(first.page.context())
  if (!server || tabs.length > 1) await expect(all).toConverge()
  if (server) {
    const state = async () => {
      const { tasks, dependencies, resources, assignments } = await server()
      return {
        projects: [
          {
            ...{ id: 1, tasksData: tasks, dependenciesData: dependencies },
            ...{ resourcesData: resources, assignmentsData: assignments },
          },
        ],
      }
    }
    await expect(all).toConverge({ server: { export: state }, fields: FIELDS })
  }
  await expect(async () => {
    const orders = await Promise.all(tabs.map(async (tab) => (await tab.plan()).order))
    for (const order of orders) expect(order, 'order of the tree').toEqual(orders[0])
  }).toPass()
}
