/** What knip takes for a start of the project: the public entries, the command, the workers, the pages and the scripts. */
import { sourceEntries } from './scripts/entries.js'

/** @type {import('knip').KnipConfig} */
export default {
  entry: [
    ...sourceEntries().map(([, source]) => source),
    'mock-server/node/cli.ts',
    'mock-server/browser/worker.ts',
    'mock-server/panel/nothing.ts',
    'demo/**/*.html',
    'demo/examples/*/main.ts',
    'e2e/browser-host/*.{html,ts}',
    'scripts/*.js',
    'e2e/sim/campaign.ts',
    'bench/*.js',
    // Loaded by their path: pages, processes of their own, benchmarks by their name.
    'bench/*/**/*.js',
  ],
  project: [
    '{client,mock-server,demo,e2e,bench,scripts}/**/*.{ts,js}',
    '*.{ts,js}',
    '!e2e/{package-app,vite-app}/**',
    '!e2e/vendor/**',
  ],
  // Packages of their own, with their own dependencies.
  ignore: ['e2e/vendor/**', 'bench/client/subjects/**'],
  // Of the system, where there is one.
  ignoreBinaries: ['WebKitWebDriver'],
  // A type that a file exports for the sake of its own functions' signatures is not unused.
  ignoreExportsUsedInFile: { interface: true, type: true },
  playwright: { config: 'e2e/playwright.config.ts', entry: ['e2e/**/*.spec.ts', 'e2e/sim/**/*.sim.test.ts'] },
}
