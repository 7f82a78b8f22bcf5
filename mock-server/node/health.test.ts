import { expect, test } from 'vitest'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import type { LogEntry, RevisionLog, RoomSnapshot } from '../core/contract.ts'
import { SERVER_VERSION } from '../core/defaults.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { healthReports } from './health.ts'
import { startMockServer } from './start.ts'
import { watchedLog } from './watched-log.ts'

const snapshot: RoomSnapshot = { epoch: 'e', revision: 0, dataset: { stores: {}, meta: {} }, nextId: 1 }
const entry = (revision: number): LogEntry => ({ type: 'changes', revision, changes: { stores: {} }, at: 0 })

test('/health says which version it is, how long it has been up, what it serves, to how many, and from which log', async () => {
  const server = await startMockServer({ projects: [{ id: 1, name: 'House' }] })
  try {
    const answer = await fetch(`${server.httpUrl}/health`)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await answer.json()).toEqual({
      status: 'ok',
      version: SERVER_VERSION,
      uptimeSeconds: 0,
      projects: 1,
      connections: 0,
      log: { kind: 'memory', state: 'ok' },
    })
  } finally {
    await server.close()
  }
})

test('the time that a server has been up counts whole seconds from its start', () => {
  const clock = new ManualClock(5000)
  const report = healthReports({ clock, projects: 2, kind: 'disk', failing: () => false })
  clock.advance(61_999)
  expect(report(3)).toEqual({
    healthy: true,
    body: {
      status: 'ok',
      version: SERVER_VERSION,
      uptimeSeconds: 61,
      projects: 2,
      connections: 3,
      log: { kind: 'disk', state: 'ok' },
    },
  })
})

test('a log that cannot be written makes the server failing, from the first write that fails to the next that does not', async () => {
  let broken = false
  const memory = createMemoryLog()
  const disk: RevisionLog = {
    ...memory,
    append: (...args) => (broken ? Promise.reject(new Error('ENOSPC')) : memory.append(...args)),
  }
  const { log, failing } = watchedLog(disk)
  const report = healthReports({ clock: new ManualClock(), projects: 1, kind: 'disk', failing })
  await log.saveSnapshot('project/1', snapshot)
  await log.append('project/1', 0, entry(1))
  expect(report(0).healthy).toBe(true)
  broken = true
  await expect(log.append('project/1', 1, entry(2))).rejects.toThrow('ENOSPC')
  expect(report(0)).toMatchObject({ healthy: false, body: { status: 'failing', log: { state: 'failing' } } })
  broken = false
  expect(await log.append('project/1', 1, entry(2))).toBe('ok')
  expect(report(0).healthy).toBe(true)
})

test('an append that is answered `lost` or `behind` was not written: failing, until a snapshot holds the room again', async () => {
  const { log, failing } = watchedLog(createMemoryLog())
  expect(await log.append('project/1', 0, entry(1))).toBe('lost')
  expect(failing()).toBe(true)
  await log.saveSnapshot('project/1', snapshot)
  expect(failing()).toBe(false)
  expect(await log.append('project/1', 7, entry(8))).toBe('behind')
  expect(failing()).toBe(true)
})

test('a room that is written does not hide another one that is not', async () => {
  const { log, failing } = watchedLog(createMemoryLog())
  await log.saveSnapshot('project/1', snapshot)
  await log.append('project/2', 0, entry(1))
  await log.append('project/1', 0, entry(1))
  expect(failing()).toBe(true)
})

test('a snapshot that cannot be written is told as well', async () => {
  const { log, failing } = watchedLog({
    ...createMemoryLog(),
    saveSnapshot: () => Promise.reject(new Error('EROFS')),
  })
  await expect(log.saveSnapshot('project/1', snapshot)).rejects.toThrow('EROFS')
  expect(failing()).toBe(true)
})
