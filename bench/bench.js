/**
 * `npm run bench`: planwire beside the limit and beside its peers, all in one run on one machine (`npm run build` first;
 * the peers by `npm ci --prefix bench`). `npm run bench -- NAME...` runs some; `--help` tells the rest.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { environment, insane, tableText, verdicts, writeBetweenMarks } from './report.js'

/** @typedef {import('./report.js').Table} Table */
/** Answers its tables at the end, or hands each out when it is done. @typedef {(extent: import('./report.js').Extent) => Promise<readonly Table[]> | AsyncIterable<Table>} Benchmark */

/** @type {Record<string, { about: string, load: () => Promise<{ run: Benchmark }> }>} */
const benchmarks = {
  core: { about: 'a commit in the core, without a network', load: () => import('./core-commits.js') },
  server: { about: 'the server over real sockets', load: () => import('./server/server.js') },
  client: { about: 'the store of a page in Chromium', load: () => import('./client/client.js') },
  tabs: { about: 'from tab to tab through the mock in the browser', load: () => import('./tabs/tabs.js') },
  start: {
    about: 'until a project is on the screen, after a restart, after a break',
    load: () => import('./start/start.js'),
  },
  growth: { about: 'how costs grow with tasks, clients and hours', load: () => import('./growth/growth.js') },
  size: { about: 'what an import costs an app', load: () => import('./size.js') },
  widgets: { about: "a real Gantt chart with our client and with its vendor's", load: () => import('./widgets.js') },
}

const USAGE = `npm run bench -- [NAME...] [options]

${Object.entries(benchmarks)
  .map(([name, { about }]) => `  ${name.padEnd(9)} ${about}`)
  .join('\n')}

  --rounds N     interleaved rounds per figure (default 5, at least 1)
  --check        end with 1 if a target is missed
  --smoke        little of everything, once: that it runs and that its figures are sane
  --json FILE    the figures, and the environment
  --write FILE   puts the tables between the marks of a document
  --url WS_URL   server: a server of your own beside the others, with a project 1 of at least 100 tasks with the ids 1 to 100`

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      check: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'string' },
      url: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name))
  if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}`)
  const rounds = Number(values.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number from 1')
  return { ...values, rounds, names: positionals }
}

async function main() {
  const { rounds, check, smoke, json, write, url, help, names } = options()
  if (help) {
    console.log(USAGE)
    return
  }
  if (!existsSync(new URL('../dist/client/index.js', import.meta.url)))
    throw new Error('nothing is built: npm run build')
  const about = environment()
  console.log(Object.values(about).join(' · '))
  /** @type {Table[]} */
  const tables = []
  const wanted = names.length > 0 ? names : Object.keys(benchmarks)
  for (const name of wanted) {
    const since = performance.now()
    const { run } = (await benchmarks[name]?.load()) ?? {}
    const found = run?.({ rounds: smoke ? 1 : rounds, smoke, ...(url === undefined ? {} : { url }) }) ?? []
    for await (const table of await found) {
      tables.push(table)
      if (!smoke) console.log(`\n${tableText(table)}`)
      // After each, so that a run that is broken off leaves what it has measured.
      if (write !== undefined && !smoke) {
        const heading = `Measured ${Object.values(about).join(', ')}; medians of ${rounds} interleaved rounds.`
        writeBetweenMarks(write, `${heading}\n\n${tables.map(tableText).join('\n')}`)
      }
    }
    console.log(`${name}: ran in ${((performance.now() - since) / 1000).toFixed(1)} s`)
  }
  const missed = tables.flatMap(({ rows }) => rows.flatMap(verdicts)).filter(({ met }) => !met)
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ environment: about, rounds, smoke, missed, tables }, undefined, 2)}\n`)
  }
  const wrong = insane(tables)
  for (const line of wrong) console.error(`bench: ${line} is no figure`)
  if (wrong.length > 0) process.exitCode = 1
  if (smoke) return
  for (const { row, text } of missed) console.log(`missed: ${row}: ${text}`)
  if (check && missed.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  if (!(error instanceof Error) || process.env['DEBUG']) console.error(error)
  process.exitCode = 1
}
