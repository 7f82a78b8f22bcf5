/**
 * Replays recorded sessions of the vendors' real clients against the core: step by step each client must hear what it
 * heard from the vendor's server, with our ids in place of theirs. Where we differ on purpose, the difference is listed.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { MockServerConfig } from './config.ts'
import { type Peer, startKit } from './core-kit.contract.ts'

type Json = { readonly [key: string]: unknown }

interface Line {
  readonly tab: string
  readonly dir: string
  readonly by?: string
  readonly step?: string
  readonly frame?: Json
  readonly injected?: boolean
  readonly method?: string
  readonly path?: string
  readonly status?: number
  readonly body?: string
  readonly headers?: Record<string, string>
}

function linesOf(name: string): readonly Line[] {
  const file = new URL(`../../client/protocol/dialects/recordings/${name}.jsonl`, import.meta.url)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line): Line => JSON.parse(line)).filter(({ injected }) => !injected)
}

/** The lines of each step, up to the step `end`. */
function stepsOf(lines: readonly Line[], end: string): readonly (readonly [string, readonly Line[]])[] {
  const steps: [string, Line[]][] = []
  for (const line of lines) {
    if (line.step === end) break
    if (line.step !== undefined) steps.push([line.step, []])
    else steps.at(-1)?.[1].push(line)
  }
  return steps
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Recorded ids (and clients and revisions) to ours, learned from what corresponds. */
class Translation {
  readonly #ours = new Map<unknown, unknown>()

  learn(theirs: unknown, ours: unknown): void {
    if (theirs !== undefined && ours !== undefined) this.#ours.set(theirs, ours)
  }

  /** Learns from a recorded value and ours, wherever both have an id that their server made. */
  learnFrom(theirs: unknown, ours: unknown): void {
    if (Array.isArray(theirs) && Array.isArray(ours))
      theirs.forEach((entry, at) => void this.learnFrom(entry, ours[at]))
    if (!isObject(theirs) || !isObject(ours)) return
    if ('$PhantomId' in theirs && theirs.$PhantomId === ours.$PhantomId) this.learn(theirs.id, ours.id)
    if (/^server-/.test(String(theirs.revision))) this.learn(theirs.revision, ours.revision)
    if (/^client-/.test(String(theirs.client))) this.learn(theirs.client, ours.client)
    for (const key in theirs) this.learnFrom(theirs[key], ours[key])
  }

  /** A recorded value in our words. */
  of(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.of(entry))
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, this.of(entry, name)]))
    return IDENTIFYING.test(key) && this.#ours.has(value) ? this.#ours.get(value) : value
  }

  path(path: string): string {
    return path.replace(/[^/]+$/, (id) => String(this.#ours.get(id) ?? this.#ours.get(Number(id)) ?? id))
  }
}

const IDENTIFYING =
  /^(id|\w*[iI]d|from|to|fromEvent|toEvent|fromTask|toTask|event|resource|source|target|parent|recurring_event_id|revision|client|conflictResolutionFor|\$Phantom\w+)$/

/** Their servers leave `$PhantomParentId` as it came; ours is a real id like `parentId` beside it. */
function withoutPhantomParent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPhantomParent)
  if (!isObject(value)) return value
  const { $PhantomParentId: _, ...rest } = value
  return Object.fromEntries(Object.entries(rest).map(([key, entry]) => [key, withoutPhantomParent(entry)]))
}

/** BS1: the 2025 server loses the parent of a new child, but for what it repeats under `$input`. */
function withParents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withParents)
  if (!isObject(value)) return value
  const input = isObject(value.$input) && Array.isArray(value.$input.added) ? value.$input.added.filter(isObject) : []
  const parents = new Map(input.map(({ $PhantomId, parentId }) => [$PhantomId, parentId]))
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => {
    if (key !== 'added' || !Array.isArray(entry)) return [key, withParents(entry)]
    const added = entry.filter(isObject)
    return [
      key,
      added.map((record) =>
        'parentId' in record || !parents.has(record.$PhantomId)
          ? record
          : { ...record, parentId: parents.get(record.$PhantomId) },
      ),
    ]
  })
  return Object.fromEntries(entries)
}

/** What is compared of a frame: versions and whole datasets are each server's own, and who is there we list once. */
function compared(frame: unknown): unknown {
  if (!isObject(frame)) return frame
  const body = isObject(frame.data) ? frame.data : frame
  switch (frame.command) {
    case 'dataset':
      return frame.error === undefined ? { command: 'dataset', project: body.project ?? 1 } : frame
    case 'users':
      return {
        command: 'users',
        users: [...new Set(Array.isArray(body.users) ? body.users : [])].filter((user) => user !== null),
      }
    default:
      return withoutPhantomParent(frame)
  }
}

interface Difference {
  readonly why: string
  /** Brings the recorded frames of a step in line with what we do on purpose. */
  readonly mend: (step: string, frames: readonly unknown[]) => readonly unknown[]
}

const without =
  (command: string): Difference['mend'] =>
  (_step, frames) =>
    frames.filter((frame) => !isObject(frame) || frame.command !== command)

async function replayProject(
  name: string,
  seed: unknown,
  end: string,
  differences: readonly Difference[],
): Promise<number> {
  const config = { projects: [seed, { id: 2, name: 'Website' }, { id: 3, name: 'Backend' }] }
  // Recorded data goes in as a user's JSON does.
  const { connect } = await startKit(config as MockServerConfig)
  const translation = new Translation()
  const peers = new Map<string, Peer>()
  const peerOf = (tab: string): Peer => {
    const peer = peers.get(tab) ?? connect()
    peers.set(tab, peer)
    return peer
  }
  let compare = 0
  for (const [step, lines] of stepsOf(linesOf(name), end)) {
    const heard = new Map<string, unknown[]>()
    for (const { tab, dir, frame } of lines) {
      if (dir !== 'ws-out' || !frame) continue
      peerOf(tab).say(translation.of(frame))
      for (const [each, peer] of peers) {
        const frames = heard.get(each) ?? []
        heard.set(each, frames)
        frames.push(...peer.heard())
        const theirs = lines.filter((line) => line.dir === 'ws-in' && line.tab === each).map((line) => line.frame)
        theirs.forEach((recorded, at) => void translation.learnFrom(recorded, frames[at]))
      }
    }
    for (const [tab, frames] of heard) {
      const recorded = lines.filter((line) => line.dir === 'ws-in' && line.tab === tab).map((line) => line.frame)
      const mended = differences.reduce<readonly unknown[]>((all, { mend }) => mend(step, all), recorded)
      const ours = frames.map(compared).filter((frame) => !isObject(frame) || frame.command !== 'version')
      expect(ours, `${step}, ${tab}`).toEqual(mended.map((frame) => translation.of(compared(frame))))
      compare += frames.length
    }
  }
  return compare
}

const withInput: Difference['mend'] = (_step, frames) =>
  frames.map((frame) => {
    if (!isObject(frame) || !isObject(frame.data) || !Array.isArray(frame.data.revisions)) return frame
    const revisions = frame.data.revisions.filter(isObject).map((revision) => {
      const stores = Object.entries(isObject(revision.changes) ? revision.changes : {})
      if (stores.some(([, part]) => isObject(part) && part.$input)) return revision
      const changes = stores.map(([store, part]) => [store, isObject(part) ? { ...part, $input: part } : part])
      return { ...revision, changes: Object.fromEntries(changes) }
    })
    return { ...frame, data: { ...frame.data, revisions } }
  })

const withContent: Difference['mend'] = (_step, frames) =>
  frames.map((frame) => {
    if (!isObject(frame) || frame.command !== 'load_version_content') return frame
    const { command, ...data } = frame
    return { command, data: { ...data, content: { a: 1 } } }
  })

interface RestDifference {
  readonly step: string
  readonly why: string
  /** Frames that only our server sends in this step, to each client. */
  readonly more: readonly unknown[]
}

/** A plain copy with ids of theirs and ours learned from a pair of answers. */
function learnAnswer(translation: Translation, theirs: string | undefined, ours: string): void {
  const [their, our]: unknown[] = [theirs ? JSON.parse(theirs) : {}, ours ? JSON.parse(ours) : {}]
  if (isObject(their) && isObject(our)) translation.learn(their.tid, our.tid)
}

async function replayRest(
  name: string,
  config: MockServerConfig,
  end: string,
  differences: readonly RestDifference[],
): Promise<number> {
  const { connect, rest } = await startKit(config)
  const translation = new Translation()
  /** The sockets of each tab, the oldest first: after a reload the old one closes when the new one is open. */
  const peers = new Map<string, Peer[]>([
    ['A', []],
    ['B', []],
  ])
  let compare = 0
  for (const [step, lines] of stepsOf(linesOf(name), end)) {
    const heard = new Map<string, unknown[]>([
      ['A', []],
      ['B', []],
    ])
    for (const [at, { tab, dir, by, frame, method, path = '', body, headers }] of lines.entries()) {
      if (dir === 'ws-upgrade') peers.get(tab)?.push(connect(path))
      if (dir === 'ws-close' && by === 'client/any') peers.get(tab)?.shift()?.drop()
      if (dir === 'ws-out') peers.get(tab)?.at(-1)?.say(frame)
      if (dir === 'http-req' && method !== undefined) {
        const sent = body === undefined ? '' : JSON.stringify(translation.of(JSON.parse(body)))
        const answer = await rest(method, translation.path(path), sent, headers)
        const recorded = lines
          .slice(at)
          .find((line) => line.dir === 'http-res' && line.tab === tab && line.method === method && line.path === path)
        learnAnswer(translation, recorded?.body, answer.body)
        // A conditional request is the browser's own business: 304 stands for the same content.
        expect([step, answer.status]).toEqual([step, recorded?.status === 304 ? 200 : recorded?.status])
        if (method !== 'GET' && recorded?.body) {
          expect(JSON.parse(answer.body), `${step}, ${method} ${path}`).toMatchObject(
            translation.of(JSON.parse(recorded.body)) as object,
          )
          compare += 1
        }
      }
      for (const [each, sockets] of peers) for (const peer of sockets) heard.get(each)?.push(...peer.heard())
    }
    for (const [tab, frames] of heard) {
      const recorded = lines
        .filter((line) => line.dir === 'ws-in' && line.tab === tab)
        .map((line) => translation.of(line.frame))
      const more = differences.filter((difference) => difference.step === step).flatMap((difference) => difference.more)
      const ours = frames.filter((frame) => !more.some((own) => JSON.stringify(own) === JSON.stringify(frame)))
      const named = (frame: unknown): unknown =>
        isObject(frame) && frame.action === 'start' ? { action: 'start' } : frame
      expect(ours.map(named), `${step}, ${tab}`).toEqual(recorded.map(named))
      expect(frames.length - ours.length, `${step}, ${tab}: what only we send`).toBe(
        frames.length === 0 ? 0 : more.length,
      )
      compare += frames.length
    }
  }
  return compare
}

describe('recorded sessions', () => {
  it('of Bryntum Gantt in the flat dialect go the same way', async () => {
    const first = linesOf('bryntum-flat').find(({ dir, frame }) => dir === 'ws-in' && isObject(frame?.dataset))?.frame
    const seed = {
      id: 1,
      name: 'SaaS',
      ...(isObject(first?.dataset) ? first.dataset : {}),
      projectMeta: first?.projectMeta,
    }
    const compared = await replayProject('bryntum-flat', seed, 'logout', [
      { why: 'the 2022 server does not know `version`', mend: without('version') },
    ])
    expect(compared).toBeGreaterThan(60)
  })

  it('of Bryntum Gantt in the revisions dialect go the same way', async () => {
    const first = linesOf('bryntum-revisions').find(
      ({ dir, frame }) => dir === 'ws-in' && isObject(frame?.data) && 'dataset' in frame.data,
    )
    const data = isObject(first?.frame?.data) ? first.frame.data : {}
    const seed = { id: 1, name: 'SaaS', ...(isObject(data.dataset) ? data.dataset : {}) }
    const compared = await replayProject('bryntum-revisions', seed, 'logout', [
      { why: 'its version is its own', mend: without('version') },
      { why: 'BS1: it loses the parents of new children', mend: (_step, frames) => frames.map(withParents) },
      { why: 'BS4: it loses the content of versions, and the envelope of the answer', mend: withContent },
      { why: 'a ProjectModel takes nothing of a revision of which no store has `$input`', mend: withInput },
    ])
    expect(compared).toBeGreaterThan(90)
  })

  it('of DHTMLX Gantt go the same way', async () => {
    const seed = {
      id: 1,
      name: 'Plan',
      tasksData: [
        { id: 1, name: 'Project' },
        { id: 2, name: 'Task A', parentId: 1 },
        { id: 3, name: 'Task B', parentId: 1 },
      ],
      dependenciesData: [{ id: 1, from: 2, to: 3, type: 2 }],
    }
    expect(await replayRest('dhtmlx-gantt', { projects: [seed] }, 'never', [])).toBeGreaterThan(30)
  })

  it('of DHTMLX Scheduler go the same way', async () => {
    expect(
      await replayRest('dhtmlx-scheduler', {}, 'handshake-403', [
        {
          step: 'recurring-edit-series',
          why: 'DS12: the demo server drops the exceptions of an edited series and tells nobody',
          more: [103, 104].map((id) => ({
            action: 'event',
            body: { name: 'events', value: { event: { id }, type: 'delete-event' } },
          })),
        },
      ]),
    ).toBeGreaterThan(40)
  })
})
