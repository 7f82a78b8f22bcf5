/**
 * `npm run mutants`: breaks the engine on purpose, one break at a time, and looks who notices: first the simulation (its
 * named seeds, then fleets), then the unit tests of the engine. Prints a table; exits with 1 if a break goes unnoticed or its source is not found.
 * `-- --only WORDS` runs the breaks whose names hold the words, `--runs N` fleets at most for each (default 2000).
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { MUTANTS } from '../e2e/sim/mutants/mutants.js'
import { root } from './entries.js'
import { loadSimulation } from './simulation.js'

/** @typedef {import('../e2e/sim/mutants/mutants.js').Mutant} Mutant */

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '2000' },
    show: { type: 'boolean', default: false },
  },
})

/**
 * A plugin that puts the break into the source as it is loaded.
 * @param {Mutant} mutant
 * @returns {import('vite').Plugin}
 */
function breaking({ file, find, replace }) {
  return {
    name: 'planwire-mutant',
    enforce: 'pre',
    transform: (code, id) => (id.endsWith(file) ? code.replace(find, () => replace) : undefined),
  }
}

/**
 * Which fleet notices the break.
 * @param {Mutant} mutant
 * @returns {Promise<string | undefined>}
 */
async function killedBySimulation(mutant) {
  const { campaign, namedFailure, report, KINDS } = await loadSimulation([breaking(mutant)], copy)
  const named = await namedFailure()
  if (named) return `seed ${named.name}: ${named.problem.split('\n')[0]?.slice(0, 70)}`
  const first = KINDS.filter((kind) => mutant.kinds?.includes(kind))
  const rest = KINDS.filter((kind) => !first.includes(kind))
  const runs = Number(values.runs)
  for (const [kinds, share] of /** @type {const} */ ([
    [first, runs / 2],
    [rest, runs / 2],
  ])) {
    if (kinds.length === 0) continue
    const tallies = await campaign(share, 1, kinds, (tally) => tally.failures.length === 0)
    for (const { failures } of tallies) {
      const [failure] = failures
      if (!failure) continue
      if (values.show) console.log(await report(failure.kind, failure.seed))
      return `fleet ${failure.kind} ${failure.seed}: ${failure.problem.split('\n')[0]?.slice(0, 70)}`
    }
  }
  return undefined
}

/**
 * Which unit test notices the break. The copy is broken for as long as the tests run.
 * @param {Mutant} mutant
 * @returns {string | undefined}
 */
function killedByUnitTests({ file, find, replace }) {
  const source = readFileSync(copy + file, 'utf8')
  writeFileSync(
    copy + file,
    source.replace(find, () => replace),
  )
  try {
    const { stdout, status } = spawnSync(
      'npx',
      ['vitest', 'run', '--project', 'unit', '--bail', '1', '--reporter', 'json', 'client/sync', 'client/project'],
      { cwd: copy, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    if (status === 0) return undefined
    const failed = /"status":"failed","title":"((?:[^"\\]|\\.)*)"/.exec(stdout)?.[1]
    return `unit: ${failed?.slice(0, 80) ?? 'the tests do not run'}`
  } finally {
    writeFileSync(copy + file, source)
  }
}

// A copy, since the sources may be worked on meanwhile.
const copy = `${mkdtempSync(join(tmpdir(), 'planwire-mutants-'))}/`
const left = new Set(['node_modules', '.git', 'dist', 'dist-demo'])
cpSync(root, copy, { recursive: true, filter: (source) => !left.has(basename(source)) })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

let survived = 0
for (const mutant of MUTANTS.filter(({ name }) => name.includes(values.only))) {
  const parts = readFileSync(copy + mutant.file, 'utf8').split(mutant.find).length
  let killer
  if (parts !== 2) killer = undefined
  else killer = (await killedBySimulation(mutant)) ?? killedByUnitTests(mutant)
  if (!killer) survived += 1
  const verdict = parts === 2 ? (killer ?? 'SURVIVED') : `NOT FOUND in ${mutant.file}`
  console.log(`${mutant.name.padEnd(64)} ${verdict}`)
}
rmSync(copy, { recursive: true, force: true })
console.log(survived === 0 ? 'every break was noticed' : `${survived} went unnoticed`)
process.exitCode = survived ? 1 : 0
