import { describe, expect, test } from 'vitest'
import { LAB_PRESETS, type LabPreset } from '../lab/presets.ts'
import { minimise } from './minimise.ts'
import type { PlayOptions } from './play-options.ts'
import { createPlayer } from './player.ts'
import { add, type RecorderKit, rename, startRecorderKit } from './recorder-kit.contract.ts'
import type { Recording, WireEntry } from './recording.ts'
import { replay } from './replay.ts'

/** As it comes back from a file. */
const filed = (recording: Recording): Recording => JSON.parse(JSON.stringify(recording))
const namesOf = (state: Recording['end']): unknown => state?.projects[0]?.tasksData?.map(({ name }) => name)

/** The same with another text in it. */
function altered<T>(value: T, from: string, to: string): T {
  return JSON.parse(JSON.stringify(value).replace(from, to))
}

/** Somebody works for a while; the recording begins in the middle of it. */
async function workday(kit: RecorderKit): Promise<Recording> {
  const early = kit.planner('early', 'c-early')
  early.say(rename('before', 1, 1))
  early.say(add('gone', '_p0'))
  early.say({ command: 'projectChange', project: 1, changes: { tasks: { removed: [{ id: 100 }] } } })
  await kit.pass(5)
  kit.core.recorder.start()
  const ann = kit.planner('ann')
  early.say(rename('early again', 2, 4))
  ann.say(add('Roof', '_p1'))
  await kit.pass(20)
  ann.say(rename('Roof of the house', 101))
  await kit.rest('POST', '/events', { text: 'Party', start_date: '2026-01-05 09:00', end_date: '2026-01-05 10:00' })
  await kit.rest('PUT', '/events/7', { text: 'Inspection done' })
  const live = kit.connect('/api/v1?token=token&ws=1')
  live.say({ action: 'subscribe', name: 'events' })
  await kit.rest('DELETE', '/events/7')
  await kit.core.reset(1)
  ann.hangUp()
  const rev = kit.connect()
  rev.say({ command: 'login', data: { login: 'rev' } })
  rev.say({ command: 'dataset', data: { project: 1 } })
  rev.say({
    command: 'project_change',
    data: {
      project: 1,
      revisions: [
        { revision: 'local-1', clientId: 'client-7', changes: { tasks: { updated: [{ id: 1, name: 'rev' }] } } },
      ],
    },
  })
  await kit.pass()
  return filed(kit.core.recorder.stop())
}

describe('a replay', () => {
  test('is the same with a fresh server, for every dialect, REST, and a recording that begins in the middle', async () => {
    const recording = await workday(await startRecorderKit())
    const outcome = await replay(recording)
    expect(outcome.differences).toEqual([])
    expect(outcome).toMatchObject({ same: true, compared: expect.any(Number) })
    expect(outcome.compared).toBeGreaterThan(20)
  })

  test('knows what those show who were there before: newcomers hear of it, and when it is over', async () => {
    const kit = await startRecorderKit()
    const ann = kit.planner('ann', 'c-ann')
    const show = (task: number): object => ({ command: 'presence', planwire: { state: { task } } })
    kit.planner('old', 'c-old').say(show(1))
    await kit.pass(61_000)
    ann.say(show(7))
    await kit.pass(40_000)
    kit.core.recorder.start()
    const bob = kit.connect()
    bob.say({ command: 'login', login: 'bob', planwire: { version: 1, client: 'c-bob' } })
    bob.say({ command: 'dataset', project: 1 })
    await kit.pass(25_000)
    const recording = filed(kit.core.recorder.stop())
    expect(recording.sockets.map(({ party, presence }) => [party, presence?.at])).toEqual([
      ['ann', 1_061_000],
      ['old', undefined],
    ])
    const shown = bob.heard.filter((each) => JSON.stringify(each).includes('"presence"'))
    expect(shown).toMatchObject([{ planwire: { state: { task: 7 } } }, { planwire: { state: null } }])
    expect(await replay(recording)).toMatchObject({ same: true })
    const { sockets } = recording
    const forgotten = { ...recording, sockets: sockets.map(({ presence: _, ...socket }) => socket) }
    expect((await replay(forgotten)).same).toBe(false)
    expect(
      (await minimise(recording, (each) => JSON.stringify(each.entries).includes('"task\\":7'))).sockets,
    ).toHaveLength(1)
  })

  test('names the entry, the place and both values of the first difference', async () => {
    const recording = await workday(await startRecorderKit())
    const wrong = recording.entries.find(
      (entry) => entry.type === 'frame' && entry.direction === 'down' && entry.text.includes('early again'),
    )
    const other = await replay({
      ...recording,
      entries: recording.entries.map((entry) =>
        entry === wrong && entry.type === 'frame'
          ? { ...entry, text: entry.text.replace('early again', 'never said') }
          : entry,
      ),
    })
    expect(other).toMatchObject({
      same: false,
      first: {
        entry: wrong?.n,
        party: 'early',
        path: 'changes.tasks.updated[0].name',
        expected: 'never said',
        got: 'early again',
      },
    })
  })

  test('tells when the records at the end are others', async () => {
    const recording = await workday(await startRecorderKit())
    const outcome = await replay({ ...recording, end: altered(recording.end, '"name":"rev"', '"name":"ver"') })
    expect(outcome.first).toMatchObject({
      entry: 'end',
      path: 'projects[0].tasksData[0].name',
      expected: 'ver',
      got: 'rev',
    })
  })

  test('refuses what is no recording, with the path', async () => {
    await expect(replay({})).rejects.toMatchObject({ code: 'invalid-argument' })
    const recording = await workday(await startRecorderKit())
    const broken = { ...recording, entries: [{ n: 1, at: 0, party: 'ann', type: 'frame', socket: 1 }] }
    await expect(replay(broken)).rejects.toMatchObject({ details: { path: 'entries[0].direction' } })
  })

  test.each(Object.keys(LAB_PRESETS) as LabPreset[])('goes through %s as the recorded server did', async (preset) => {
    const kit = await startRecorderKit()
    kit.core.recorder.start()
    kit.core.lab.run(preset, { seed: 5 })
    let peers = ['ann', 'bob'].map((login) => kit.planner(login, `c-${login}`))
    for (let round = 1; round <= 60; round += 1) {
      for (const [at, peer] of peers.entries()) peer.say(rename(`${at} ${round}`, 1 + at, round))
      void kit.rest('PUT', '/events/7', { text: `round ${round}` })
      if (round % 10 === 0) {
        for (const peer of peers) peer.hangUp()
        peers = ['ann', 'bob'].map((login) => kit.planner(login, `c-${login}`))
      }
      await kit.pass(1000)
    }
    kit.core.lab.stop()
    await kit.pass(1000)
    const recording = filed(kit.core.recorder.stop())
    expect(recording.entries.some(({ type }) => type === 'fault')).toBe(true)
    expect((await replay(recording)).differences).toEqual([])
  })
})

describe('a player', () => {
  test('shows the records after each entry, forwards and backwards, and what the entry changed', async () => {
    const recording = await workday(await startRecorderKit())
    const player = await createPlayer(recording)
    const entry = (text: string): WireEntry | undefined =>
      recording.entries.find((each) => each.type === 'frame' && each.direction === 'up' && each.text.includes(text))
    const roof = entry('Roof of the house')?.n ?? 0
    expect(player.at(roof).changes).toEqual([
      {
        room: 'project/1',
        store: 'tasks',
        id: 101,
        before: expect.objectContaining({ name: 'Roof' }),
        after: expect.objectContaining({ name: 'Roof of the house' }),
        fields: ['name'],
      },
    ])
    expect(namesOf(player.stateAt(roof))).toEqual(['before', 'early again', 'Roof of the house'])
    expect(namesOf(player.stateAt(roof - 1))).toEqual(['before', 'early again', 'Roof'])
    expect(namesOf(player.stateAt(0))).toEqual(['before', 'Pour'])
    expect(player.stateAt(Number.MAX_SAFE_INTEGER)).toEqual({ ...recording.end, at: expect.any(String) })
    const reset = recording.entries.find(({ type }) => type === 'control')?.n ?? 0
    expect(player.at(reset).changes.map(({ store, id }) => [store, id])).toEqual([
      ['tasks', 1],
      ['tasks', 2],
      ['tasks', 101],
    ])
    expect(player.at(0)).toEqual({ entry: undefined, changes: [] })
    expect(player.changing).toContain(roof)
  })

  test('is at any moment of thousands at once', async () => {
    const kit = await startRecorderKit()
    kit.core.recorder.start()
    const ann = kit.planner('ann')
    for (let at = 1; at <= 1500; at += 1) ann.say(rename(`name ${at}`))
    const recording = kit.core.recorder.stop()
    const player = await createPlayer(recording)
    const sent = recording.entries.filter(
      (each) => each.type === 'frame' && each.direction === 'up' && each.text.includes('name '),
    )
    for (const at of [1499, 3, 760, 761, 0, 1250]) {
      expect(namesOf(player.stateAt(sent[at]?.n ?? 0))).toEqual([`name ${at + 1}`, 'Pour'])
    }
  })
})

describe('whoever plays a long recording', () => {
  const plays = [
    ['replay', (recording: Recording, options: PlayOptions) => replay(recording, options)],
    ['createPlayer', (recording: Recording, options: PlayOptions) => createPlayer(recording, options)],
    ['minimise', (recording: Recording, options: PlayOptions) => minimise(recording, () => true, options)],
  ] as const

  test.each(plays)(
    '%s lets others have the thread between entries, and ends in the middle when it is told to',
    async (_, play) => {
      const kit = await startRecorderKit()
      kit.core.recorder.start()
      const ann = kit.planner('ann')
      for (let at = 1; at <= 100; at += 1) ann.say(rename(`name ${at}`))
      const recording = filed(kit.core.recorder.stop())
      const signal = { aborted: false }
      let asked = 0
      const pause = (): Promise<void> | undefined => {
        asked += 1
        signal.aborted = asked === 50
        return asked % 10 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined
      }
      let turns = 0
      const turn = (): void => {
        turns += 1
        next = setImmediate(turn)
      }
      let next = setImmediate(turn)
      await expect(play(recording, { pause, signal })).rejects.toMatchObject({ code: 'closed' })
      clearImmediate(next)
      expect(asked).toBe(50)
      expect(turns).toBeGreaterThanOrEqual(4)
    },
  )
})

describe('minimising', () => {
  test('leaves what the failing check needs, with ids that fit, and the result replays', async () => {
    const kit = await startRecorderKit()
    kit.core.recorder.start()
    const noise = kit.planner('noise')
    const ann = kit.planner('ann')
    for (let at = 0; at < 5; at += 1) {
      noise.say(add(`noise ${at}`, `_n${at}`))
      ann.say(rename(`ann ${at}`))
    }
    ann.say(add('Roof', '_roof'))
    await kit.rest('PUT', '/events/7', { text: 'noise' })
    ann.say(rename('Broken', 105))
    noise.say(rename('more', 101))
    const recording = filed(kit.core.recorder.stop())
    let told = 0
    const small = await minimise(recording, (each) => JSON.stringify(each.end).includes('Broken'), {
      onProgress: (left) => (told = left),
    })
    expect(
      small.entries.flatMap((each) =>
        each.type === 'frame' && each.direction === 'up' ? [JSON.parse(each.text)] : [],
      ),
    ).toEqual([
      { command: 'login', login: 'ann' },
      { command: 'dataset', project: 1 },
      add('Roof', '_roof'),
      rename('Broken', 100),
    ])
    expect(told).toBe(5)
    expect(await replay(filed(small))).toMatchObject({ same: true })
  })

  test('refuses a check that does not fail, and ends when it is told to', async () => {
    const kit = await startRecorderKit()
    kit.core.recorder.start()
    kit.planner('ann').say(rename('x'))
    const recording = kit.core.recorder.stop()
    await expect(minimise(recording, () => false)).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(minimise(recording, () => true, { signal: { aborted: true } })).rejects.toMatchObject({
      code: 'closed',
    })
  })
})
