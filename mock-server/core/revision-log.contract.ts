/**
 * What every {@link RevisionLog} promises to the rooms, whatever it stores them in. A test file of each implementation
 * calls {@link revisionLogContract}.
 */
import { afterEach, describe, expect, it } from 'vitest'
import type { LogEntry, RevisionLog, RoomSnapshot } from './contract.ts'

/** Opens logs of one kind. */
export interface RevisionLogKind {
  /** A new, empty log. */
  create(): Promise<RevisionLog>
  /** Closes the log and opens it again, as after a restart; absent for logs that end with their process. */
  reopen?(log: RevisionLog): Promise<RevisionLog>
  /** A log that keeps this many commits behind a snapshot for catch-up; absent where that cannot be set. */
  withHistory?(history: number): Promise<RevisionLog>
}

/** A room's first snapshot. */
export function emptySnapshot(fields: Partial<RoomSnapshot> = {}): RoomSnapshot {
  return { epoch: 'e1', revision: 0, dataset: { stores: { tasks: [] }, meta: {} }, nextId: 1, ...fields }
}

/** The commit that made `revision`. */
export function entryOf(revision: number): LogEntry {
  const changes = { stores: { tasks: { updated: [{ id: 1, name: `name "${revision}"\n`, note: null }] } } }
  return { type: 'changes', revision, changes, author: `c-1:${revision}`, at: 1000 + revision }
}

const revisionsOf = (entries: readonly LogEntry[] | 'lost' | undefined): unknown =>
  Array.isArray(entries) ? entries.map(({ revision }) => revision) : entries

async function appendUpTo(log: RevisionLog, room: string, last: number, from = 1): Promise<void> {
  for (let revision = from; revision <= last; revision++) {
    expect(await log.append(room, revision - 1, entryOf(revision))).toBe('ok')
  }
}

export function revisionLogContract(name: string, kind: RevisionLogKind): void {
  describe(`revision log: ${name}`, () => {
    let opened: RevisionLog[] = []
    const keep = (log: RevisionLog): RevisionLog => {
      opened.push(log)
      return log
    }
    const create = async (): Promise<RevisionLog> => keep(await kind.create())
    afterEach(async () => {
      for (const log of opened) await log.close()
      opened = []
    })

    it('knows nothing of a room that was never stored', async () => {
      const log = await create()
      expect(await log.load('p1')).toBeUndefined()
      expect(await log.read('p1', 0)).toBe('lost')
      expect(await log.append('p1', 0, entryOf(1))).toBe('lost')
    })

    it('gives back commits whose text it was handed as those without: with author, time and run', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const stores = { tasks: { updated: [{ id: 1, name: 'Dig' }] } }
      const authors = [{}, { author: 'c-1:1' }, { author: 'c-2:9', run: 'r1' }] as const
      const entries = Array.from({ length: 6 }, (_, at): LogEntry => {
        return { type: 'changes', revision: at + 1, changes: { stores }, at: 1000 + at, ...authors[at % 3] }
      })
      for (const entry of entries) {
        const text = entry.revision > 3 ? JSON.stringify(stores) : undefined
        expect(await log.append('p1', entry.revision - 1, entry, text)).toBe('ok')
      }
      expect(await log.read('p1', 0)).toEqual(entries)
      expect(await log.read('p1', 4)).toEqual(entries.slice(4))
      await log.saveSnapshot('p1', emptySnapshot({ revision: 4 }))
      expect((await log.load('p1'))?.entries).toEqual(entries.slice(4))
    })

    it('gives back the newest snapshot and every commit after it, in order and unchanged', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      await appendUpTo(log, 'p1', 3)
      expect(await log.load('p1')).toEqual({
        snapshot: emptySnapshot(),
        entries: [entryOf(1), entryOf(2), entryOf(3)],
      })
      await log.saveSnapshot('p1', emptySnapshot({ revision: 2, nextId: 7 }))
      expect(await log.load('p1')).toEqual({
        snapshot: emptySnapshot({ revision: 2, nextId: 7 }),
        entries: [entryOf(3)],
      })
    })

    it('refuses a commit that was made from another revision than the newest', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      await appendUpTo(log, 'p1', 2)
      expect(await log.append('p1', 1, entryOf(2))).toBe('behind')
      expect(await log.append('p1', 5, entryOf(6))).toBe('behind')
      expect(revisionsOf((await log.load('p1'))?.entries)).toEqual([1, 2])
    })

    it('keeps commits that are appended without waiting in the order of the calls', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const revisions = Array.from({ length: 50 }, (_, index) => index + 1)
      const answers = await Promise.all(revisions.map((revision) => log.append('p1', revision - 1, entryOf(revision))))
      expect(new Set(answers)).toEqual(new Set(['ok']))
      expect(revisionsOf(await log.read('p1', 0))).toEqual(revisions)
    })

    it('shows a reader what was appended before, even if nobody has waited for it', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const appended = [1, 2, 3].map((revision) => log.append('p1', revision - 1, entryOf(revision)))
      const [stored, read] = await Promise.all([log.load('p1'), log.read('p1', 1)])
      expect(revisionsOf(stored?.entries)).toEqual([1, 2, 3])
      expect(revisionsOf(read)).toEqual([2, 3])
      await Promise.all(appended)
    })

    it('answers catch-up with the commits after a revision, also those that a snapshot covers', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      await appendUpTo(log, 'p1', 4)
      await log.saveSnapshot('p1', emptySnapshot({ revision: 4 }))
      expect(revisionsOf(await log.read('p1', 0))).toEqual([1, 2, 3, 4])
      expect(revisionsOf(await log.read('p1', 3))).toEqual([4])
      expect(revisionsOf(await log.read('p1', 4))).toEqual([])
    })

    it('finds any commit of a long history, and nothing behind its end', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const all = Array.from({ length: 200 }, (_, index) => index + 1)
      await Promise.all(all.map((revision) => log.append('p1', revision - 1, entryOf(revision))))
      for (const since of [0, 62, 63, 64, 65, 127, 128, 198, 199]) {
        expect(revisionsOf(await log.read('p1', since)), `since ${since}`).toEqual(all.slice(since))
      }
      expect(await log.read('p1', 200)).toEqual([])
      expect(await log.read('p1', 201)).toEqual([])
    })

    it('takes a snapshot while commits go on, and loses none of them', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const writes: Promise<unknown>[] = []
      for (let revision = 1; revision <= 30; revision++) {
        writes.push(Promise.resolve(log.append('p1', revision - 1, entryOf(revision))))
        if (revision % 10 === 0) writes.push(log.saveSnapshot('p1', emptySnapshot({ revision })))
      }
      expect(new Set(await Promise.all(writes))).toEqual(new Set(['ok', undefined]))
      await appendUpTo(log, 'p1', 31, 31)
      expect(await log.load('p1')).toEqual({ snapshot: emptySnapshot({ revision: 30 }), entries: [entryOf(31)] })
      expect(await log.read('p1', 0)).toHaveLength(31)
    })

    it('goes on under a new epoch at once, whatever was on its way', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const before = log.append('p1', 0, entryOf(1))
      const begun = log.saveSnapshot('p1', emptySnapshot({ epoch: 'e2', revision: 1 }))
      const after = log.append('p1', 1, entryOf(2))
      expect(['ok', 'lost']).toContain(await before)
      await begun
      expect(await after).toBe('ok')
      expect(await log.load('p1')).toEqual({
        snapshot: emptySnapshot({ epoch: 'e2', revision: 1 }),
        entries: [entryOf(2)],
      })
    })

    it('says that history before its first snapshot is lost', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot({ revision: 10 }))
      expect(await log.read('p1', 9)).toBe('lost')
      expect(revisionsOf(await log.read('p1', 10))).toEqual([])
      await appendUpTo(log, 'p1', 12, 11)
      expect(revisionsOf(await log.read('p1', 10))).toEqual([11, 12])
      expect(await log.read('p1', 9)).toBe('lost')
    })

    it('forgets the old history when a snapshot begins a new epoch', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      await appendUpTo(log, 'p1', 3)
      await log.saveSnapshot('p1', emptySnapshot({ epoch: 'e2', revision: 1 }))
      expect(await log.load('p1')).toEqual({ snapshot: emptySnapshot({ epoch: 'e2', revision: 1 }), entries: [] })
      expect(await log.read('p1', 0)).toBe('lost')
      await appendUpTo(log, 'p1', 2, 2)
      expect(revisionsOf(await log.read('p1', 1))).toEqual([2])
    })

    it('keeps rooms apart, whatever their names', async () => {
      const log = await create()
      const names = ['p1', 'p10', 'p', '', '__proto__', 'ü/1']
      for (const [index, room] of names.entries()) {
        await log.saveSnapshot(room, emptySnapshot())
        await appendUpTo(log, room, index)
      }
      for (const [index, room] of names.entries()) {
        expect((await log.load(room))?.entries.length, room).toBe(index)
      }
    })

    it('stores a reset with its dataset', async () => {
      const log = await create()
      await log.saveSnapshot('p1', emptySnapshot())
      const reset: LogEntry = {
        type: 'reset',
        revision: 1,
        dataset: { stores: { tasks: [{ id: 1, name: 'Dig' }] }, meta: { startDate: '2026-01-01' } },
        at: 5,
      }
      expect(await log.append('p1', 0, reset)).toBe('ok')
      expect((await log.load('p1'))?.entries).toEqual([reset])
    })

    it('closes more than once without complaint', async () => {
      const log = await create()
      await log.close()
      await log.close()
    })

    const { reopen, withHistory } = kind
    if (reopen)
      it('finds everything that was acknowledged after a restart, and goes on from there', async () => {
        let log = await kind.create()
        await log.saveSnapshot('p1', emptySnapshot())
        await appendUpTo(log, 'p1', 3)
        await log.saveSnapshot('p1', emptySnapshot({ revision: 2 }))
        log = keep(await reopen(log))
        // Without `load`: the head is found by itself.
        expect(await log.append('p1', 2, entryOf(3))).toBe('behind')
        expect(await log.append('p1', 3, entryOf(4))).toBe('ok')
        expect(await log.load('p1')).toEqual({
          snapshot: emptySnapshot({ revision: 2 }),
          entries: [entryOf(3), entryOf(4)],
        })
        expect(revisionsOf(await log.read('p1', 0))).toEqual([1, 2, 3, 4])
      })

    if (reopen)
      it('finds the newest epoch of each room after a restart, and nothing of the ones before', async () => {
        let log = await kind.create()
        for (const room of ['p1', 'p2']) {
          await log.saveSnapshot(room, emptySnapshot())
          await appendUpTo(log, room, 2)
        }
        await log.saveSnapshot('p1', emptySnapshot({ epoch: 'e2', revision: 2 }))
        await appendUpTo(log, 'p1', 3, 3)
        log = keep(await reopen(log))
        expect(await log.load('p1')).toEqual({
          snapshot: emptySnapshot({ epoch: 'e2', revision: 2 }),
          entries: [entryOf(3)],
        })
        expect(await log.read('p1', 1)).toBe('lost')
        expect((await log.load('p2'))?.snapshot.epoch).toBe('e1')
        expect(revisionsOf(await log.read('p2', 0))).toEqual([1, 2])
      })

    if (withHistory)
      it('keeps as much history behind a snapshot as it was told, and no more', async () => {
        const log = keep(await withHistory(3))
        await log.saveSnapshot('p1', emptySnapshot())
        await appendUpTo(log, 'p1', 10)
        await log.saveSnapshot('p1', emptySnapshot({ revision: 8 }))
        expect(await log.read('p1', 4)).toBe('lost')
        expect(revisionsOf(await log.read('p1', 5))).toEqual([6, 7, 8, 9, 10])
      })
  })
}
