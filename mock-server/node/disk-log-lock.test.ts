import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LOCK_FILE, type LockHolder, lockDirectory, thisProcess } from './disk-log-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'planwire-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The pid of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid

/** Leaves the lock of another process in the folder. */
function leave(holder: Partial<LockHolder>): void {
  writeFileSync(join(folder, LOCK_FILE), JSON.stringify({ ...thisProcess(), pid: deadPid(), ...holder }))
}

test('one writer at a time: the second is told who is there and what to do', () => {
  const first = lockDirectory(folder)
  expect(first.earlier).toBe('closed')
  expect(() => lockDirectory(folder)).toThrow(
    expect.objectContaining({
      code: 'storage-failed',
      message: expect.stringMatching(
        new RegExp(
          `is in use \\(process ${process.pid} on .*\\): stop it or choose another directory; .*delete .*lock`,
        ),
      ),
      details: expect.objectContaining({ pid: process.pid, directory: folder }),
    }),
  )
  first.release()
  const second = lockDirectory(folder)
  expect(second.earlier).toBe('closed')
  // Given back once: not a second time what is another's by now.
  first.release()
  expect(() => lockDirectory(folder)).toThrow('is in use')
  second.release()
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a killed process is taken over', () => {
  leave({})
  const lock = lockDirectory(folder)
  expect(lock.earlier).toBe('killed')
  expect(JSON.parse(readFileSync(join(folder, LOCK_FILE), 'utf8'))).toMatchObject({ pid: process.pid })
  lock.release()
  expect(readdirSync(folder)).toEqual([])
})

test('a lock from before the machine started tells that the machine stopped', () => {
  leave({ boot: 'another boot' })
  const lock = lockDirectory(folder)
  expect(lock.earlier).toBe('machine-stopped')
  lock.release()
})

test.runIf(process.platform === 'linux')('another process that got the same pid does not hold the lock', () => {
  leave({ pid: process.ppid, started: '1' })
  const lock = lockDirectory(folder)
  expect(lock.earlier).toBe('killed')
  lock.release()
})

test('a process on another machine cannot be asked, so its lock counts', () => {
  leave({ host: 'elsewhere' })
  expect(() => lockDirectory(folder)).toThrow(/on elsewhere uses it\): .* delete /)
})

test('a lock that cannot be read counts', () => {
  writeFileSync(join(folder, LOCK_FILE), '{"pid":')
  expect(() => lockDirectory(folder)).toThrow(/cannot be read/)
})
