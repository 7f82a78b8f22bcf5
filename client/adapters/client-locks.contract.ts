/** What every {@link ClientLocks} promises, whoever holds the locks. */
import { describe, expect, test } from 'vitest'
import type { ClientLocks } from '../ports/ports.ts'

/** Opens a tab; `crash` ends it without a word. */
export type OpenTab = () => Promise<{ readonly locks: ClientLocks; crash(): void }>

export function clientLocksContract(name: string, openTab: OpenTab): void {
  const freed = (locks: ClientLocks, client: string): Promise<void> =>
    expect.poll(() => locks.isFree(client)).toBe(true)

  describe(`client locks: ${name}`, () => {
    test('[OB4] a client’s lock is held while its tab lives, and free when it is gone', async () => {
      const owner = await openTab()
      const other = await openTab()
      expect(await other.locks.isFree('c-1')).toBe(true)
      expect(await owner.locks.take('c-1')).toBe(true)
      expect([await other.locks.isFree('c-1'), await other.locks.take('c-1')]).toEqual([false, false])
      owner.crash()
      await freed(other.locks, 'c-1')
      expect(await other.locks.take('c-1')).toBe(true)
      other.crash()
    })

    test('[OB4] of several tabs that want the lock of one that is gone, one gets it', async () => {
      const tabs = await Promise.all([openTab(), openTab(), openTab()])
      const taken = await Promise.all(tabs.map(({ locks }) => locks.take('c-2')))
      expect(taken.filter(Boolean)).toHaveLength(1)
      for (const { crash } of tabs) crash()
    })

    test('[OB3] what a tab has taken it may take again, also at the same time', async () => {
      const owner = await openTab()
      expect(await Promise.all([owner.locks.take('c-3'), owner.locks.take('c-3')])).toEqual([true, true])
      expect([await owner.locks.take('c-3'), await owner.locks.isFree('c-3')]).toEqual([true, true])
      owner.crash()
    })

    test('[OB4] a lock that was refused can be had later', async () => {
      const owner = await openTab()
      const other = await openTab()
      await owner.locks.take('c-4')
      expect(await other.locks.take('c-4')).toBe(false)
      owner.locks.releaseAll()
      await freed(other.locks, 'c-4')
      expect(await other.locks.take('c-4')).toBe(true)
      for (const { crash } of [owner, other]) crash()
    })

    test('[OB4] a tab can give one lock back and keep the others', async () => {
      const owner = await openTab()
      const other = await openTab()
      await owner.locks.take('c-5')
      await owner.locks.take('c-6')
      owner.locks.release('c-6')
      owner.locks.release('c-unknown')
      await freed(other.locks, 'c-6')
      expect([await other.locks.take('c-6'), await other.locks.take('c-5')]).toEqual([true, false])
      for (const { crash } of [owner, other]) crash()
    })

    test('[OB5] tells who logged in last at each server, in whatever tab', async () => {
      const owner = await openTab()
      const other = await openTab()
      const server = `ws://${name}/`
      expect(owner.locks.lastUser(server)).toBeUndefined()
      expect(owner.locks.lastUser(server, 'ann')).toBe('ann')
      expect([other.locks.lastUser(server), other.locks.lastUser(`${server}2`)]).toEqual(['ann', undefined])
      other.locks.lastUser(server, 'bob')
      expect(owner.locks.lastUser(server)).toBe('bob')
      for (const { crash } of [owner, other]) crash()
    })
  })
}
