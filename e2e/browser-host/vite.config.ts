/** Builds the pages of `browser-host.spec.ts`, with `planwire/...` from the sources. `VITE_OUT` says where to. */
import { defineConfig } from 'vite'
import { root, sourceEntries } from '../../scripts/entries.js'

const here = `${root}e2e/browser-host`

export default defineConfig({
  root: here,
  base: './',
  logLevel: 'error',
  resolve: {
    alias: sourceEntries().map(([entry, source]) => ({ find: new RegExp(`^${entry}$`), replacement: root + source })),
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: process.env['VITE_OUT'] ?? `${here}/dist`,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: [`${here}/index.html`, `${here}/msw.html`],
    },
  },
})
