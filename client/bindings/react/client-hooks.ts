/** Hooks on a client as a whole: connection, what is pending, undo, who else is there. */
import { useEffect, useMemo } from 'react'
import type { ProjectClient } from '../../project/project-client.ts'
import type { ClientSnapshot } from '../../project/project-options.ts'
import type { Fields } from '../../protocol/records.ts'
import type { Peer } from '../../sync/presence.ts'
import { itself, type Source, useSelection } from './selection.ts'

/** What a client is before it has an address. */
const NOT_YET: ClientSnapshot = {
  connection: { state: 'idle' },
  pending: 0,
  unconfirmed: 0,
  users: [],
  canUndo: false,
  canRedo: false,
  undoLabel: undefined,
  redoLabel: undefined,
}
const NOBODY: readonly Peer[] = []

/**
 * State of a project client: `connection`, `pending`, `unconfirmed`, `users`, `canUndo`, `canRedo` and their labels. With a
 * selector the component renders only when what it selects changes.
 * @example
 * const pending = useClient(client, (state) => state.pending)
 */
export function useClient(client: Source<ClientSnapshot>): ClientSnapshot
export function useClient<T>(client: Source<ClientSnapshot>, select: (state: ClientSnapshot) => T): T
export function useClient(
  client: Source<ClientSnapshot>,
  select: (state: ClientSnapshot) => unknown = itself,
): unknown {
  return useSelection(client, NOT_YET, select)
}

/** What {@link useUndo} gives. */
export interface Undo {
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly undoLabel: string | undefined
  readonly redoLabel: string | undefined
  /** Takes back the newest own transaction; false if there is none. */
  readonly undo: () => boolean
  readonly redo: () => boolean
}

/** Undo and redo of this client's own edits, with what a button needs to know. The same object until that changes. */
export function useUndo(client: Pick<ProjectClient, 'subscribe' | 'getSnapshot' | 'undo' | 'redo'>): Undo {
  const [canUndo, canRedo, undoLabel, redoLabel] = useSelection(client, NOT_YET, historyOf)
  return useMemo(
    () => ({
      canUndo,
      canRedo,
      undoLabel,
      redoLabel,
      undo: () => client.undo(),
      redo: () => client.redo(),
    }),
    [client, canUndo, canRedo, undoLabel, redoLabel],
  )
}

function historyOf({ canUndo, canRedo, undoLabel, redoLabel }: ClientSnapshot) {
  return [canUndo, canRedo, undoLabel, redoLabel] as const
}

/** Who else has the project open, and what they look at (extension; empty on other servers). The same list until that changes. */
export function usePeers(client: Pick<ProjectClient, 'on' | 'peers'>): readonly Peer[] {
  const source = useMemo(
    () => ({
      subscribe: (listener: () => void) => client.on('presence', listener),
      getSnapshot: presenceOf(client),
    }),
    [client],
  )
  return useSelection(source, NOBODY, itself)
}

/** The client makes a list on each call; a snapshot must be the same one while nobody came, went or moved. */
function presenceOf(client: Pick<ProjectClient, 'peers'>): () => readonly Peer[] {
  let last = NOBODY
  return () => {
    const now = client.peers
    if (now.length !== last.length || now.some((peer, at) => peer !== last[at])) last = now
    return last
  }
}

/** Shows others what this user is looking at, as long as the component is mounted. Any JSON object; null shows nothing. */
export function usePresence(client: Pick<ProjectClient, 'setPresence'>, state: Fields | null): void {
  const text = JSON.stringify(state)
  useEffect(() => {
    client.setPresence(JSON.parse(text))
  }, [client, text])
  useEffect(() => () => client.setPresence(null), [client])
}
