/**
 * Owns the test that messages are copied as: Vitest against `planwire/mock-server/testing`, where clients say what they said and
 * hear what they heard.
 */
import { isObject } from '../../client/protocol/guards.ts'
import type { WireEntry, WireEntryOf } from '../recorder/recording.ts'
import { kindOf } from './entry-kind.ts'
import { jsLiteral, jsText } from './js-literal.ts'
import type { Opening } from './opening.ts'

/** What a test is made of. */
export interface TestSource {
  /** In order. */
  readonly entries: readonly WireEntry[]
  /** How things stood before the first of them; undefined where that is not known. */
  readonly opening: Opening | undefined
  /** Name of the module in place of `planwire/mock-server/testing`. */
  readonly from?: string
}

/** Longer answers are not held to their content. */
const LONGEST_EXPECTED = 2000

/** The source of the test. It compiles, and passes against the mock server that the messages came from. */
export function testOf({ entries, opening, from = 'planwire/mock-server/testing' }: TestSource): string {
  const clients = new Map<number, string>()
  const names = new Set(['mock', 'config', 'client', 'request', 'it', 'expect'])
  const body: string[] = []
  const open = (socket: number, party: string, url: string): string => {
    const name = freeName(party, names)
    clients.set(socket, name)
    body.push(`const ${name} = await client(${jsText(url)})`)
    return name
  }

  for (const first of earlierFrames(entries)) {
    const known = opening?.sockets.find(({ socket }) => socket === first.socket)
    const name = open(first.socket, first.party, known?.url ?? urlOf(first.text))
    const texts = known?.frames ?? introduction(first, entries)
    if (isLive(texts[0] ?? first.text)) body.push(`await ${name}.hears('start')`)
    for (const text of texts) body.push(said(name, text), ...answerTo(name, text))
  }
  for (const entry of entries) {
    switch (entry.type) {
      case 'open':
        open(entry.socket, partyOf(entries, entry.socket) ?? entry.party, entry.url)
        break
      case 'frame': {
        const name = clients.get(entry.socket)
        if (name !== undefined) body.push(entry.direction === 'up' ? said(name, entry.text) : heard(name, entry))
        break
      }
      case 'close': {
        const name = clients.get(entry.socket)
        if (name !== undefined && entry.by === 'client') body.push(`${name}.leave()`)
        break
      }
      case 'request':
        body.push(requested(entry, entries))
        break
      default:
    }
  }
  return [
    "import { expect, it } from 'vitest'",
    `import { type MockServerConfig, startMockServer } from '${from}'`,
    '',
    `const config: MockServerConfig = ${jsLiteral(configOf(entries, opening), 0, 33)}`,
    '',
    "it('answers as recorded', async () => {",
    '  const mock = await startMockServer(config)',
    ...(clients.size > 0 ? CLIENT : []),
    ...(body.some((line) => line.startsWith('await request(')) ? REQUEST : []),
    '  try {',
    ...body.map((line) => `    ${line.replaceAll('\n', '\n    ')}`),
    '  } finally {',
    '    await mock.close()',
    '  }',
    '})',
    '',
  ].join('\n')
}

const CLIENT = `  /** A client: \`hears\` passes over what others cause, until a message of that name arrives. */
  const client = async (path: string) => {
    const socket = new WebSocket(mock.url + path)
    const inbox: string[] = []
    let arrived = (): void => {}
    socket.onmessage = ({ data }) => {
      inbox.push(String(data))
      arrived()
    }
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = reject
    })
    return {
      say: (message: object) => socket.send(JSON.stringify(message)),
      leave: () => socket.close(),
      async hears(name: string): Promise<object> {
        for (;;) {
          const text = inbox.shift()
          if (text === undefined) await new Promise<void>((resolve) => (arrived = resolve))
          else if (text.slice(0, 300).includes(JSON.stringify(name))) return JSON.parse(text)
        }
      },
    }
  }`.split('\n')

const REQUEST = `  /** Expects the status of the answer. */
  const request = async (status: number, method: string, path: string, token: string, body?: object) => {
    const headers = { 'content-type': 'application/json', ...(token && { 'remote-token': token }) }
    const sent = { method, headers, body: body === undefined ? null : JSON.stringify(body) }
    const answer = await fetch(mock.url.replace(/^ws/, 'http') + path, sent)
    expect(answer.status, \`\${method} \${path}\`).toBe(status)
  }`.split('\n')

/** A name for a client that no other has. */
function freeName(party: string, names: Set<string>): string {
  const base = party.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase())
  const plain = /^[A-Za-z]/.test(base) ? `${base[0]?.toLowerCase()}${base.slice(1)}` : `client${base}`
  let name = plain
  for (let count = 2; names.has(name); count += 1) name = `${plain}${count}`
  names.add(name)
  return name
}

/** The first frame of each socket that was open before. */
function earlierFrames(entries: readonly WireEntry[]): readonly WireEntryOf<'frame'>[] {
  const known = new Set<number>()
  return entries.filter((entry): entry is WireEntryOf<'frame'> => {
    if ((entry.type !== 'open' && entry.type !== 'frame') || known.has(entry.socket)) return false
    known.add(entry.socket)
    return entry.type === 'frame'
  })
}

const said = (name: string, text: string): string => {
  const value = parse(text)
  // No JSON: the mock answers that it is none.
  if (value === undefined) return `${name}.say(Object(${jsText(text)}))`
  return `${name}.say(${jsLiteral(value, 0, `    ${name}.say()`.length)})`
}

/** What is waited for before the next one speaks. */
function answerTo(name: string, text: string): readonly string[] {
  const command = /"command"\s*:\s*"(login|dataset)"/.exec(text)?.[1]
  return command === undefined ? [] : [`await ${name}.hears('${command}')`]
}

function requested(entry: WireEntryOf<'request'>, entries: readonly WireEntry[]): string {
  const answer = entries.find((other) => other.type === 'answer' && other.request === entry.request)
  const status = answer?.type === 'answer' && answer.status > 0 ? answer.status : 200
  const token = entry.headers['remote-token'] ?? ''
  const start = `await request(${status}, ${jsText(entry.method)}, ${jsText(entry.url)}, ${jsText(token)}`
  const value = parse(entry.body)
  return value === undefined ? `${start})` : `${start}, ${jsLiteral(value, 0, start.length + 7)})`
}

/**
 * That of the server, with the records of the beginning. Where it is not known, everybody who logs in may, whatever the password.
 * Secrets are words there as they are in the messages.
 */
function configOf(entries: readonly WireEntry[], opening: Opening | undefined): object {
  if (opening !== undefined) {
    const { projects: _, collections: __, name: ___, ...rest } = opening.config
    return { ...rest, projects: opening.state.projects, collections: opening.state.collections }
  }
  const users = new Set<string>()
  for (const entry of entries) {
    if (entry.type !== 'frame') continue
    const login = entry.direction === 'up' && kindOf(entry) === 'login' ? loginOf(entry.text) : undefined
    users.add(login ?? userOf(entry.party))
  }
  return { users: [...users].filter((name) => !name.startsWith('/')).map((name) => ({ name })) }
}

/** A party without the number of its second line. */
const userOf = (party: string): string => party.replace(/#\d+$/, '')

function loginOf(text: string): string | undefined {
  const frame = parse(text)
  const inner = isObject(frame?.['data']) ? frame['data'] : frame
  const login = inner?.['login']
  return typeof login === 'string' ? login : undefined
}

/** What a client that was there before says to be where it was, as far as it shows. */
function introduction(first: WireEntryOf<'frame'>, entries: readonly WireEntry[]): readonly string[] {
  const own = entries.flatMap((entry) => (entry.type === 'frame' && entry.socket === first.socket ? [entry.text] : []))
  if (isLive(first.text)) {
    const entities = new Set(own.slice(1).flatMap((text) => entityOf(text) ?? []))
    return [...entities].map((name) => JSON.stringify({ action: 'subscribe', name }))
  }
  if (kindOf(first) === 'login') return []
  const isInside = isObject(parse(first.text)?.['data'])
  const frame = (command: string, fields: object): string =>
    JSON.stringify(isInside ? { command, data: fields } : { command, ...fields })
  const projects = own.map((text) => /"project"\s*:\s*("[^"]*"|\d+)/.exec(text)?.[1])
  const id = projects.find((project) => project !== undefined)
  const login = frame('login', { login: userOf(first.party) })
  return id === undefined ? [login] : [login, frame('dataset', { project: JSON.parse(id) })]
}

/** Who a socket turns out to be. */
function partyOf(entries: readonly WireEntry[], socket: number): string | undefined {
  return entries.find((entry) => 'socket' in entry && entry.socket === socket && !entry.party.startsWith('/'))?.party
}

const isLive = (text: string): boolean => /^\s*\{\s*"action"/.test(text)
const urlOf = (text: string): string => (isLive(text) ? '/api/v1?token=token&ws=1' : '/')

function entityOf(text: string): string | undefined {
  const { body, name }: Record<string, unknown> = { ...parse(text) }
  const entity = isObject(body) ? body['name'] : name
  return typeof entity === 'string' ? entity : undefined
}

/** A message that is waited for; held to its content where that is the same in every run. */
function heard(name: string, entry: WireEntryOf<'frame'>): string {
  const wait = `await ${name}.hears(${jsText(kindOf(entry))})`
  const steady = entry.text.length > LONGEST_EXPECTED ? undefined : steadyPart(entry.text)
  if (steady === undefined) return wait
  const start = `expect(${wait}).toMatchObject(`
  return `${start}${jsLiteral(steady, 0, start.length + 5)})`
}

/** What a change of records that exist already says: ids of new ones, sessions and revisions are others in each run. */
function steadyPart(text: string): object | undefined {
  if (/"added"|"\$PhantomId"/.test(text)) return undefined
  const frame = parse(text)
  if (isObject(frame?.['changes'])) return { changes: frame['changes'] }
  const revisions: unknown = isObject(frame?.['data']) ? frame['data']['revisions'] : undefined
  if (!Array.isArray(revisions)) return undefined
  return { data: { revisions: revisions.map((each: unknown) => (isObject(each) ? { changes: each['changes'] } : {})) } }
}

function parse(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
