/** For browser tests: ends the stored state of a server, so that no test finds what another left. */
import { deleteDB } from 'idb'
import { logDatabaseName } from './indexed-db-log.ts'
import { holdLock, lockNames } from './web-locks.ts'

let count = 0

/** A server name that no other test of this page has. */
export function newServerName(): string {
  count += 1
  return `test-${count}`
}

/** Deletes what a server stored, as soon as its backend has let it go. */
export async function forgetState(name: string): Promise<void> {
  const free = await holdLock(navigator.locks, lockNames(name).authority)
  free()
  await deleteDB(logDatabaseName(name))
}
