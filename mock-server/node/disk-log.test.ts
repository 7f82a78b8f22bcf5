import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { RevisionLog } from '../core/contract.ts'
import { revisionLogContract } from '../core/revision-log.contract.ts'
import { type DiskLogOptions, openDiskLog } from './disk-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'planwire-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const places = new WeakMap<object, DiskLogOptions>()
async function openAt(options: DiskLogOptions): Promise<RevisionLog> {
  const log = await openDiskLog(options)
  places.set(log, options)
  return log
}
const newDirectory = (): string => join(folder, String(++count))

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
