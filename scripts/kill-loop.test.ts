import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './entries.js'
import { killLoop } from './kill-loop.js'

let folder: string

// The command as one file that Node can run. It lies in the repository, where its packages can be found.
beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  folder = await mkdtemp(join(root, '.cache/kill-'))
  const entry = join(root, 'mock-server/node/cli.ts')
  const output = { ssr: entry, outDir: folder, target: 'node20' } as const
  await build({ configFile: false, root, logLevel: 'silent', build: output })
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

test.each([
  { mode: 'handed to the operating system', fsync: false, kills: 10 },
  { mode: 'synced', fsync: true, kills: 5 },
])(
  'a server killed while clients write, its log $mode, keeps every acknowledged change, once, under one epoch',
  async ({ fsync, kills }) => {
    const bin = join(folder, 'cli.js')
    const { acknowledged, recovered, ...rest } = await killLoop({
      bin,
      directory: join(folder, `data-${String(fsync)}`),
      kills,
      seed: 7,
      fsync,
    })
    expect(rest).toMatchObject({ kills, twice: 0, broken: [] })
    expect(recovered).toBe(acknowledged)
    expect(acknowledged).toBeGreaterThan(kills)
    // Without changes on their way, nothing was put to the test.
    expect(rest.resent).toBeGreaterThan(0)
  },
  120_000,
)
