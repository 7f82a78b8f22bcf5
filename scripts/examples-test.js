/**
 * Proves the examples of `demo/examples` with the packed package: each compiles by its own settings and starts by its own
 * dev server, and what one tab does shows in another; the one that is tests passes. Also by itself, on an app that has their
 * packages: `node scripts/examples-test.js FOLDER`.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { chromiumLaunchOptions } from './chromium.js'
import { root } from './entries.js'
import { run, serve, twoTabs } from './packed-app.js'

/** What an example shows to who opens it twice. @type {Record<string, (url: string) => Promise<void>>} */
const PAGES = { 'plain-typescript': twoTabs, react: twoTabs, 'vendor-gantt': twoCharts }
const TESTS = 'tests-only'

/**
 * A task that is added by the widget's own form in one tab is drawn in the other.
 * @param {string} url
 */
async function twoCharts(url) {
  const browser = await chromium.launch(chromiumLaunchOptions())
  try {
    const context = await browser.newContext()
    const [a, b] = [await context.newPage(), await context.newPage()]
    for (const page of [a, b]) {
      page.setDefaultTimeout(20_000)
      await page.goto(url)
      await page.locator('.gantt_task_line').nth(1).waitFor()
    }
    await a.locator('.gantt_grid_head_add').click()
    await a.locator('.gantt_cal_light textarea').fill('From tab A')
    await a.locator('.gantt_cal_light .gantt_save_btn_set').click()
    await b.locator('.gantt_task_line').filter({ hasText: 'From tab A' }).waitFor()
  } catch (error) {
    throw new Error(`${url}: ${error}`, { cause: error })
  } finally {
    await browser.close()
  }
}

/**
 * Tries every example in an app that has planwire and all that they need.
 * @param {string} app its folder
 */
export async function tryExamples(app) {
  cpSync(join(root, 'demo/examples'), join(app, 'examples'), { recursive: true })
  const tsc = join(app, 'node_modules/typescript/bin/tsc')
  for (const name of [...Object.keys(PAGES), TESTS]) {
    const folder = join(app, 'examples', name)
    run(folder, process.execPath, [tsc])
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    for (const needed of Object.keys({ ...dependencies, ...devDependencies }))
      readFileSync(join(app, 'node_modules', needed, 'package.json'))
    // Here the packages lie above the example, where the dev server would serve nothing from.
    writeFileSync(join(folder, 'vite.config.js'), "export default { server: { fs: { allow: ['../..'] } } }\n")
  }
  const pages = Object.entries(PAGES).map(([name, use]) => serve(join(app, 'examples', name), [], use, app))
  await Promise.all(pages)
  run(app, process.execPath, [join(app, 'node_modules/vitest/vitest.mjs'), 'run', '--dir', join('examples', TESTS)])
}

if (process.argv[1] === import.meta.filename) await tryExamples(process.argv[2] ?? '.')
