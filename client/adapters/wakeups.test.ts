import { afterEach, expect, test, vi } from 'vitest'
import { browserWakeups } from './wakeups.ts'

afterEach(() => vi.unstubAllGlobals())

test('wakes when the network comes or goes and when the tab is seen again, and not after it was cancelled', () => {
  const page = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  const woken = vi.fn()
  const cancel = browserWakeups(woken)
  const happen = (): void => {
    page.dispatchEvent(new Event('online'))
    page.dispatchEvent(new Event('offline'))
    page.dispatchEvent(new Event('pageshow'))
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    document.dispatchEvent(new Event('visibilitychange'))
  }
  happen()
  expect(woken).toHaveBeenCalledTimes(3)
  document.visibilityState = 'visible'
  happen()
  expect(woken).toHaveBeenCalledTimes(7)
  cancel()
  happen()
  expect(woken).toHaveBeenCalledTimes(7)
})

test('outside of a page it never wakes', () => {
  const woken = vi.fn()
  browserWakeups(woken)()
  expect(woken).not.toHaveBeenCalled()
})
