/**
 * The demo as the root app (every page in `demo/` is an entry), and the test projects `unit` and `browser`.
 * `planwire/...` means the sources here, by the table in `tsconfig.entries.json`.
 */
import { readdirSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { chromiumLaunchOptions } from './scripts/chromium.js'
import { root, sourceEntries } from './scripts/entries.js'
import { vendorInstalled } from './scripts/vendor.js'

const demo = `${root}demo`
const pages = readdirSync(demo).filter((name) => name.endsWith('.html'))

/** Prints one line that says where the demo is, in place of Vite's own. */
function whereItIs(): Plugin {
  return {
    name: 'planwire-where',
    apply: () => !process.env['VITEST'],
    configureServer(server) {
      server.printUrls = () => console.log(`planwire demo: ${server.resolvedUrls?.local[0] ?? 'not listening'}`)
    },
    configurePreviewServer(server) {
      server.printUrls = () => console.log(`planwire demo, built: ${server.resolvedUrls?.local[0] ?? 'not listening'}`)
    },
  }
}

export default defineConfig({
  root: demo,
  base: './',
  appType: 'mpa',
  logLevel: 'warn',
  clearScreen: false,
  plugins: [whereItIs()],
  resolve: {
    alias: sourceEntries().map(([entry, source]) => ({ find: new RegExp(`^${entry}$`), replacement: root + source })),
  },
  server: { host: '127.0.0.1', fs: { allow: [root] } },
  preview: { host: '127.0.0.1' },
  worker: { format: 'es' },
  optimizeDeps: {
    // Imported by the worker or late, where Vite's scan of the pages does not look: found during a run, they reload the page.
    include: ['dhtmlx-gantt', 'idb'],
  },
  build: {
    target: 'es2022',
    outDir: `${root}dist-demo`,
    emptyOutDir: true,
    // dhtmlx-gantt is one module of 770 kB.
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: pages.map((name) => `${demo}/${name}`),
    },
  },
  cacheDir: `${root}node_modules/.vite`,
  test: {
    root,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          root,
          environment: 'node',
          include: ['{client,mock-server,scripts,bench,demo,e2e}/**/*.test.{ts,js}'],
          exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
          // Tests that run together wait for servers most of the time.
          maxConcurrency: 20,
          sequence: { seed: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          root,
          include: [
            '{client,mock-server,demo}/**/*.browser.test.ts',
            // With the widgets that `scripts/vendor.js` installs.
            ...(vendorInstalled() ? ['e2e/vendor/*.browser.test.ts'] : []),
          ],
          globalSetup: 'mock-server/browser/native-sockets.contract.ts',
          sequence: { seed: 1 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            api: { host: '127.0.0.1' },
            provider: playwright({ launchOptions: chromiumLaunchOptions() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
