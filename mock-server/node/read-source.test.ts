import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { readConfigFile } from './config-file.ts'
import { readSource } from './read-source.ts'
import { startMockServer } from './start.ts'

let directory = ''
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('a project of the Node host', () => {
  test('may lie in a file beside the configuration, or at an address', async () => {
    directory = await mkdtemp(join(tmpdir(), 'planwire-'))
    await writeFile(join(directory, 'house.json'), JSON.stringify({ data: [{ id: 1, text: 'Dig' }], links: [] }))
    const first = await startMockServer({ projects: [{ id: 1, name: 'A', file: join(directory, 'house.json') }] })
    const config = join(directory, 'planwire.config.json')
    const projects = [
      { id: 1, name: 'From a file', file: 'house.json' },
      { id: 2, name: 'From an address', url: `${first.httpUrl}/data` },
    ]
    await writeFile(config, JSON.stringify({ projects, ganttProject: 2 }))
    const second = await startMockServer(await readConfigFile(config))
    try {
      expect(await (await fetch(`${second.httpUrl}/data`)).json()).toMatchObject({ data: [{ id: 1, text: 'Dig' }] })
    } finally {
      await second.close()
      await first.close()
    }
  })

  test('that is not where the configuration says stops the server with the reason', async () => {
    directory = await mkdtemp(join(tmpdir(), 'planwire-'))
    const file = join(directory, 'gone.json')
    await expect(startMockServer({ projects: [{ id: 1, name: 'A', file }] })).rejects.toMatchObject({
      code: 'invalid-argument',
      details: { path: 'projects[0].file' },
    })
    await expect(readSource({ type: 'file', file })).rejects.toThrow('ENOENT')
  })
})
