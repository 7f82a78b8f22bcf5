/** The vendor's widget, unmodified, with its own data processor and live updates, on the mock in the browser. */
import type { BrowserContext, Page } from '@playwright/test'
import { address, type Id } from './support/demo.ts'
import { openGantt } from './support/gantt-tab.ts'
import { expect, test } from './support/test.ts'

async function openVendor(context: BrowserContext, name: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(address('vendor.html', { name }))
  await expect(page.getByTestId('ready')).toBeVisible()
  await expect(page.getByTestId('connection')).toContainText('Live')
  return page
}

/** What the widget shows: tasks with parents and dates, links; as text, by id. */
function shown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { gantt } = window.demo
    const day = gantt.date.date_to_str('%Y-%m-%d %H:%i')
    const lines: string[] = []
    gantt.eachTask(({ id, text, parent, start_date, end_date }) => {
      lines.push(JSON.stringify(['task', id, text, parent, day(start_date), day(end_date)]))
    })
    for (const { id, source, target, type } of gantt.getLinks()) {
      lines.push(JSON.stringify(['link', id, source, target, type]))
    }
    return lines.sort()
  })
}

async function expectEqual(left: Page, right: Page): Promise<void> {
  await expect(async () => expect(await shown(right)).toEqual(await shown(left))).toPass()
}

async function idOf(page: Page, text: string): Promise<Id> {
  let found: Id | undefined
  await expect
    .poll(async () => {
      const task = (await shown(page)).map((line) => JSON.parse(line)).find(([, , name]) => name === text)
      // The widget's own temporary ids are times in milliseconds.
      found = task && Number(task[1]) < 1e12 ? task[1] : undefined
      return found
    }, `the task ${text} with a real id`)
    .toBeDefined()
  if (found === undefined) throw new Error('unreachable')
  return found
}

test('what two unmodified widgets add, edit, nest, link and delete is in both, under the same ids', async ({
  context,
  backend,
}) => {
  const left = await openVendor(context, backend)
  const right = await openVendor(context, backend)
  await expectEqual(left, right)

  const plain = { start_date: '12-01-2026 00:00', duration: 3 }
  const add = (page: Page, text: string, parent: Id): Promise<unknown> =>
    page.evaluate(([task, under]) => window.demo.gantt.addTask(task, under), [{ ...plain, text }, parent] as const)
  await add(left, 'Paint the walls', 0)
  const walls = await idOf(right, 'Paint the walls')
  expect(await idOf(left, 'Paint the walls')).toEqual(walls)
  await expectEqual(left, right)

  await right.evaluate((id) => {
    const { gantt } = window.demo
    gantt.getTask(id).text = 'Paint all walls'
    gantt.updateTask(id)
  }, walls)
  expect(await idOf(left, 'Paint all walls')).toEqual(walls)

  await add(left, 'Tape the edges', walls)
  await add(right, 'Buy paint', walls)
  const tape = await idOf(right, 'Tape the edges')
  const paint = await idOf(left, 'Buy paint')
  await expectEqual(left, right)

  await left.evaluate(
    ([source, target]) => {
      const { gantt } = window.demo
      gantt.addLink({ source, target, type: '0' })
    },
    [paint, tape] as const,
  )
  await expect.poll(async () => (await shown(right)).join()).toMatch(new RegExp(`"link",\\d+,"?${paint}"?,"?${tape}"?`))
  await expectEqual(left, right)

  await right.evaluate((id) => window.demo.gantt.deleteTask(id), walls)
  await expect.poll(async () => (await shown(left)).join()).not.toMatch(/Paint all walls|Tape the edges|Buy paint/)
  await expectEqual(left, right)

  await left.reload()
  await expect(left.getByTestId('ready')).toBeVisible()
  await expectEqual(left, right)
})

/** Speaks for a Bryntum client, by frames: logs in, loads the first project, sends what is given; answers its newest tasks. */
function asBryntum(page: Page, changes?: object): Promise<readonly { readonly [field: string]: unknown }[]> {
  return page.evaluate(async (toSend) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`)
    const next = (command: string): Promise<Record<string, never>> =>
      new Promise((resolve) => {
        socket.addEventListener('message', ({ data }) => {
          const frame = JSON.parse(data)
          if (frame.command === command) resolve(frame)
        })
      })
    const ask = (frame: object, command: string): Promise<Record<string, never>> => {
      const answer = next(command)
      socket.send(JSON.stringify(frame))
      return answer
    }
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    await ask({ command: 'login', login: 'admin', password: 'admin' }, 'login')
    const { projects } = await ask({ command: 'projects' }, 'projects')
    const project = (projects?.[0] as { id: unknown } | undefined)?.id
    await ask({ command: 'dataset', project }, 'dataset')
    if (toSend) await ask({ command: 'projectChange', project, changes: toSend }, 'projectChange')
    const { dataset } = await ask({ command: 'dataset', project }, 'dataset')
    socket.close()
    return (dataset as unknown as { tasksData: [] }).tasksData
  }, changes)
}

test('the unmodified widget renames and moves tasks of a Bryntum client, and spoils no duration of theirs', async ({
  context,
  backend,
}) => {
  const page = await openVendor(context, backend)
  const times = { startDate: '2026-01-12T08:00:00', endDate: '2026-01-12T16:00:00' }
  const week = { startDate: '2026-01-12T00:00:00', endDate: '2026-01-19T00:00:00' }
  await asBryntum(page, {
    tasks: {
      added: [
        { $PhantomId: '_a', name: 'Eight hours', ...times, duration: 8, durationUnit: 'h', effort: 8 },
        { $PhantomId: '_b', name: 'Five working days', ...week, duration: 5, durationUnit: 'd' },
        { $PhantomId: '_c', name: 'Hand-over', startDate: '2026-01-20T00:00:00', duration: 0 },
      ],
    },
  })
  for (const name of ['Eight hours', 'Five working days', 'Hand-over']) {
    const id = await idOf(page, name)
    await page.evaluate(
      ([task, days]) => {
        const { gantt } = window.demo
        const row = gantt.getTask(task)
        row.text += ', later'
        row.start_date = gantt.date.add(row.start_date, days, 'day')
        row.end_date = gantt.date.add(row.end_date, days, 'day')
        gantt.updateTask(task)
      },
      [id, name === 'Five working days' ? 1 : 0] as const,
    )
  }
  await expect
    .poll(async () => (await asBryntum(page)).filter(({ name }) => String(name).endsWith(', later')).length)
    .toBe(3)
  const tasks = new Map((await asBryntum(page)).map((task) => [task['name'], task]))
  expect(tasks.get('Eight hours, later')).toMatchObject({ ...times, duration: 8, durationUnit: 'h', effort: 8 })
  expect(tasks.get('Five working days, later')).toMatchObject({
    ...{ startDate: '2026-01-13T00:00:00', endDate: '2026-01-20T00:00:00', duration: 5, durationUnit: 'd' },
  })
  expect(tasks.get('Hand-over, later')).toMatchObject({ startDate: '2026-01-20T00:00:00', duration: 0 })
  expect(tasks.get('Hand-over, later')).not.toHaveProperty('type')
})

test('by mouse: the vendor widget and our Gantt page work on one plan', async ({ context, backend }) => {
  const vendor = await openVendor(context, backend)
  const ours = await openGantt(context, { name: backend })
  await vendor.bringToFront()
  await vendor.getByRole('row').filter({ hasText: 'Start of Release Cycle' }).click()
  await vendor.getByRole('button', { name: 'Add task' }).click()
  await vendor.getByLabel('Description').fill('From the widget')
  await vendor.getByRole('button', { name: 'Save' }).click()
  const task = await ours.find('tasks', 'name', 'From the widget')
  expect(task['parentId']).toEqual((await ours.find('tasks', 'name', 'Planning and enhancements')).id)
  expect(await idOf(vendor, 'From the widget')).toEqual(task.id)

  await ours.update('tasks', task.id, { name: 'From our page' })
  await expect(vendor.getByRole('row').filter({ hasText: 'From our page' })).toBeVisible()
  await ours.remove('tasks', task.id)
  await expect(vendor.getByRole('row').filter({ hasText: 'From our page' })).toBeHidden()
})
