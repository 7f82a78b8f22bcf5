import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptySnapshot, entryOf } from '../core/revision-log.contract.ts'
import { type DiskLog, openDiskLog } from './disk-log.ts'

/** How the log writes; the other forms of `writeSync` are not used. */
type Write = (file: number, bytes: Buffer, offset: number, length: number, position: number) => number

// A disk that can be made to fail; it works as long as nobody says otherwise.
const { writeSync } = vi.hoisted(() => ({ writeSync: vi.fn<Write>() }))
vi.mock('node:fs', async (original) => {
  const actual = await original<typeof import('node:fs')>()
  const { fdatasync, ftruncateSync } = actual
  return { ...actual, writeSync, fdatasync: vi.fn(fdatasync), ftruncateSync: vi.fn(ftruncateSync) }
})
const real = await vi.importActual<typeof import('node:fs')>('node:fs')

const fails = (code: string): Error => Object.assign(new Error(`${code}: as the test wants`), { code })
const failing = (code: string) => () => {
  throw fails(code)
}

let directory: string
let log: DiskLog
beforeEach(() => {
  writeSync.mockReset().mockImplementation(real.writeSync)
  directory = fs.mkdtempSync(join(tmpdir(), 'planwire-failing-'))
})
afterEach(async () => {
  await log.close()
  fs.rmSync(directory, { recursive: true })
})

async function start(fsync = false): Promise<void> {
  log = await openDiskLog({ directory, fsync })
  await log.saveSnapshot('p', emptySnapshot())
  expect(await log.append('p', 0, entryOf(1))).toBe('ok')
}

/** The next write takes only some of its bytes. */
function takesOnly(count: number): void {
  writeSync.mockImplementationOnce((file, bytes, offset, _length, position) =>
    real.writeSync(file, bytes, offset, count, position),
  )
}

/** The next write takes only some of its bytes, the one after it fails: a disk that becomes full. */
function becomesFull(after: number): void {
  takesOnly(after)
  writeSync.mockImplementationOnce(failing('ENOSPC'))
}

async function reopened() {
  await log.close()
  log = await openDiskLog({ directory })
  return log.load('p')
}

test('a disk that becomes full in the middle of a group acknowledges none of it and keeps what was before', async () => {
  await start()
  becomesFull(200)
  const group = [2, 3].map((revision) => log.append('p', revision - 1, entryOf(revision)))
  for (const answer of await Promise.allSettled(group)) {
    expect(answer).toMatchObject({
      status: 'rejected',
      reason: {
        name: 'PlanwireError',
        code: 'storage-failed',
        message: expect.stringMatching(/^The disk is full: make room/),
      },
    })
  }
  expect((await log.load('p'))?.entries).toEqual([entryOf(1)])
  expect(await log.append('p', 3, entryOf(4))).toBe('behind')
  // Room was made: the log goes on from what it has.
  expect(await log.append('p', 1, entryOf(2))).toBe('ok')
  expect((await reopened())?.entries).toEqual([entryOf(1), entryOf(2)])
})

test('writes that the operating system takes in parts are whole', async () => {
  await start()
  takesOnly(3)
  expect(await log.append('p', 1, entryOf(2))).toBe('ok')
  expect((await reopened())?.entries).toEqual([entryOf(1), entryOf(2)])
})

test('a log that cannot be cut back takes nothing more before a new history begins', async () => {
  await start()
  becomesFull(100)
  vi.mocked(fs.ftruncateSync).mockImplementationOnce(failing('EIO'))
  await expect(log.append('p', 1, entryOf(2))).rejects.toMatchObject({ code: 'storage-failed' })
  expect(await log.append('p', 1, entryOf(2))).toBe('lost')
  await log.saveSnapshot('p', emptySnapshot({ epoch: 'e2', revision: 2 }))
  expect(await log.append('p', 2, entryOf(3))).toBe('ok')
  expect(await reopened()).toEqual({ snapshot: emptySnapshot({ epoch: 'e2', revision: 2 }), entries: [entryOf(3)] })
})

test('a sync that fails acknowledges nothing, and no later one is believed', async () => {
  await start(true)
  vi.mocked(fs.fdatasync).mockImplementationOnce((_file, done) => done(fails('EIO')))
  const first = log.append('p', 1, entryOf(2))
  log.flush()
  await Promise.resolve()
  // Written meanwhile, it would have been in the next sync.
  const second = log.append('p', 2, entryOf(3))
  log.flush()
  await expect(first).rejects.toMatchObject({ code: 'storage-failed', details: { code: 'EIO' } })
  await expect(second).rejects.toMatchObject({ code: 'storage-failed' })
  expect(await log.append('p', 3, entryOf(4))).toBe('lost')
})

test('commits that are written during a sync share the next one', async () => {
  await start(true)
  const syncs = vi.mocked(fs.fdatasync)
  syncs.mockClear()
  let release = (): void => {}
  syncs.mockImplementationOnce((_file, done) => {
    release = () => done(null)
  })
  const answers = [log.append('p', 1, entryOf(2))]
  log.flush()
  for (const revision of [3, 4, 5]) {
    answers.push(log.append('p', revision - 1, entryOf(revision)))
    log.flush()
    await Promise.resolve()
  }
  release()
  expect(await Promise.all(answers)).toEqual(['ok', 'ok', 'ok', 'ok'])
  expect(syncs).toHaveBeenCalledTimes(2)
})

test('a new history that cannot be stored leaves none: what comes is answered with lost, and the old one stays on the disk', async () => {
  await start()
  writeSync.mockImplementation(failing('EROFS'))
  await expect(log.saveSnapshot('p', emptySnapshot({ epoch: 'e2', revision: 2 }))).rejects.toMatchObject({
    code: 'storage-failed',
    message: expect.stringMatching(/lies on a disk that cannot be written: choose another directory$/),
  })
  expect(await log.append('p', 1, entryOf(2))).toBe('lost')
  expect(await log.append('p', 2, entryOf(3))).toBe('lost')
  writeSync.mockImplementation(real.writeSync)
  expect(await reopened()).toEqual({ snapshot: emptySnapshot(), entries: [entryOf(1)] })
})
