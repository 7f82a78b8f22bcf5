import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { consoleLogger, systemClock, systemRandom } from './system.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('a timer runs once after its delay, and never after it was cancelled', () => {
  const ran = vi.fn()
  const cancelled = vi.fn()
  systemClock.after(1_000, ran)
  const cancel = systemClock.after(1_000, cancelled)
  cancel()
  cancel()
  vi.advanceTimersByTime(999)
  expect(ran).not.toHaveBeenCalled()
  vi.advanceTimersByTime(60_000)
  expect(ran).toHaveBeenCalledOnce()
  expect(cancelled).not.toHaveBeenCalled()
})

test('a delay longer than platform timers can hold is kept, and can be cancelled on the way', () => {
  const days = 24 * 60 * 60 * 1_000
  const ran = vi.fn()
  const cancelled = vi.fn()
  systemClock.after(60 * days, ran)
  const cancel = systemClock.after(60 * days, cancelled)
  vi.advanceTimersByTime(59 * days)
  expect(ran).not.toHaveBeenCalled()
  cancel()
  vi.advanceTimersByTime(1 * days)
  expect(ran).toHaveBeenCalledOnce()
  expect(cancelled).not.toHaveBeenCalled()
})

test('ids are random where crypto.randomUUID exists and where it does not, as on plain http in a LAN', () => {
  expect(systemRandom.id()).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
  const getRandomValues = vi.fn((bytes: Uint8Array) => bytes.fill(7))
  vi.stubGlobal('crypto', { getRandomValues })
  expect(systemRandom.id()).toBe('07'.repeat(16))
})

test('log lines name planwire and keep their level and details', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
  consoleLogger('warn', 'handler failed', { command: 'login' })
  consoleLogger('debug', 'opened')
  expect(warn.mock.calls).toEqual([['planwire: handler failed', { command: 'login' }]])
  expect(debug.mock.calls).toEqual([['planwire: opened']])
})
