import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { LogEntry, RevisionLog, StoredRoom } from '../core/contract.ts'
import { emptySnapshot, entryOf, revisionLogContract } from '../core/revision-log.contract.ts'
import { type DiskLog, type DiskLogOptions, openDiskLog } from './disk-log.ts'
import { fileNameOf } from './disk-log-files.ts'
import { LOCK_FILE, type LockHolder, thisProcess } from './disk-log-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'planwire-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const newDirectory = (): string => join(folder, String(++count))

const places = new WeakMap<object, DiskLogOptions>()
async function openAt(options: DiskLogOptions): Promise<RevisionLog> {
  const log = await openDiskLog(options)
  places.set(log, options)
  return log
}

for (const fsync of [false, true]) {
  revisionLogContract(`disk, ${fsync ? 'synced' : 'handed to the operating system'}`, {
    create: () => openAt({ directory: newDirectory(), fsync }),
    async reopen(log) {
      await log.close()
      return openAt(places.get(log) ?? { directory: newDirectory() })
    },
    withHistory: (history) => openAt({ directory: newDirectory(), fsync, history }),
  })
}

const ROOM = 'project/1'
const NAME = fileNameOf(ROOM)
const open = new Set<DiskLog>()
let logged: string[] = []

async function start(options: DiskLogOptions): Promise<DiskLog> {
  const log = await openDiskLog({ logger: (level, message) => logged.push(`${level}: ${message}`), ...options })
  open.add(log)
  return log
}

afterEach(async () => {
  for (const log of open) await log.close()
  open.clear()
  logged = []
})

async function append(log: RevisionLog, from: number, to: number): Promise<void> {
  for (let revision = from; revision <= to; revision += 1) {
    expect(await log.append(ROOM, revision - 1, entryOf(revision))).toBe('ok')
  }
}

/** The shortest commit, for tests that try every byte of it. */
const shortEntry = (revision: number): LogEntry => ({ type: 'changes', revision, changes: { stores: {} }, at: 0 })

/** A closed log with a room of three commits, and the offset behind each of them. */
async function threeCommits(
  entry: (revision: number) => LogEntry = entryOf,
): Promise<{ directory: string; path: string; ends: readonly number[] }> {
  const directory = newDirectory()
  const path = join(directory, `${NAME}.log`)
  const log = await start({ directory })
  await log.saveSnapshot(ROOM, emptySnapshot())
  const ends = [statSync(path).size]
  for (const revision of [1, 2, 3]) {
    expect(await log.append(ROOM, revision - 1, entry(revision))).toBe('ok')
    ends.push(statSync(path).size)
  }
  await log.close()
  return { directory, path, ends }
}

/** Leaves the lock that a process leaves that is killed, or that ends with its machine. */
function leaveLock(directory: string, holder: Partial<LockHolder> = {}): void {
  const { pid } = spawnSync(process.execPath, ['--version'])
  writeFileSync(join(directory, LOCK_FILE), JSON.stringify({ ...thisProcess(), pid, ...holder }))
}

const revisions = (stored: StoredRoom | undefined): readonly number[] | undefined =>
  stored?.entries.map(({ revision }) => revision)

describe('after a process that was killed in the middle of a write', () => {
  it('the log ends at its last whole commit, wherever the write stopped, says so, and goes on in its epoch', async () => {
    const { directory: original, ends } = await threeCommits(shortEntry)
    const { pid } = spawnSync(process.execPath, ['--version'])
    for (let length = ends[0] ?? 0; length < (ends[3] ?? 0); length += 1) {
      const directory = newDirectory()
      cpSync(original, directory, { recursive: true })
      truncateSync(join(directory, `${NAME}.log`), length)
      writeFileSync(join(directory, LOCK_FILE), JSON.stringify({ ...thisProcess(), pid }))
      const whole = ends.filter((end) => end <= length).length - 1
      const surplus = length - (ends[whole] ?? 0)
      logged = []
      const log = await openDiskLog({ directory, logger: (level, message) => logged.push(`${level}: ${message}`) })
      const stored = await log.load(ROOM)
      expect([revisions(stored), stored?.snapshot.epoch], `${length} bytes`).toEqual([[1, 2, 3].slice(0, whole), 'e1'])
      expect(logged, `${length} bytes`).toEqual(
        surplus === 0
          ? []
          : [`warn: The log of a room ended in ${surplus} bytes that are no whole commit: they were cut off`],
      )
      await log.close()
      // What follows stands behind the last whole commit; a few stops will do.
      if (surplus % 25 !== 1) continue
      const again = await openDiskLog({ directory })
      await append(again, whole + 1, whole + 1)
      expect(revisions(await again.load(ROOM))).toHaveLength(whole + 1)
      await again.close()
    }
  }, 30_000)

  it('the log of a room goes on in its epoch when it was killed between two writes', async () => {
    const { directory } = await threeCommits()
    leaveLock(directory)
    const stored = await (await start({ directory })).load(ROOM)
    expect([stored?.snapshot.epoch, revisions(stored), logged]).toEqual(['e1', [1, 2, 3], []])
  })

  it('half-written temporary files are removed', async () => {
    const { directory } = await threeCommits()
    leaveLock(directory)
    for (const name of [`${NAME}.log.tmp`, `${NAME}.snapshot-500.tmp`]) writeFileSync(join(directory, name), 'half')
    await start({ directory })
    expect(readdirSync(directory).sort()).toEqual([LOCK_FILE, `${NAME}.log`, `${NAME}.snapshot`].sort())
  })
})

describe('where commits that somebody heard of may be missing', () => {
  /** What the log holds after something was done to its files. */
  async function afterHarm(harm: (found: Awaited<ReturnType<typeof threeCommits>>) => void) {
    const found = await threeCommits()
    harm(found)
    const log = await start({ directory: found.directory })
    const stored = await log.load(ROOM)
    const epoch = stored?.snapshot.epoch
    // A new epoch is found again at the next start.
    await log.close()
    const again = await (await start({ directory: found.directory })).load(ROOM)
    expect(again).toEqual(stored)
    return { epoch, revisions: revisions(stored) }
  }

  it('a log that was cut short after a clean end gets a new epoch', async () => {
    const { epoch, revisions: left } = await afterHarm(({ path, ends }) => truncateSync(path, (ends[2] ?? 0) + 5))
    expect(epoch).not.toBe('e1')
    expect(left).toEqual([1, 2])
    expect(logged).toEqual([
      'warn: The log of a room ended in 5 bytes that are no whole commit: they were cut off',
      'warn: A room goes on under a new epoch: its log was cut short',
    ])
  })

  it('a log that was damaged in the middle ends before the damage and gets a new epoch, even after a kill', async () => {
    const { epoch, revisions: left } = await afterHarm(({ directory, path, ends }) => {
      const bytes = readFileSync(path)
      bytes[(ends[1] ?? 0) + 30] = 0
      writeFileSync(path, bytes)
      leaveLock(directory)
    })
    expect(epoch).not.toBe('e1')
    expect(left).toEqual([1])
    expect(logged[1]).toBe('warn: A room goes on under a new epoch: its log was damaged')
  })

  it('a machine that stopped may have lost the last commits: the rest is kept under a new epoch', async () => {
    const { epoch, revisions: left } = await afterHarm(({ directory }) => leaveLock(directory, { boot: 'earlier' }))
    expect(epoch).not.toBe('e1')
    expect(left).toEqual([1, 2, 3])
  })

  it.each([
    ['is gone', (path: string) => rmSync(path)],
    ['is another one', (path: string) => writeFileSync(path, 'notes')],
    ['is empty', (path: string) => truncateSync(path, 0)],
  ])('a snapshot whose log %s is served under a new epoch', async (_, harm) => {
    const { epoch, revisions: left } = await afterHarm(({ path }) => harm(path))
    expect(epoch).not.toBe('e1')
    expect(left).toEqual([])
  })

  it('a snapshot that lies behind the end of its log is served under a new epoch, and commits go on from it', async () => {
    const { directory, path, ends } = await threeCommits()
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot({ revision: 3 }))
    await log.close()
    truncateSync(path, ends[1])
    const again = await start({ directory })
    expect((await again.load(ROOM))?.snapshot).toMatchObject({ revision: 3, epoch: expect.not.stringMatching(/^e1$/) })
    await append(again, 4, 4)
    expect(await again.read(ROOM, 2)).toBe('lost')
  })

  it('a damaged snapshot is no reason to begin anew in silence: the start fails and says which file', async () => {
    const { directory } = await threeCommits()
    const path = join(directory, `${NAME}.snapshot`)
    const whole = readFileSync(path)
    truncateSync(path, 20)
    const refusal = { code: 'storage-failed', message: expect.stringContaining(`${path} is damaged: put back a copy`) }
    await expect(openDiskLog({ directory })).rejects.toMatchObject(refusal)
    // The refused start holds nothing: with the copy in place the next one works.
    writeFileSync(path, whole.subarray(0, whole.length - 5))
    const log = await start({ directory })
    await expect(log.load(ROOM)).rejects.toMatchObject(refusal)
    await log.close()
    writeFileSync(path, whole)
    expect(revisions(await (await start({ directory })).load(ROOM))).toEqual([1, 2, 3])
  })

  it('a directory of a newer format is refused instead of guessed at', async () => {
    const { directory } = await threeCommits()
    const path = join(directory, `${NAME}.snapshot`)
    const { lineOf } = await import('./disk-log-frames.ts')
    writeFileSync(path, lineOf(JSON.stringify({ planwire: 'snapshot', format: 99 })))
    await expect(openDiskLog({ directory })).rejects.toThrow('was written by a newer version of planwire')
  })
})

describe('disk log', () => {
  it('writes what is committed in one turn together, and at once when asked to', async () => {
    const directory = newDirectory()
    const path = join(directory, `${NAME}.log`)
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot())
    const before = statSync(path).size
    const answers = [1, 2, 3].map((revision) => log.append(ROOM, revision - 1, entryOf(revision)))
    await Promise.resolve()
    expect(statSync(path).size).toBe(before)
    log.flush()
    const written = statSync(path).size
    expect(written).toBeGreaterThan(before)
    expect(await Promise.all(answers)).toEqual(['ok', 'ok', 'ok'])
    expect(statSync(path).size).toBe(written)
  })

  it('writes what was queued before it closes, and refuses what comes later', async () => {
    const directory = newDirectory()
    const log = await start({ directory, fsync: true })
    await log.saveSnapshot(ROOM, emptySnapshot())
    const appended = [log.append(ROOM, 0, entryOf(1)), log.append(ROOM, 1, entryOf(2))]
    await log.close()
    expect(await Promise.all(appended)).toEqual(['ok', 'ok'])
    await expect(log.append(ROOM, 2, entryOf(3))).rejects.toMatchObject({ code: 'storage-failed' })
    await expect(log.load(ROOM)).rejects.toMatchObject({ code: 'storage-failed' })
    expect(existsSync(join(directory, LOCK_FILE))).toBe(false)
  })

  it('answers lost when somebody deleted its file, and begins a new history with the next snapshot', async () => {
    const directory = newDirectory()
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot())
    await append(log, 1, 2)
    rmSync(join(directory, `${NAME}.log`))
    expect(await log.append(ROOM, 2, entryOf(3))).toBe('lost')
    expect(await log.append(ROOM, 2, entryOf(3))).toBe('lost')
    await log.saveSnapshot(ROOM, emptySnapshot({ epoch: 'e2', revision: 3 }))
    await append(log, 4, 5)
    await log.close()
    const stored = await (await start({ directory })).load(ROOM)
    expect([stored?.snapshot.epoch, revisions(stored)]).toEqual(['e2', [4, 5]])
  })

  it('says so when its directory is gone', async () => {
    const directory = newDirectory()
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot())
    rmSync(directory, { recursive: true })
    expect(await log.append(ROOM, 0, entryOf(1))).toBe('lost')
    await expect(log.saveSnapshot(ROOM, emptySnapshot({ epoch: 'e2' }))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('is gone while it is in use'),
    })
    expect(await log.append(ROOM, 0, entryOf(1))).toBe('lost')
  })

  it('forgets old commits on the disk too, while others are being written', async () => {
    const directory = newDirectory()
    const path = join(directory, `${NAME}.log`)
    const log = await start({ directory, history: 50 })
    await log.saveSnapshot(ROOM, emptySnapshot())
    await append(log, 1, 400)
    const before = statSync(path).size
    const saved = log.saveSnapshot(ROOM, emptySnapshot({ revision: 400 }))
    await append(log, 401, 430)
    await saved
    await append(log, 431, 440)
    expect(statSync(path).size).toBeLessThan(before / 3)
    const expected = Array.from({ length: 90 }, (_, index) => entryOf(351 + index))
    expect(await log.read(ROOM, 350)).toEqual(expected)
    expect(await log.read(ROOM, 430)).toEqual(expected.slice(-10))
    expect(await log.read(ROOM, 349)).toBe('lost')
    await log.close()
    const again = await start({ directory, history: 50 })
    expect(await again.read(ROOM, 350)).toEqual(expected)
    expect(revisions(await again.load(ROOM))).toHaveLength(40)
    expect(logged).toEqual([])
  })

  it('forgets old commits on the disk in steps when there is much to keep', async () => {
    const directory = newDirectory()
    const path = join(directory, `${NAME}.log`)
    const log = await start({ directory, history: 30 })
    const long = (revision: number): LogEntry => ({
      type: 'changes',
      revision,
      changes: { stores: { tasks: { updated: [{ id: 1, note: String(revision % 10).repeat(80_000) }] } } },
      at: revision,
    })
    await log.saveSnapshot(ROOM, emptySnapshot())
    for (let revision = 1; revision <= 70; revision += 1) void log.append(ROOM, revision - 1, long(revision))
    let shortened = false
    const saved = log.saveSnapshot(ROOM, emptySnapshot({ revision: 70 })).then(() => {
      shortened = true
    })
    let revision = 70
    // No more than a room keeps in memory, however slow the disk is: beyond that, more is forgotten.
    while (!shortened && revision < 140) {
      revision += 1
      expect(await log.append(ROOM, revision - 1, long(revision))).toBe('ok')
    }
    await saved
    expect(await log.read(ROOM, 39)).toBe('lost')
    const kept = Array.from({ length: revision - 40 }, (_, index) => long(41 + index))
    expect(await log.read(ROOM, 40)).toEqual(kept)
    await log.close()
    expect(statSync(path).size).toBeLessThan((kept.length + 1) * 80_200)
    expect(await (await start({ directory, history: 30 })).read(ROOM, 40)).toEqual(kept)
    expect(logged).toEqual([])
  })

  it('has written every commit that a snapshot covers before it begins with the snapshot', async () => {
    const directory = newDirectory()
    const path = join(directory, `${NAME}.log`)
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot())
    const before = statSync(path).size
    const appended = log.append(ROOM, 0, entryOf(1))
    const saved = log.saveSnapshot(ROOM, emptySnapshot({ revision: 1 }))
    expect(statSync(path).size).toBeGreaterThan(before)
    await Promise.all([appended, saved])
  })

  it('makes a large snapshot piece by piece, and writes commits in between', async () => {
    const directory = newDirectory()
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot())
    const seen: string[] = []
    const noted = (id: string, read: () => void) => ({
      id,
      get note() {
        read()
        return '"\n'
      },
    })
    const first = noted('first', () => void append(log, 1, 1).then(() => seen.push('a commit is written')))
    const last = noted('last', () => seen.push('the last record is read'))
    const long = Array.from({ length: 3000 }, (_, id) => ({ id, note: 'ü🎉'.repeat(300) }))
    const stores = { tasks: [first, ...long, last], none: [], 'of "an app"': [{ id: 7, tags: ['a', null] }] }
    const fields = { meta: { name: 'Plan' }, stores }
    await log.saveSnapshot(ROOM, emptySnapshot({ dataset: fields, counters: [['c-1', 3]] }))
    expect(seen).toEqual(['a commit is written', 'the last record is read'])
    await log.close()
    const plain = [first, last].map(({ id }) => ({ id, note: '"\n' }))
    const dataset = { ...fields, stores: { ...stores, tasks: [plain[0], ...long, plain[1]] } }
    expect(await (await start({ directory })).load(ROOM)).toEqual({
      snapshot: { ...emptySnapshot(), dataset, counters: [['c-1', 3]] },
      entries: [entryOf(1)],
    })
    expect(logged).toEqual([])
  })

  it('takes a snapshot of an old history for nothing when a new one has begun meanwhile', async () => {
    const directory = newDirectory()
    const log = await start({ directory })
    await log.saveSnapshot(ROOM, emptySnapshot())
    await append(log, 1, 3)
    const old = log.saveSnapshot(ROOM, emptySnapshot({ revision: 3 }))
    await log.saveSnapshot(ROOM, emptySnapshot({ epoch: 'e2', revision: 3 }))
    await old
    await append(log, 4, 4)
    await log.close()
    const stored = await (await start({ directory })).load(ROOM)
    expect([stored?.snapshot.epoch, revisions(stored)]).toEqual(['e2', [4]])
  })

  it('names files so that no room leaves the directory or shares a file with another', async () => {
    const directory = newDirectory()
    const log = await start({ directory })
    const names = ['../../etc/passwd', '/abs', 'a', 'A', 'CON', '', '.', 'x'.repeat(5000), 'nul\0', 'ü', 'u']
    for (const name of names) await log.saveSnapshot(name, emptySnapshot({ epoch: `of ${name.slice(0, 9)}` }))
    await log.close()
    const files = readdirSync(directory)
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length * 2)
    for (const file of files) expect(file).toMatch(/^[A-Za-z0-9-]{1,60}-[0-9a-f]{16}\.(log|snapshot)$/)
    const again = await start({ directory })
    for (const name of names) expect((await again.load(name))?.snapshot.epoch).toBe(`of ${name.slice(0, 9)}`)
  })

  it('lets files of others in its directory be', async () => {
    const { directory } = await threeCommits()
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    cpSync(join(directory, `${NAME}.snapshot`), join(directory, 'copy.snapshot'))
    appendFileSync(join(directory, `${NAME}.log.bak`), 'kept')
    await start({ directory })
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['notes.txt', 'copy.snapshot', `${NAME}.log.bak`]))
  })

  it.each([
    ['is a file', (path: string) => path, 'is no directory'],
    ['lies in a file', (path: string) => join(path, 'below'), 'is no directory'],
  ])('says what to do when its directory %s', async (_, at, problem) => {
    const path = newDirectory()
    writeFileSync(path, '')
    await expect(openDiskLog({ directory: at(path) })).rejects.toMatchObject({
      name: 'PlanwireError',
      code: 'storage-failed',
      message: expect.stringContaining(problem),
    })
  })
})
