import { describe, expect, it } from 'vitest'
import { createDoctor } from '../doctor/doctor.ts'
import { LAB_PRESETS } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { columnsOf, searchRows, tablesOf } from './data-model.ts'
import { DoctorQueue, MOST_WAITING } from './doctor-queue.ts'
import { kindOf } from './entry-kind.ts'
import { recordIn, shows } from './failing-checks.ts'
import { durationOf, progressOf } from './lab-run.ts'
import { FilteredEntries, NO_FILTER } from './message-filter.ts'
import { summaryOf } from './message-words.ts'
import { change, frame, STATE } from './panel-kit.contract.ts'
import { readScript } from './script-editor.ts'
import { inSlices } from './slices.ts'
import { KEPT_ENTRIES, Traffic } from './traffic.ts'

describe('traffic', () => {
  it('keeps the newest entries within its bound, and goes on counting', () => {
    const traffic = new Traffic(() => {})
    const entries = Array.from({ length: 12_345 }, (_, at) => frame(change(`${at}`)))
    for (const entry of entries) traffic.take([entry])
    expect(traffic.entries.length).toBeLessThanOrEqual(KEPT_ENTRIES * 1.2)
    expect(traffic.entries.at(-1)).toBe(entries.at(-1))
    expect(traffic.heard).toBe(12_345)
  })

  it('keeps fewer where they are long: what it holds in characters is bounded too', () => {
    const traffic = new Traffic(() => {})
    const long = `{"command":"dataset","x":"${'x'.repeat(1_000_000)}"}`
    for (let at = 0; at < 100; at += 1) traffic.take([frame(long)])
    expect(traffic.entries.length).toBeLessThan(20)
    expect(traffic.entries.length).toBeGreaterThan(5)
  })

  it('begins anew with another backend, whose messages and sockets have the numbers of others', () => {
    const traffic = new Traffic(() => {})
    const shown = new FilteredEntries(traffic)
    traffic.take([frame(change('a'), { socket: 5, party: 'ann' }), frame(change('b'))])
    shown.update()
    traffic.take([frame(change('c'), { n: 1, socket: 1, party: 'bob' }), frame(change('d'), { n: 2, socket: 1 })])
    shown.update()
    expect(shown.list.map(({ n }) => n)).toEqual([1, 2])
    expect(traffic.connections.all.map(({ socket }) => socket)).toEqual([1])
    expect([traffic.generation, traffic.missed]).toEqual([1, 0])
  })

  it('tells what was left out on the way by the gap in the numbers', () => {
    const traffic = new Traffic(() => {})
    const first = frame(change('a'))
    traffic.take([first, { ...first, n: first.n + 5 }])
    expect(traffic.missed).toBe(4)
  })

  it('counts frames and bytes a second for each connection, and empties the seconds that nothing happened in', () => {
    const traffic = new Traffic(() => {})
    for (let at = 0; at < 10; at += 1) traffic.take([frame('{"ü":1}', { at: 100_000 + at * 100, socket: 7 })])
    const [connection] = traffic.connections.all
    expect(connection?.up.pace(101_500)).toEqual({ frames: 10, bytes: 80 })
    expect(connection?.up.history(101_500).at(-1)).toBe(10)
    expect(connection?.up.pace(103_000)).toEqual({ frames: 0, bytes: 0 })
    expect(connection?.up.history(200_000).every((frames) => frames === 0)).toBe(true)
  })

  it('knows who is there and what they look at, until they leave', () => {
    const traffic = new Traffic(() => {})
    const says = (state: string): string => `{"command":"presence","data":{"planwire":{"state":${state}}}}`
    traffic.take([
      frame(says('{"task":3}'), { socket: 1, party: 'ann' }),
      frame(says('null'), { socket: 2, party: 'bob' }),
    ])
    expect(traffic.connections.people(1_700_000_000_000)).toEqual([{ party: 'ann', state: { task: 3 } }])
    traffic.take([{ ...frame(''), party: 'ann', type: 'close', socket: 1, by: 'client', code: 1000 }])
    expect(traffic.connections.people(1_700_000_000_000)).toEqual([])
    expect(traffic.connections.all.find(({ socket }) => socket === 1)?.closed).toMatchObject({
      code: 1000,
      by: 'client',
    })
  })

  it('knows what those look at who came and said so before, until they say otherwise, or nothing for a minute', () => {
    const { connections } = new Traffic(() => {})
    const says = (task: number): string => `{"command":"presence","planwire":{"state":{"task":${task}}}}`
    connections.take(frame(says(4), { socket: 2, party: 'bob', at: 60_000 }))
    const earlier = { url: '/', frames: [] }
    connections.found(
      [
        { ...earlier, socket: 1, party: 'ann', presence: { at: 30_000, text: says(1) } },
        { ...earlier, socket: 2, party: 'bob', presence: { at: 30_000, text: says(2) } },
        { ...earlier, socket: 3, party: 'eve' },
      ],
      61_000,
    )
    expect(connections.people(61_000)).toEqual([
      { party: 'bob', state: { task: 4 } },
      { party: 'ann', state: { task: 1 } },
    ])
    expect(connections.people(90_000).map(({ party }) => party)).toEqual(['bob'])
  })
})

describe('messages', () => {
  it('a filter takes in what is new, lets go of what fell away, and begins anew when it changes', () => {
    const traffic = new Traffic(() => {})
    const filtered = new FilteredEntries(traffic)
    traffic.take([frame(change('a')), frame('{"command":"ack"}', { direction: 'down' })])
    filtered.filter = { ...NO_FILTER, direction: 'up' }
    expect(filtered.update()).toBe('all')
    expect(filtered.list).toHaveLength(1)
    traffic.take([frame(change('b'))])
    expect(filtered.update()).toBe(0)
    expect(filtered.list).toHaveLength(2)
    for (let at = 0; at < 7000; at += 1) traffic.take([frame(change(`${at}`))])
    expect(filtered.update()).toBe(2)
    expect(filtered.list[0]).toBe(traffic.entries[0])
    traffic.clear()
    expect(filtered.update()).toBe('all')
    expect(filtered.list).toEqual([])
  })

  it.each<[string, WireEntry, string]>([
    ['projectChange', frame(change('a')), 'tasks ~1'],
    [
      'project_change',
      frame(
        '{"command":"project_change","data":{"project":1,"revisions":[{"changes":{"tasks":{"added":[{},{}],"removed":[{}]}}},{"changes":{"links":{"updated":[{}]}}}]}}',
      ),
      'tasks +2 −1 · links ~1',
    ],
    [
      'update-event',
      frame('{"action":"event","body":{"name":"events","value":{"type":"update-event","event":{"id":1}}}}'),
      '{"type":"update-event","event":{"id":1}}',
    ],
    ['frame', frame('no json'), 'no json'],
    [
      '200',
      { n: 1, at: 30, party: 'GET /events', type: 'answer', request: 1, status: 200, headers: {}, body: '[]' },
      'GET /events · 20 ms  []',
    ],
    [
      'lose-ack',
      {
        n: 1,
        at: 0,
        party: 'ann',
        type: 'fault',
        event: {
          at: 0,
          fault: 'lose-ack',
          step: '0',
          target: 'ann',
          effect: { type: 'ack-lost', what: 'projectChange' },
        },
      },
      'ann: projectChange was done, its answer lost',
    ],
  ])('%s reads in one line', (kind, entry, words) => {
    const ask = {
      n: 0,
      at: 10,
      party: 'GET /events',
      type: 'request',
      request: 1,
      method: 'GET',
      url: '/events',
      headers: {},
      body: '',
    } as const
    expect(kindOf(entry)).toBe(kind)
    expect(summaryOf(entry, ask)).toBe(words)
  })
})

describe('the network lab', () => {
  it('knows how long a script takes, unless clients decide', () => {
    expect(durationOf(LAB_PRESETS['train-tunnel'])).toBe(35_000)
    expect(durationOf(LAB_PRESETS['deploy-in-mid-edit'])).toBeUndefined()
    const circle: LabScript = {
      format: 'planwire-lab',
      version: 1,
      steps: [{ id: 'a', fault: 'drop', after: { event: 'end', step: 'a' } }],
    }
    expect(durationOf(circle)).toBeUndefined()
  })

  it('tells of each step whether it waits, runs or is done', () => {
    const event = (step: string, type: 'began' | 'ended') =>
      ({
        at: 0,
        fault: 'latency',
        step,
        target: 'everybody',
        effect: type === 'began' ? { type } : { type, touched: 0 },
      }) as const
    const states = progressOf(LAB_PRESETS['train-tunnel'], [
      event('fading', 'began'),
      event('fading', 'ended'),
      event('tunnel', 'began'),
    ])
    expect(states.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'fading done',
      'last-words waiting',
      'tunnel running',
      'no-signal waiting',
      'back waiting',
    ])
  })

  it('says of a script what is wrong with it, whether it is JSON or not', () => {
    expect(readScript('{')).toMatchObject({ problem: expect.stringMatching(/^No JSON/) })
    expect(readScript('{"format":"planwire-lab","version":1,"steps":[{"fault":"latency"}]}')).toMatchObject({
      problem: expect.stringContaining('steps[0].ms'),
    })
    expect(readScript(JSON.stringify(LAB_PRESETS['hotel-wifi']))).toEqual({ script: LAB_PRESETS['hotel-wifi'] })
  })
})

describe('data', () => {
  it('are tables by project and collection, with telling columns first, and searched in every field', () => {
    const tables = tablesOf(STATE)
    expect(tables.map(({ group, name, rows }) => `${group} ${name} ${rows.length}`)).toEqual([
      'House tasks 500',
      'House resources 1',
      'Collections events 1',
    ])
    expect(columnsOf([{ zebra: 1, startDate: 2, name: 3, id: 4 }, { other: 5 }])).toEqual([
      'id',
      'name',
      'startDate',
      'zebra',
      'other',
    ])
    expect(searchRows(tables[0]?.rows ?? [], 'TASK 499')).toEqual([{ id: 499, name: 'Task 499' }])
  })
})

describe('the doctor', () => {
  it('looks in pieces of a few milliseconds, and leaves the oldest out when it cannot keep up', () => {
    let clock = 0
    const tasks: (() => void)[] = []
    const doctor = createDoctor()
    const slow = {
      ...doctor,
      take(entries: readonly WireEntry[]) {
        clock += 1
        return doctor.take(entries)
      },
    }
    const queue = new DoctorQueue(slow, { now: () => clock, soon: (work) => tasks.push(work), changed: () => {} })
    queue.take(Array.from({ length: MOST_WAITING + 500 }, () => frame('{"command":"projects"}')))
    expect(queue.skipped).toBe(500)
    expect(tasks).toHaveLength(1)
    tasks.shift()?.()
    expect(clock).toBe(4)
    expect(tasks).toHaveLength(1)
    let pieces = 1
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      task()
      pieces += 1
    }
    expect(pieces).toBe(MOST_WAITING / 20 / 4)
  })
})

describe('a recording is cut down for', () => {
  const answer = (status: number): WireEntry => ({
    n: 1,
    at: 0,
    party: 'x',
    type: 'answer',
    request: 1,
    status,
    headers: {},
    body: 'lost',
  })

  it('an error of the server', () => {
    expect(shows({ kind: 'error' }, { entries: [answer(200), frame(change('error'))] })).toBe(false)
    expect(shows({ kind: 'error' }, { entries: [answer(409)] })).toBe(true)
    expect(
      shows({ kind: 'error' }, { entries: [frame('{"command":"dataset","error":"Authentication required"}')] }),
    ).toBe(true)
  })

  it('a text in a message', () => {
    expect(shows({ kind: 'text', text: 'lost' }, { entries: [answer(200)] })).toBe(true)
    expect(shows({ kind: 'text', text: 'found' }, { entries: [answer(200)] })).toBe(false)
  })

  it('the way in which a record ends, be it gone', () => {
    const changed = { room: 'project/1', store: 'tasks', id: 2, fields: ['name'] }
    expect(recordIn(STATE, changed)).toEqual({ id: 2, name: 'Task 2' })
    expect(recordIn(STATE, { room: 'collection/events', store: 'events', id: 7, fields: [] })).toEqual({
      id: 7,
      text: 'Inspection',
    })
    const ends = (name: string | undefined) =>
      ({ kind: 'record', change: changed, end: name === undefined ? undefined : { id: 2, name } }) as const
    expect(shows(ends('Task 2'), { entries: [], end: STATE })).toBe(true)
    expect(shows(ends('Other'), { entries: [], end: STATE })).toBe(false)
    expect(shows(ends(undefined), { entries: [], end: STATE })).toBe(false)
    expect(shows(ends(undefined), { entries: [], end: { ...STATE, projects: [] } })).toBe(true)
    expect(shows(ends('Task 2'), { entries: [] })).toBe(false)
  })
})

describe('work in slices', () => {
  it('goes on without waiting for 8 ms, then waits for a task of its own, however long others take', async () => {
    let now = 0
    let later = (): void => {}
    const pause = inSlices({ now: () => now, soon: (work) => (later = work) })
    expect(pause()).toBeUndefined()
    now = 7
    expect(pause()).toBeUndefined()
    now = 8
    const waiting = pause()
    expect(waiting).toBeInstanceOf(Promise)
    now = 500
    later()
    await waiting
    now = 507
    expect(pause()).toBeUndefined()
  })
})
