/**
 * Type-checks every program of the repository. They are several because browser, worker and Node know different globals:
 * code that must run everywhere is checked without any of them.
 */
import { spawnSync } from 'node:child_process'
import { root } from './entries.js'

/** Programs whose files are shipped, in the order in which the build emits them. */
export const shippedPrograms = [
  'client/tsconfig.json',
  'client/tsconfig.dom.json',
  'mock-server/core/tsconfig.json',
  'mock-server/lab/tsconfig.json',
  'mock-server/recorder/tsconfig.json',
  'mock-server/doctor/tsconfig.json',
  'mock-server/browser/tsconfig.json',
  'mock-server/browser/tsconfig.worker.json',
  'mock-server/verify/tsconfig.json',
  'mock-server/node/tsconfig.json',
  'mock-server/testing/tsconfig.json',
  'mock-server/playwright/tsconfig.json',
  'mock-server/bots/tsconfig.json',
  'mock-server/panel/tsconfig.json',
]

const otherPrograms = [
  'mock-server/fixtures/tsconfig.json',
  'demo/tsconfig.json',
  'e2e/tsconfig.json',
  'scripts/tsconfig.json',
  'bench/tsconfig.json',
  'tsconfig.json',
]

/**
 * Runs the TypeScript compiler on a program.
 * @param {string} program path of its tsconfig, relative to the root
 * @param {string[]} options further options of tsc
 * @returns {boolean} whether it had nothing to complain about
 */
export function compile(program, options = []) {
  const tsc = `${root}node_modules/typescript/bin/tsc`
  return spawnSync(process.execPath, [tsc, '-p', root + program, ...options], { stdio: 'inherit' }).status === 0
}

if (process.argv[1] === import.meta.filename) {
  const failed = [...shippedPrograms, ...otherPrograms].filter((program) => !compile(program))
  for (const program of failed) console.error(`types: ${program} has errors`)
  process.exitCode = failed.length === 0 ? 0 : 1
}
