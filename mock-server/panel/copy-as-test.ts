/**
 * Owns the test that messages are copied as: Vitest against `planwire/mock-server/testing`, where clients say what they said and
 * hear what they heard.
 */
import { isObject } from '../../client/protocol/guards.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { kindOf } from './entry-kind.ts'
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
  const body: string[] = []
  const names = new Set(['mock', 'config', 'client', 'request'])

  const nameOf = (party: string): string => {
    const base = party.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase())
    const plain = /^[A-Za-z]/.test(base) ? base[0]?.toLowerCase() + base.slice(1) : `client${base}`
    let name = plain
    for (let count = 2; names.has(name); count += 1) name = `${plain}${count}`
    names.add(name)
    return name
  }
  const open = (socket: number, party: string, url: string): string => {
    const name = nameOf(party)
    clients.set(socket, name)
    body.push(`const ${name} = await client(${quote(url)})`)
    return name
  }

  for (const [at, entry] of entries.entries()) {
    switch (entry.type) {
      case 'open':
        open(entry.socket, partyOf(entries.slice(at), entry.socket), entry.url)
        break
      case 'frame': {
        const known = clients.get(entry.socket)
        const earlier = opening?.sockets.find(({ socket }) => socket === entry.socket)
        const name = known ?? open(entry.socket, entry.party, earlier?.url ?? urlOf(entry.text))
        if (known === undefined)
          body.push(
            ...(earlier === undefined
              ? introduction(name, entry, entries.slice(at))
              : earlier.frames.map((text) => `${name}.say(${literal(text)})`)),
          )
        body.push(entry.direction === 'up' ? `${name}.say(${literal(entry.text)})` : heard(name, entry))
        break
      }
      case 'close': {
        const name = clients.get(entry.socket)
        if (name !== undefined && entry.by === 'client') body.push(`${name}.leave()`)
        break
      }
      case 'request': {
        const answer = entries.find((other) => other.type === 'answer' && other.request === entry.request)
        const sent = [quote(entry.method), quote(entry.url)]
        if (entry.body !== '') sent.push(literal(entry.body))
        const status = answer?.type === 'answer' && answer.status > 0 ? answer.status : undefined
        body.push(
          status === undefined
            ? `await request(${sent.join(', ')})`
            : `expect(await request(${sent.join(', ')})).toBe(${status})`,
        )
        break
      }
      default:
    }
  }
  return [
    "import { expect, it } from 'vitest'",
    `import { type MockServerConfig, startMockServer } from '${from}'`,
    '',
    `const config: MockServerConfig = ${JSON.stringify(configOf(entries, opening), undefined, 2)}`,
    '',
    "it('answers as recorded', async () => {",
    '  const mock = await startMockServer(config)',
    ...(clients.size > 0 ? CLIENT : []),
    ...(body.some((line) => line.includes('request(')) ? REQUEST : []),
    '  try {',
    ...body.map((line) => `    ${line}`),
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

const REQUEST = `  /** Answers the status. */
  const request = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json', 'remote-token': 'token' }
    const text = body === undefined ? null : JSON.stringify(body)
    return (await fetch(mock.url.replace(/^ws/, 'http') + path, { method, headers, body: text })).status
  }`.split('\n')

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

/** What a client that was there before says to be where it was. */
function introduction(
  name: string,
  first: WireEntry & { readonly type: 'frame' },
  rest: readonly WireEntry[],
): readonly string[] {
  const own = rest.flatMap((entry) => (entry.type === 'frame' && entry.socket === first.socket ? [entry] : []))
  if (isLive(first.text)) {
    const entities = new Set(own.flatMap(({ text }) => entityOf(text) ?? []))
    const subscribed = [...entities].map((entity) => `${name}.say({ action: 'subscribe', name: ${quote(entity)} })`)
    return [`await ${name}.hears('start')`, ...subscribed]
  }
  if (kindOf(first) === 'login') return []
  const inside = isObject(parse(first.text)?.['data'])
  const say = (command: string, data: string): string =>
    inside
      ? `${name}.say({ command: '${command}', data: ${data} })`
      : `${name}.say({ command: '${command}', ${data.slice(2, -2)} })`
  const project = own.map(({ text }) => /"project"\s*:\s*("[^"]*"|\d+)/.exec(text)?.[1]).find((id) => id !== undefined)
  const loaded =
    project === undefined ? [] : [say('dataset', `{ project: ${project} }`), `await ${name}.hears('dataset')`]
  return [say('login', `{ login: ${quote(userOf(first.party))} }`), `await ${name}.hears('login')`, ...loaded]
}

/** Who a socket turns out to be. */
function partyOf(entries: readonly WireEntry[], socket: number): string {
  const own = entries.filter((entry) => 'socket' in entry && entry.socket === socket)
  return own.find(({ party }) => !party.startsWith('/'))?.party ?? own[0]?.party ?? ''
}

const isLive = (text: string): boolean => /^\s*\{\s*"action"/.test(text)
const urlOf = (text: string): string => (isLive(text) ? '/api/v1?token=token&ws=1' : '/')

function entityOf(text: string): string | undefined {
  const { body, name }: Record<string, unknown> = { ...parse(text) }
  const entity = isObject(body) ? body['name'] : name
  return typeof entity === 'string' ? entity : undefined
}

/** A message that is waited for; held to its content where that is the same in every run. */
function heard(name: string, entry: WireEntry & { readonly type: 'frame' }): string {
  const wait = `await ${name}.hears(${quote(kindOf(entry))})`
  const steady = entry.text.length > LONGEST_EXPECTED ? undefined : steadyPart(entry.text)
  return steady === undefined ? wait : `expect(${wait}).toMatchObject(${JSON.stringify(steady)})`
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

/** A JSON text as an expression; what is none goes as it is, in a string that JSON makes of it. */
function literal(text: string): string {
  const value = parse(text)
  return value === undefined ? `Object(${JSON.stringify(text)})` : JSON.stringify(value)
}

function parse(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const quote = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
