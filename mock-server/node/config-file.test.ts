import { execFile } from 'node:child_process'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findConfigFile, readConfigFile } from './config-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planwire-config-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const HOUSE = { projects: [{ id: 1, name: 'House' }] }

test('planwire.config.json comes before a module, and a directory without either has none', async () => {
  expect(findConfigFile(folder)).toBeUndefined()
  const module = await file('planwire.config.mjs', 'export default {}')
  expect(findConfigFile(folder)).toBe(module)
  const json = await file('planwire.config.json', '{}')
  expect(findConfigFile(folder)).toBe(json)
})

test('a module exports the configuration, or a function that makes it, with functions in it', async () => {
  const text = JSON.stringify(HOUSE)
  for (const source of [text, `() => (${text})`, `async () => (${text})`]) {
    const path = await file(`c${source.length}.mjs`, `export default ${source}`)
    expect(await readConfigFile(path)).toEqual(HOUSE)
  }
})

test('a module that has changed is read anew', async () => {
  const path = await file('c.mjs', `export default ${JSON.stringify(HOUSE)}`)
  expect(await readConfigFile(path)).toEqual(HOUSE)
  await writeFile(path, 'export default { projects: [] }')
  // Whatever the resolution of the clock of files is.
  await utimes(path, new Date(), new Date(Date.now() + 10_000))
  expect(await readConfigFile(path)).toEqual({ projects: [] })
})

test('what is wrong is said with the name of the file, and for a value with its path and what is allowed', async () => {
  const refusals = {
    'a.json': ['{', 'a.json is not JSON: '],
    'b.json': ['[]', 'b.json must hold an object such as { "projects": [] }'],
    'c.mjs': ['export const config = {}', 'c.mjs cannot be loaded: it has no default export'],
    'd.mjs': ['export default () => { throw new Error("no plan today") }', 'd.mjs cannot be loaded: no plan today'],
    'e.yaml': ['projects: []', 'e.yaml is no configuration: use a .json, .js, .mjs or .ts file'],
    'f.mjs': ['export default 7', 'f.mjs must hold an object'],
    'g.json': ['{"projects":[{"id":1}]}', 'g.json: Configuration: projects[0].name must be a text that is not empty'],
    'h.json': ['{"project":[]}', 'h.json: Configuration: project must be left out, or one of '],
  }
  for (const [name, [text = '', message = '']] of Object.entries(refusals)) {
    const path = await file(name, text)
    const refused = await readConfigFile(path).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(join(folder, message)),
      details: { file: path },
    })
  }
  await expect(readConfigFile(join(folder, 'none.json'))).rejects.toThrow(
    `there is no file ${join(folder, 'none.json')}`,
  )
  await expect(readConfigFile(join(folder, 'none.mjs'))).rejects.toThrow(`there is no file ${join(folder, 'none.mjs')}`)
})

test('TypeScript is read where Node can; elsewhere the error says what to use', async () => {
  const path = await file(
    'planwire.config.ts',
    `const config: object = ${JSON.stringify(HOUSE)}\nexport default config`,
  )
  if (!('typescript' in process.features && process.features.typescript)) {
    const what = expect.stringMatching(/needs Node 22\.18 or later, and this is v\d.*as \.mjs/)
    await expect(readConfigFile(path)).rejects.toMatchObject({ message: what })
    return
  }
  // By Node itself: within a test Vitest would load the file, and does not take it for TypeScript.
  const program = `
    const { readConfigFile } = await import(${JSON.stringify(new URL('./config-file.ts', import.meta.url).href)})
    console.log(JSON.stringify(await readConfigFile(${JSON.stringify(path)})))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  expect(JSON.parse(stdout)).toEqual(HOUSE)
})
