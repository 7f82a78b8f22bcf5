import { describe, expect, it } from 'vitest'
import { AuthorMemory } from './author-memory.ts'
import { change, type Kit, type Peer, PLAN, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'

const rename = (name: string): object => ({ tasks: { updated: [{ id: 1, name }] } })

/** A client of the extension that asks for project 1 from where it stands. */
function resume(kit: Kit, client: string, planwire: object, login = 'admin'): Peer {
  const peer = kit.connect()
  peer.say({ command: 'login', login, password: login, planwire: { version: 1, client } })
  peer.heard()
  peer.say({ command: 'dataset', project: 1, planwire })
  return peer
}

/** A core with three commits and the epoch of its project. */
async function started(limits = {}): Promise<{ kit: Kit; epoch: string }> {
  const kit = await startKit({ ...PLAN, limits })
  const author = kit.extended('c-1')
  for (const counter of [1, 2, 3]) author.say(change(rename(`edit ${counter}`), counter))
  const [{ planwire }] = author.heard() as [{ planwire: { epoch: string } }]
  await kit.core.flushed()
  author.drop()
  return { kit, epoch: planwire.epoch }
}

describe('a client that comes back', () => {
  it('hears what it missed, its own changesets too, and then where it stands', async () => {
    const { kit, epoch } = await started()
    const peer = resume(kit, 'c-1', { epoch, revision: 1, counter: 3 })
    expect(peer.heard()).toEqual([
      {
        command: 'projectChange',
        project: 1,
        changes: rename('edit 2'),
        planwire: { epoch, revision: 2, changeset: 'c-1:2' },
      },
      {
        command: 'projectChange',
        project: 1,
        changes: rename('edit 3'),
        planwire: { epoch, revision: 3, changeset: 'c-1:3' },
      },
      { command: 'caughtUp', project: 1, planwire: { epoch, revision: 3 } },
    ])
    kit.flat().say(change(rename('live')))
    expect(peer.heard()).toMatchObject([{ changes: rename('live'), planwire: { revision: 4 } }])
  })

  it('that missed nothing hears just that', async () => {
    const { kit, epoch } = await started()
    const peer = resume(kit, 'c-2', { epoch, revision: 3, counter: 0 })
    expect(peer.heard()).toEqual([{ command: 'caughtUp', project: 1, planwire: { epoch, revision: 3 } }])
  })

  it('gets the dataset when the epoch is another, the history too short, a reset lies between, or it is ahead', async () => {
    const { kit, epoch } = await started({ history: 2 })
    const whole = [{ command: 'dataset', planwire: { epoch, revision: 3 } }]
    expect(resume(kit, 'c-2', { epoch: 'other', revision: 3, counter: 5 }).heard()).toMatchObject(whole)
    expect(resume(kit, 'c-2', { epoch, revision: 0, counter: 0 }).heard()).toMatchObject(whole)
    expect(resume(kit, 'c-2', { epoch, revision: 4, counter: 0 }).heard()).toMatchObject(whole)
    expect(resume(kit, 'c-2', { epoch, counter: 0 }).heard()).toMatchObject(whole)
    expect(resume(kit, 'c-2', { epoch, revision: 1, counter: 0 }).heard()).toHaveLength(3)
    await kit.core.reset(1)
    expect(resume(kit, 'c-2', { epoch, revision: 3, counter: 0 }).heard()).toMatchObject([{ command: 'dataset' }])
  })

  it('is told when it was forgotten, and never before anybody was', async () => {
    const { kit, epoch } = await started()
    const unknown = { epoch, revision: 3, counter: 1 }
    expect(resume(kit, 'c-new', unknown).heard()).toMatchObject([{ command: 'caughtUp' }])
    for (let n = 0; n < 1000; n += 1) {
      const one = kit.extended(`crowd-${n}`)
      one.say(change(rename(`crowd ${n}`), 1))
      one.drop()
    }
    expect(resume(kit, 'c-1', { epoch, revision: 1003, counter: 3 }).heard()).toEqual([
      { command: 'dataset', project: 1, error: 'Client expired', planwire: { code: 'client-expired' } },
    ])
    expect(resume(kit, 'c-1', { epoch: 'other', revision: 0, counter: 3 }).heard()).toMatchObject([
      { command: 'dataset', dataset: {} },
    ])
    expect(resume(kit, 'crowd-999', { epoch, revision: 1003, counter: 1 }).heard()).toMatchObject([
      { command: 'caughtUp' },
    ])
  })
})

describe('a changeset that was held back', () => {
  it('while a later one of the same client was sent is no replay, not after a restart either', async () => {
    const log = createMemoryLog()
    const before = await startKit(PLAN, log)
    before.extended('c-1').say(change({ tasks: { added: [{ $PhantomId: '_2', name: 'second' }] } }, 2))
    await before.core.flushed()
    const { extended, dataset } = await startKit(PLAN, log)
    const peer = extended('c-1')
    peer.say(change({ tasks: { added: [{ $PhantomId: '_1', name: 'first' }] } }, 1))
    peer.say(change({ tasks: { added: [{ $PhantomId: '_1', name: 'first' }] } }, 1))
    peer.say(change({ tasks: { added: [{ $PhantomId: '_2', name: 'second' }] } }, 2))
    const made = dataset().tasksData?.map(({ name }) => name)
    expect(made?.filter((name) => name === 'first' || name === 'second')).toEqual(['second', 'first'])
  })

  it('is kept by a snapshot as well', () => {
    const memory = new AuthorMemory()
    const key = AuthorMemory.client('c-1')
    memory.committed(key, 1, { counter: 3 })
    memory.committed(key, 2, { counter: 1 })
    const resumed = new AuthorMemory()
    for (const counter of memory.counters()) resumed.resume(counter)
    expect([0, 1, 2, 3, 4].map((counter) => resumed.isReplay(key, counter))).toEqual([false, true, false, true, false])
  })
})

describe('an adopted changeset', () => {
  const adopted = (changes: object): object => ({ ...change(changes), planwire: { changeset: 'c-gone:7' } })

  it('is still its maker’s: applied once, whoever hands it over', async () => {
    const { extended, core, dataset } = await startKit()
    const [one, other] = [extended('c-1'), extended('c-2')]
    const add = { tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }
    one.say(adopted(add))
    expect(one.heard()).toMatchObject([{ planwire: { revision: 1, changeset: 'c-gone:7' } }])
    await core.flushed()
    await Promise.resolve()
    expect(one.heard()).toMatchObject([{ command: 'ack', planwire: { revision: 1 } }])
    other.heard()
    other.say(adopted(add))
    expect(other.heard()).toMatchObject([{ planwire: { revision: 1, changeset: 'c-gone:7' } }, { command: 'ack' }])
    expect(one.heard()).toEqual([])
    expect(dataset().tasksData?.filter(({ name }) => name === 'once')).toHaveLength(1)
  })

  it('that the history no longer holds is still known as stored, somewhere up to now', async () => {
    const { extended, core } = await startKit({ ...PLAN, limits: { history: 1 } })
    const peer = extended()
    peer.say(adopted({ tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }))
    peer.say(change({ tasks: { added: [{ $PhantomId: '_2', name: 'later' }] } }))
    await core.flushed()
    await Promise.resolve()
    peer.heard()
    peer.say(adopted({ tasks: { added: [{ $PhantomId: '_1', name: 'once' }] } }))
    expect(peer.heard()).toMatchObject([
      { changes: {}, planwire: { revision: 2, changeset: 'c-gone:7' } },
      { command: 'ack', planwire: { revision: 2 } },
    ])
  })

  it('is refused under its own key', async () => {
    const peer = (await startKit()).extended()
    peer.say({ ...adopted({}), project: 2 })
    expect(peer.heard()).toMatchObject([{ command: 'projectChange', planwire: { changeset: 'c-gone:7' } }])
  })
})

describe('presence', () => {
  const show = (state: object | null): object => ({ command: 'presence', planwire: { state } })
  const shown = (client: string, state: object | null): object => ({
    command: 'presence',
    planwire: { client, userName: 'admin', state },
  })

  it('goes to others with the extension, to newcomers too, and to nobody else', async () => {
    const { extended, flat, connect } = await startKit()
    const [one, other, vendor] = [extended('c-1'), extended('c-2'), flat()]
    one.say(show({ selected: [1] }))
    expect([one.heard(), other.heard(), vendor.heard()]).toEqual([[], [shown('c-1', { selected: [1] })], []])
    const late = connect()
    late.say({ command: 'login', login: 'admin', password: 'admin', planwire: { version: 1, client: 'c-3' } })
    late.say({ command: 'dataset', project: 1 })
    expect(late.heard().at(-1)).toEqual(shown('c-1', { selected: [1] }))
    vendor.say(show({ selected: [2] }))
    expect(other.heard().filter((frame) => JSON.stringify(frame).includes('presence'))).toEqual([])
  })

  it('ends when the client says so, leaves, or says nothing for a minute', async () => {
    const { extended, clock } = await startKit()
    const [one, other] = [extended('c-1'), extended('c-2')]
    one.say(show({ a: 1 }))
    one.say(show(null))
    expect(other.heard()).toEqual([shown('c-1', { a: 1 }), shown('c-1', null)])
    one.say(show({ a: 2 }))
    clock.advance(59_999)
    one.say(show({ a: 3 }))
    clock.advance(59_999)
    expect(other.heard()).toEqual([shown('c-1', { a: 2 }), shown('c-1', { a: 3 })])
    clock.advance(1)
    expect(other.heard()).toEqual([shown('c-1', null)])
    one.say(show({ a: 4 }))
    other.heard()
    one.drop()
    expect(other.heard()[0]).toEqual(shown('c-1', null))
    expect(clock.waiting).toBe(0)
  })

  it('is bounded, and takes nothing that is no state', async () => {
    const { extended } = await startKit()
    const [one, other] = [extended('c-1'), extended('c-2')]
    one.say(show({ long: 'x'.repeat(10_000) }))
    expect([one.heard(), other.heard()]).toEqual([[], []])
    one.say({ command: 'presence', planwire: { state: 7 } })
    expect(one.heard()).toMatchObject([{ command: 'presence', error: expect.any(String) }])
  })
})
