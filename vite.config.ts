/**
 * The demo as the root app (every page in `demo/` is an entry), and the test projects `unit` and `browser`.
 * `planwire/...` means the sources here, by the table in `tsconfig.entries.json`.
 */
import { readdirSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
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

/**
 * A page of one widget asks for the widget and the client with its own first script, not only when that has run. They are fetched
 * and compiled early; they run when the page says so. The first page shows other pages in frames, and needs neither.
 */
function fetchEarly(): Plugin {
  return {
    name: 'planwire-fetch-early',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {}, chunk, path }) {
        if (!chunk || path.endsWith('/index.html')) return []
        const take = (into: Set<string>, file: string): void => {
          const found = bundle[file]
          if (into.has(file) || found?.type !== 'chunk') return
          into.add(file)
          for (const dependency of found.imports) take(into, dependency)
        }
        // What the first script needs to run is asked for already.
        const known = new Set<string>()
        for (const file of chunk.imports) take(known, file)
        const early = new Set<string>()
        for (const file of chunk.dynamicImports) take(early, file)
        const files = [...early].filter((file) => !known.has(file))
        return files.map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
          injectTo: 'head',
        }))
      },
    },
  }
}

/**
 * Simulated fleets first. They are short files that run long: where Vitest does not remember earlier runs it begins with the
 * longest file, and one processor would be left with the fleets when all the others are done.
 */
class FleetsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isFleet = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('.sim.test.ts')
    return [...sorted.filter(isFleet), ...sorted.filter((file) => !isFleet(file))]
  }
}

export default defineConfig({
  root: demo,
  base: './',
  appType: 'mpa',
  logLevel: 'warn',
  clearScreen: false,
  plugins: [whereItIs(), fetchEarly()],
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
    sequence: { sequencer: FleetsFirst },
    // A second is what Vitest gives: a lease that runs out takes 0.7 s on a machine that does nothing else.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          root,
          environment: 'node',
          // No threads, which would be quicker: tests of time zones set that of their process.
          // A bound for what never ends: beside others' work on a slow machine, what takes 3 s alone was seen to take 28.
          testTimeout: 90_000,
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
          testTimeout: 90_000,
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
