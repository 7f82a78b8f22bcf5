/**
 * End-to-end tests against the built demo, served as a static host would: under a sub-path, without a backend.
 * `PLANWIRE_BROWSERS=firefox,webkit` runs them in Playwright's other browsers instead of Chromium; `PLANWIRE_TRACE=1`
 * keeps a trace of each failure (recording takes as long again as the tests do).
 */
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { defineConfig, devices } from '@playwright/test'
import type { KitOptions } from 'planwire/playwright'
import { chromiumLaunchOptions } from '../scripts/chromium.js'

/** A port that is free now. Workers load this file again: they inherit the choice through the environment. */
async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return String(address.port)
}

const port = (process.env['PLANWIRE_E2E_PORT'] ??= await freePort())
const base = '/some/where/'

/** The pages with the vendor's widgets, where `scripts/vendor.js` could build them. Specs that need them are left out otherwise. */
const vendorPages = fileURLToPath(new URL('vendor', import.meta.url))
const withVendor = existsSync(`${vendorPages}/dist/pages`)
const vendorPort = (process.env['PLANWIRE_VENDOR_PORT'] ??= await freePort())
process.env['PLANWIRE_VENDOR_SITE'] = `http://127.0.0.1:${vendorPort}`

const projects = {
  chromium: { use: { ...devices['Desktop Chrome'], launchOptions: chromiumLaunchOptions() } },
  firefox: { use: { ...devices['Desktop Firefox'] } },
  webkit: { use: { ...devices['Desktop Safari'] } },
}
const wanted = (process.env['PLANWIRE_BROWSERS'] ?? 'chromium').split(',')

export default defineConfig<KitOptions>({
  testDir: '.',
  testMatch: '*.spec.ts',
  testIgnore: [
    // Of a project of its own, which has the packed package.
    'package-app/**',
    ...(withVendor ? [] : ['vendor-{clients,weaknesses}.spec.ts']),
    ...(process.env['PLANWIRE_PACE'] ? [] : ['widget-pace.spec.ts']),
  ],
  outputDir: '../test-results',
  workers: 2,
  forbidOnly: true,
  retries: 0,
  // Bounds for what never comes, not for what is slow: a machine beside others' work takes ten times as long.
  timeout: 120_000,
  expect: { timeout: 30_000, toPass: { timeout: 30_000 } },
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}${base}`,
    // The demo brings its server along. Specs that want one in Node say so.
    mockServer: { host: 'page' },
    trace: process.env['PLANWIRE_TRACE'] ? 'retain-on-failure' : 'off',
  },
  projects: Object.entries(projects)
    .filter(([name]) => wanted.includes(name))
    .map(([name, project]) => ({ name, ...project })),
  webServer: [
    {
      command: `node node_modules/vite/bin/vite.js preview --base ${base} --port ${port} --strictPort`,
      cwd: '..',
      url: `http://127.0.0.1:${port}${base}`,
      reuseExistingServer: false,
    },
    ...(withVendor
      ? [
          {
            command: `node node_modules/vite/bin/vite.js preview e2e/vendor --port ${vendorPort} --strictPort`,
            cwd: '..',
            url: `http://127.0.0.1:${vendorPort}/pages/gantt.html`,
            reuseExistingServer: false,
          },
        ]
      : []),
  ],
})
