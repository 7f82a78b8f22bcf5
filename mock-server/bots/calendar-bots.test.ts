import { afterEach, expect, test } from 'vitest'
import { isDate } from './dates.ts'
import type { BotEdit } from './index.ts'
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

async function aMinuteOf(seed: number): Promise<readonly BotEdit[]> {
  const place = await office()
  await place.calendar({ seed, count: 3 })
  await place.pass(60_000)
  await offices.pop()?.close()
  return place.edits
}

test('the same seed makes the same edits of a calendar at the same times', async () => {
  const first = await aMinuteOf(7)
  expect(first.length).toBeGreaterThan(50)
  expect(await aMinuteOf(7)).toEqual(first)
})

test('three bots keep a calendar for two minutes: everybody sees what the server has, and it is as large as before', async () => {
  const place = await office()
  const bea = await place.reader()
  const before = bea.getEvents().length
  const days = (): string[] =>
    bea
      .getEvents()
      .map(({ start_date }) => `${start_date}`.slice(0, 10))
      .sort()
  const [first = '', last = ''] = [days()[0], days().at(-1)]
  const bots = await place.calendar({ count: 3, rate: 60, mix: { offline: 5 } })
  await place.pass(120_000)
  await place.rest(bots)

  const kinds = [...new Set(place.edits.map(({ kind }) => kind))].sort()
  expect(kinds).toEqual(['create', 'delete', 'drag', 'offline', 'rename', 'resize'])
  const stored = new Map(place.mock.export().collections['events']?.map((event) => [event.id, event]))
  expect(new Map(bea.getEvents().map((event) => [event.id, event]))).toEqual(stored)
  expect(Math.abs(stored.size - before)).toBeLessThanOrEqual(3 * 6)
  expect([days()[0], days().at(-1)].every((day) => day && day >= first && day <= last)).toBe(true)
  for (const { text, start_date, end_date } of bea.getEvents())
    expect(isDate(start_date) && isDate(end_date) && start_date < end_date, text).toBe(true)
}, 20_000)

test('bots that were given a range leave everything else alone, and series always', async () => {
  const series = {
    id: 1,
    text: 'Daily',
    start_date: '2026-03-02 09:00',
    end_date: '2026-05-01 00:00',
    rrule: 'FREQ=DAILY',
  }
  const events = [
    series,
    { id: 2, text: 'In May', start_date: '2026-05-04 09:00', end_date: '2026-05-04 10:00' },
    { id: 3, text: 'In March', start_date: '2026-03-04 09:00', end_date: '2026-03-04 10:00' },
  ]
  const place = await office({ collections: { events } })
  await place.calendar({ range: { from: new Date(2026, 2, 1), to: new Date(2026, 3, 1) }, mix: { create: 0 } })
  await place.pass(60_000)
  const after = new Map(place.mock.export().collections['events']?.map((event) => [event.id, event]))
  expect(after.get(1)).toMatchObject(series)
  expect(after.get(2)).toMatchObject(Object(events[1]))
  expect(after.get(3)).not.toMatchObject(Object(events[2]))
})

test('a wrong token shows as a refusal', async () => {
  const place = await office()
  const bots = await place.calendar({ count: 1, token: 'wrong' })
  await place.pass(20_000)
  expect(bots.people[0]?.activity.state).toBe('refused')
  expect(bots.step()).toBeUndefined()
})

test('closed, it leaves no timer', async () => {
  const place = await office()
  const timers = place.clock.waiting
  const bots = await place.calendar({ count: 2, rate: 120, mix: { offline: 20 } })
  await place.pass(10_000)
  bots.close()
  await place.pass(100)
  expect(place.clock.waiting).toBeLessThanOrEqual(timers)
})
