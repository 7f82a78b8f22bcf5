import { describe, expect, it } from 'vitest'
import type { RevisionLog, StoredRoom } from './contract.ts'
import { change, PLAN, revision, startKit } from './core-kit.contract.ts'
import { BOUNDS } from './defaults.ts'
import { createMemoryLog } from './memory-log.ts'
import { revisionLogContract } from './revision-log.contract.ts'

revisionLogContract('memory', { create: async () => createMemoryLog() })

/** A core, `edit`ed and closed; and another one with its log. */
async function restarted(
  edit: (kit: Awaited<ReturnType<typeof startKit>>) => void | Promise<void>,
): ReturnType<typeof startKit> {
  const log = createMemoryLog()
  const before = await startKit(PLAN, log)
  await edit(before)
  await before.core.close()
  return startKit(PLAN, log)
}

describe('a host that starts again with its log', () => {
  it('serves what was committed, under the same epoch', async () => {
    let epoch: unknown
    const { extended, dataset } = await restarted(({ extended: open }) => {
      const peer = open()
      peer.say(
        change({ tasks: { updated: [{ id: 1, name: 'kept' }], added: [{ $PhantomId: '_1' }] }, project: { x: 1 } }, 1),
      )
      epoch = (peer.heard() as [{ planwire: { epoch: string } }])[0].planwire.epoch
    })
    expect(dataset()).toMatchObject({ tasksData: [{ name: 'kept' }, {}, { id: 100 }], projectMeta: { x: 1 } })
    const peer = extended()
    peer.say(change({ tasks: { updated: [{ id: 1, name: 'on' }] } }, 2))
    expect(peer.heard()).toMatchObject([{ planwire: { epoch, revision: 2 } }])
  })

  it('applies nothing twice, and knows what phantom ids became', async () => {
    const add = change({ tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }, 1)
    const { extended, dataset } = await restarted(({ extended: open }) => open().say(add))
    const peer = extended()
    peer.say(add)
    expect(peer.heard()).toMatchObject([
      { changes: { tasks: { added: [{ $PhantomId: '_1', id: 100 }] } }, planwire: { revision: 1, changeset: 'c-1:1' } },
      { command: 'ack', planwire: { revision: 1 } },
    ])
    peer.say(change({ tasks: { updated: [{ id: '_1', name: 'renamed' }] } }, 2))
    expect(dataset().tasksData?.filter(({ id }) => id === 100)).toMatchObject([{ name: 'renamed' }])
  })

  it('never gives an id again, not even that of a record that was removed, nor after a reset [BO1]', async () => {
    const { flat } = await restarted(({ flat: open }) => {
      const peer = open()
      peer.say(change({ tasks: { added: [{ $PhantomId: '_1' }] } }))
      peer.say(change({ tasks: { removed: [{ id: 100 }] } }))
      peer.say({ command: 'reset' })
    })
    const peer = flat()
    peer.say(change({ tasks: { added: [{ $PhantomId: '_1' }] } }))
    expect(peer.heard()).toMatchObject([{ changes: { tasks: { added: [{ id: 101 }] } } }])
  })

  it('takes no client for one of the run before [BC9]', async () => {
    const ids: unknown[] = []
    const login = { command: 'login', data: { login: 'x' } }
    const { connect } = await restarted(({ connect: open }) => {
      const peer = open()
      peer.say(login)
      ids.push(peer.heard()[0])
    })
    const peer = connect()
    peer.say(login)
    ids.push(peer.heard()[0])
    const [before, after] = ids as { data: { client: string } }[]
    expect(before?.data.client).toMatch(/^client-1-/)
    expect(after?.data.client).not.toBe(before?.data.client)
  })

  it('remembers versions with their content, collections and resets', async () => {
    const { flat, get } = await restarted(async ({ flat: open, rest }) => {
      const peer = open()
      peer.say(change({ tasks: { removed: [{ id: 1 }] } }))
      peer.say({ command: 'reset' })
      peer.say(change({ versions: { added: [{ $PhantomId: '_v', content: { a: 1 } }] } }))
      await rest('POST', '/events', { text: 'kept' })
    })
    const peer = flat()
    peer.say({ command: 'loadVersionContent', project: 1, versionId: 100 })
    expect(peer.heard()).toMatchObject([{ content: { a: 1 } }])
    expect(await get('/events')).toEqual([{ text: 'kept', id: 101 }])
    expect(await get('/data')).toMatchObject({ data: [{ id: 1 }, { id: 2 }, { id: 3 }] })
  })

  it('reads a snapshot and what follows, and loses neither counters nor contents nor ids', async () => {
    const log = createMemoryLog()
    const snapshots: StoredRoom['snapshot'][] = []
    const noticed: RevisionLog = {
      ...log,
      saveSnapshot: (room, snapshot) => {
        if (room === 'project/1') snapshots.push(snapshot)
        return log.saveSnapshot(room, snapshot)
      },
      // As a log that keeps nothing behind a snapshot.
      read: async () => 'lost',
    }
    const before = await startKit(PLAN, noticed)
    const author = before.extended()
    before.extended('c-2').say(change({ tasks: { added: [{ id: 70, name: 'early' }] } }, 1))
    author.say(change({ versions: { added: [{ $PhantomId: '_v', content: 'text' }] } }, 1))
    for (let counter = 2; counter <= 620; counter += 1) {
      author.say(change({ tasks: { updated: [{ id: 1, name: `edit ${counter}` }] } }, counter))
    }
    await before.core.close()
    expect(snapshots.map(({ revision: at }) => at)).toEqual([0, 500])
    const { extended, dataset } = await startKit(PLAN, noticed)
    const peer = extended()
    peer.say(change({ tasks: { added: [{ $PhantomId: '_1' }] } }, 100))
    // Stored long ago: known to be in what every dataset shows, at a place that the history no longer holds.
    expect(peer.heard()).toMatchObject([
      { changes: {}, planwire: { revision: 621, changeset: 'c-1:100' } },
      { command: 'ack', planwire: { revision: 621 } },
    ])
    peer.say({ command: 'loadVersionContent', project: 1, versionId: 100 })
    expect(peer.heard()).toMatchObject([{ content: 'text' }])
    peer.say(change({ tasks: { added: [{ $PhantomId: '_1' }] } }, 621))
    expect(peer.heard()).toMatchObject([{ changes: { tasks: { added: [{ id: 101 }] } } }])
    const early = extended('c-2')
    early.say(change({ tasks: { added: [{ id: 71, name: 'twice' }] } }, 1))
    // As known as everything before the newest commit, which the log has not written yet: acknowledged with that.
    expect(early.heard()).toMatchObject([{ changes: {}, planwire: { revision: 622, changeset: 'c-2:1' } }])
    expect(dataset().tasksData?.[0]).toMatchObject({ name: 'edit 620' })
  })

  it('reads no more than it must of a project that was put back again and again: resets lead to snapshots as edits do', async () => {
    const inner = createMemoryLog()
    const saved: number[] = []
    const saveSnapshot: RevisionLog['saveSnapshot'] = (name, snapshot) => {
      if (name === 'project/1') saved.push(snapshot.revision)
      return inner.saveSnapshot(name, snapshot)
    }
    const { core } = await startKit(PLAN, { ...inner, saveSnapshot })
    for (let n = 0; n < 25; n++) await core.reset()
    await core.flushed()
    expect(saved).toEqual([0, 10, 20])
  })

  it('reads no more than a room keeps in memory, however long the frames were: long ones lead to snapshots as many do', async () => {
    const log = createMemoryLog()
    const { core, extended } = await startKit(PLAN, log)
    const author = extended()
    const name = 'x'.repeat(BOUNDS.historyLength / 10)
    for (let n = 1; n <= 25; n++) {
      author.say(change({ tasks: { updated: [{ id: 1, name: `${n}${name}` }] } }, n))
      await core.flushed()
    }
    const stored = await log.load('project/1')
    expect([stored?.snapshot.revision, stored?.entries.length]).toEqual([20, 5])
    expect(await log.read('project/1', 10)).toBe('lost')
    expect(await log.read('project/1', 11)).toHaveLength(14)
    await core.close()
  })
})

describe('a read', () => {
  it('is answered when what it shows is in the log, which a crash could take otherwise', async () => {
    const log = createMemoryLog()
    const writes: (() => void)[] = []
    const { rest } = await startKit(PLAN, {
      ...log,
      append: async (...args) => {
        await new Promise<void>((done) => writes.push(done))
        return log.append(...args)
      },
    })
    const said: string[] = []
    void rest('PUT', '/data/task/1', { text: 'soon stored' }).then(() => said.push('written'))
    const all = rest('GET', '/data').then(({ body }) => said.push(body))
    const one = rest('GET', '/data/task/1').then(({ body }) => said.push(body))
    await new Promise(setImmediate)
    expect(said).toEqual([])
    for (const written of writes) written()
    await Promise.all([all, one])
    expect(said).toEqual(['written', expect.stringContaining('soon stored'), expect.stringContaining('soon stored')])
  })

  it('is answered from memory while nothing can be stored', async () => {
    const log = createMemoryLog()
    let full = false
    const { rest } = await startKit(PLAN, {
      ...log,
      append: async () => {
        full = true
        throw new Error('disk full')
      },
      saveSnapshot: async (...args) => {
        if (full) throw new Error('disk full')
        return log.saveSnapshot(...args)
      },
    })
    expect((await rest('PUT', '/data/task/1', { text: 'unsure' })).status).toBe(500)
    expect((await rest('GET', '/data')).body).toContain('unsure')
  })
})

describe('a log that fails', () => {
  const failing = (): RevisionLog => ({
    ...createMemoryLog(),
    append: () => Promise.reject(new Error('disk full: /var/secret')),
  })

  it('starts over under a new epoch from a snapshot', async () => {
    const { extended, core, logged } = await startKit(PLAN, failing())
    const peer = extended()
    peer.say(change({ tasks: { updated: [{ id: 1, name: 'kept' }] } }, 1))
    await core.flushed()
    expect(peer.heard()).toMatchObject([
      { command: 'projectChange' },
      { command: 'dataset', planwire: { revision: 1 } },
    ])
    expect(logged).toContain('error The log of a room starts over')
  })

  it('never acknowledges what it could not store, and says nothing of why', async () => {
    const log = createMemoryLog()
    let full = false
    const { rest, flat, logged } = await startKit(PLAN, {
      ...log,
      append: () => {
        full = true
        throw new Error('disk full: /var/secret')
      },
      saveSnapshot: (room, snapshot) =>
        full ? Promise.reject(new Error('disk full')) : log.saveSnapshot(room, snapshot),
    })
    const other = flat()
    const answer = await rest('POST', '/data/task', { text: 'unsure' })
    expect([answer.status, answer.body]).toEqual([500, '{"error":"Storage failed"}'])
    expect(other.heard()).toMatchObject([{ command: 'projectChange' }, { command: 'dataset' }])
    expect(logged).toContain('error The room is kept in memory alone')
  })

  it('is told of once, and takes up again by itself when it works again', async () => {
    const log = createMemoryLog()
    let broken = false
    const flaky: RevisionLog = {
      ...log,
      append: (room, expected, entry) =>
        broken ? Promise.reject(new Error('full')) : log.append(room, expected, entry),
      saveSnapshot: (room, snapshot) => (broken ? Promise.reject(new Error('full')) : log.saveSnapshot(room, snapshot)),
    }
    const { extended, flat, core } = await startKit(PLAN, flaky)
    const [author, other] = [extended(), flat()]
    broken = true
    for (const counter of [1, 2, 3]) {
      author.say(change({ tasks: { updated: [{ id: 1, name: `edit ${counter}` }] } }, counter))
      await core.flushed()
    }
    const commands = (other.heard() as { command: string }[]).map(({ command }) => command)
    expect(commands).toEqual(['projectChange', 'dataset', 'projectChange', 'projectChange'])
    expect(author.heard().filter((frame) => JSON.stringify(frame).includes('"ack"'))).toEqual([])
    broken = false
    author.say(change({ tasks: { updated: [{ id: 1, name: 'edit 4' }] } }, 4))
    author.say(change({ tasks: { updated: [{ id: 1, name: 'edit 5' }] } }, 5))
    await core.flushed()
    await Promise.resolve()
    expect(author.heard().at(-1)).toMatchObject({ command: 'ack', planwire: { revision: 5 } })
    author.say(change({ tasks: { updated: [{ id: 1, name: 'edit 6' }] } }, 6))
    await core.close()
    const again = await startKit(PLAN, log)
    expect(again.dataset().tasksData?.[0]).toMatchObject({ name: 'edit 6' })
  })
})

describe('the end', () => {
  it('closes every socket once, tells nobody who leaves, and takes no more', async () => {
    const { core, flat, live, rest } = await startKit()
    const [one, other, events] = [flat(), flat(), live('events')]
    one.say(revision('ignored', {}))
    await Promise.all([core.close(), core.close()])
    expect([one.closed(), other.closed(), events.closed()]).toEqual(Array(3).fill('1001 Server closed'))
    expect(other.heard()).toEqual([])
    expect(core.accept({ url: '/', send() {}, close() {} })).toBeUndefined()
    await expect(rest('GET', '/events')).rejects.toThrow('Nothing at /events')
  })
})
