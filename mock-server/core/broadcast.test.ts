import { describe, expect, it } from 'vitest'
import type { RevisionLog } from './contract.ts'
import { change, type Peer, PLAN, revision, startKit } from './core-kit.contract.ts'
import { BOUNDS } from './defaults.ts'
import { createMemoryLog } from './memory-log.ts'

const rename = (name: string): object => ({ tasks: { updated: [{ id: 1, name }] } })
const order = (revisionNumber: number, changeset?: string): object => ({
  epoch: expect.any(String),
  revision: revisionNumber,
  ...(changeset === undefined ? {} : { changeset }),
})

describe('one room, all kinds of listeners', () => {
  it('gives each its own form of an edit, and the flat author nothing [BO4]', async () => {
    const { flat, revisions, extended, live } = await startKit()
    const [author, other, rev, ours, gantt] = [flat(), flat(), revisions(), extended(), live('tasks')]
    author.say(change(rename('New')))
    expect(author.heard()).toEqual([])
    expect(other.heard()).toEqual([{ command: 'projectChange', project: 1, changes: rename('New') }])
    expect(ours.heard()).toEqual([{ command: 'projectChange', project: 1, changes: rename('New'), planwire: order(1) }])
    expect(rev.heard()).toEqual([
      {
        command: 'project_change',
        data: {
          project: 1,
          revisions: [
            {
              revision: 'server-1',
              client: expect.stringMatching(/^client-1-/),
              // A ProjectModel takes nothing of a revision of which no store has `$input`.
              changes: { tasks: { updated: [{ id: 1, name: 'New' }], $input: { updated: [{ id: 1, name: 'New' }] } } },
            },
          ],
        },
      },
    ])
    const task = { id: 1, text: 'New', parent: 0 }
    expect(gantt.heard()).toEqual([{ action: 'event', body: { name: 'tasks', value: { type: 'update-task', task } } }])
  })

  it('takes a snapshot of everything when a whole frame is in the log and its listeners have heard of it', async () => {
    const inner = createMemoryLog()
    const saved: [revision: number, heard: number][] = []
    let listener: Peer | undefined
    const saveSnapshot: RevisionLog['saveSnapshot'] = (name, snapshot) => {
      if (listener) saved.push([snapshot.revision, listener.frames().length])
      return inner.saveSnapshot(name, snapshot)
    }
    const { core, revisions } = await startKit(PLAN, { ...inner, saveSnapshot })
    const author = revisions()
    listener = revisions()
    const sent = BOUNDS.snapshotEvery - 2
    for (let n = 0; n < sent; n++) author.say(revision(`local-${n}`, rename(`${n}`)))
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ revision: `local-${name}`, changes: rename(name) }))
    author.say({ command: 'project_change', data: { project: 1, revisions: [a, b, c] } })
    author.say(revision('local-end', rename('end')))
    await core.flushed()
    expect(saved).toEqual([[sent + 3, sent + 1]])
    // Nobody was given the project anew, as after a log that starts over.
    expect(listener.frames()).toHaveLength(1)
  })

  it('takes no snapshot while one is still being written, and the next when one is due after it', async () => {
    const inner = createMemoryLog()
    const saved: number[] = []
    let written = (): void => {}
    const saveSnapshot: RevisionLog['saveSnapshot'] = (name, snapshot) => {
      if (snapshot.revision === 0) return inner.saveSnapshot(name, snapshot)
      saved.push(snapshot.revision)
      return new Promise((resolve) => {
        written = resolve
      })
    }
    const { core, flat } = await startKit(PLAN, { ...inner, saveSnapshot })
    const author = flat()
    for (let n = 1; n <= BOUNDS.snapshotEvery * 3; n++) author.say(change(rename(`${n}`)))
    expect(saved).toEqual([BOUNDS.snapshotEvery])
    written()
    await Promise.resolve()
    author.say(change(rename('end')))
    expect(saved).toEqual([BOUNDS.snapshotEvery, BOUNDS.snapshotEvery * 3 + 1])
    written()
    await core.flushed()
  })

  it('answers a flat author that added records with the whole of it, every field sent', async () => {
    const { flat } = await startKit()
    const [author, other] = [flat(), flat()]
    author.say(
      change({
        tasks: { added: [{ $PhantomId: '_1', name: 'n', x: [1] }], updated: [{ id: 1, name: 'u' }] },
        resources: {},
      }),
    )
    const frame = {
      command: 'projectChange',
      project: 1,
      changes: {
        tasks: {
          added: [{ $PhantomId: '_1', name: 'n', x: [1], parentIndex: 2, id: 100 }],
          updated: [{ id: 1, name: 'u' }],
        },
        resources: {},
      },
    }
    expect(author.heard()).toEqual([frame])
    expect(other.heard()).toEqual([frame])
  })

  it('echoes a revision to its author too, with what the author knows it by', async () => {
    const { revisions } = await startKit()
    const [author, other] = [revisions(), revisions()]
    const changes = { tasks: { updated: [{ id: 1, name: 'n' }], $input: { updated: [{ id: 1, name: 'n' }] } } }
    author.say({
      command: 'project_change',
      data: {
        project: 1,
        client: 'client-1',
        revisions: [{ revision: 'local-4', clientId: 'forged', conflictResolutionFor: 'server-24', changes }],
      },
    })
    const echo = {
      command: 'project_change',
      data: {
        project: 1,
        revisions: [
          {
            ...{ revision: 'server-1', localRevision: 'local-4', conflictResolutionFor: 'server-24' },
            ...{ client: expect.stringMatching(/^client-1-/), changes },
          },
        ],
      },
    }
    expect(author.heard()).toEqual([echo])
    expect(other.heard()).toEqual([echo])
  })

  it('makes each frame once per form, however many listen', async () => {
    const { flat } = await startKit()
    const author = flat()
    const others = [flat(), flat(), flat()]
    author.say(change(rename('New')))
    const frames = others.flatMap((peer) => peer.frames())
    expect(frames).toHaveLength(3)
    expect(new Set(frames).size).toBe(1)
  })

  it('splits a frame of several revisions for flat listeners, who know one at a time', async () => {
    const { revisions, flat } = await startKit()
    const [author, other] = [revisions(), flat()]
    author.say({
      command: 'project_change',
      data: {
        project: 1,
        revisions: [
          { revision: 'local-1', changes: rename('one') },
          { revision: 'local-2', changes: rename('two') },
        ],
      },
    })
    expect(other.heard()).toMatchObject([{ changes: rename('one') }, { changes: rename('two') }])
    expect(author.heard()).toMatchObject([
      { data: { revisions: [{ revision: 'server-1' }, { revision: 'server-2' }] } },
    ])
  })

  it('goes on to the others when a socket throws [BS16]', async () => {
    const { core, flat, logged } = await startKit()
    const broken = core.accept({
      url: '/',
      send() {
        throw new Error('broken pipe')
      },
      close() {},
    })
    broken?.frame('{"command":"login","login":"x"}')
    broken?.frame('{"command":"dataset","project":1}')
    const [author, other] = [flat(), flat()]
    author.say(change(rename('New')))
    expect(other.heard()).toHaveLength(1)
    expect(logged).toContain('warn A socket could not send')
  })

  it('keeps the order for everybody when a socket answers while it is being sent to', async () => {
    const { core, flat } = await startKit()
    let answered = false
    const eager = core.accept({
      url: '/',
      send(frame) {
        if (answered || !frame.includes('first')) return
        answered = true
        eager?.frame(JSON.stringify(change(rename('second'))))
      },
      close() {},
    })
    eager?.frame('{"command":"login","login":"x"}')
    eager?.frame('{"command":"dataset","project":1}')
    const [author, late] = [flat(), flat()]
    author.say(change(rename('first')))
    expect(late.heard()).toMatchObject([{ changes: rename('first') }, { changes: rename('second') }])
  })
})

/** A log whose writes wait until they are let through. */
function slowLog(): { log: RevisionLog; write(answer?: 'ok' | 'lost'): Promise<void>; waiting(): number } {
  const inner = createMemoryLog()
  const waiting: ((answer: 'ok' | 'lost') => void)[] = []
  return {
    log: {
      ...inner,
      append: async (room, expected, entry) => {
        const answer = await new Promise<'ok' | 'lost'>((resolve) => waiting.push(resolve))
        return answer === 'lost' ? 'lost' : inner.append(room, expected, entry)
      },
    },
    async write(answer = 'ok') {
      for (const resolve of waiting.splice(0)) resolve(answer)
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    },
    waiting: () => waiting.length,
  }
}

describe('the extension', () => {
  it('acknowledges once what was written together, and never makes others wait', async () => {
    const { log, write } = slowLog()
    const { extended, flat } = await startKit(PLAN, log)
    const [author, other] = [extended(), flat()]
    author.say(change(rename('one'), 1))
    author.say(change(rename('two'), 2))
    expect(other.heard()).toHaveLength(2)
    expect(author.heard()).toEqual([
      { command: 'projectChange', project: 1, changes: rename('one'), planwire: order(1, 'c-1:1') },
      { command: 'projectChange', project: 1, changes: rename('two'), planwire: order(2, 'c-1:2') },
    ])
    await write()
    expect(author.heard()).toEqual([{ command: 'ack', project: 1, planwire: order(2) }])
    expect(other.heard()).toEqual([])
  })

  it('acknowledges nothing before it is written', async () => {
    const { log, write, waiting } = slowLog()
    const { extended } = await startKit(PLAN, log)
    const author = extended()
    author.say(change(rename('one'), 1))
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    expect(waiting()).toBe(1)
    expect(author.heard()).toHaveLength(1)
    await write()
    expect(author.heard()).toMatchObject([{ command: 'ack' }])
  })

  it('answers a replay with its first order, applies nothing twice, and tells nobody else', async () => {
    const { extended, flat, dataset, core } = await startKit()
    const [author, other] = [extended(), flat()]
    const add = change({ tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }, 1)
    author.say(add)
    const [first] = author.heard()
    await core.flushed()
    author.say(change(rename('between'), 2))
    await core.flushed()
    other.heard()
    author.heard()
    author.drop()
    const again = extended()
    other.heard()
    again.say(add)
    expect(again.heard()).toEqual([first, { command: 'ack', project: 1, planwire: order(2) }])
    expect(other.heard()).toEqual([])
    expect(dataset().tasksData?.filter(({ name }) => name === 'once')).toHaveLength(1)
  })

  it('acknowledges a replay that the bounded history no longer holds [BS12]', async () => {
    const { extended, core, dataset } = await startKit({ ...PLAN, limits: { history: 1 } })
    const author = extended()
    author.say(change({ tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }, 1))
    author.say(change(rename('later'), 2))
    await core.flushed()
    author.heard()
    author.say(change({ tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }, 1))
    expect(author.heard()).toEqual([
      // It stands somewhere in what every dataset of today shows.
      { command: 'projectChange', project: 1, changes: {}, planwire: order(2, 'c-1:1') },
      { command: 'ack', project: 1, planwire: order(2) },
    ])
    expect(dataset().tasksData?.filter(({ name }) => name === 'once')).toHaveLength(1)
  })

  it('minds no gap in the counters', async () => {
    const author = (await startKit()).extended()
    author.say(change(rename('one'), 1))
    author.say(change(rename('nine'), 9))
    expect(author.heard()).toMatchObject([{ planwire: { changeset: 'c-1:1' } }, { planwire: { changeset: 'c-1:9' } }])
  })

  it('says which changeset was refused', async () => {
    const { connect } = await startKit()
    const peer = connect()
    peer.say({ command: 'login', login: 'x', planwire: { version: 1, client: 'c-9' } })
    peer.heard()
    peer.say(change(rename('x'), 4))
    expect(peer.heard()).toMatchObject([
      {
        command: 'projectChange',
        error: expect.stringContaining('Load project first'),
        planwire: { changeset: 'c-9:4' },
      },
    ])
  })

  it('speaks the revisions dialect as well', async () => {
    const { connect, core } = await startKit()
    const peer = connect()
    peer.say({ command: 'login', data: { login: 'x', planwire: { version: 1, client: 'c-1' } } })
    peer.say({ command: 'dataset', data: { project: 1 } })
    peer.heard()
    peer.say({
      command: 'project_change',
      data: { project: 1, revisions: [{ revision: 'local-1', changes: rename('n'), planwire: { counter: 1 } }] },
    })
    await core.flushed()
    await Promise.resolve()
    expect(peer.heard()).toMatchObject([
      {
        command: 'project_change',
        data: { revisions: [{ revision: 'server-1', planwire: { revision: 1, changeset: 'c-1:1' } }] },
      },
      { command: 'ack', data: { project: 1, planwire: { revision: 1 } } },
    ])
  })

  it('sends everybody the dataset under a new epoch when the log lost its history, and then acknowledges', async () => {
    const { log, write } = slowLog()
    const { extended, flat, logged } = await startKit(PLAN, log)
    const [author, other] = [extended(), flat()]
    author.say(change(rename('kept'), 1))
    const [{ planwire: before }] = author.heard() as [{ planwire: { epoch: string } }]
    other.heard()
    await write('lost')
    const [dataset, ack] = author.heard() as [{ planwire: { epoch: string } }, object]
    expect(dataset).toMatchObject({
      command: 'dataset',
      planwire: { revision: 1 },
      dataset: { tasksData: [{ name: 'kept' }, {}] },
    })
    expect(dataset.planwire.epoch).not.toBe(before.epoch)
    expect(ack).toBeUndefined()
    expect(other.heard()).toMatchObject([{ command: 'dataset', dataset: { tasksData: [{ name: 'kept' }, {}] } }])
    expect(logged).toContain('error The log of a room starts over')
    author.say(change(rename('next'), 2))
    await write()
    expect(author.heard()).toMatchObject([
      { command: 'projectChange', planwire: { epoch: dataset.planwire.epoch, revision: 2 } },
      { command: 'ack', planwire: { epoch: dataset.planwire.epoch, revision: 2 } },
    ])
  })
})

describe('the revisions dialect', () => {
  it('answers a resent revision with the number it has, and tells nobody else [BS14]', async () => {
    const { revisions, dataset } = await startKit()
    const [author, other] = [revisions(), revisions()]
    const add = revision('local-1', { tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } })
    author.say(add)
    const first = author.heard()
    other.heard()
    author.say(add)
    expect(author.heard()).toEqual(first)
    expect(other.heard()).toEqual([])
    expect(dataset().tasksData?.filter(({ name }) => name === 'once')).toHaveLength(1)
  })

  it('lets two sessions, and a session that loads anew, count from one again', async () => {
    const { revisions } = await startKit()
    const [a, b] = [revisions(), revisions()]
    a.say(revision('local-1', rename('a')))
    b.say(revision('local-1', rename('b')))
    a.say({ command: 'dataset', data: { project: 1 } })
    b.heard()
    a.say(revision('local-1', rename('c')))
    expect(b.heard()).toMatchObject([{ data: { revisions: [{ revision: 'server-3', changes: rename('c') }] } }])
  })
})
