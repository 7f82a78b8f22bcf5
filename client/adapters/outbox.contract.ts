/** What every {@link OutboxStorage} promises to the outbox, wherever it keeps things. */
import { afterEach, describe, expect, test } from 'vitest'
import type { OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import type { ChangesetId } from '../protocol/ids.ts'

/** Opens storage of one kind; called several times in one test it opens the same, as the tabs of a browser do. */
export interface OutboxKind {
  open(): OutboxStorage
  /** Forgets everything, after each test. */
  clear(): Promise<void>
}

/** A stored changeset that renames a task. */
export function storedChangeset(id: ChangesetId, fields: Partial<StoredChangeset> = {}): StoredChangeset {
  const changes = { stores: { tasks: { updated: [{ id: 1, name: `by ${id} “\n`, note: null }] } } }
  return { format: 1, id, box: 'ann', changes, sent: false, rank: 1, ...fields }
}

const idsOf = async (storage: OutboxStorage, box = 'ann'): Promise<string[]> =>
  (await storage.read(box)).map(({ id }) => id)

export function outboxContract(name: string, kind: OutboxKind): void {
  describe(`outbox storage: ${name}`, () => {
    let opened: OutboxStorage[] = []
    const open = (): OutboxStorage => {
      const storage = kind.open()
      opened.push(storage)
      return storage
    }
    afterEach(async () => {
      for (const storage of opened) storage.close()
      opened = []
      await kind.clear()
    })

    test('[OB2] reads a changeset as it was written, also in another tab', async () => {
      const changeset = storedChangeset('c-1:1', { sent: true, rank: 7 })
      const storage = open()
      await storage.write([changeset], [])
      expect(await storage.read('ann')).toEqual([changeset])
      expect(await open().read('ann')).toEqual([changeset])
    })

    test('[OB2] keeps a changeset as it was when it was written, whatever becomes of the objects', async () => {
      const storage = open()
      const task = { id: 1, name: 'before' }
      await storage.write([storedChangeset('c-1:1', { changes: { stores: { tasks: { updated: [task] } } } })], [])
      task.name = 'after'
      expect(await storage.read('ann')).toMatchObject([
        { changes: { stores: { tasks: { updated: [{ name: 'before' }] } } } },
      ])
    })

    test('[OB3] reads by client, then in the order in which each made its changesets', async () => {
      const storage = open()
      const ids: ChangesetId[] = ['c-2:1', 'c-1:10', 'c-1:2', 'c-1:9']
      await storage.write(
        ids.map((id) => storedChangeset(id)),
        [],
      )
      expect(await idsOf(storage)).toEqual(['c-1:2', 'c-1:9', 'c-1:10', 'c-2:1'])
    })

    test('[OB5] reads what is filed in one box and nothing else', async () => {
      const storage = open()
      await storage.write([storedChangeset('c-1:1'), storedChangeset('c-2:1', { box: 'bob' })], [])
      expect([await idsOf(storage), await idsOf(storage, 'bob'), await idsOf(storage, 'eve')]).toEqual([
        ['c-1:1'],
        ['c-2:1'],
        [],
      ])
    })

    test('[OB2] replaces, adds and forgets in one step; what is not there can be forgotten', async () => {
      const storage = open()
      await storage.write([storedChangeset('c-1:1'), storedChangeset('c-1:2')], [])
      await storage.write([storedChangeset('c-1:2', { sent: true }), storedChangeset('c-1:3')], ['c-1:1', 'c-9:9'])
      expect((await storage.read('ann')).map(({ id, sent }) => [id, sent])).toEqual([
        ['c-1:2', true],
        ['c-1:3', false],
      ])
    })

    test('[OB4] several tabs write at once without losing what others wrote; each forgets for all', async () => {
      const tabs = [open(), open(), open()]
      await Promise.all(tabs.map((tab, at) => tab.write([storedChangeset(`c-${at}:1`)], [])))
      for (const tab of tabs) expect(await idsOf(tab)).toEqual(['c-0:1', 'c-1:1', 'c-2:1'])
      await open().write([], ['c-1:1'])
      for (const tab of tabs) expect(await idsOf(tab)).toEqual(['c-0:1', 'c-2:1'])
    })

    test('[OB2] a read sees every write that was begun before it', async () => {
      const storage = open()
      const writes = [
        storage.write([storedChangeset('c-1:1')], []),
        storage.write([storedChangeset('c-1:2')], ['c-1:1']),
      ]
      expect(await idsOf(storage)).toEqual(['c-1:2'])
      await Promise.all(writes)
    })
  })
}
