/** Every code block of the documents is compiled as one program, run where it says so, and checked for commands that are not there. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readConfigFile } from '../mock-server/node/config-file.ts'
import { runMinimise, runReplay } from '../mock-server/node/replay-command.ts'
import { parseServe } from '../mock-server/node/serve-options.ts'
import { parseVerify } from '../mock-server/node/verify-options.ts'
import { blocksOf, documents, folder, modulesOf, writeModules } from './documents.js'
import { root } from './entries.js'

const all = documents()
const modules = modulesOf(all)
const blocks = all.flatMap(blocksOf)
const package_ = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

describe('code in the documents', () => {
  beforeAll(() => writeModules(modules))

  it('compiles, as one program against the public entries', { timeout: 120_000 }, () => {
    expect(modules.length).toBeGreaterThan(20)
    const tsc = `${root}node_modules/typescript/bin/tsc`
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  it.each(modules.filter(({ kind }) => kind === 'run').map(({ name }) => name))('runs: %s', async (name) => {
    await import(/* @vite-ignore */ folder + name)
  })

  it('runs in more than one place', () => {
    expect(modules.filter(({ kind }) => kind === 'run').length).toBeGreaterThan(3)
    expect(modules.filter(({ kind }) => kind === 'test').length).toBeGreaterThan(0)
  })
})

const at = ({ document, line }: { document: string; line: number }) => `${document}:${line}`

describe('JSON in the documents', () => {
  const json = blocks.filter(({ language }) => language === 'json')

  it.each(json.map((block) => [at(block), block] as const))(
    '%s is JSON, and a configuration is one',
    async (_, block) => {
      JSON.parse(block.code)
      if (!block.marks.includes('config')) return
      const directory = mkdtempSync(join(tmpdir(), 'planwire-documents-'))
      try {
        writeFileSync(join(directory, 'planwire.config.json'), block.code)
        await readConfigFile(join(directory, 'planwire.config.json'))
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  )
})

describe('commands in the documents', () => {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => block.code.split('\n').map((text) => [at(block), text.replace(/\s#.*$/, '').trim()] as const))
  const planwire = lines.filter(([, text]) => /^(npx )?planwire /.test(text))

  // Each reads its options before anything else; with `--help` nothing else follows.
  const understood: { readonly [command: string]: (args: readonly string[]) => unknown } = {
    serve: parseServe,
    verify: (args) => parseVerify(args, {}),
    replay: (args) => runReplay([...args, '--help'], { out: () => {}, err: () => {} }),
    minimise: (args) => runMinimise([...args, '--help'], { out: () => {}, err: () => {} }),
  }

  it.each(planwire)('%s: `%s` is understood', async (_, text) => {
    const [command = '', ...args] = text.replace(/^(npx )?planwire /, '').split(/\s+/)
    expect(Object.keys(understood)).toContain(command)
    expect(await understood[command]?.(args)).toBeDefined()
  })

  it('there is a script for every `npm run`, and a file for every `node scripts/…`', () => {
    const text = all.map((document) => readFileSync(root + document, 'utf8')).join('\n')
    const scripts = [...text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map((match) => match[1] ?? '')
    expect(scripts.length).toBeGreaterThan(5)
    for (const script of new Set(scripts)) expect(Object.keys(package_.scripts)).toContain(script)
    for (const [, file = ''] of text.matchAll(/node (scripts\/[\w-]+\.js)/g))
      expect(existsSync(root + file), file).toBe(true)
  })
})

describe('links in the documents', () => {
  it.each(all)('%s leads to files and headings that are there', (document) => {
    const dead = linksOf(document).flatMap(({ target, file, heading }) => {
      if (!existsSync(root + file)) return [target]
      if (heading === undefined || !file.endsWith('.md')) return []
      const headings = [...readFileSync(root + file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, words = '']) =>
        anchor(words),
      )
      return headings.includes(heading) ? [] : [target]
    })
    expect(dead).toEqual([])
  })

  it('lead to packed files: all of the README, those of other packed documents but for sources and pictures', () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const [{ files }] = JSON.parse(spawnSync('npm', args, { cwd: root, encoding: 'utf8' }).stdout)
    const packed: string[] = files.map(({ path }: { path: string }) => path)
    const there = (file: string) => packed.some((path) => path === file || path.startsWith(`${file}/`))
    const inRepository = /^(client|scripts|docs\/(api|images))(\/|$)/
    const dead = all
      .filter(there)
      .flatMap((document) => linksOf(document).map(({ file }) => ({ document, file })))
      .filter(({ document, file }) => !there(file) && (document === 'README.md' || !inRepository.test(file)))
    expect(dead).toEqual([])
    expect(linksOf('README.md').length).toBeGreaterThan(10)
  })

  it('the index of docs names every document', () => {
    const index = readFileSync(`${root}docs/README.md`, 'utf8')
    const missing = all.filter(
      (document) =>
        document.startsWith('docs/') && document !== 'docs/README.md' && !index.includes(`](${document.slice(5)}`),
    )
    expect(missing).toEqual([])
  })
})

/** Links and pictures of a document that lead to files. */
function linksOf(document: string): { target: string; file: string; heading: string | undefined }[] {
  const text = readFileSync(root + document, 'utf8').replace(/^```.*?^```$/gms, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].flatMap(([, link = '', image]) => {
    const target = image ?? link
    if (/^[a-z]+:/.test(target)) return []
    const [path = '', heading] = target.split('#')
    return [{ target, file: path === '' ? document : normalize(join(dirname(document), path)), heading }]
  })
}

/** The name of a heading in a link, as GitHub makes it. */
function anchor(words: string): string {
  return words
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
