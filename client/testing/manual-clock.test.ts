import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'

test('time stands still until it is moved', () => {
  const clock = new ManualClock(5_000)
  let ran = 0
  clock.after(0, () => (ran += 1))
  expect([clock.now(), ran]).toEqual([5_000, 0])
  clock.advance(0)
  expect([clock.now(), ran]).toEqual([5_000, 1])
})

test('timers run in the order of their time, those of one instant in the order in which they were set, and see their own time', () => {
  const clock = new ManualClock()
  const ran: [string, number][] = []
  for (const [name, delay] of [
    ['c', 30],
    ['a', 10],
    ['b', 20],
    ['b2', 20],
  ] as const) {
    clock.after(delay, () => ran.push([name, clock.now()]))
  }
  clock.advance(25)
  expect(ran).toEqual([
    ['a', 10],
    ['b', 20],
    ['b2', 20],
  ])
  expect([clock.now(), clock.waiting, clock.nextDue]).toEqual([25, 1, 30])
})

test('a timer that another sets on the way runs within the same advance', () => {
  const clock = new ManualClock()
  const ran: number[] = []
  const again = (): void => {
    ran.push(clock.now())
    clock.after(10, again)
  }
  clock.after(10, again)
  clock.advance(35)
  expect(ran).toEqual([10, 20, 30])
})

test('a cancelled timer never runs', () => {
  const clock = new ManualClock()
  let ran = false
  const cancel = clock.after(1, () => (ran = true))
  cancel()
  cancel()
  clock.advance(10)
  expect([ran, clock.waiting]).toEqual([false, 0])
})

test('runAll moves time along until nothing waits, and says so when that never happens', () => {
  const clock = new ManualClock()
  clock.after(1_000, () => clock.after(500, () => {}))
  expect([clock.runAll(), clock.now()]).toEqual([2, 1_500])
  const forever = (): void => void clock.after(1, forever)
  forever()
  expect(() => clock.runAll(50)).toThrow('50 timers ran and 1 still wait')
})

test('a jump makes timers late: they see the time after it', () => {
  const clock = new ManualClock()
  const ran: number[] = []
  clock.after(10, () => ran.push(clock.now()))
  clock.jump(1_000)
  expect([ran, clock.now()]).toEqual([[1_000], 1_000])
})
