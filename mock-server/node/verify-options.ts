/** Owns what `planwire verify` understands: its options, how they are checked, and the help that is made of the same table. */
import { parseArgs } from 'node:util'
import { DIALECTS, type VerifyDialect, type VerifyOptions } from '../verify/index.ts'
import { misunderstood, nearest, UsageError } from './serve-options.ts'

/** How the report is printed. */
export type ReportForm = 'text' | 'json' | 'junit'
const FORMS: readonly ReportForm[] = ['text', 'json', 'junit']

/** `planwire verify`, understood. */
export interface VerifyCommand {
  readonly options: VerifyOptions
  readonly form: ReportForm
  /** File of the report; undefined prints it. */
  readonly output: string | undefined
  readonly verbose: boolean
}

interface Option {
  readonly name: string
  /** What follows it; undefined for a switch. */
  readonly value?: string
  readonly help: string
}

const OPTIONS: readonly { readonly title: string; readonly options: readonly Option[] }[] = [
  {
    title: 'What to verify',
    options: [
      { name: 'dialect', value: 'NAME', help: `${DIALECTS.join(', ')}; has to be given` },
      { name: 'login', value: 'NAME', help: 'Bryntum: who to be (default admin)' },
      { name: 'password', value: 'TEXT', help: 'its password (default admin; or PLANWIRE_VERIFY_PASSWORD)' },
      { name: 'other-login', value: 'NAME', help: 'Bryntum: somebody with fewer rights' },
      { name: 'other-password', value: 'TEXT', help: 'its password' },
      { name: 'project', value: 'ID', help: 'Bryntum: the project to work in (default: the first one)' },
      { name: 'token', value: 'TEXT', help: 'DHTMLX: the token (default token; or PLANWIRE_VERIFY_TOKEN)' },
      { name: 'live-path', value: 'PATH', help: 'DHTMLX: handshake and socket (default /api/v1)' },
      { name: 'collection', value: 'NAME', help: 'DHTMLX: the events, at /NAME (default events)' },
      { name: 'gantt', value: 'PATH', help: 'DHTMLX: the plan of a Gantt, such as /data (default: none)' },
    ],
  },
  {
    title: 'How far to go',
    options: [
      { name: 'write', help: 'add, edit and remove records of its own; they are taken away again' },
      { name: 'reset', help: 'put the project back to its default content too: everybody’s work is lost' },
      { name: 'anonymous', help: 'unknown names may log in: do not hold it against the server' },
      { name: 'open-rest', help: 'requests need no token: do not hold it against the server' },
      { name: 'only', value: 'IDS', help: 'these clauses, such as login,edit.told' },
      { name: 'skip', value: 'IDS', help: 'all clauses but these' },
      { name: 'strict', help: 'a failed "should" fails the run too' },
    ],
  },
  {
    title: 'What to print',
    options: [
      { name: 'report', value: 'FORM', help: 'text (default), json or junit' },
      { name: 'output', value: 'FILE', help: 'write the report there, and show progress here' },
      { name: 'verbose', help: 'text: the frames of every clause' },
      { name: 'help', help: 'this text' },
    ],
  },
  {
    title: 'How long to wait, in milliseconds',
    options: [
      { name: 'timeout', value: 'MS', help: 'for an answer (default 5000)' },
      { name: 'quiet', value: 'MS', help: 'until silence counts (default 250, at least five round trips)' },
      { name: 'settle', value: 'MS', help: 'until a stored change can be read (default 2000)' },
    ],
  },
]
const ALL = OPTIONS.flatMap(({ options }) => options)

/** What `planwire verify --help` prints. */
export const VERIFY_HELP: string = `planwire verify: holds a server to the protocol that its clients speak

Usage
  planwire verify URL --dialect NAME [options]
${OPTIONS.map(({ title, options }) => `\n${title}\n${options.map(line).join('\n')}`).join('\n')}

Ends with
  0  no clause failed that must hold      2  the command was not understood
  1  a clause failed, or it was stopped   3  the server cannot be reached

Examples
  planwire verify ws://127.0.0.1:8080 --dialect bryntum-flat
      looks only; says what --write would try
  planwire verify ws://127.0.0.1:8080 --dialect bryntum-flat --write --report junit --output report.xml
      for the machine that builds your backend
  planwire verify http://127.0.0.1:3000 --dialect dhtmlx --token secret --write --only load,insert`

function line({ name, value, help }: Option): string {
  return `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(24)}${help}`
}

/** Understands what follows `verify`, or asks for the help. Throws {@link UsageError}. */
export function parseVerify(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): VerifyCommand | 'help' {
  const { texts, switches, urls } = given(args)
  if (switches.has('help')) return 'help'
  const [url, surplus] = urls
  if (url === undefined) throw misunderstood('verify needs the URL of the server', 'verify')
  if (surplus !== undefined) throw misunderstood(`verify does not take "${surplus}"`, 'verify')
  const text = (name: string): string | undefined => texts.get(name)
  const list = (name: string): readonly string[] => (text(name) ?? '').split(',').filter((id) => id !== '')
  const ms = (name: string): number | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    if (!/^\d{1,6}$/.test(value) || Number(value) < 1)
      throw new UsageError(`--${name} ${value}: use whole milliseconds`, 2)
    return Number(value)
  }
  const login = text('login')
  const password = text('password') ?? environment['PLANWIRE_VERIFY_PASSWORD']
  const otherLogin = text('other-login')
  const otherPassword = text('other-password')
  const token = text('token') ?? environment['PLANWIRE_VERIFY_TOKEN']
  const project = text('project')
  const [timeoutMs, quietMs, settleMs] = [ms('timeout'), ms('quiet'), ms('settle')]
  const [livePath, collection, gantt] = [text('live-path'), text('collection'), text('gantt')]
  const user = login === undefined ? 'admin' : login
  // A name of one's own has no password that could be guessed.
  const its = password ?? (login === undefined ? 'admin' : undefined)
  return {
    options: {
      url,
      dialect: dialectOf(text('dialect')),
      user: { login: user, ...(its !== undefined && { password: its }) },
      ...(otherLogin !== undefined && {
        otherUser: { login: otherLogin, ...(otherPassword !== undefined && { password: otherPassword }) },
      }),
      // On the wire the ids of most servers are numbers.
      ...(project !== undefined && { project: /^\d{1,15}$/.test(project) ? Number(project) : project }),
      ...(token !== undefined && { token }),
      ...(livePath !== undefined && { livePath }),
      ...(collection !== undefined && { collection }),
      ...(gantt !== undefined && { gantt }),
      write: switches.has('write'),
      reset: switches.has('reset'),
      anonymous: switches.has('anonymous'),
      openRest: switches.has('open-rest'),
      strict: switches.has('strict'),
      only: list('only'),
      skip: list('skip'),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(quietMs !== undefined && { quietMs }),
      ...(settleMs !== undefined && { settleMs }),
    },
    form: formOf(text('report') ?? 'text'),
    output: text('output'),
    verbose: switches.has('verbose'),
  }
}

function dialectOf(text: string | undefined): VerifyDialect {
  const dialect = DIALECTS.find((each) => each === text)
  if (dialect !== undefined) return dialect
  throw new UsageError(`--dialect ${text ?? 'is missing'}: use ${DIALECTS.join(', ')}`, 2)
}

function formOf(text: string): ReportForm {
  const form = FORMS.find((each) => each === text)
  if (form !== undefined) return form
  throw new UsageError(`--report ${text}: use ${FORMS.join(', ')}`, 2)
}

interface Given {
  readonly texts: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
  readonly urls: readonly string[]
}

function given(args: readonly string[]): Given {
  const { tokens } = parseArgs({
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
  const [texts, switches, urls] = [new Map<string, string>(), new Set<string>(), [] as string[]]
  for (const token of tokens) {
    if (token.kind === 'positional') urls.push(token.value)
    if (token.kind !== 'option') continue
    const option = ALL.find(({ name }) => name === token.name) ?? unknown(token.rawName, token.name)
    if (option.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`, 2)
      switches.add(option.name)
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`, 2)
    } else texts.set(option.name, token.value)
  }
  return { texts, switches, urls }
}

function unknown(written: string, name: string): never {
  const close = nearest(
    name,
    ALL.map((each) => each.name),
  )
  const meant = close === undefined ? '; see "planwire verify --help"' : `; did you mean --${close}?`
  throw new UsageError(`there is no option ${written}${meant}`, 2)
}
