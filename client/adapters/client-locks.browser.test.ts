import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientLocks } from '../ports/ports.ts'
import { MemoryLocks } from '../testing/memory-outbox.ts'
import { clientLocksContract } from './client-locks.contract.ts'
import { browserOutbox, webClientLocks } from './client-locks.ts'

/** A document that can die: its locks live and end with it. */
async function openFrame(): Promise<{ locks: ClientLocks; crash(): void }> {
  const frame = document.createElement('iframe')
  frame.src = new URL('./second-tab.html', import.meta.url).href
  document.body.append(frame)
  await vi.waitUntil(() => frame.contentWindow && 'webClientLocks' in frame.contentWindow, { timeout: 10_000 })
  const page = frame.contentWindow as unknown as { webClientLocks: typeof webClientLocks }
  return { locks: page.webClientLocks(), crash: () => frame.remove() }
}

clientLocksContract('Web Locks of documents', openFrame)

const memory = new MemoryLocks()
clientLocksContract('memory', async () => {
  const tab = memory.tab()
  return { locks: tab, crash: tab.crash }
})

describe('the locks of a browser tab', () => {
  beforeEach(() => sessionStorage.clear())
  afterEach(() => vi.restoreAllMocks())

  test('[OB4] a lock that is granted after all were given back is given back as well', async () => {
    const locks = webClientLocks()
    const late = locks.take('c-5')
    locks.releaseAll()
    expect(await late).toBe(false)
    await expect.poll(() => webClientLocks().isFree('c-5')).toBe(true)
  })

  test('[OB3] a tab remembers the clients it had before it was reloaded, the latest last, and eight at most', () => {
    expect(webClientLocks().formerIds('c-0')).toEqual([])
    for (let at = 1; at < 12; at++) webClientLocks().formerIds(`c-${at}`)
    const locks = webClientLocks()
    expect(locks.formerIds('now')).toEqual(['c-4', 'c-5', 'c-6', 'c-7', 'c-8', 'c-9', 'c-10', 'c-11'])
    expect(locks.formerIds('now')).toHaveLength(8)
  })

  test('[OB3] what somebody else wrote into sessionStorage, or a refusal of it, is as if there had been nothing', () => {
    for (const text of ['{', 'null', '{"0":"c-1"}', '[1,null]']) {
      sessionStorage.setItem('planwire-clients', text)
      expect(webClientLocks().formerIds('c-1')).toEqual([])
    }
    vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    expect(webClientLocks().formerIds('c-1')).toEqual([])
  })

  test('a page has an outbox without asking for one', () => {
    expect(browserOutbox()).toBeDefined()
  })
})
