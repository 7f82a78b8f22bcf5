import { afterEach, describe, expect, test } from 'vitest'
import type { ProjectClient } from '../../client/project/project-client.ts'
import type { Peer } from '../../client/sync/presence.ts'
import { daysBetween, isDate } from './dates.ts'
import type { BotEdit, ProjectEditKind } from './index.ts'
import { Office } from './office.contract.ts'

const offices: Office[] = []
async function office(...args: Parameters<typeof Office.open>): Promise<Office> {
  const opened = await Office.open(...args)
  offices.push(opened)
  return opened
}
afterEach(async () => {
  for (const one of offices.splice(0)) await one.close()
})

const NOTHING: Record<ProjectEditKind, number> = {
  drag: 0,
  resize: 0,
  progress: 0,
  rename: 0,
  nest: 0,
  reorder: 0,
  link: 0,
  assign: 0,
  create: 0,
  delete: 0,
  undo: 0,
  redo: 0,
  offline: 0,
}
const only = (...kinds: ProjectEditKind[]): Record<ProjectEditKind, number> => ({
  ...NOTHING,
  ...Object.fromEntries(kinds.map((kind) => [kind, 1])),
})

async function aMinuteOf(seed: number): Promise<readonly BotEdit[]> {
  const place = await office()
  await place.plan({ seed, count: 3 })
  await place.pass(60_000)
  await offices.pop()?.close()
  return place.edits
}

test('the same seed makes the same edits at the same times, another seed makes others', async () => {
  const first = await aMinuteOf(7)
  expect(first.length).toBeGreaterThan(50)
  expect(await aMinuteOf(7)).toEqual(first)
  expect(await aMinuteOf(8)).not.toEqual(first)
}, 20_000)

test('three bots work for three minutes: everybody sees what the server has, and the plan is as large and as whole as before', async () => {
  const place = await office()
  const ann = await place.watcher()
  const before = ann.tasks.size
  const bots = await place.plan({ count: 3, rate: 60, mix: { offline: 4 } })
  await place.pass(180_000)
  await place.rest(bots)

  const kinds = new Set(place.edits.map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual(Object.keys(NOTHING).sort())
  expect(bots.people.map(({ activity }) => activity.state)).toEqual(['thinking', 'thinking', 'thinking'])
  const held = place.mock.export().projects.find(({ id }) => id === 1)
  expect(byId(ann.tasks.all())).toEqual(byId(held?.tasksData))
  expect(byId(ann.dependencies.all())).toEqual(byId(held?.dependenciesData))
  expect(byId(ann.assignments.all())).toEqual(byId(held?.assignmentsData))

  expect(Math.abs(ann.tasks.size - before)).toBeLessThanOrEqual(3 * 7)
  expect(circleOfLinks(ann)).toBeUndefined()
  for (const task of ann.tasks) {
    if (!isDate(task.startDate) || !isDate(task.endDate)) continue
    expect(daysBetween(task.startDate, task.endDate), `${task.name}`).toBe(task.duration)
  }
}, 20_000)

test('a bot edits as often as it is told, on average, in bursts', async () => {
  const place = await office()
  await place.plan({ count: 1, rate: 60, mix: only('progress') })
  await place.pass(300_000)
  expect(place.edits.length).toBeGreaterThan(250)
  expect(place.edits.length).toBeLessThan(350)
  const gaps = place.edits.map(({ at }, index) => at - (place.edits[index - 1]?.at ?? at)).slice(1)
  expect(gaps.filter((gap) => gap < 600).length).toBeGreaterThan(gaps.length / 2)
  expect(gaps.filter((gap) => gap > 1_500).length).toBeGreaterThan(gaps.length / 10)
})

test('others see who a bot is and how it drags a bar, and get one change for the whole drag', async () => {
  const place = await office()
  const ann = await place.watcher()
  const seen: Peer['state'][] = []
  const changes: unknown[] = []
  ann.on('presence', ([peer]) => peer && seen.push(peer.state))
  ann.tasks.on(
    'change',
    ({ origin, updated }) => origin === 'remote' && changes.push(updated.map(({ after }) => after)),
  )
  const bots = await place.plan({ count: 1, names: ['Mia'], rate: 12, mix: only('drag') })
  const [mia] = bots.people
  await place.pass(1_000)
  expect(seen.at(-1)).toEqual({ bot: true, name: 'Mia', color: mia?.color, task: null })
  expect(ann.peers[0]?.userName).toBe('Mia')

  while (changes.length === 0) await place.pass(50)
  await place.pass(500)
  const drags = seen.map(({ drag }) => drag).filter((drag) => drag !== undefined)
  expect(drags.length).toBeGreaterThan(1)
  const [edit] = place.edits
  expect(edit).toMatchObject({ n: 1, by: 'Mia', kind: 'drag' })
  const { task: id, ...dates } = Object(drags.at(-1))
  expect(changes).toEqual([[expect.objectContaining({ id, ...dates })]])
  expect(seen.at(-1)).toEqual({ bot: true, name: 'Mia', color: mia?.color, task: null })
})

test('a bot that goes offline works on, and what it did arrives when it is back', async () => {
  const place = await office()
  const ann = await place.watcher()
  const bots = await place.plan({ count: 1, names: ['Mia'], paused: true, mix: only('offline') })
  expect(bots.step()?.text).toMatch(/^went offline for \d+ s$/)
  await place.pass(200)
  expect(ann.users).not.toContain('Mia')
  expect(bots.people[0]?.activity.state).toBe('offline')
  bots.set({ mix: only('rename') })
  const before = ann.tasks.all()
  expect(bots.step()?.kind).toBe('rename')
  await place.pass(1_000)
  expect(ann.tasks.all()).toBe(before)
  await place.pass(25_000)
  expect(bots.people[0]?.activity.state).toBe('thinking')
  expect(ann.tasks.all()).not.toEqual(before)
  expect(ann.users).toContain('Mia')
})

describe('trouble', () => {
  test('without the server nobody edits; with it they go on', async () => {
    const place = await office()
    const bots = await place.plan({ count: 2, mix: { offline: 0 } })
    place.mock.lab.set({ offline: true })
    await place.pass(1_000)
    expect(bots.people.map(({ activity }) => activity.state)).toEqual(['connecting', 'connecting'])
    const before = place.edits.length
    await place.pass(20_000)
    expect(place.edits.length).toBe(before)
    place.mock.lab.set({ offline: false })
    await place.pass(30_000)
    expect(place.edits.length).toBeGreaterThan(before)
  })

  test('a reset in the middle of it all ends nothing', async () => {
    const place = await office()
    const ann = await place.watcher()
    const bots = await place.plan({ count: 3, rate: 120 })
    for (let time = 0; time < 3; time += 1) {
      await place.pass(20_000)
      await place.mock.reset()
    }
    const before = place.edits.length
    await place.pass(20_000)
    expect(place.edits.length).toBeGreaterThan(before + 50)
    await place.rest(bots)
    expect(byId(ann.tasks.all())).toEqual(byId(place.mock.export().projects[0]?.tasksData))
  })

  test('a server that lets them read alone refuses each edit, and they count it', async () => {
    const place = await office({ groups: { guests: { read: '*' } }, anonymous: 'guests' })
    const bots = await place.plan({ count: 1, mix: only('rename') })
    await place.pass(20_000)
    expect(place.edits.length).toBeGreaterThan(2)
    expect(bots.people[0]?.lost).toBe(place.edits.length)
  })

  test('a server that does not know them shows as a refusal', async () => {
    const place = await office({ anonymous: false })
    const bots = await place.plan({ count: 1, names: ['Mia'] })
    await place.pass(20_000)
    expect(bots.people[0]?.activity).toMatchObject({ state: 'refused', error: { code: expect.any(String) } })
    expect(bots.step()).toBeUndefined()
    expect(place.edits).toEqual([])
  })
})

describe('the group', () => {
  test('paused, bots edit by steps alone, in turn', async () => {
    const place = await office()
    const bots = await place.plan({ names: ['Mia', 'Noah'], paused: true, mix: { offline: 0, undo: 0, redo: 0 } })
    await place.pass(60_000)
    expect(place.edits).toEqual([])
    expect([bots.step(), bots.step(), bots.step()].map((edit) => edit?.by)).toEqual(['Mia', 'Noah', 'Mia'])
    expect(bots.state.edits).toBe(3)
    expect(bots.state.recent).toEqual(place.edits)
  })

  test('the pace is changed at once, kinds of edit can be left out', async () => {
    const place = await office()
    const bots = await place.plan({ count: 1, rate: 0 })
    await place.pass(60_000)
    expect(place.edits).toEqual([])
    bots.set({ rate: 600, mix: only('resize') })
    await place.pass(5_000)
    expect(place.edits.length).toBeGreaterThan(20)
    expect(new Set(place.edits.map(({ kind }) => kind))).toEqual(new Set(['resize']))
  })

  test('people come and go, with names and colours of their own; listeners hear of it, the state stays one object between', async () => {
    const place = await office()
    const bots = await place.plan({ count: 2 })
    let told = 0
    const stop = bots.subscribe(() => (told += 1))
    expect(bots.state).toBe(bots.state)
    const before = bots.state
    const mia = bots.add('Mia the third')
    expect(bots.state).not.toBe(before)
    expect(new Set(bots.people.map(({ color }) => color)).size).toBe(3)
    bots.remove(mia.name)
    expect(told).toBeGreaterThanOrEqual(2)
    expect(bots.people.map(({ name }) => name)).toEqual(before.people.map(({ name }) => name))
    stop()
    const heard = told
    bots.add()
    expect(told).toBe(heard)
  })

  test('what cannot be is refused with what can', async () => {
    const place = await office()
    const bots = await place.plan({ names: ['Mia'], count: 1 })
    expect(() => bots.add('Mia')).toThrow('a name of its own, not "Mia"')
    expect(() => bots.set({ rate: -1 })).toThrow('rate must be a number from 0 to 1200, not -1')
    expect(() => bots.set({ mix: { dance: 1 } })).toThrow('there is no kind "dance", but drag, resize')
    await expect(place.plan({ count: 51 })).rejects.toThrow('count must be a number from 0 to 50')
    expect(bots.state.rate).toBe(30)
  })

  test('closed, it leaves nobody connected and no timer', async () => {
    const place = await office()
    const ann = await place.watcher()
    const timers = place.clock.waiting
    const bots = await place.plan({ count: 3, rate: 120, mix: { offline: 20 } })
    await place.pass(10_000)
    bots.close()
    bots.close()
    await place.pass(100)
    expect(ann.users).toEqual(['ann'])
    expect(ann.peers).toEqual([])
    expect(bots.people).toEqual([])
    expect(() => bots.add()).toThrow('start others')
    // The mock keeps a timer of its own for what was committed.
    expect(place.clock.waiting).toBeLessThanOrEqual(timers + 1)
  })
})

function byId(records: unknown): unknown {
  return Array.isArray(records) ? [...records].sort((a, b) => a.id - b.id) : records
}

/** Ids of tasks that wait for one another in a circle. */
function circleOfLinks({ dependencies }: ProjectClient): unknown[] | undefined {
  const walk = (at: unknown, path: unknown[]): unknown[] | undefined => {
    if (path.includes(at)) return [...path, at]
    for (const link of dependencies) {
      const circle = link.from === at ? walk(link.to, [...path, at]) : undefined
      if (circle) return circle
    }
    return undefined
  }
  for (const { from } of dependencies) {
    const circle = walk(from, [])
    if (circle) return circle
  }
  return undefined
}
