/**
 * One `useSyncExternalStore` under all hooks: what a component takes of a snapshot keeps its identity as long as it says the
 * same, so that a component renders when something that it shows has changed, and for nothing else.
 */
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { Cancel } from '../../ports/ports.ts'

/** Something that changes, and tells when. */
export interface Source<Snapshot> {
  subscribe(listener: () => void): Cancel
  /** The same value until something changes. */
  getSnapshot(): Snapshot
}

/** True if two selections say the same: identical, or lists of identical things. */
function sameSelection(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  return (
    Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, at) => Object.is(value, b[at]))
  )
}

/**
 * What `select` makes of the snapshot. `nothing` is the snapshot on a server and while its markup is being taken over: a
 * client has loaded nothing there.
 */
export function useSelection<Snapshot, Selected>(
  source: Source<Snapshot>,
  nothing: Snapshot,
  select: (snapshot: Snapshot) => Selected,
  same: (a: Selected, b: Selected) => boolean = sameSelection,
): Selected {
  const shown = useRef<{ readonly value: Selected }>(undefined)
  const read = useMemo(() => {
    let last: { readonly of: Snapshot; readonly value: Selected } | undefined
    return (of: Snapshot): Selected => {
      if (last && Object.is(last.of, of)) return last.value
      const before = last ?? shown.current
      const made = select(of)
      const value = before && same(before.value, made) ? before.value : made
      last = { of, value }
      return value
    }
  }, [select, same])
  const value = useSyncExternalStore(
    source.subscribe,
    () => read(source.getSnapshot()),
    () => read(nothing),
  )
  // A selector written in place is another function in each render: what it makes is compared with what is shown.
  useEffect(() => {
    shown.current = { value }
  }, [value])
  return value
}

/** The whole snapshot. */
export function itself<T>(value: T): T {
  return value
}
