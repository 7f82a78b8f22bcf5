/** Hooks on a store: a list of its records, one of them, how far its edits have come. */
import { useCallback, useMemo } from 'react'
import type { LiveClient } from '../../live-updates/live-client.ts'
import type { ProjectClient } from '../../project/project-client.ts'
import type { RecordStatus } from '../../project/record-status.ts'
import type { RecordStore } from '../../project/record-store.ts'
import type { RecordId } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { itself, useSelection } from './selection.ts'

const NONE: readonly never[] = []

/**
 * Records of a store, live. With a selector the component renders only when what it selects changes: a value, or a list
 * whose entries are compared one by one. Also for stores of `createScheduler` and `createGanttStore`.
 * @example
 * const roots = useRecords(client.tasks, (tasks) => tasks.filter((task) => task.parentId == null))
 */
export function useRecords<T extends PlainRecord>(store: RecordStore<T>): readonly T[]
export function useRecords<T extends PlainRecord, Selected>(
  store: RecordStore<T>,
  select: (records: readonly T[]) => Selected,
  same?: (a: Selected, b: Selected) => boolean,
): Selected
export function useRecords<T extends PlainRecord>(
  store: RecordStore<T>,
  select: (records: readonly T[]) => unknown = itself,
  same?: (a: unknown, b: unknown) => boolean,
): unknown {
  return useSelection(store, NONE, select, same)
}

/** One record, live, also by the phantom id that it had before the server named it; undefined when there is none. Renders only when this record changes. */
export function useRecord<T extends PlainRecord>(store: RecordStore<T>, id: RecordId): T | undefined {
  const source = useMemo(
    () => ({ subscribe: store.subscribe, getSnapshot: (): T | undefined => store.get(id) }),
    [store, id],
  )
  return useSelection(source, undefined, itself)
}

/** A live store tells of a status by these. */
const LIVE_EVENTS = ['change', 'pending', 'saved', 'rejected', 'conflict'] as const

/**
 * How far edits of a record have come: `synced`, `pending`, `unconfirmed`, `rejected` or `conflict`.
 * @example
 * const status = useStatus(client, client.tasks, task.id)
 */
export function useStatus(
  client: Pick<ProjectClient, 'on' | 'wsSend'> | Pick<LiveClient, 'on'>,
  store: Pick<RecordStore<PlainRecord>, 'status'>,
  id: RecordId,
): RecordStatus {
  const subscribe = useCallback(
    (listener: () => void) => {
      const tell = (): void => listener()
      const stops = 'wsSend' in client ? [client.on('status', tell)] : LIVE_EVENTS.map((name) => client.on(name, tell))
      return () => {
        for (const stop of stops) stop()
      }
    },
    [client],
  )
  const source = useMemo(
    () => ({ subscribe, getSnapshot: (): RecordStatus => store.status(id) }),
    [subscribe, store, id],
  )
  return useSelection(source, 'synced', itself)
}
