import { afterEach, beforeEach, vi } from 'vitest'
import { connectSchedulerContract } from './connect-scheduler.contract.ts'
import { SchedulerDouble } from './scheduler-double.contract.ts'

/** Frames that come when a test says so. */
let frames = new Map<number, () => void>()

beforeEach(() => {
  frames = new Map()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
    frames.set(++last, run)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => frames.delete(id))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

connectSchedulerContract('a double of the widget', {
  open: () => new SchedulerDouble(),
  close: () => undefined,
  async painted() {
    const due = [...frames.values()]
    frames.clear()
    for (const run of due) run()
  },
})
