/** For browser tests: ends the stored state of a server, so that no test finds what another left. */
import { deleteDB } from 'idb'
import { logDatabaseName } from './indexed-db-log.ts'
import { holdLock, lockNames } from './web-locks.ts'

/** Files run side by side in one origin, where a name is a backend: theirs must not meet. */
const file = Math.random().toString(36).slice(2, 10)
let count = 0

/** A server name that no other test has. */
export function newServerName(): string {
  count += 1
  return `test-${file}-${count}`
}

/** Deletes what a server stored, as soon as its backend has let it go. */
export async function forgetState(name: string): Promise<void> {
  const free = await holdLock(navigator.locks, lockNames(name).authority)
  free()
  await deleteDB(logDatabaseName(name))
}
