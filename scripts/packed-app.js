/**
 * What tests of the packed package share: commands that are shown when they fail, an app that its own Vite serves, and two
 * tabs that work together in it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { chromiumLaunchOptions } from './chromium.js'

/** A command that runs longer hangs: an entry that starts something when it is imported, say. */
const LONGEST_MS = 120_000

/**
 * Runs a command to its end, its output shown only if it fails.
 * @param {string} cwd @param {string} command @param {string[]} args
 * @returns {string} what it printed
 */
export function run(cwd, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: LONGEST_MS })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/**
 * Serves an app with its own Vite until `use` is done with it.
 * @param {string} app its folder
 * @param {string[]} args of the vite command
 * @param {(url: string) => Promise<void>} use
 * @param {string} [packages] the folder whose packages it has
 */
export async function serve(app, args, use, packages = app) {
  const vite = join(packages, 'node_modules/vite/bin/vite.js')
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
 * Two tabs add a task each; both must see both, and so must a tab that comes later. No page may fail.
 * @param {string} url
 * @param {(page: import('playwright').Page) => Promise<void>} [also] what else the first tab is put to, with both tasks in it
 * @param {import('playwright').Browser} [given] one that is open already
 */
export async function twoTabs(url, also, given) {
  const browser = given ?? (await chromium.launch(chromiumLaunchOptions()))
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
      await also?.(a)
      if (problems.length > 0) throw new Error('errors in the page')
    } catch (error) {
      throw new Error(`${url}: ${error}\n${problems.join('\n')}`, { cause: error })
    }
  } finally {
    if (given) await Promise.all(browser.contexts().map((context) => context.close()))
    else await browser.close()
  }
}
