/** Locks made of IndexedDB are held to what the browser's own do, as far as the mock server asks for it. */
import { describe, expect, it } from 'vitest'
import { databaseLocks } from './database-locks.ts'
import { newServerName } from './forget-state.contract.ts'
import { holdLock, type Locks, tryLock, whenFreed } from './web-locks.ts'

async function made(): Promise<Locks> {
  const locks = await databaseLocks()
  if (locks === undefined) throw new Error('no storage')
  return locks
}

/** Resolves when everything that stands before it in the queue of a lock has had its turn. */
async function turnOf(locks: Locks, name: string): Promise<void> {
  const free = await holdLock(locks, name)
  await free()
}

for (const [kind, open] of [
  ['Web Locks', async (): Promise<Locks> => navigator.locks],
  ['IndexedDB', made],
] as const) {
  describe(`a lock of ${kind}`, () => {
    it('is had by one at a time, of many that ask at once', async () => {
      const locks = await open()
      const name = `lock-${newServerName()}`
      let holders = 0
      const most: number[] = []
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const free = await holdLock(locks, name)
          holders += 1
          most.push(holders)
          await turnOf(locks, `${name}-other-${most.length}`)
          holders -= 1
          await free()
        }),
      )
      expect(most).toEqual(Array.from({ length: 20 }, () => 1))
    })

    it('is refused while somebody has it, and tells who has to wait', async () => {
      const locks = await open()
      const name = `lock-${newServerName()}`
      const free = await holdLock(locks, name)
      expect(await tryLock(locks, name)).toBeUndefined()
      const events: string[] = []
      const next = holdLock(locks, name, () => {
        events.push('busy')
        void free()
      })
      await (await next)()
      expect(events).toEqual(['busy'])
      const again = await tryLock(locks, name)
      expect(again).toBeDefined()
      await again?.()
    })

    it('tells all who wait for its end, and nobody who waits no more', async () => {
      const locks = await open()
      const name = `lock-${newServerName()}`
      const free = await holdLock(locks, name)
      const told: string[] = []
      const stop = whenFreed(locks, name, () => told.push('stopped'))
      const both = ['one', 'two'].map(
        (who) => new Promise<void>((resolve) => whenFreed(locks, name, () => resolve(void told.push(who)))),
      )
      stop()
      await free()
      await Promise.all(both)
      expect(told.sort()).toEqual(['one', 'two'])
      // At once, where nobody has it.
      await new Promise<void>((resolve) => whenFreed(locks, name, resolve))
    })

    it('passes over a request that was withdrawn', async () => {
      const locks = await open()
      const name = `lock-${newServerName()}`
      const free = await holdLock(locks, name)
      const withdrawal = new AbortController()
      const request = locks.request(name, { signal: withdrawal.signal }, () => {
        throw new Error('granted')
      })
      withdrawal.abort()
      await expect(request).rejects.toMatchObject({ name: 'AbortError' })
      await free()
      await turnOf(locks, name)
    })
  })
}

describe('locks of IndexedDB', () => {
  it('leave nothing behind that is swept, and keep what is held', async () => {
    const locks = await made()
    const name = `lock-${newServerName()}`
    await turnOf(locks, `${name}:tab:left`)
    const free = await holdLock(locks, `${name}:tab:held`)
    await locks.sweep?.([`${name}:tab:`])
    await turnOf(locks, `${name}:tab:left`)
    expect(await tryLock(locks, `${name}:tab:held`)).toBeUndefined()
    await free()
    await locks.sweep?.([`${name}:tab:`])
    for (const each of ['left', 'held']) {
      await new Promise<void>((resolve) => whenFreed(locks, `${name}:tab:${each}`, resolve))
    }
    const names = (await indexedDB.databases()).map((database) => database.name)
    expect(names.filter((each) => each?.includes(name))).toEqual([])
  })
})
