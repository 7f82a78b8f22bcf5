import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Minute, type MinuteState } from './minute.ts'
import type { Cast } from './steps.ts'
import { STEPS } from './steps.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** A run whose actors need a second for each thing they do. */
function start(byHand = false): { minute: Minute; states: MinuteState[]; now: () => string; done: Promise<void> } {
  const states: MinuteState[] = []
  const minute = new Minute(byHand, (state) => states.push(state))
  const second = (): Promise<void> => minute.pass(1_000)
  const actor = { drag: second, rename: second, remove: second, undo() {} }
  const cast = { ada: actor, grace: actor, vendor: undefined, botJoins: second, botWorks: second } as unknown as Cast
  const whole: Cast = { ...cast, cut: second, mend: second, equal: second, loaded: second }
  const now = (): string => {
    const { state } = minute
    return 'step' in state ? `${state.state} ${state.step}` : state.state
  }
  return { minute, states, now, done: minute.run(whole) }
}

it('goes through all steps by itself, with time to read each, and is over', async () => {
  const { states, now, done } = start()
  expect(now()).toBe('acting 0')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(now()).toBe('reading 0')
  await vi.advanceTimersByTimeAsync(3_900)
  expect(now(), 'nobody reads that fast').toBe('reading 0')
  await vi.advanceTimersByTimeAsync(120_000)
  await done
  expect(now()).toBe('over')
  expect(states.filter(({ state }) => state === 'reading')).toHaveLength(STEPS.length)
})

it('waits while it is paused, goes on when asked, and does what is under way at once for whoever is in a hurry', async () => {
  const { minute, now } = start(true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(now()).toBe('reading 0')
  minute.next()
  await vi.advanceTimersByTimeAsync(0)
  expect(now()).toBe('acting 1')
  minute.next()
  await vi.advanceTimersByTimeAsync(0)
  expect(now(), 'without its second').toBe('reading 1')
  minute.setPaused(false)
  await vi.advanceTimersByTimeAsync(0)
  expect(now()).toBe('acting 2')
})

it('ends where it is when it is left, in the middle of a step too, and says no more', async () => {
  const { minute, states, now, done } = start()
  await vi.advanceTimersByTimeAsync(500)
  minute.leave()
  await done
  expect([now(), states.at(-1)?.state]).toEqual(['left', 'left'])
  const said = states.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(states).toHaveLength(said)
})

it('says so when a step cannot be done', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const minute = new Minute(false, () => {})
  const broken = { ada: { drag: () => Promise.reject(new Error('no such task')) } } as unknown as Cast
  await minute.run(broken)
  expect(minute.state).toEqual({ state: 'failed', step: 0 })
  expect(warn).toHaveBeenCalledOnce()
  warn.mockRestore()
})
