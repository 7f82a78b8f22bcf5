/**
 * Owns what a live-updates client that was away is told: one event per record that was touched since, as the record is now.
 * A record that came and went meanwhile is told with both: an author may know it by the answer to its own write alone, and
 * has to hear that it is gone; for anybody else a removal of what never came would make no sense.
 */
import type { StoreChanges } from '../../client/protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { ResumePoint } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Commit } from './history.ts'
import type { Room } from './room.ts'

/** Events after which a reload is cheaper. */
const MOST_EVENTS = 5000

/** A record that commits touched. */
export interface MissedRecord {
  readonly id: RecordId
  /** Whether it was there before them. */
  readonly wasThere: boolean
  /** Whether one of them said where it stands among its siblings. */
  readonly placed: boolean
  /** As it is now; undefined when it is gone. */
  readonly now: PlainRecord | undefined
  /** As it came, of one that came and went. */
  readonly came: PlainRecord | undefined
}

/** The records of a store that were touched since; `lost` when they cannot be told, or are too many. */
export function missedSince(room: Room, store: string, point: ResumePoint): readonly MissedRecord[] | 'lost' {
  const commits = room.since(point)
  if (commits === 'lost') return 'lost'
  const touched = touchedBy(commits, store)
  if (touched.size > MOST_EVENTS) return 'lost'
  const table = room.table(store)
  return [...touched].map(([key, touch]) => {
    const now = table.get(key)
    return { ...touch, now, came: now || touch.wasThere ? undefined : touch.came }
  })
}

type Touch = Omit<MissedRecord, 'now'>

/** In the order of their last touch. */
function touchedBy(commits: readonly Commit[], store: string): ReadonlyMap<RecordKey, Touch> {
  const touched = new Map<RecordKey, Touch>()
  const touch = (id: RecordId, wasThere: boolean, placed: boolean, came?: PlainRecord): void => {
    const key = idKey(id)
    const before = touched.get(key)
    touched.delete(key)
    touched.set(key, {
      id,
      wasThere: before?.wasThere ?? wasThere,
      placed: before?.placed === true || placed,
      came: came ?? before?.came,
    })
  }
  for (const { changes } of commits) {
    const { added, updated, removed }: StoreChanges = changes.stores[store] ?? {}
    for (const { id, $PhantomId: _, $PhantomParentId: __, ...fields } of added ?? [])
      if (id !== undefined) touch(id, false, true, { ...fields, id })
    for (const edit of updated ?? []) touch(edit.id, true, 'parentIndex' in edit || 'parentId' in edit)
    for (const { id } of removed ?? []) touch(id, true, false)
  }
  return touched
}
