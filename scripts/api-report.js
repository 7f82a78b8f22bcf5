/**
 * Holds the public interface of every entry to what `docs/api/*.api.md` says, so that no change of it goes unnoticed. Works on the
 * declarations in `dist/`: build first. `node scripts/api-report.js --write` takes what there is.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { root } from './entries.js'

const packageJsonFullPath = `${root}package.json`
const packageJson = JSON.parse(readFileSync(packageJsonFullPath, 'utf8'))
const write = process.argv.includes('--write')
const reportFolder = `${root}docs/api/`
const reportTempFolder = mkdtempSync(join(tmpdir(), 'planwire-api-'))
mkdirSync(reportFolder, { recursive: true })

/** The name of an entry's report. @param {string} path as in `exports` */
const reportOf = (path) => `planwire${path.slice(1)}`.replaceAll('/', '-')

/** @type {[string, { types: string }][]} */
const entries = Object.entries(packageJson.exports).filter(([, conditions]) => typeof conditions !== 'string')
const entryFiles = entries.map(([, { types }]) => join(root, types))

/** What makes the report of an entry. @param {string} path as in `exports` @param {string} types its declarations */
function configOf(path, types) {
  const mainEntryPointFilePath = join(root, types)
  const none = { default: { logLevel: /** @type {never} */ ('none') } }
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath,
    packageJson,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath,
      newlineKind: 'lf',
      apiReport: { enabled: true, reportFileName: reportOf(path), reportFolder, reportTempFolder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            module: 'ESNext',
            moduleResolution: 'bundler',
            lib: ['ES2022', 'DOM'],
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: entryFiles,
        },
      },
      messages: { compilerMessageReporting: none, extractorMessageReporting: none, tsdocMessageReporting: none },
    },
  })
}

/** One program for all of them: one for each takes nearly three times as long. @type {CompilerState | undefined} */
let compilerState

/**
 * Compares (or writes) one report.
 * @param {string} path as in `exports` @param {string} types its declarations
 * @returns {string | undefined} what is wrong
 */
function report(path, types) {
  const config = configOf(path, types)
  compilerState ??= CompilerState.create(config, { additionalEntryPoints: entryFiles })
  /** @type {string | undefined} */
  let problem
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: write,
    compilerState,
    messageCallback: (message) => {
      message.handled = true
      if (/** @type {string} */ (message.logLevel) === 'error') problem = message.text
    },
  })
  if (problem) return `${path}: ${problem}`
  return apiReportChanged && !write ? `${path}: differs from docs/api/${reportOf(path)}.api.md` : undefined
}

const problems = entries.flatMap(([path, { types }]) => report(path, types) ?? [])
const known = new Set(entries.map(([path]) => `${reportOf(path)}.api.md`))
for (const file of readdirSync(reportFolder)) {
  if (known.has(file)) continue
  if (write) rmSync(reportFolder + file)
  else problems.push(`docs/api/${file}: there is no such entry any more`)
}
rmSync(reportTempFolder, { recursive: true })
for (const problem of problems) console.error(`api: ${problem}`)
if (problems.length > 0) {
  console.error(
    'If the change is meant: node scripts/api-report.js --write, and a changeset that tells of it (CONTRIBUTING.md)',
  )
  process.exitCode = 1
} else console.log(`${write ? 'wrote' : 'checked'} the interface of ${entries.length} entries`)
