import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientLocks } from '../ports/ports.ts'
import { MemoryLocks } from '../testing/memory-outbox.ts'
import { clientLocksContract } from './client-locks.contract.ts'
import { browserOutbox, webClientLocks } from './client-locks.ts'
import { leaseClientLocks } from './lease-locks.ts'

interface SecondTab {
  webClientLocks: typeof webClientLocks
  leaseClientLocks: typeof leaseClientLocks
}

/** A document that can die: its locks live and end with it. */
async function openFrame(locksOf: (page: SecondTab) => ClientLocks): Promise<{ locks: ClientLocks; crash(): void }> {
  const frame = document.createElement('iframe')
  frame.src = new URL('./second-tab.html', import.meta.url).href
  document.body.append(frame)
  await vi.waitUntil(() => frame.contentWindow && 'leaseClientLocks' in frame.contentWindow, { timeout: 10_000 })
  const page = frame.contentWindow as unknown as SecondTab & Window
  // A crash says nothing: the page's own farewell is another test's.
  page.addEventListener = () => {}
  return { locks: locksOf(page), crash: () => frame.remove() }
}

clientLocksContract('Web Locks of documents', () => openFrame((page) => page.webClientLocks()))

clientLocksContract('leases of documents', () =>
  openFrame((page) => page.leaseClientLocks({ database: 'short-leases', leaseMs: 600, renewMs: 50 })),
)

const memory = new MemoryLocks()
clientLocksContract('memory', async () => {
  const tab = memory.tab()
  return { locks: tab, crash: tab.crash }
})

describe('the locks of a browser tab', () => {
  beforeEach(() => {
    sessionStorage.clear()
    localStorage.clear()
  })
  afterEach(() => vi.restoreAllMocks())

  test('[OB4] a lock that is granted after all were given back is given back as well', async () => {
    const locks = webClientLocks()
    // A name that no tab before had: its lock may still be on its way back, and would be refused for that.
    const late = locks.take('c-late')
    locks.releaseAll()
    expect(await late).toBe(false)
    await expect.poll(() => webClientLocks().isFree('c-late')).toBe(true)
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
    expect(webClientLocks().lastUser('ws://a/', 'ann')).toBe('ann')
    expect(webClientLocks().lastUser('ws://a/')).toBeUndefined()
  })

  test('[OB5] remembers the last users of eight servers, whatever somebody else wrote there', () => {
    for (const text of ['{', 'null', '{"a":"b"}', '[1,["ws://s/",2],[]]']) {
      localStorage.setItem('planwire-users', text)
      expect(webClientLocks().lastUser('ws://s/')).toBeUndefined()
    }
    for (let at = 0; at < 9; at++) webClientLocks().lastUser(`ws://${at}/`, `user ${at}`)
    const users = [0, 1, 8].map((at) => webClientLocks().lastUser(`ws://${at}/`))
    expect(users).toEqual([undefined, 'user 1', 'user 8'])
  })

  test('a page has an outbox without asking for one', () => {
    expect(browserOutbox()).toBeDefined()
  })

  test('[OB9] a page without Web Locks and crypto.randomUUID, as on plain http in a LAN, has leases', async () => {
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager)
    Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true })
    const [one, two] = [browserOutbox()?.locks, browserOutbox()?.locks]
    expect([await one?.take('c-7'), await two?.take('c-7'), await two?.isFree('c-7')]).toEqual([true, false, false])
    one?.releaseAll()
    await expect.poll(() => two?.take('c-7')).toBe(true)
    two?.releaseAll()
    Reflect.deleteProperty(crypto, 'randomUUID')
  })
})

describe('leases', () => {
  let time = 0
  const now = (): number => time
  const opened: ClientLocks[] = []
  const open = (): ClientLocks => {
    const locks = leaseClientLocks({ database: 'leases-test', now })
    opened.push(locks)
    return locks
  }
  /** Time passes, and timers run in steps of so many seconds. */
  const pass = async (seconds: number, stepSeconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += stepSeconds) {
      time += stepSeconds * 1_000
      vi.advanceTimersToNextTimer()
      for (const locks of opened) await locks.isFree('nobody')
    }
  }
  beforeEach(() => {
    time = 1_000_000_000
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  })
  afterEach(async () => {
    for (const locks of opened.splice(0)) locks.releaseAll()
    vi.useRealTimers()
    const request = indexedDB.deleteDatabase('leases-test')
    await new Promise((resolve) => (request.onsuccess = resolve))
  })

  test('[OB9] a hidden tab, whose timers run once a minute, keeps its lease', async () => {
    const [owner, other] = [open(), open()]
    await owner.take('c-1')
    await pass(3_600, 60)
    expect([await other.isFree('c-1'), await other.take('c-1')]).toEqual([false, false])
  })

  test('[OB9] the lease of a tab that stopped renewing is over after 150 s, not before', async () => {
    const owner = open()
    await owner.take('c-1')
    vi.clearAllTimers()
    const other = open()
    time += 70_000
    await other.isFree('c-1')
    time += 70_000
    expect(await other.isFree('c-1')).toBe(false)
    time += 10_000
    expect([await other.isFree('c-1'), await other.take('c-1')]).toEqual([true, true])
  })

  test('[OB9] a tab that slept itself, with the whole machine, lets the others renew before it judges', async () => {
    const [owner, other] = [open(), open()]
    await owner.take('c-1')
    await other.isFree('c-1')
    time += 8 * 3_600_000
    expect(await other.take('c-1')).toBe(false)
    await pass(60, 60)
    await pass(60, 60)
    expect(await other.take('c-1')).toBe(false)
  })

  test('[OB9] a holder whose lease others took finds that out once, and may have it when they gave it back', async () => {
    const owner = open()
    await owner.take('c-1')
    vi.clearAllTimers()
    for (const seconds of [70, 70, 70]) {
      time += seconds * 1_000
      for (const locks of opened.slice(1)) await locks.isFree('c-1')
    }
    const other = open()
    expect(await other.take('c-1')).toBe(true)
    expect([await owner.take('c-1'), await owner.take('c-1')]).toEqual([false, false])
    other.release('c-1')
    await expect.poll(() => owner.take('c-1')).toBe(true)
    expect(await other.take('c-1')).toBe(false)
  })

  test('[OB9] a page that goes gives its leases back at once; if it returns, it finds that out', async () => {
    const [owner, other] = [open(), open()]
    await owner.take('c-1')
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    await expect.poll(() => other.isFree('c-1')).toBe(true)
    expect([await owner.take('c-1'), await owner.take('c-1')]).toEqual([false, true])
  })

  test('[OB9] a clock that was put back does not make a lease last for ever', async () => {
    const owner = open()
    await owner.take('c-1')
    vi.clearAllTimers()
    time -= 86_400_000
    const other = open()
    expect(await other.take('c-1')).toBe(true)
  })

  test('[OB6] refused storage rejects', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementationOnce(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    })
    await expect(open().take('c-1')).rejects.toThrow('insecure')
  })
})
