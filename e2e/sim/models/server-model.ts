/** What a fleet needs of a server: sockets, the truth to compare with, and the order in which it took changesets. */
import type { ChangesetId, RecordKey } from '../../../client/protocol/ids.ts'
import type { PlainRecord } from '../../../client/protocol/records.ts'
import type { FarSocket } from '../../../client/testing/memory-network.ts'

/** Rows by store and id key. */
export type Rows = ReadonlyMap<string, ReadonlyMap<RecordKey, PlainRecord>>

/** Hears a connection. `changeset`: which one the frame carries, told by the fleet and not by the wire. */
export interface ModelListener {
  frame(text: string, changeset?: ChangesetId): void
  closed(): void
}

/** How much history a restart takes along. */
export type Memory = 'kept' | 'lost' | 'tail'

/** What a kind of server can be held to. */
export interface Promises {
  /** No changeset is in the order twice. */
  readonly once: boolean
  /** No new record is stored twice. */
  readonly addedOnce: boolean
  /** Nothing that is stored refers to something that is not. */
  readonly whole: boolean
  /** A record that was removed may come back in datasets: who did not see it go cannot know better. */
  readonly ghosts: boolean
}

/** A server under simulation. */
export interface ServerModel {
  readonly promises: Promises
  /** Takes a socket; undefined while the server is down. */
  accept(socket: FarSocket): ModelListener | undefined
  /** Commits what was received and waits. */
  settle(): void
  /** Stops and starts again; the fleet breaks the connections. */
  restart(memory: Memory): Promise<void>
  close(): Promise<void>
  /** The stored rows of the project. */
  stored(): Rows
  /** Changesets of the current history since its last reset, in their order. */
  order(): readonly ChangesetId[]
  /** True if the server took the changeset for sure, in whatever history. */
  took(changeset: ChangesetId): boolean
}

/** Name of a server's log, for a report. */
export type Report = (line: string) => void
