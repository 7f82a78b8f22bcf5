/** Builds the pages with the vendor's widgets into `dist/`; `planwire/...` means the sources. */
import { readdirSync } from 'node:fs'
import { defineConfig } from 'vite'
import { root, sourceEntries } from '../../scripts/entries.js'

const pages = `${root}e2e/vendor/pages`

export default defineConfig({
  base: './',
  appType: 'mpa',
  logLevel: 'warn',
  resolve: {
    alias: sourceEntries().map(([entry, source]) => ({ find: new RegExp(`^${entry}$`), replacement: root + source })),
  },
  preview: { host: '127.0.0.1' },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: `${root}e2e/vendor/dist`,
    emptyOutDir: true,
    minify: false,
    chunkSizeWarningLimit: 3_000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: readdirSync(pages)
        .filter((name) => name.endsWith('.html'))
        .map((name) => `${pages}/${name}`),
    },
  },
})
