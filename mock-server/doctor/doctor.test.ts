import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { WireEntry } from '../recorder/recording.ts'
import { createDoctor } from './doctor.ts'
import { FINDING_CODES, type Finding } from './finding.ts'

/** Entries in the making: who says what, and when. */
class Wire {
  readonly entries: WireEntry[] = []
  at = 1_000

  #n(): { n: number; at: number } {
    return { n: this.entries.length + 1, at: this.at }
  }

  after(ms: number): this {
    this.at += ms
    return this
  }

  open(party: string, socket: number, url = '/'): this {
    this.entries.push({ ...this.#n(), type: 'open', party, socket, url })
    return this
  }

  say(party: string, socket: number, frame: object, direction: 'up' | 'down' = 'up'): this {
    this.entries.push({ ...this.#n(), type: 'frame', party, socket, direction, text: JSON.stringify(frame) })
    return this
  }

  tell(party: string, socket: number, frame: object): this {
    return this.say(party, socket, frame, 'down')
  }

  close(party: string, socket: number, code: number): this {
    this.entries.push({ ...this.#n(), type: 'close', party, socket, by: 'server', code })
    return this
  }

  ask(method: string, url: string, body: object, request: number): this {
    const party = `${method} ${url}`
    this.entries.push({
      ...this.#n(),
      type: 'request',
      party,
      request,
      method,
      url,
      headers: {},
      body: JSON.stringify(body),
    })
    return this
  }

  answer(request: number): this {
    this.entries.push({ ...this.#n(), type: 'answer', party: 'x', request, status: 200, headers: {}, body: '{}' })
    return this
  }

  /** Two planners of one project, in the flat dialect unless told otherwise. */
  pair(extension = false): this {
    for (const [at, name] of ['ann', 'bob'].entries()) {
      const grant = extension ? { planwire: { version: 1 } } : {}
      const position = extension ? { planwire: { epoch: 'e', revision: 3 } } : {}
      this.open(name, at + 1)
        .say(name, at + 1, { command: 'login', login: name })
        .tell(name, at + 1, { command: 'login', ...grant })
        .say(name, at + 1, { command: 'dataset', project: 1 })
        .tell(name, at + 1, {
          command: 'dataset',
          project: 1,
          dataset: { tasksData: [{ id: 1, name: 'Dig', children: [{ id: 2, name: 'Hole' }] }] },
          ...position,
        })
    }
    return this
  }
}

const change = (fields: object, more: object = {}): object => ({
  command: 'projectChange',
  project: 1,
  changes: { tasks: { updated: [{ id: 2, ...fields }] } },
  ...more,
})

/** What a doctor finds, also in what did not come. */
function findingsOf({
  entries,
  at,
}: {
  readonly entries: readonly WireEntry[]
  readonly at: number
}): readonly Finding[] {
  const doctor = createDoctor()
  doctor.take(entries)
  doctor.passed(at + 3_600_000)
  return doctor.findings
}
const codesOf = (wire: Wire): readonly string[] => findingsOf(wire).map(({ code }) => code)

describe('the doctor finds', () => {
  test('an echo loop: clients that send back what they were just told', () => {
    const wire = new Wire().pair()
    for (let round = 0; round < 3; round += 1) {
      wire.say('ann', 1, change({ duration: round }))
      wire
        .after(50)
        .tell('bob', 2, change({ duration: round }))
        .after(50)
        .say('bob', 2, change({ duration: round }))
    }
    expect(findingsOf(wire)).toMatchObject([
      { code: 'echo-loop', parties: ['bob'], severity: 'error', link: 'docs/doctor.md#echo-loop' },
    ])
  })

  test('an echo loop: one update that goes round between two clients', () => {
    const wire = new Wire().pair()
    for (let round = 0; round < 2; round += 1) {
      wire
        .after(50)
        .say('ann', 1, change({ name: 'x' }))
        .tell('bob', 2, change({ name: 'x' }))
      wire
        .after(50)
        .say('bob', 2, change({ name: 'x' }))
        .tell('ann', 1, change({ name: 'x' }))
    }
    expect(findingsOf(wire)).toMatchObject([{ code: 'echo-loop', parties: ['ann', 'bob'], count: 1 }])
  })

  test('a temporary id in a reference, when the real one was told', () => {
    const wire = new Wire()
      .pair()
      .tell('ann', 1, {
        command: 'projectChange',
        project: 1,
        changes: { tasks: { added: [{ $PhantomId: '_generatedT_1', id: 100 }] } },
      })
      .after(3_000)
      .say('ann', 1, change({ parentId: '_generatedT_1' }))
      .tell('bob', 2, change({ parentId: '_generatedT_1' }))
    expect(findingsOf(wire)).toMatchObject([
      { code: 'temporary-id', message: expect.stringContaining('parentId of tasks 2; it is 100 since entry 11') },
    ])
  })

  test('two dialects on one connection', () => {
    const wire = new Wire()
      .pair()
      .say('ann', 1, change({ name: 'x' }))
      .say('ann', 1, { command: 'dataset', data: { project: 1 } })
    expect(findingsOf(wire)).toMatchObject([
      { code: 'dialect-mix', message: expect.stringContaining('ann sends dataset in { command, data }') },
    ])
  })

  test('private fields and HTML in what clients send, over sockets and requests', () => {
    const wire = new Wire()
      .pair()
      .say('ann', 1, change({ $index: 4, name: '<img src=x onerror=alert(1)>' }))
      .tell('bob', 2, change({ $index: 4, name: '<img src=x onerror=alert(1)>' }))
      .ask('PUT', '/events/7', { text: 'if a<b then', _timed: true }, 9)
      .answer(9)
    expect(findingsOf(wire).map(({ code, message }) => [code, message])).toEqual([
      ['private-fields', 'ann sends the private field $index of tasks 2.'],
      ['html-in-text', 'ann sends HTML in name of tasks 2: <img src=x onerror=alert(1)>.'],
      ['private-fields', 'PUT /events/7 sends the private field _timed of /events 7.'],
    ])
  })

  test('a date that two clients set to and fro, and dates with and without a zone', () => {
    const wire = new Wire().pair()
    for (let round = 0; round < 2; round += 1) {
      wire.after(500).say('ann', 1, change({ startDate: '2026-01-05T00:00:00' }))
      wire.after(500).say('bob', 2, change({ startDate: '2026-01-04T23:00:00Z' }))
    }
    expect(codesOf(wire)).toEqual(expect.arrayContaining(['date-ping-pong', 'mixed-zones']))
  })

  test('a change of a client in the extension that is never acknowledged', () => {
    const wire = new Wire().pair(true).say('ann', 1, change({ name: 'x' }, { planwire: { counter: 1 } }))
    const acked = new Wire()
      .pair(true)
      .say('ann', 1, change({ name: 'x' }, { planwire: { counter: 1 } }))
      .tell('ann', 1, change({ name: 'x' }, { planwire: { epoch: 'e', revision: 4 } }))
      .tell('bob', 2, change({ name: 'x' }, { planwire: { epoch: 'e', revision: 4 } }))
      .after(100)
      .tell('ann', 1, { command: 'ack', project: 1, planwire: { epoch: 'e', revision: 4 } })
    expect(codesOf(wire)).toEqual(['missing-ack'])
    expect(codesOf(acked)).toEqual([])
  })

  test('nothing is missing that may have been among what the doctor itself missed', () => {
    const wire = new Wire()
      .pair(true)
      .say('ann', 1, change({ name: 'x' }, { planwire: { counter: 1 } }))
      .tell('ann', 1, { command: 'ack', project: 1, planwire: { epoch: 'e', revision: 4 } })
      .say('bob', 2, { command: 'projects' })
    const isAck = (entry: WireEntry): boolean => entry.type === 'frame' && entry.text.includes('"ack"')
    const doctor = createDoctor()
    doctor.take(wire.entries.filter((entry) => !isAck(entry)))
    doctor.passed(wire.at + 60_000)
    expect(doctor.findings).toEqual([])
    const lost = createDoctor()
    lost.take(wire.entries.slice(0, wire.entries.findIndex(isAck)))
    lost.passed(wire.at + 60_000)
    expect(lost.findings).toMatchObject([{ code: 'missing-ack' }])
  })

  test('a request without an answer, a command that nobody knows, and a dataset loaded over and over', () => {
    const wire = new Wire().pair().ask('GET', '/events', {}, 9)
    wire.tell('ann', 1, { command: 'dance', error: 'Unknown command' })
    for (let round = 0; round < 5; round += 1) wire.after(100).say('bob', 2, { command: 'dataset', project: 1 })
    expect(codesOf(wire)).toEqual(expect.arrayContaining(['missing-answer', 'unknown-command', 'dataset-reloads']))
  })

  test('a dataset that is too large, whatever it holds', () => {
    const wire = new Wire().pair().tell('ann', 1, { command: 'dataset', project: 1, dataset: 'x'.repeat(5_000_000) })
    expect(codesOf(wire)).toEqual(['oversized-dataset'])
  })

  test('a client that knocks again with what was refused, and one whose line breaks again and again', () => {
    const wire = new Wire()
    for (let round = 0; round < 3; round += 1)
      wire.after(2_000).open('/api/v1', round, '/api/v1?token=old').close('/api/v1', round, 1008)
    for (let round = 10; round < 16; round += 1) wire.after(1_000).open('eve', round).close('eve', round, 1006)
    expect(codesOf(wire)).toEqual(['retry-after-refusal', 'reconnect-storm'])
  })

  test('where two clients part: flat, when changes to one field cross', () => {
    const wire = new Wire()
      .pair()
      .say('ann', 1, change({ name: 'A' }))
      .say('bob', 2, change({ name: 'B' }))
      .tell('ann', 1, change({ name: 'B' }))
      .tell('bob', 2, change({ name: 'A' }))
    expect(findingsOf(wire)).toMatchObject([
      {
        code: 'divergence',
        parties: ['ann', 'bob'],
        entries: [13, 14],
        message: 'ann and bob part at entry 14: name of tasks 2 is "B" for one and "A" for the other.',
      },
    ])
    // Whoever loads the project again holds what the server holds.
    wire.tell('ann', 1, { command: 'dataset', project: 1, dataset: { tasksData: [{ id: 2, name: 'B' }] } })
    wire.tell('bob', 2, { command: 'dataset', project: 1, dataset: { tasksData: [{ id: 2, name: 'B' }] } })
    expect(codesOf(wire)).toEqual([])
  })

  test('nobody parts over a change that a fault holds back, until it has arrived', () => {
    const wire = new Wire().pair()
    const text = JSON.stringify(change({ name: 'A' }))
    wire.entries.push({ n: 11, at: 1_000, type: 'frame', party: 'ann', socket: 1, direction: 'up', text, held: true })
    expect(codesOf(wire)).toEqual([])
    wire.entries.push({ n: 12, at: 1_000, type: 'arrival', party: 'ann', of: 11 })
    expect(codesOf(wire)).toEqual(['divergence'])
    expect(codesOf(wire.tell('bob', 2, change({ name: 'A' })))).toEqual([])
  })

  test('where two clients part: with acks, when a frame reached one and not the other', () => {
    const told = change({ name: 'A' }, { planwire: { epoch: 'e', revision: 4 } })
    const wire = new Wire()
      .pair(true)
      .say('ann', 1, change({ name: 'A' }, { planwire: { counter: 1 } }))
      .tell('ann', 1, told)
      .tell('ann', 1, { command: 'ack', project: 1, planwire: { epoch: 'e', revision: 4 } })
    expect(findingsOf(wire)).toMatchObject([
      { code: 'divergence', message: expect.stringContaining('part at revision 4') },
    ])
    expect(codesOf(wire.tell('bob', 2, told))).toEqual([])
  })
})

describe('the doctor', () => {
  test('tells each cause once, with a count, and keeps little of very many', () => {
    const doctor = createDoctor()
    const wire = new Wire().pair()
    for (let round = 0; round < 300; round += 1) wire.say('ann', 1, change({ $index: round, [`$field${round}`]: 1 }))
    doctor.take(wire.entries)
    const findings = doctor.findings.filter(({ code }) => code === 'private-fields')
    expect(findings[0]).toMatchObject({ count: 300, message: expect.stringContaining('$index') })
    expect(findings[0]?.entries).toHaveLength(20)
    expect(findings.length).toBeLessThanOrEqual(51)
    expect(doctor.take(wire.entries.slice(-1)).length).toBeGreaterThan(0)
    doctor.clear()
    expect(doctor.findings).toEqual([])
  })

  test('says nothing of what is no JSON, and never throws', () => {
    const doctor = createDoctor()
    const texts = [
      '',
      'null',
      '[]',
      '{"command":7}',
      '{"command":"projectChange","changes":{"tasks":{"updated":[null,7,{}]}}}',
      '{"action":"event","body":{"value":{"type":"add-"}}}',
      '{"command":"dataset","project":1,"dataset":{"tasksData":[{"children":[{}]}]}}',
    ]
    const entries = texts.flatMap((text, at): WireEntry[] => [
      { type: 'frame', n: at, at, party: 'x', socket: 1, direction: 'up', text },
      { type: 'frame', n: at, at, party: 'x', socket: 1, direction: 'down', text },
    ])
    expect(() => doctor.take(entries)).not.toThrow()
    expect(doctor.passed(1_000_000)).toEqual([])
  })

  test('explains every code in docs/doctor.md', () => {
    const text = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
    expect([...text.matchAll(/^### (\S+)$/gm)].map(([, code]) => code)).toEqual(FINDING_CODES)
  })

  // What is wrong there is in the vendors' clients and servers, and known (client/protocol/dialects/recordings/README.md).
  test.each([
    ['bryntum-flat', []],
    ['bryntum-revisions', []],
    ['dhtmlx-gantt', []],
    ['dhtmlx-scheduler', []],
  ])('finds in the recording of %s what is known to be wrong there, and nothing else', (name, known) => {
    const url = new URL(`../../client/protocol/dialects/recordings/${name}.jsonl`, import.meta.url)
    const lines = readFileSync(url, 'utf8').trim().split('\n')
    expect(findingsOf(entriesOf(lines)).map(({ code, message }) => `${code}: ${message}`)).toEqual(known)
  })
})

/** The recordings of the vendors' clients, as entries. */
function entriesOf(lines: readonly string[]): { readonly entries: readonly WireEntry[]; readonly at: number } {
  const entries: WireEntry[] = []
  const sockets = new Map<string, number>()
  let at = 0
  for (const [index, line] of lines.entries()) {
    const { t, tab, dir, frame, path, method, body, by, code, injected } = JSON.parse(line)
    // An answer that the proxy gave is an answer.
    if (injected && dir !== 'http-res') continue
    at = t
    const common = { n: index + 1, at: t, party: tab }
    const socket = sockets.get(tab) ?? 0
    if (dir === 'ws-open') {
      sockets.set(tab, index)
      entries.push({ ...common, type: 'open', socket: index, url: path })
    }
    if (dir === 'ws-out' || dir === 'ws-in')
      entries.push({
        ...common,
        type: 'frame',
        socket,
        direction: dir === 'ws-out' ? 'up' : 'down',
        text: JSON.stringify(frame),
      })
    if (dir === 'ws-close')
      entries.push({ ...common, type: 'close', socket, by: by === 'server' ? 'server' : 'client', code })
    if (dir === 'http-req')
      entries.push({ ...common, type: 'request', request: index, method, url: path, headers: {}, body: body ?? '' })
    if (dir === 'http-res') {
      const asked = entries.filter((each) => each.type === 'request' && each.url === path).at(-1)
      if (asked?.type === 'request')
        entries.push({ ...common, type: 'answer', request: asked.request, status: 200, headers: {}, body: '' })
    }
  }
  return { entries, at }
}
