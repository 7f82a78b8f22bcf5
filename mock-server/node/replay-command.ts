/** The commands `planwire replay` and `planwire minimise`: a recording from a file, what became of it, in words. */
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { isObject } from '../../client/protocol/guards.ts'
import { createDoctor } from '../doctor/doctor.ts'
import { FINDING_CODES, type Finding } from '../doctor/finding.ts'
import { type FailingCheck, minimise } from '../recorder/minimise.ts'
import { checkRecording } from '../recorder/read-recording.ts'
import type { Recording } from '../recorder/recording.ts'
import { type ReplayDifference, replay } from '../recorder/replay.ts'
import { misunderstood, UsageError } from './serve-options.ts'

/** Where the commands print. */
export interface ReplayTerminal {
  out(line: string): void
  err(line: string): void
}

const REPLAY_HELP = `planwire replay: plays a recording against a fresh mock server, and tells the first thing that is not as it was

Usage
  planwire replay FILE

FILE is what "planwire serve --record FILE", the panel, or recorder.stop() gives. Ends with 0 when every frame,
every answer and the records at the end are the same, else with 1. What the traffic doctor finds in the
recording is printed too.`

const MINIMISE_HELP = `planwire minimise: cuts a recording down to the messages that a failing check needs

Usage
  planwire minimise FILE --check CODE [--out FILE]
  planwire minimise FILE --check MODULE [--out FILE]

  --check CODE    a finding of the traffic doctor that must stay: ${FINDING_CODES.slice(0, 3).join(', ')}, ...
  --check MODULE  a .js or .mjs file whose default export is a function: it is handed a recording, and
                  answers true (or a promise of it) while that still shows what is wrong
  --out FILE      where the small recording is written (default: FILE with .min.json at its end)`

/** Longest value that is printed. */
const LONGEST = 500

/** Runs `planwire replay`. Throws {@link UsageError} for what was not understood. */
export async function runReplay(args: readonly string[], terminal: ReplayTerminal): Promise<0 | 1> {
  const { file, values } = parsed('replay', args, [])
  if (values.help) {
    terminal.out(REPLAY_HELP)
    return 0
  }
  const recording = await recordingIn(file)
  const { entries, name, dropped } = recording
  terminal.out(`${name}: ${entries.length} entries${dropped ? `, ${dropped} left out at the end` : ''}`)
  for (const finding of findingsIn(recording)) terminal.out(inWords(finding))
  const { same, compared, first, differences } = await replay(recording)
  if (same) {
    terminal.out(`The replay is the same: ${compared} frames and answers, and the records at the end.`)
    return 0
  }
  terminal.out(
    `The replay is not the same: ${differences.length} of ${compared} frames and answers differ. The first one:`,
  )
  if (first) terminal.out(placeOf(first))
  return 1
}

/** Runs `planwire minimise`. Throws {@link UsageError} for what was not understood. */
export async function runMinimise(args: readonly string[], terminal: ReplayTerminal): Promise<0 | 1> {
  const { file, values } = parsed('minimise', args, ['check', 'out'])
  if (values.help) {
    terminal.out(MINIMISE_HELP)
    return 0
  }
  if (values.check === undefined) throw misunderstood('minimise needs --check: what must go on failing')
  const out = values.out ?? `${file.replace(/\.json$/, '')}.min.json`
  const recording = await recordingIn(file)
  const check = await checkOf(values.check)
  let attempts = 0
  const small = await minimise(recording, check, { onProgress: (_, made) => (attempts = made) })
  await writeFile(out, `${JSON.stringify(small, undefined, 2)}\n`).catch((cause: unknown) => {
    throw new UsageError(`--out ${out} cannot be written: ${messageOf(cause)}`, 1)
  })
  terminal.out(
    `${recording.entries.length} entries are ${small.entries.length} now, after ${attempts} attempts: ${out}`,
  )
  return 0
}

async function checkOf(name: string): Promise<FailingCheck> {
  if (FINDING_CODES.includes(name)) return (recording) => findingsIn(recording).some(({ code }) => code === name)
  if (!/\.[cm]?[jt]s$/.test(name))
    throw misunderstood(`--check ${name} is neither a module nor a finding: ${FINDING_CODES.join(', ')}`)
  let module: { readonly default?: unknown }
  try {
    module = await import(pathToFileURL(resolve(name)).href)
  } catch (cause) {
    throw new UsageError(`--check ${name} cannot be loaded: ${messageOf(cause)}`, 2)
  }
  const { default: check } = module
  if (typeof check !== 'function') throw new UsageError(`--check ${name}: its default export must be a function`, 2)
  return async (recording) => (await check(recording)) === true
}

function findingsIn({ entries }: Recording): readonly Finding[] {
  const doctor = createDoctor()
  doctor.take(entries)
  // All that is still to come would have come by now.
  doctor.passed((entries.at(-1)?.at ?? 0) + 60_000)
  return doctor.findings
}

function inWords({ severity, code, message, entries, count }: Finding): string {
  const often = count > 1 ? `, ${count} times` : ''
  return `${severity} ${code}: ${message} (entries ${entries.slice(0, 5).join(', ')}${often})`
}

function placeOf({ entry, party, path, expected, got }: ReplayDifference): string {
  const where =
    entry === 'end' ? 'the records at the end' : `entry ${entry}${party === undefined ? '' : `, for ${party}`}`
  const value = (of: unknown): string => (of === undefined ? 'nothing' : (JSON.stringify(of)?.slice(0, LONGEST) ?? ''))
  return `  ${where}${path === '' ? '' : `, ${path}`}\n    recorded  ${value(expected)}\n    replayed  ${value(got)}`
}

async function recordingIn(file: string): Promise<Recording> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${messageOf(cause)}`, 1)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`${file} is not JSON: ${messageOf(cause)}`, 1)
  }
  try {
    return checkRecording(value)
  } catch (cause) {
    throw new UsageError(`${file}: ${messageOf(cause)}`, 1)
  }
}

interface Values {
  readonly help?: boolean
  readonly check?: string
  readonly out?: string
}

function parsed(
  command: string,
  args: readonly string[],
  names: readonly ('check' | 'out')[],
): { readonly file: string; readonly values: Values } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(names.map((name) => [name, { type: 'string' } as const])),
      },
    })
    const [file, surplus] = positionals
    const given: Values = { ...values }
    if (file === undefined && !given.help) throw misunderstood(`${command} needs the file of a recording`)
    if (surplus !== undefined) throw misunderstood(`${command} takes one file; "${surplus}" is another`)
    return { file: file ?? '', values: given }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const code = isObject(error) ? error['code'] : undefined
    throw misunderstood(typeof code === 'string' ? (messageOf(error).split('. ', 1)[0] ?? '') : messageOf(error))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
