/**
 * `npm run bench -- widgets`: a chart of 1,000 rows that others edit 100 times a second, by the vendor's client and by ours
 * in turn: how long it keeps the page busy, and how soon it shows what they did. Prints and never judges: times are a
 * machine's, not a test's. `npm test` leaves it out.
 */
import { setTimeout } from 'node:timers/promises'
import type { BrowserContext } from '@playwright/test'
import type { Row } from './support/demo.ts'
import { openDesk, type Who } from './support/desk.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { expect, test } from './support/test.ts'

const ROWS = 1_000
const EDITS = 200
/** A line delivers in bursts: so many edits at once, 100 in a second. */
const BURST = 10
const PAUSE_MS = 100
/** Measured in turn, and told as medians. */
const ROUNDS = 5

const task = (id: number, text: string): Row => ({
  id,
  text,
  start_date: `${String((id % 27) + 1).padStart(2, '0')}-04-2025 00:00`,
  duration: 3,
  parent: 0,
})

/** The longest task, and how long the first edit took to be shown, in milliseconds. */
interface Pace {
  readonly longestMs: number
  readonly firstShownMs: number
}

async function paceOf(who: Who, context: BrowserContext): Promise<Pace> {
  const server = new ScriptedServer()
  server.tasks = Array.from({ length: ROWS }, (_, at) => task(at + 1, `Task ${at + 1}`))
  const desk = await openDesk(context, 'gantt', { client: who }, (page) => server.serve(page))
  await desk.page.waitForFunction((id) => window.desk.text(id) !== undefined, ROWS)
  await server.subscribed('links')
  await desk.page.evaluate(() => {
    const pace = { longestMs: 0, firstShownMs: 0 }
    Object.assign(window, { pace })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) pace.longestMs = Math.max(pace.longestMs, duration)
    }).observe({ type: 'longtask' })
    const start = performance.now()
    const look = (): void => {
      if (window.desk.text(1) === 'Task 1') requestAnimationFrame(look)
      else pace.firstShownMs = performance.now() - start
    }
    look()
  })
  for (let edit = 0; edit < EDITS; edit++) {
    server.tell(
      'tasks',
      'update-task',
      task(((edit * 37) % ROWS) + 1, edit === EDITS - 1 ? 'The last' : `Edit ${edit}`),
    )
    if (edit % BURST === 0) await setTimeout(PAUSE_MS)
  }
  await desk.page.waitForFunction((id) => window.desk.text(id) === 'The last', (((EDITS - 1) * 37) % ROWS) + 1)
  const pace = await desk.page.evaluate(() => Reflect.get(window, 'pace') as Pace)
  await desk.page.close()
  return pace
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

test('how a chart of 1,000 rows keeps up with 100 edits a second', async ({ context }) => {
  test.setTimeout(300_000)
  const paces: Record<Who, Pace[]> = { ours: [], vendor: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const who of ['vendor', 'ours'] as const) paces[who].push(await paceOf(who, context))
  }
  console.log(`medians of ${ROUNDS} interleaved rounds, ms            longest task   first edit shown`)
  for (const who of ['vendor', 'ours'] as const) {
    const longest = median(paces[who].map(({ longestMs }) => longestMs))
    const first = median(paces[who].map(({ firstShownMs }) => firstShownMs))
    console.log(`  ${who.padEnd(44)}${longest.toFixed(0).padStart(14)}${first.toFixed(0).padStart(19)}`)
  }
  expect(paces.ours.every(({ firstShownMs }) => firstShownMs > 0)).toBe(true)
})
