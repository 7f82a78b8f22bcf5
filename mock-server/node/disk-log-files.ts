/** Owns how the log touches the disk: names of files, whole writes, atomic replacement, and errors that say what to do. */
import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { PlanwireError } from '../../client/protocol/errors.ts'

/** Ending of files that are not in place yet; what a crash leaves of them is removed at the next start. */
export const TEMPORARY = '.tmp'

/**
 * The name of a room's files: a readable part, and a hash that keeps rooms apart on disks that know no upper case and
 * whatever characters their names hold.
 */
export function fileNameOf(room: string): string {
  const readable = room
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  return `${readable || 'room'}-${createHash('sha256').update(room).digest('hex').slice(0, 16)}`
}

/** Writes all bytes at an offset: the operating system may take fewer at once. */
export function writeAll(file: number, bytes: Buffer, offset: number): void {
  let written = 0
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, offset + written)
  }
}

/**
 * Writes a file beside its place and moves it there: readers find the old one or the new one, whole. Its bytes are on the
 * disk before it is moved, or a crash of the machine could leave an empty file in place of the old one.
 */
export function replaceFile(path: string, bytes: Buffer, fsync: boolean): void {
  const temporary = path + TEMPORARY
  try {
    const file = openSync(temporary, 'w')
    try {
      writeAll(file, bytes, 0)
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
    moveIntoPlace(temporary, path, fsync)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Renames a file; with `fsync` the new name is on the disk too. */
export function moveIntoPlace(from: string, to: string, fsync: boolean): void {
  renameSync(from, to)
  if (fsync) syncDirectory(dirname(to))
}

function syncDirectory(directory: string): void {
  // Windows opens no directories, and needs no such call.
  if (process.platform === 'win32') return
  const file = openSync(directory, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The code of an error of the operating system, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** What a failed call to the operating system means for whoever runs the server; `storage-failed`. */
export function storageFailed(cause: unknown, path: string): PlanwireError {
  if (cause instanceof PlanwireError) return cause
  const code = codeOf(cause)
  const fail = (message: string): PlanwireError =>
    new PlanwireError('storage-failed', message, 'fatal', { path, code }, { cause })
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return fail(`The disk is full: make room where ${path} lies`)
    case 'EACCES':
    case 'EPERM':
      return fail(`${path} may not be written by this user: change its rights, or choose another directory`)
    case 'EROFS':
      return fail(`${path} lies on a disk that cannot be written: choose another directory`)
    case 'ENOTDIR':
    case 'EEXIST':
      return fail(`${path} is no directory: choose another one`)
    case 'ENOENT':
      return fail(`${path} is gone while it is in use: put it back, or choose another directory`)
    case 'EMFILE':
    case 'ENFILE':
      return fail(`Too many files are open to open ${path}: raise the limit of open files`)
    default:
      return fail(`${path} failed: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
