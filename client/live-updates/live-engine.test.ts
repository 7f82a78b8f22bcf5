/**
 * Random histories of three engines against models of live-updates servers, delivered in random order. After every step the
 * promises of lanes and replica are checked, in the end every engine shows what the server holds.
 */
import { expect, test } from 'vitest'
import { PlanwireError } from '../protocol/errors.ts'
import { idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { phantomId } from '../store/phantom-ids.ts'
import { visibleRecords } from '../sync/replica.ts'
import { checkReplica } from '../sync/replica-invariants.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import type { Outcome } from './answers.ts'
import { createLiveState, type LiveInput, reduceLive } from './live-engine.ts'
import { brokenPromises } from './live-invariants.ts'
import type { LiveEffect, LiveState, RemoteChange } from './live-state.ts'
import * as saver from './saving.ts'

/** A kind of server. */
interface Model {
  readonly name: string
  /** The author hears of its own changes as well. */
  readonly echo: boolean
  /** The answer to a write tells the record. */
  readonly item: boolean
  /** The server changes what it is sent: a version number in every record, text in lower case. */
  readonly rewrites: boolean
  /** A PUT of a removed record brings it back. */
  readonly resurrects: boolean
  readonly faults: number
}

const MODELS: readonly Model[] = [
  { name: 'as the mock', echo: true, item: true, rewrites: false, resurrects: false, faults: 0 },
  { name: 'as the document, empty answers', echo: true, item: false, rewrites: false, resurrects: false, faults: 0 },
  { name: 'that rewrites values', echo: true, item: true, rewrites: true, resurrects: false, faults: 0 },
  {
    name: 'that rewrites values and answers nothing',
    echo: true,
    item: false,
    rewrites: true,
    resurrects: false,
    faults: 0,
  },
  { name: 'that tells the author nothing', echo: false, item: true, rewrites: false, resurrects: false, faults: 0 },
  { name: 'that brings removed records back', echo: true, item: false, rewrites: false, resurrects: true, faults: 0 },
  { name: 'on a bad network', echo: true, item: true, rewrites: false, resurrects: false, faults: 15 },
  {
    name: 'that rewrites values, on a bad network',
    echo: true,
    item: false,
    rewrites: true,
    resurrects: false,
    faults: 15,
  },
]

const STORES = ['tasks', 'links'] as const

class Server {
  readonly tables = new Map<string, Map<RecordKey, PlainRecord>>(STORES.map((store) => [store, new Map()]))
  readonly #model: Model
  readonly #engines: Engine[]
  #lastId = 100

  constructor(model: Model, engines: Engine[]) {
    this.#model = model
    this.#engines = engines
    for (const id of [1, 2, 3]) {
      this.#table('tasks').set(id, { id, start_date: 'a', text: `t${id}`, note: '', parent: 0 })
    }
    this.#table('links').set(1, { id: 1, source: 1, target: 2, type: '0' })
  }

  write(author: Engine, { store, method, record }: Extract<LiveEffect, { type: 'save' }>): Outcome {
    const table = this.#table(store)
    const key = idKey(record.id)
    const { id: _, ...fields } = record
    if (method === 'POST') return this.#stored(author, 'add', store, { ...fields, id: ++this.#lastId })
    const known = table.get(key)
    if (!known && !(this.#model.resurrects && method === 'PUT')) {
      return { type: 'refused', error: new PlanwireError('not-found', 'Not found', 'drop-changeset') }
    }
    if (method === 'PUT') return this.#stored(author, 'update', store, { ...fields, id: known?.id ?? record.id })
    table.delete(key)
    this.#broadcast(author, { type: 'remove', store, id: String(key) })
    return { type: 'stored', id: undefined, item: undefined }
  }

  #stored(author: Engine, type: 'add' | 'update', store: string, sent: PlainRecord): Outcome {
    const version = Number(this.#table(store).get(idKey(sent.id))?.['version'] ?? 0) + 1
    const record = this.#model.rewrites ? { ...sent, text: String(sent['text'] ?? '').toLowerCase(), version } : sent
    this.#table(store).set(idKey(record.id), record)
    this.#broadcast(author, { type, store, record })
    return { type: 'stored', id: record.id, item: this.#model.item ? record : undefined }
  }

  #broadcast(author: Engine, change: RemoteChange): void {
    for (const engine of this.#engines)
      if (engine.state.live && (this.#model.echo || engine !== author)) engine.frames.push(change)
  }

  #table(store: string): Map<RecordKey, PlainRecord> {
    const table = this.tables.get(store)
    if (!table) throw new Error(`No store ${store}`)
    return table
  }
}

/** One engine with what is on its way to it and from it. */
class Engine {
  readonly state: LiveState
  readonly frames: RemoteChange[] = []
  readonly asked: Extract<LiveEffect, { type: 'save' | 'load' }>[] = []
  readonly answers: LiveInput[] = []
  readonly timers = new Map<string, LiveInput>()
  /** A load was refused for good: only a reconnect, or the app, makes another. */
  blind = false

  constructor(name: string) {
    this.state = createLiveState(name)
  }

  feed(input: LiveInput): void {
    const { effects } = reduceLive(this.state, input)
    for (const effect of effects) {
      if (effect.type === 'save' || effect.type === 'load') this.asked.push(effect)
      else if (effect.type === 'timer' || effect.type === 'backoff')
        this.timers.set(effect.name, { type: 'timer', name: effect.name })
      else if (effect.type === 'stopTimer') this.timers.delete(effect.name)
    }
    checkReplica(this.state.replica)
    expect(brokenPromises(this.state, effects)).toEqual([])
  }

  show(): unknown {
    return Object.fromEntries(STORES.map((store) => [store, shown(visibleRecords(this.state.replica, store))]))
  }
}

function shown(records: Iterable<PlainRecord>): string[] {
  return [...records]
    .map((record) => JSON.stringify(Object.entries(record).sort(([a], [b]) => a.localeCompare(b))))
    .sort()
}

function run(model: Model, seed: number): { engines: unknown[]; server: unknown; pending: number } {
  const random = seededRandom(`${model.name}${seed}`)
  const below = (count: number): number => Math.floor(random.next() * count)
  const take = <T>(list: T[], at = below(list.length)): T | undefined => list.splice(at, 1)[0]
  const engines: Engine[] = []
  const server = new Server(model, engines)
  let faults = model.faults

  const arrive = (engine: Engine): void => {
    const request = take(engine.asked)
    if (!request) return
    const fault = below(100) < faults ? below(3) : undefined
    const lost = new PlanwireError('connection-lost', 'No answer', 'retry')
    if (request.type === 'load') {
      const stores = Object.fromEntries(STORES.map((store) => [store, [...(server.tables.get(store)?.values() ?? [])]]))
      if (fault === 0) engine.blind = true
      engine.answers.push(
        fault === undefined
          ? { type: 'loaded', number: request.number, stores }
          : { type: 'loadFailed', number: request.number, error: lost, retry: fault !== 0 },
      )
      return
    }
    const unsure: Outcome = { type: 'unsure', error: lost, leastMs: 0, parked: false, again: 'look' }
    const refused: Outcome = { type: 'refused', error: new PlanwireError('rejected', 'No', 'drop-changeset') }
    const outcome = fault === 0 ? unsure : fault === 1 ? refused : server.write(engine, request)
    engine.answers.push({ type: 'answer', number: request.number, outcome: fault === 2 ? unsure : outcome })
  }
  const deliver = (engine: Engine): boolean => {
    const roll = below(3)
    if (roll === 0 && engine.frames.length)
      engine.feed({ type: 'frame', change: take(engine.frames, 0) as RemoteChange })
    else if (roll === 1 && engine.asked.length) arrive(engine)
    else if (engine.answers.length) engine.feed(take(engine.answers) as LiveInput)
    return engine.frames.length + engine.asked.length + engine.answers.length > 0
  }
  const fire = (engine: Engine): boolean => {
    const name = [...engine.timers.keys()][below(engine.timers.size)]
    const input = name === undefined ? undefined : engine.timers.get(name)
    if (name === undefined || !input) return false
    engine.timers.delete(name)
    engine.feed(input)
    return true
  }
  const quiet = (): void => {
    for (let i = 0; ; i++) {
      if (i > 20_000) throw new Error('Never quiet')
      if (engines.map(deliver).some(Boolean)) continue
      // Timers are slower than the network: every frame that a reload could be compared with has arrived.
      if (!engines.map(fire).some(Boolean)) return
    }
  }

  for (const name of ['a', 'b', 'c']) engines.push(new Engine(name))
  for (const engine of engines) {
    engine.feed({ type: 'saver', saver })
    engine.feed({ type: 'saving' })
    engine.feed({ type: 'live', resumed: false })
    engine.feed({ type: 'source', name: 'data', stores: STORES, ranges: undefined })
  }
  quiet()
  for (let step = 0; step < 60; step++) {
    const engine = engines[below(3)]
    if (!engine) continue
    if (below(100) < faults / 3) {
      engine.frames.length = 0
      engine.feed({ type: 'lost' })
      if (below(2)) deliver(engine)
      engine.feed({ type: 'live', resumed: false })
    } else if (below(3) === 0) {
      edit(engine, below, random.id())
    } else {
      deliver(engine)
    }
    if (faults > 0 && below(40) === 0) fire(engine)
  }
  faults = 0
  for (const engine of engines) engine.feed({ type: 'commit' })
  for (const engine of engines) if (engine.blind) engine.feed({ type: 'reload' })
  quiet()
  return {
    engines: engines.map((engine) => engine.show()),
    server: Object.fromEntries(STORES.map((store) => [store, shown(server.tables.get(store)?.values() ?? [])])),
    pending: engines.reduce(
      (sum, { state }) =>
        sum + state.replica.pending.length + [...state.held.values()].reduce((held, map) => held + map.size, 0),
      0,
    ),
  }
}

function edit(engine: Engine, below: (count: number) => number, unique: string): void {
  const store = below(4) ? 'tasks' : 'links'
  const records = visibleRecords(engine.state.replica, store)
  const record = records[below(records.length)]
  const tasks = visibleRecords(engine.state.replica, 'tasks')
  const task = tasks[below(tasks.length)]
  const operate = (id: RecordId, type: 'add' | 'update', fields: Fields): void =>
    engine.feed({ type: 'edit', store, operation: { type, id, fields } })
  const roll = below(8)
  if (roll < 2) {
    const parent = task && below(2) ? task.id : 0
    operate(
      phantomId(store, unique),
      'add',
      store === 'tasks'
        ? { start_date: 'b', text: `N${below(3)}`, note: '', parent }
        : { source: task?.id ?? 1, target: 1, type: '0' },
    )
  } else if (record && roll === 2) {
    engine.feed({ type: 'edit', store, operation: { type: 'remove', id: record.id } })
  } else if (record && store === 'links') {
    operate(record.id, 'update', { type: `${below(4)}` })
  } else if (record) {
    operate(
      record.id,
      'update',
      [{ text: `T${below(4)}` }, { note: `${below(4)}` }, { start_date: `${below(4)}` }][below(3)] ?? {},
    )
  }
  if (below(2)) engine.feed({ type: 'commit' })
}

/** More with `LIVE_RUNS=1000`. */
const RUNS = Number(process.env['LIVE_RUNS'] ?? 40)

/** Histories that once ended different. */
const FOUND: readonly { readonly name: string; readonly seed: number; readonly story: string }[] = [
  {
    name: 'that rewrites values',
    seed: 1890,
    story: 'a new record that the server rewrote is removed before its answer arrives',
  },
  {
    name: 'that tells the author nothing',
    seed: 271,
    story: 'a frame that is older than an own removal arrives after a reload',
  },
  {
    name: 'that brings removed records back',
    seed: 311,
    story: 'a removal is refused as not found after the record came back',
  },
  { name: 'on a bad network', seed: 1169, story: 'a reload is asked for while one is under way that then fails' },
  { name: 'that rewrites values, on a bad network', seed: 170, story: 'the same after a reconnect' },
]

function check(model: Model, seed: number): void {
  const { engines, server, pending } = run(model, seed)
  for (const engine of engines) expect(engine, `seed ${seed}`).toEqual(server)
  expect(pending, `seed ${seed}: nothing waits`).toBe(0)
}

test.each(FOUND)('quiet means equal on a server $name when $story', ({ name, seed }) => {
  const model = MODELS.find((known) => known.name === name)
  if (!model) throw new Error(`No model ${name}`)
  check(model, seed)
})

test.each(MODELS)(
  '[DC1 DC2 DC3 DC5 DC15] quiet means equal on a server $name',
  (model) => {
    for (let seed = 1; seed <= RUNS; seed++) check(model, seed)
  },
  600_000,
)
