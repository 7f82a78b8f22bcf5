/** The main job, as two people at one plan do it: the same scenario for every server. */
import { expectEqual, type GanttTab, type Plan } from './gantt-tab.ts'
import { expect } from './test.ts'

/** Adds, edits, moves, nests, links and deletes in both tabs; after each step both tabs and the server are equal. */
export async function workTogether(left: GanttTab, right: GanttTab, server: () => Plan | Promise<Plan>): Promise<void> {
  const equal = (): Promise<void> => expectEqual([left, right], server)
  await equal()

  // Add here, edit there.
  await left.add('tasks', { name: 'Paint the walls', startDate: '2026-03-16', endDate: '2026-03-19', duration: 3 })
  const walls = await right.find('tasks', 'name', 'Paint the walls')
  await equal()
  await right.update('tasks', walls.id, { name: 'Paint all walls', percentDone: 25 })
  expect((await left.find('tasks', 'name', 'Paint all walls')).id).toEqual(walls.id)
  await equal()

  // Nest: a parent and its child in one transaction, the child named after a parent that has no real id yet.
  await left.page.evaluate(() => {
    const { client } = window.demo
    client.transact(() => {
      const floor = client.tasks.add({ name: 'Second floor', startDate: '2026-03-16', duration: 5 })
      client.tasks.add({ name: 'Carpet', parentId: floor.id, startDate: '2026-03-16', duration: 2 })
      client.tasks.add({ name: 'Lamps', parentId: floor.id, startDate: '2026-03-18', duration: 1 })
    })
  })
  const floor = await right.find('tasks', 'name', 'Second floor')
  const carpet = await right.find('tasks', 'name', 'Carpet')
  const lamps = await right.find('tasks', 'name', 'Lamps')
  expect([carpet['parentId'], lamps['parentId']]).toEqual([floor.id, floor.id])
  await equal()

  // Move it there, and a new task under what came from the other tab.
  await right.move(walls.id, { parentId: floor.id, index: 0 })
  await right.add('tasks', { name: 'Skirting', parentId: floor.id, startDate: '2026-03-19', duration: 1 })
  const skirting = await left.find('tasks', 'name', 'Skirting')
  expect((await left.find('tasks', 'name', 'Paint all walls'))['parentId']).toEqual(floor.id)
  await equal()

  // Link, also to a task that is new in the same moment, and assign somebody new to it.
  await left.add('dependencies', { from: carpet.id, to: skirting.id, type: 2 })
  await right.page.evaluate((from) => {
    const { client } = window.demo
    client.transact(() => {
      const curtains = client.tasks.add({ name: 'Curtains', startDate: '2026-03-23', duration: 1 })
      const grace = client.resources.add({ name: 'Grace' })
      client.dependencies.add({ from, to: curtains.id, type: 2 })
      client.assignments.add({ event: curtains.id, resource: grace.id, units: 50 })
    })
  }, lamps.id)
  const curtains = await left.find('tasks', 'name', 'Curtains')
  await left.find('dependencies', 'to', curtains.id)
  await left.find('assignments', 'event', curtains.id)
  await equal()

  // Both at once, in the same task and in others.
  await Promise.all([
    left.update('tasks', skirting.id, { percentDone: 60 }),
    right.update('tasks', skirting.id, { name: 'Skirting boards' }),
    left.update('tasks', carpet.id, { name: 'Red carpet' }),
    right.update('tasks', lamps.id, { name: 'Bright lamps' }),
  ])
  await equal()
  expect(await left.find('tasks', 'id', skirting.id)).toMatchObject({ name: 'Skirting boards', percentDone: 60 })

  // Delete a task with everything below it: its links go with it.
  await right.remove('tasks', floor.id)
  await expect.poll(async () => (await left.plan()).tasks.map((task) => task.id)).not.toContain(floor.id)
  await equal()
  const after = await left.plan()
  const gone = [floor.id, walls.id, carpet.id, lamps.id, skirting.id]
  expect(after.tasks.filter((task) => gone.includes(task.id))).toEqual([])
  expect(after.dependencies.filter((link) => gone.some((id) => id === link['from'] || id === link['to']))).toEqual([])
  expect(after.tasks.map((task) => task.id)).toContain(curtains.id)
}
