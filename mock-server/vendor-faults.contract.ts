/**
 * Holds a host to not having the faults of the vendors' Bryntum servers of 2025 (BS) and 2022 (BO), which
 * `docs/known-faults.md` lists: plain sockets against a started server, so that every host holds what the core does.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { MockServerConfig } from './core/config.ts'
import type { HostUnderTest } from './host.contract.ts'
import { type Frame, Peer } from './peer.contract.ts'

const USERS = [
  { name: 'ada', password: 'a' },
  { name: 'gus', password: 'g', groups: ['guests'] },
]
const config: MockServerConfig = {
  users: USERS,
  groups: { guests: { write: [1] } },
  projects: [
    {
      id: 1,
      name: 'House',
      tasksData: [
        { id: 1, name: 'Dig' },
        { id: 2, name: 'Build' },
        { id: 111, name: 'Late' },
      ],
    },
    { id: 2, name: 'Garden', tasksData: [{ id: 103, name: 'Plant' }], resourcesData: [{ id: 104, name: 'Ann' }] },
  ],
}

/** `start` is called for each test, which closes what it got. */
export function vendorFaultsContract(name: string, start: (config: MockServerConfig) => Promise<HostUnderTest>): void {
  describe(`${name}, unlike the vendors' servers:`, () => {
    let host: HostUnderTest
    let peers: Peer[] = []

    async function connect(): Promise<Peer> {
      const peer = new Peer(`${host.url}/`, host.WebSocket ?? globalThis.WebSocket)
      peers.push(peer)
      return peer.opened
    }

    /** A client of the documented protocol with a project loaded. */
    async function flat(project = 1, extra: object = {}): Promise<Peer> {
      const peer = await connect()
      peer.send({ command: 'login', login: 'ada', password: 'a', ...extra })
      await peer.next({ command: 'login' })
      peer.send({ command: 'dataset', project })
      await peer.next({ command: 'dataset' })
      return peer
    }

    /** A client of the 2025 server's protocol, likewise. */
    async function modern(project = 1): Promise<Peer> {
      const peer = await connect()
      peer.send({ command: 'login', data: { login: 'ada', password: 'a' } })
      await peer.next({ command: 'login' })
      peer.send({ command: 'dataset', data: { project } })
      await peer.next({ command: 'dataset' })
      return peer
    }

    const change = (changes: object, project = 1): object => ({ command: 'projectChange', project, changes })
    const revisions = (...all: readonly (readonly [local: string, changes: object])[]): object => ({
      command: 'project_change',
      data: { project: 1, revisions: all.map(([local, changes]) => ({ revision: local, changes })) },
    })

    /** What a newcomer loads. */
    async function stored(project = 1): Promise<{ readonly [list: string]: readonly Frame[] }> {
      const peer = await connect()
      peer.send({ command: 'login', login: 'ada', password: 'a' })
      peer.send({ command: 'dataset', project })
      const answer = await peer.next({ command: 'dataset' })
      expect(answer).not.toHaveProperty('error')
      // The test checks what it reads of it.
      return answer['dataset'] as { readonly [list: string]: readonly Frame[] }
    }

    /** Resolves when the server has handled what this client sent. */
    async function handled(peer: Peer): Promise<void> {
      peer.send({ command: 'version' })
      await peer.next({ command: 'version' })
    }

    const namesOf = (list: readonly Frame[] | undefined): unknown[] => (list ?? []).map((record) => record['name'])

    async function started(more: MockServerConfig = {}): Promise<void> {
      host = await start({ ...config, ...more })
    }

    afterEach(async () => {
      for (const peer of peers) peer.close()
      peers = []
      await host.close()
    })

    test('[BS1] a new child of a new parent is below it in the dataset', async () => {
      await started()
      const peer = await modern()
      const added = [
        { $PhantomId: '_p', name: 'Parent' },
        { $PhantomId: '_c', name: 'Child', parentId: '_p', $PhantomParentId: '_p' },
      ]
      peer.send(revisions(['local-1', { tasks: { added, $input: { added } } }]))
      await peer.next({ command: 'project_change' })
      const { tasksData } = await stored()
      const parent = tasksData?.find((task) => task['name'] === 'Parent')
      expect(parent).toMatchObject({ children: [{ name: 'Child', parentId: parent?.['id'] }] })
    })

    test('[BS2] two clients may use the same phantom id, in the same store or in another project', async () => {
      await started()
      const [one, two, elsewhere] = [await flat(), await flat(), await flat(2)]
      const add = (who: string): object => ({ resources: { added: [{ $PhantomId: '_generated1', name: who }] } })
      one.send(change(add('one')))
      two.send(change(add('two')))
      elsewhere.send(change(add('three'), 2))
      await Promise.all([one, two, elsewhere].map((peer) => peer.next({ command: 'projectChange' })))
      await Promise.all([one, two].map(handled))
      expect(namesOf((await stored()).resourcesData).sort()).toEqual(['one', 'two'])
      expect(namesOf((await stored(2)).resourcesData)).toEqual(['Ann', 'three'])
    })

    test('[BS3] added records without a phantom id are records of their own', async () => {
      await started()
      const peer = await modern()
      peer.send(revisions(['local-1', { tasks: { added: [{ name: 'one' }, { name: 'two' }] } }]))
      await peer.next({ command: 'project_change' })
      expect(namesOf((await stored()).tasksData)).toEqual(['Dig', 'Build', 'Late', 'one', 'two'])
    })

    test('[BS4] the content of a version comes back, in the envelope of the dialect', async () => {
      await started()
      const peer = await modern()
      peer.send(revisions(['local-1', { versions: { added: [{ $PhantomId: '_v', name: 'v', content: { a: 1 } }] } }]))
      await peer.next({ command: 'project_change' })
      const id = (await stored()).versionsData?.[0]?.['id']
      expect((await stored()).versionsData?.[0]).not.toHaveProperty('content')
      peer.send({ command: 'load_version_content', data: { project: 1, versionId: id } })
      expect(await peer.next({ command: 'load_version_content' })).toEqual({
        command: 'load_version_content',
        data: { project: 1, versionId: id, content: { a: 1 } },
      })
    })

    test('[BS5] after a reset the same phantom id makes a record again', async () => {
      await started()
      const peer = await modern()
      const add = revisions(['local-1', { tasks: { added: [{ $PhantomId: '_1', name: 'again' }] } }])
      peer.send(add)
      await peer.next({ command: 'project_change' })
      peer.send({ command: 'reset', data: { project: 1 } })
      await peer.next({ command: 'reset' })
      peer.send(add)
      await peer.next({ command: 'project_change' })
      expect(namesOf((await stored()).tasksData)).toContain('again')
    })

    test('[BS6] a frame is committed wholly or not at all', async () => {
      await started()
      const [author, other] = [await modern(), await flat()]
      author.send(
        revisions(
          ['local-1', { tasks: { updated: [{ id: 1, name: 'half' }] } }],
          ['local-2', { tasks: { updated: [{ name: 'no id' }] } }],
        ),
      )
      expect(await author.next({ command: 'project_change' })).toHaveProperty('error')
      await handled(other)
      expect(other.heard({ command: 'projectChange' })).toEqual([])
      expect(namesOf((await stored()).tasksData)).toContain('Dig')
    })

    test('[BS7] an error says what is wrong and nothing of the inside', async () => {
      await started()
      const peer = await flat()
      for (const frame of ['{', 'null', '{"command":"login","login":7}', '{"command":"projectChange","changes":7}'])
        peer.sendText(frame)
      await handled(peer)
      const errors = peer.all.filter((frame) => 'error' in frame || frame['command'] === 'error')
      expect(errors).toHaveLength(4)
      expect(JSON.stringify(errors)).not.toMatch(/\bat .+:\d+|\.[jt]s\b|node_modules|\/[a-z]+\/[a-z]+\//)
    })

    test('[BS8] names of an object’s own are no accounts', async () => {
      await started({ anonymous: false })
      const peer = await connect()
      for (const login of ['toString', '__proto__', 'constructor', 'hasOwnProperty']) {
        peer.send({ command: 'login', login })
        expect(await peer.next({ command: 'login' })).toEqual({ command: 'login', error: 'Wrong username/password' })
      }
      peer.send({ command: 'projects' })
      expect(await peer.next({ command: 'projects' })).toMatchObject({ error: 'Authentication required' })
    })

    test('[BS9] with anonymous access closed nobody comes in without a password', async () => {
      await started({ anonymous: false })
      for (const credentials of [{ login: 'nobody' }, { login: 'ada' }, { login: 'ada', password: 'b' }]) {
        const peer = await connect()
        peer.send({ command: 'login', ...credentials })
        expect(await peer.next({ command: 'login' })).toEqual({ command: 'login', error: 'Wrong username/password' })
        peer.send({ command: 'dataset', project: 1 })
        expect(await peer.next({ command: 'dataset' })).toEqual({
          command: 'dataset',
          error: 'Authentication required',
        })
      }
    })

    test('[BS10] another login on the socket ends the rights and the subscription of the first', async () => {
      await started()
      const [owner, turncoat] = [await flat(2), await flat(2)]
      turncoat.send({ command: 'login', login: 'gus', password: 'g' })
      await turncoat.next({ command: 'login' })
      owner.send(change({ tasks: { updated: [{ id: 103, name: 'secret' }] } }, 2))
      await handled(owner)
      await handled(turncoat)
      expect(turncoat.heard({ command: 'projectChange' })).toEqual([])
      turncoat.send({ command: 'dataset', project: 2 })
      expect(await turncoat.next({ command: 'dataset' })).toMatchObject({ error: 'Authorization required' })
    })

    test('[BS11] a client with the extension is told what it missed', async () => {
      await started()
      const extended = { planwire: { version: 1, client: 'c-1' } }
      const [other, away] = [await flat(), await flat(1, extended)]
      const { planwire: position } = away.heard({ command: 'dataset' })[0] ?? {}
      away.close()
      await away.closed
      for (const name of ['one', 'two']) other.send(change({ tasks: { updated: [{ id: 1, name }] } }))
      await handled(other)
      const back = await connect()
      back.send({ command: 'login', login: 'ada', password: 'a', ...extended })
      back.send({ command: 'dataset', project: 1, planwire: { ...Object(position), counter: 0 } })
      await back.next({ command: 'caughtUp' })
      expect(back.heard({ command: 'projectChange' })).toMatchObject([
        { changes: { tasks: { updated: [{ id: 1, name: 'one' }] } } },
        { changes: { tasks: { updated: [{ id: 1, name: 'two' }] } } },
      ])
      expect(back.heard({ command: 'dataset' })).toEqual([])
    })

    test('[BS13] an edit of a record that another client removed is told to nobody', async () => {
      await started()
      const [late, other] = [await flat(), await flat()]
      other.send(change({ tasks: { removed: [{ id: 2 }] } }))
      await late.next({ command: 'projectChange' })
      late.send(change({ tasks: { updated: [{ id: 2, name: 'ghost' }] } }))
      await handled(late)
      await handled(other)
      expect(JSON.stringify(other.heard({ command: 'projectChange' }))).not.toContain('ghost')
      expect(namesOf((await stored()).tasksData)).toEqual(['Dig', 'Late'])
    })

    test('[BS14] a revision that is sent again is answered with its number, and told to nobody else', async () => {
      await started()
      const [author, other] = [await modern(), await modern()]
      const add = revisions(['local-1', { tasks: { added: [{ name: 'once' }] } }])
      author.send(add)
      author.send(add)
      const answers = [
        await author.next({ command: 'project_change' }),
        await author.next({ command: 'project_change' }),
      ]
      expect(answers[1]).toEqual(answers[0])
      await handled(other)
      expect(other.heard({ command: 'project_change' })).toHaveLength(1)
      expect(namesOf((await stored()).tasksData).filter((each) => each === 'once')).toHaveLength(1)
    })

    test('[BS15] the documented names work in either dialect', async () => {
      await started()
      const [peer, other] = [await modern(), await flat()]
      peer.send({ command: 'requestVersionAutoSave', data: { project: 1 } })
      expect(await peer.next({ command: 'versionAutoSaveOK' })).toMatchObject({ data: { project: 1 } })
      for (const command of ['projectChange', 'projectChanges']) {
        peer.send({ command, data: { project: 1, changes: { tasks: { updated: [{ id: 1, name: command }] } } } })
        expect(await other.next({ command: 'projectChange' })).toMatchObject({
          changes: { tasks: { updated: [{ name: command }] } },
        })
      }
      peer.send({ command: 'noSuchCommand', data: {} })
      expect(await peer.next({ command: 'noSuchCommand' })).toMatchObject({ error: 'Unknown command' })
    })

    test('[BS16] a client that went away in the middle does not keep others from hearing', async () => {
      await started()
      const [author, gone, other] = [await flat(), await flat(), await flat()]
      gone.close()
      author.send(change({ tasks: { updated: [{ id: 1, name: 'heard' }] } }))
      expect(await other.next({ command: 'projectChange' })).toMatchObject({
        changes: { tasks: { updated: [{ name: 'heard' }] } },
      })
    })

    test('[BO1] real ids collide neither with seeded ones nor between stores and projects', async () => {
      await started()
      const [one, two] = [await flat(), await flat(2)]
      const ids = new Set<unknown>([1, 2, 103, 104, 111])
      for (let round = 0; round < 12; round += 1) {
        one.send(change({ tasks: { added: [{ $PhantomId: `_t${round}` }] }, resources: { added: [{ name: 'r' }] } }))
        two.send(change({ tasks: { added: [{ $PhantomId: `_t${round}` }] } }, 2))
        for (const { changes } of [
          await one.next({ command: 'projectChange' }),
          await two.next({ command: 'projectChange' }),
        ]) {
          for (const { added = [] } of Object.values(Object(changes) as { [store: string]: { added?: Frame[] } }))
            for (const { id } of added) {
              expect(ids).not.toContain(id)
              ids.add(id)
            }
        }
      }
      expect(ids.size).toBe(5 + 36)
    })

    test('[BO2] children before their parents, and below unknown ones, leave a dataset that can be served', async () => {
      await started()
      const peer = await flat()
      peer.send(
        change({
          tasks: {
            added: [
              { $PhantomId: '_c', name: 'Child', parentId: '_p' },
              { $PhantomId: '_p', name: 'Parent' },
              { $PhantomId: '_o', name: 'Orphan', parentId: 9999 },
            ],
          },
        }),
      )
      await peer.next({ command: 'projectChange' })
      expect((await stored()).tasksData?.slice(3)).toMatchObject([
        { name: 'Parent', children: [{ name: 'Child' }] },
        { name: 'Orphan' },
      ])
    })

    test('[BO3] a parent that is removed by its id alone takes its children along', async () => {
      await started()
      const [author, other] = [await flat(), await flat()]
      author.send(
        change({
          tasks: {
            updated: [
              { id: 2, parentId: 1 },
              { id: 111, parentId: 2 },
            ],
          },
        }),
      )
      author.send(change({ tasks: { removed: [{ id: 1 }] } }))
      await other.next({ command: 'projectChange' })
      expect(await other.next({ command: 'projectChange' })).toMatchObject({
        changes: { tasks: { removed: expect.arrayContaining([{ id: 1 }, { id: 2 }, { id: 111 }]) } },
      })
      expect((await stored()).tasksData).toEqual([])
    })

    test('[BO4] a client with the extension learns that its edit is stored, and in which order', async () => {
      await started()
      const author = await flat(1, { planwire: { version: 1, client: 'c-1' } })
      author.send({ ...change({ tasks: { updated: [{ id: 1, name: 'stored' }] } }), planwire: { counter: 1 } })
      expect(await author.next({ command: 'projectChange' })).toMatchObject({
        planwire: { revision: 1, changeset: 'c-1:1' },
      })
      expect(await author.next({ command: 'ack' })).toMatchObject({ planwire: { revision: 1 } })
    })

    test('[BO5] a moved task stands below one parent, a removed one does not come back, unknown stores are kept', async () => {
      await started()
      const peer = await flat()
      peer.send(change({ tasks: { updated: [{ id: 2, parentId: 1 }] } }))
      await handled(peer)
      expect(JSON.stringify((await stored()).tasksData).split('"Build"')).toHaveLength(2)
      peer.send(change({ tasks: { updated: [{ id: 1, parentId: 111 }] } }))
      peer.send(change({ tasks: { removed: [{ id: 2 }] }, sprints: { added: [{ $PhantomId: '_s', name: 's' }] } }))
      await peer.next({ command: 'projectChange' })
      const { tasksData, sprintsData } = await stored()
      expect(tasksData).toMatchObject([{ name: 'Late', children: [{ name: 'Dig' }] }])
      expect(JSON.stringify(tasksData)).not.toContain('Build')
      expect(JSON.stringify(tasksData)).not.toContain('$PhantomId')
      expect(namesOf(sprintsData)).toEqual(['s'])
    })
  })
}
