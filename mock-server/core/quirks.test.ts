import { describe, expect, it } from 'vitest'
import { change, type Kit, type Peer, PLAN, revision, startKit } from './core-kit.contract.ts'
import type { QuirkName } from './quirk-names.ts'

const start = (...quirks: QuirkName[]): Promise<Kit> => startKit({ ...PLAN, quirks })
const edit = (name: unknown): object => change({ tasks: { updated: [{ id: 1, name }] } })
const family = {
  tasks: {
    added: [
      { $PhantomId: '_p', name: 'Parent' },
      { $PhantomId: '_c', name: 'Child', parentId: '_p', $PhantomParentId: '_p' },
    ],
  },
}

function commandsOf(peer: Peer): unknown[] {
  return peer.heard().map((frame) => (frame as { command: unknown }).command)
}

/** Does with and without the quirk what shows it. */
async function both(quirk: QuirkName, run: (kit: Kit) => unknown): Promise<[without: unknown, withIt: unknown]> {
  return [await run(await start()), await run(await start(quirk))]
}

describe('the quirk', () => {
  it('late-commits: a later request is answered before a change is committed, as by a server with a database', async () => {
    const seen = await both('late-commits', (kit) => {
      const [author, other] = [kit.flat(), kit.flat()]
      author.say(edit('a'))
      author.say(edit('b'))
      author.say({ command: 'projects' })
      const atOnce = other.frames().length
      kit.clock.advance(10)
      const names = other.heard().map((frame) => JSON.stringify(frame).replace(/.*"name":"(.)".*/, '$1'))
      return [atOnce, names, commandsOf(author)]
    })
    expect(seen).toEqual([
      [2, [], ['projects']],
      [0, ['a', 'b'], ['projects']],
    ])
  })

  it('late-commits: what waits when its author logs in anew or leaves is not committed in another’s name', async () => {
    const kit = await start('late-commits')
    const [author, other] = [kit.flat(), kit.flat()]
    author.say(edit('a'))
    author.say({ command: 'login', login: 'Charlie' })
    other.heard()
    kit.clock.advance(10)
    expect(other.heard()).toEqual([])
  })

  it('no-ack: the extension is not granted, and a flat author hears nothing of an edit', async () => {
    const seen = await both('no-ack', (kit) => {
      const peer = kit.connect()
      peer.say({ command: 'login', login: 'admin', password: 'admin', planwire: { version: 1, client: 'c' } })
      peer.say({ command: 'dataset', project: 1 })
      const granted = JSON.stringify(peer.heard()[0]).includes('planwire')
      peer.say(edit('a'))
      return [granted, peer.heard().length]
    })
    expect(seen).toEqual([
      [true, 1],
      [false, 0],
    ])
  })

  it('lost-parents: a new child of a new parent comes back at the root (BS1)', async () => {
    const seen = await both('lost-parents', (kit) => {
      kit.flat().say(change(family))
      return kit.dataset().tasksData?.map(({ name }) => name)
    })
    expect(seen).toEqual([
      ['Dig', 'Rest', 'Parent'],
      ['Dig', 'Child', 'Rest', 'Parent'],
    ])
  })

  it('stack-traces: errors tell of the inside, or what looks like it (BS7)', async () => {
    const seen = await both('stack-traces', (kit) => {
      const peer = kit.flat()
      peer.say({ command: 'dataset', project: 99 })
      peer.say('{')
      return peer.frames().every((frame) => frame.includes('/srv/gantt/server.js:214'))
    })
    expect(seen).toEqual([false, true])
  })

  it('missed-events: every fifth change does not reach one of the others, in turn (BC2)', async () => {
    const seen = await both('missed-events', (kit) => {
      const [author, one, two] = [kit.flat(), kit.flat(), kit.flat()]
      for (let at = 1; at <= 10; at += 1) author.say(edit(`${at}`))
      return [one, two].map((peer) => peer.frames().length)
    })
    expect(seen).toEqual([
      [10, 10],
      [9, 9],
    ])
  })

  it('forgotten-replays: a revision that is sent again is committed again (BS14)', async () => {
    const seen = await both('forgotten-replays', (kit) => {
      const [author, other] = [kit.revisions(), kit.revisions()]
      const add = revision('local-1', { tasks: { added: [{ $PhantomId: '_1', name: 'twice' }] } })
      author.say(add)
      author.say(add)
      return [other.frames().length, kit.dataset().tasksData?.filter(({ name }) => name === 'twice').length]
    })
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  it('lost-content: the content of a version is not kept, and the answer lacks it (BS4)', async () => {
    const seen = await both('lost-content', (kit) => {
      const peer = kit.flat()
      peer.say(change({ versions: { added: [{ $PhantomId: '_v', name: 'v', content: { a: 1 } }] } }))
      peer.heard()
      peer.say({ command: 'loadVersionContent', project: 1, versionId: 100 })
      return peer.heard()
    })
    const answer = { command: 'loadVersionContent', project: 1, versionId: 100 }
    expect(seen).toEqual([[{ ...answer, content: { a: 1 } }], [answer]])
  })

  it('both-parents: a moved task comes back under both parents, until the reset (BO5)', async () => {
    const seen = await both('both-parents', (kit) => {
      const peer = kit.flat()
      peer.say(change({ tasks: { updated: [{ id: 2, parentId: 3 }] } }))
      const moved = JSON.stringify(kit.dataset().tasksData).split('"Hole"').length - 1
      peer.say({ command: 'reset' })
      return [moved, JSON.stringify(kit.dataset().tasksData).split('"Hole"').length - 1]
    })
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
    ])
  })

  it('lingering-names: who left is still among the users', async () => {
    const seen = await both('lingering-names', (kit) => {
      const [leaving, staying] = [kit.flat({ login: 'user', password: 'user' }), kit.flat()]
      leaving.say({ command: 'logout' })
      return staying.heard().at(-1)
    })
    expect(seen).toEqual([
      { command: 'users', users: ['admin'] },
      { command: 'users', users: ['user', 'admin'] },
    ])
  })

  it('unknown-names: the documented names are passed over in silence (BS15)', async () => {
    const seen = await both('unknown-names', (kit) => {
      const [author, other] = [kit.flat(), kit.flat()]
      author.say(edit('a'))
      author.say({ command: 'requestVersionAutoSave', project: 1 })
      author.say({ command: 'request_version_autosave', project: 1 })
      return [author.frames().length, other.frames().length]
    })
    // An automatic version is granted once.
    expect(seen).toEqual([
      [1, 1],
      [1, 0],
    ])
  })
})
