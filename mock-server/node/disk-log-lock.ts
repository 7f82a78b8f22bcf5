/**
 * Owns that one process at a time writes a directory, and what the lock that an earlier one left behind tells of its end.
 *
 * | lock found                              | the earlier process    | what it had written                       |
 * |-----------------------------------------|------------------------|-------------------------------------------|
 * | none                                    | closed its log         | is on the disk                            |
 * | of a dead process, same boot            | was killed             | the operating system has it               |
 * | of a dead process, before the last boot | ended with the machine | may be missing at the end, even if synced |
 * | of a living process, or another machine | is at work             | refuse                                    |
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import { codeOf, TEMPORARY } from './disk-log-files.ts'

/** How the process that wrote the directory before ended. */
export type EarlierEnd = 'closed' | 'killed' | 'machine-stopped'

/** The right to write a directory. */
export interface DirectoryLock {
  readonly earlier: EarlierEnd
  /** Idempotent. */
  release(): void
}

/** Who holds a lock, as its file says. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** Tells two processes apart that got the same pid one after the other; empty where the platform does not say. */
  readonly started: string
  /** Tells two boots of one machine apart: an id, or the time of the boot in milliseconds. */
  readonly boot: string | number
  readonly token: string
}

/** The lock's file. */
export const LOCK_FILE = 'lock'

/** Boot times are computed from the clock, which is adjusted now and then. */
const SAME_BOOT_MS = 10_000

/** Directories that this process holds: where the platform tells no start of a process, a pid alone says too little. */
const held = new Set<string>()

/** Takes the lock of a directory that exists. Throws `storage-failed`, with what to do, when another process holds it. */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, LOCK_FILE)
  const real = realpathSync(directory)
  const own = thisProcess()
  const temporary = `${path}-${own.token}${TEMPORARY}`
  // Linked, not written in place: whoever finds the lock finds all of it.
  writeFileSync(temporary, `${JSON.stringify(own)}\n`)
  let earlier: EarlierEnd = 'closed'
  try {
    while (!linked(temporary, path)) {
      const text = readIfThere(path)
      if (text === undefined) continue
      const holder = readHolder(text)
      if (holder === undefined) throw inUse(directory, `${path} cannot be read`, {})
      if (!isGone(holder, real)) {
        throw inUse(directory, `process ${holder.pid} on ${holder.host} uses it`, {
          pid: holder.pid,
          host: holder.host,
        })
      }
      if (takeAway(path, text, temporary)) earlier = isSameBoot(holder.boot, own.boot) ? 'killed' : 'machine-stopped'
    }
  } finally {
    rmSync(temporary, { force: true })
  }
  held.add(real)
  let released = false
  return {
    earlier,
    release() {
      if (released) return
      released = true
      held.delete(real)
      if (readHolder(readIfThere(path) ?? '')?.token === own.token) rmSync(path, { force: true })
    },
  }
}

/** This process, as a lock names it. */
export function thisProcess(): LockHolder {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid), boot: bootId(), token: randomUUID() }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Takes a dead process's lock away. Two starters may find the same one:
 *
 *     A and B read the dead lock -> A moves it away and links its own -> B moves A's away
 *                                          B sees that it moved another one than it read, and puts it back.
 */
function takeAway(path: string, text: string, temporary: string): boolean {
  const aside = `${temporary}-old`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  const ours = readIfThere(aside) === text
  if (!ours) linked(aside, path)
  rmSync(aside, { force: true })
  return ours
}

function isGone(holder: LockHolder, real: string): boolean {
  if (holder.host !== hostname()) return false
  if (holder.pid === process.pid && holder.started === '') return !held.has(real)
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // A process of another user is there too.
    return codeOf(error) === 'ESRCH'
  }
  return holder.started !== '' && holder.started !== startOf(holder.pid)
}

function inUse(directory: string, why: string, details: { readonly [key: string]: unknown }): PlanwireError {
  const advice = `stop it or choose another directory; if it is gone for sure, delete ${join(directory, LOCK_FILE)}`
  return new PlanwireError('storage-failed', `${directory} is in use (${why}): ${advice}`, 'fatal', {
    ...details,
    directory,
  })
}

function readHolder(text: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    const { pid, host, started, boot, token } = value
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
    if (typeof host !== 'string' || typeof started !== 'string' || typeof token !== 'string') return undefined
    return typeof boot === 'string' || typeof boot === 'number' ? { pid, host, started, boot, token } : undefined
  } catch {
    return undefined
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Linux: ticks from the boot to the start of a process. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in parentheses, may hold anything; 19 fields follow it up to the start.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function bootId(): string | number {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return Math.round(Date.now() - uptime() * 1000)
  }
}

function isSameBoot(a: string | number, b: string | number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) < SAME_BOOT_MS
  return a === b
}
