/**
 * Proves the package as users get it: packs `dist/`, installs the tarball into a fresh Vite app outside the repository,
 * checks its types and the README's snippets, and lets two tabs edit one plan through the packed mock server, in dev and in the built site.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { chromiumLaunchOptions } from './chromium.js'
import { root, sourceEntries } from './entries.js'

/** A command that runs longer hangs: an entry that starts something when it is imported, say. */
const LONGEST_MS = 120_000

const app = mkdtempSync(join(tmpdir(), 'planwire-package-'))

/**
 * Runs a command to its end, its output shown only if it fails.
 * @param {string} cwd @param {string} command @param {string[]} args
 * @returns {string} what it printed
 */
function run(cwd, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: LONGEST_MS })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/**
 * Serves the app with Vite until `use` is done with it.
 * @param {string[]} args of the vite command
 * @param {(url: string) => Promise<void>} use
 */
async function serve(args, use) {
  const vite = join(app, 'node_modules/vite/bin/vite.js')
  const server = spawn(process.execPath, [vite, ...args, '--host', '127.0.0.1', '--port', '0'], {
    cwd: app,
    env: { ...process.env, NO_COLOR: '1' },
  })
  const gone = new Promise((resolve) => server.once('exit', resolve))
  try {
    await use(
      await new Promise((resolve, reject) => {
        let printed = ''
        /** @param {Buffer} chunk */
        const read = (chunk) => {
          printed += chunk
          const url = /Local:\s+(\S+)/.exec(printed)?.[1]
          if (url) resolve(url)
        }
        server.stdout.on('data', read)
        server.stderr.on('data', read)
        gone.then(() => reject(new Error(`vite ended before it served:\n${printed}`)))
      }),
    )
  } finally {
    server.kill()
    await gone
  }
}

/**
 * Two tabs add a task each; both must see both, and so must a tab that comes later.
 * @param {string} url
 */
async function twoTabs(url) {
  const browser = await chromium.launch(chromiumLaunchOptions())
  try {
    const context = await browser.newContext()
    /** @type {string[]} */
    const problems = []
    const open = async () => {
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(String(error)))
      await page.goto(url)
      return page
    }
    /** @param {import('playwright').Page} page @param {readonly string[]} names */
    const sees = async (page, names) => {
      const items = page.getByRole('list', { name: 'Tasks' }).getByRole('listitem')
      for (const name of names) await items.filter({ hasText: name }).waitFor({ timeout: 20_000 })
      const all = await items.allTextContents()
      if (all.length !== names.length) throw new Error(`expected ${names.join(', ')}, the page shows ${all.join(', ')}`)
    }
    /** @param {import('playwright').Page} page @param {string} name */
    const add = async (page, name) => {
      await page.getByLabel('New task').fill(name)
      await page.getByRole('button', { name: 'Add' }).click()
    }
    try {
      const [a, b] = [await open(), await open()]
      await sees(a, ['First task'])
      await sees(b, ['First task'])
      await add(a, 'From tab A')
      await sees(b, ['First task', 'From tab A'])
      await add(b, 'From tab B')
      for (const page of [a, b, await open()]) await sees(page, ['First task', 'From tab A', 'From tab B'])
      if (problems.length > 0) throw new Error('errors in the page')
    } catch (error) {
      throw new Error(`${url}: ${error}\n${problems.join('\n')}`, { cause: error })
    }
  } finally {
    await browser.close()
  }
}

/** Writes every TypeScript snippet of the README into the app as a module of its own. */
function addSnippets() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? '')
  if (snippets.length === 0) throw new Error('the README has no snippets')
  mkdirSync(join(app, 'readme'))
  for (const [index, snippet] of snippets.entries()) writeFileSync(join(app, 'readme', `${index + 1}.ts`), snippet)
  return snippets.length
}

try {
  const [{ filename, size, entryCount }] = JSON.parse(
    run(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app]),
  )
  console.log(`packed ${entryCount} files, ${(size / 1000).toFixed(0)} kB`)
  cpSync(join(root, 'e2e/package-app'), app, { recursive: true })
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'])
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`])
  console.log('installed outside the repository')
  const snippets = addSnippets()
  run(app, 'npx', ['tsc'])
  console.log(`types resolve, in the app and in ${snippets} snippets of the README`)
  const imports = sourceEntries().map(([entry]) => `await import('${entry}')`)
  run(app, process.execPath, ['--input-type=module', '-e', imports.join('\n')])
  console.log(`importing all ${imports.length} entries in Node starts nothing`)
  run(app, 'npx', ['planwire', '--help'])
  console.log('the command runs')
  await serve([], twoTabs)
  console.log('vite dev: two tabs sync')
  run(app, 'npx', ['vite', 'build', '--logLevel', 'error'])
  await serve(['preview'], twoTabs)
  console.log('vite build + preview: two tabs sync')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(app, { recursive: true, force: true })
}
