/** Owns what `planwire serve` understands: its options, how they are checked, and the help that is made of the same table. */
import { parseArgs } from 'node:util'
import type { MockServerConfig } from '../core/config.ts'
import { LOG_FORMATS, type LogFormat } from './log-format.ts'

/** Something that whoever typed the command can put right; the message is one line that says how. */
export class UsageError extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2) {
    super(message)
    this.exitCode = exitCode
  }
}

/** `planwire serve`, understood. What is undefined was not given. */
export interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly config: string | undefined
  readonly data: string | undefined
  readonly fsync: boolean
  readonly resetDelay: number | undefined
  readonly autoSaveInterval: number | undefined
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly allowOrigins: readonly string[] | undefined
  readonly maxConnections: number | undefined
  /** A preset of the network lab, or a file with a script. */
  readonly lab: string | undefined
  readonly seed: number | undefined
  /** File that gets a recording of the wire when the server ends. */
  readonly record: string | undefined
  readonly log: LogFormat
}

interface Option {
  readonly name: string
  /** What follows it; undefined for a switch. */
  readonly value?: string
  readonly help: readonly string[]
}

const OPTIONS: readonly { readonly title: string; readonly options: readonly Option[] }[] = [
  {
    title: 'Where it listens',
    options: [
      { name: 'port', value: 'NUMBER', help: ['port, 0 to 65535; 0 takes any free one (default 8080)'] },
      {
        name: 'host',
        value: 'ADDRESS',
        help: ['address to bind (default 127.0.0.1: this machine only; 0.0.0.0: every network)'],
      },
      {
        name: 'tls-cert',
        value: 'FILE',
        help: ['PEM certificate; with --tls-key the server speaks wss and https', '(default: ws and http)'],
      },
      { name: 'tls-key', value: 'FILE', help: ['PEM key of the certificate'] },
      {
        name: 'allow-origin',
        value: 'ORIGIN',
        help: [
          'pages that may connect, such as http://localhost:5173; may be given several',
          'times (default: pages of every origin, as vendor clients expect)',
        ],
      },
      {
        name: 'max-connections',
        value: 'NUMBER',
        help: ['sockets at once; further ones are refused with 503 (default 10000)'],
      },
    ],
  },
  {
    title: 'What it serves',
    options: [
      {
        name: 'config',
        value: 'FILE',
        help: [
          'users, projects, collections: .json, or a module (.js, .mjs; .ts from Node 22.18)',
          'whose default export is the configuration (default: planwire.config.json, .ts,',
          '.mjs or .js in this directory; without one two real plans and a release calendar)',
        ],
      },
      {
        name: 'reset-delay',
        value: 'SECONDS',
        help: [
          'a project that nobody works with is put back after this time',
          '(default 1800, which is half an hour; 0: never)',
        ],
      },
      {
        name: 'auto-save-interval',
        value: 'MINUTES',
        help: ['time between two automatic versions of a project (default 60)'],
      },
    ],
  },
  {
    title: 'What it keeps',
    options: [
      {
        name: 'data',
        value: 'DIR',
        help: [
          'directory that keeps what was committed, over restarts and crashes; it goes before',
          '--config, so delete it to begin anew (default: everything is in memory)',
        ],
      },
      {
        name: 'fsync',
        help: [
          'with --data: acknowledge a commit once it is on the disk, so that not even a power',
          'cut loses it (default: once the operating system has it)',
        ],
      },
    ],
  },
  {
    title: 'What goes wrong',
    options: [
      {
        name: 'lab',
        value: 'SCRIPT',
        help: [
          'break the network on purpose: train-tunnel, hotel-wifi, laptop-wakes-up,',
          'deploy-in-mid-edit, or a .json file with a script (default: nothing goes wrong)',
        ],
      },
      {
        name: 'seed',
        value: 'NUMBER',
        help: ['with --lab: the same number, the same faults (default: that of the script, else 1)'],
      },
    ],
  },
  {
    title: 'What it says',
    options: [
      {
        name: 'record',
        value: 'FILE',
        help: [
          'record every frame and request, without secrets, and write them to this file when',
          'the server ends (default: nothing is recorded)',
        ],
      },
      {
        name: 'log',
        value: 'FORMAT',
        help: [
          'text: warnings and errors, to stderr (default); json: every event as one JSON',
          'object per line, to stdout, without secrets; quiet: errors alone',
        ],
      },
      { name: 'help', help: ['this text'] },
    ],
  },
]

const ALL = OPTIONS.flatMap(({ options }) => options)
const HELP_COLUMN = 32

/** The lines of the help that tell of every option. */
export function optionHelp(): string {
  const lines = OPTIONS.flatMap(({ title, options }) => [
    '',
    title,
    ...options.flatMap(({ name, value, help }) => {
      const left = `  --${name}${value === undefined ? '' : ` ${value}`}`.padEnd(HELP_COLUMN)
      return help.map((line, at) => (at === 0 ? left : ' '.repeat(HELP_COLUMN)) + line)
    }),
  ])
  return lines.join('\n')
}

/** The values of the options, by name, in the order in which they were given; positional words under ''. */
type Given = ReadonlyMap<string, readonly string[]>

/** Understands what follows `serve`, or asks for the help. Throws {@link UsageError}. */
export function parseServe(args: readonly string[]): ServeOptions | 'help' {
  const given = tokens(args)
  if (given.has('help')) return 'help'
  const [surplus] = given.get('') ?? []
  if (surplus !== undefined) throw misunderstood(`serve does not take "${surplus}"`)
  const last = (name: string): string | undefined => given.get(name)?.at(-1)
  const number = (name: string, most: number, what: string): number | undefined => {
    const text = last(name)
    if (text === undefined) return undefined
    if (!/^\d{1,15}$/.test(text) || Number(text) > most) throw new UsageError(`--${name} ${text}: use ${what}`, 2)
    return Number(text)
  }
  const data = last('data')
  if (data === '') throw new UsageError('--data needs the path of a directory', 2)
  const fsync = given.has('fsync')
  if (fsync && data === undefined) {
    throw new UsageError('--fsync needs --data DIR: without it nothing is on the disk', 2)
  }
  const [lab, seed] = [last('lab'), number('seed', Number.MAX_SAFE_INTEGER, 'a whole number')]
  if (seed !== undefined && lab === undefined)
    throw new UsageError('--seed needs --lab SCRIPT: it decides its chance', 2)
  return {
    port: number('port', 65_535, 'a number from 0 to 65535') ?? 8080,
    host: last('host') ?? '127.0.0.1',
    config: last('config'),
    data,
    fsync,
    resetDelay: number('reset-delay', 31_536_000, 'whole seconds, 0 for never'),
    autoSaveInterval: number('auto-save-interval', 525_600, 'whole minutes'),
    tls: tlsFiles(last('tls-cert'), last('tls-key')),
    allowOrigins: given.get('allow-origin'),
    lab,
    seed,
    record: last('record'),
    maxConnections: number('max-connections', 1_000_000, 'a whole number of sockets'),
    log: logFormat(last('log') ?? 'text'),
  }
}

function tlsFiles(certFile?: string, keyFile?: string): ServeOptions['tls'] {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined) throw new UsageError('--tls-key needs --tls-cert FILE, the certificate', 2)
  if (keyFile === undefined) throw new UsageError('--tls-cert needs --tls-key FILE, the key of the certificate', 2)
  return { certFile, keyFile }
}

function logFormat(text: string): LogFormat {
  const format = LOG_FORMATS.find((each) => each === text)
  if (format === undefined) throw new UsageError(`--log ${text}: use ${LOG_FORMATS.join(', ')}`, 2)
  return format
}

function tokens(args: readonly string[]): Given {
  const { tokens: read } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      ALL.map(({ name, value }) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', ...(name === 'help' && { short: 'h' }) } as const,
      ]),
    ),
  })
  const given = new Map<string, string[]>()
  for (const token of read) {
    if (token.kind === 'option-terminator') continue
    const name = token.kind === 'option' ? token.name : ''
    if (token.kind === 'option') check(token.rawName, name, token.value)
    given.set(name, [...(given.get(name) ?? []), token.value ?? ''])
  }
  return given
}

function check(written: string, name: string, value: string | undefined): void {
  const option = ALL.find((each) => each.name === name)
  if (option === undefined) {
    const close = nearest(
      name,
      ALL.map((each) => each.name),
    )
    throw misunderstood(
      `there is no option ${written}${close === undefined ? '' : `; did you mean --${close}?`}`,
      close,
    )
  }
  if (option.value === undefined && value !== undefined) {
    throw new UsageError(`${written} takes no value, and was given "${value}"`, 2)
  }
  // `--config --port 1`: what follows is the next option, not a value.
  if (option.value !== undefined && (value === undefined || value.startsWith('--'))) {
    throw new UsageError(`${written} needs a value: ${written} ${option.value}`, 2)
  }
}

/** A configuration with the options that go before it. */
export function withOptions(
  config: MockServerConfig,
  { resetDelay, autoSaveInterval }: Pick<ServeOptions, 'resetDelay' | 'autoSaveInterval'>,
): MockServerConfig {
  return {
    ...config,
    ...(resetDelay !== undefined && { resetDelay }),
    ...(autoSaveInterval !== undefined && { autoSaveInterval }),
  }
}

/** An error about the command as it was typed. */
export function misunderstood(problem: string, close?: string): UsageError {
  const hint = close === undefined ? '; try "planwire serve", or "planwire --help" for what there is' : ''
  return new UsageError(problem + hint, 2)
}

/** The name that somebody may have meant: at most two letters off, and fewer than half of it. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .filter(({ name, distance: off }) => off <= 2 && off * 2 < name.length)
    .sort((a, b) => a.distance - b.distance)
  return best?.name
}

/** How many letters have to be put in, left out, changed or swapped with their neighbour to make one word the other. */
function distance(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const [above = 0, aside = 0, across = 0, swapped = 0] = [row[j], next[j - 1], row[j - 1], before[j - 2]]
      const best = Math.min(above + 1, aside + 1, across + (a[i - 1] === b[j - 1] ? 0 : 1))
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(swap ? Math.min(best, swapped + 1) : best)
    }
    before = row
    row = next
  }
  return row.at(-1) ?? a.length
}
