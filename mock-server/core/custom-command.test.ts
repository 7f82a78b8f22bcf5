import { describe, expect, it } from 'vitest'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { CommandContext, CommandHandler } from './config-functions.ts'
import { change, type Kit, PLAN, startKit } from './core-kit.contract.ts'

function start(commands: { readonly [command: string]: CommandHandler }): Promise<Kit> {
  return startKit({ ...PLAN, commands })
}

/** What a command was given. */
async function contextOf(run: (kit: Kit) => void): Promise<CommandContext> {
  let seen: CommandContext | undefined
  run(await start({ look: (_, context) => void (seen = context) }))
  if (!seen) throw new Error('The command was not run')
  return seen
}

describe('a custom command', () => {
  it('is answered by the user’s function, in the dialect of the one who asks', async () => {
    const { flat, revisions } = await start({ add: ({ a, b }) => ({ sum: Number(a) + Number(b) }) })
    const [one, other] = [flat(), revisions()]
    one.say({ command: 'add', a: 1, b: 2 })
    other.say({ command: 'add', data: { a: 3, b: 4 } })
    expect(one.heard()).toEqual([{ command: 'add', sum: 3 }])
    expect(other.heard()).toEqual([{ command: 'add', data: { sum: 7 } }])
  })

  it('may answer later, several times, or never', async () => {
    const { flat } = await start({
      later: async () => ({ done: true }),
      often: (_, { reply }) => {
        reply({ part: 1 })
        reply({ part: 2 }, 'part')
      },
      never: () => {},
    })
    const peer = flat()
    for (const command of ['later', 'often', 'never']) peer.say({ command })
    expect(peer.heard()).toEqual([
      { command: 'often', part: 1 },
      { command: 'part', part: 2 },
    ])
    await expect.poll(() => peer.heard()).toEqual([{ command: 'later', done: true }])
  })

  it('knows who asks and which project is loaded', async () => {
    const admin = await contextOf(({ flat }) => flat().say({ command: 'look' }))
    expect(admin).toMatchObject({ user: { name: 'admin', anonymous: false }, project: 1 })
    expect(admin.dataset().stores['tasks']).toHaveLength(3)
    const visitor = await contextOf(({ connect }) => {
      const peer = connect()
      peer.say({ command: 'login', login: 'Charlie' })
      peer.say({ command: 'look' })
    })
    expect(visitor).toMatchObject({ user: { name: 'Charlie', anonymous: true }, project: undefined })
    expect(() => visitor.dataset()).toThrow('Load project first')
    expect(() => visitor.changes({})).toThrow('Load project first')
  })

  it('tells the others of the project and nobody else', async () => {
    const { flat, revisions, connect } = await start({ nudge: ({ text }, { broadcast }) => broadcast({ text }) })
    const [one, same, other, elsewhere] = [flat(), flat(), revisions(), connect()]
    elsewhere.say({ command: 'login', login: 'x' })
    elsewhere.say({ command: 'dataset', project: 2 })
    for (const peer of [one, same, other, elsewhere]) peer.heard()
    one.say({ command: 'nudge', text: 'hi' })
    expect(same.heard()).toEqual([{ command: 'nudge', text: 'hi' }])
    expect(other.heard()).toEqual([{ command: 'nudge', data: { text: 'hi' } }])
    expect([one.heard(), elsewhere.heard()]).toEqual([[], []])
  })

  it('changes the project in the server’s name, for everybody to hear, at once or later', async () => {
    const { flat, revisions, dataset } = await start({
      finish: (_, { changes }) => changes({ tasks: { updated: [{ id: 3, percentDone: 100 }] } }),
      grow: async (_, { changes }) => {
        await Promise.resolve()
        changes({ tasks: { added: [{ name: 'New' }] } })
        return { grown: true }
      },
    })
    const [asking, other] = [flat(), revisions()]
    asking.say({ command: 'finish' })
    const changed = { tasks: { updated: [{ id: 3, percentDone: 100 }] } }
    expect(asking.heard()).toEqual([{ command: 'projectChange', project: 1, changes: changed }])
    expect(other.heard()).toMatchObject([{ data: { revisions: [{ client: 'server', changes: changed }] } }])
    asking.say({ command: 'grow' })
    const heard: unknown[] = []
    await expect
      .poll(() => {
        heard.push(...asking.heard())
        return heard
      })
      .toMatchObject([{ changes: { tasks: { added: [{ id: 100, name: 'New' }] } } }, { command: 'grow', grown: true }])
    expect(dataset().tasksData).toHaveLength(3)
  })

  it('that fails is answered by an error without anything of the inside, and harms nobody', async () => {
    const { flat, logged } = await start({
      throws: () => {
        throw new Error('/srv/secret.ts')
      },
      rejects: () => Promise.reject(new TypeError('/srv/secret.ts')),
      refuses: () => {
        throw new PlanwireError('rejected', 'Closed on Sundays', 'drop-changeset')
      },
      wrong: (_, { changes }) => changes(JSON.parse('{"tasks":{"updated":[{"name":"no id"}]}}')),
      unsendable: () => ({ big: 1n }),
    })
    const peer = flat()
    const error = (command: string, reason: string): object => ({ command, project: 1, error: reason })
    for (const command of ['throws', 'refuses', 'wrong', 'unsendable']) peer.say({ command })
    expect(peer.heard()).toEqual([
      error('throws', 'Internal error'),
      error('refuses', 'Closed on Sundays'),
      error('wrong', 'changes.tasks.updated[0].id must be an id (a non-empty string or a finite number), not missing'),
      error('unsendable', 'Internal error'),
    ])
    peer.say({ command: 'rejects' })
    await expect.poll(() => peer.heard()).toEqual([error('rejects', 'Internal error')])
    expect(logged.filter((line) => line === 'error A custom command failed')).toHaveLength(3)
    peer.say(change({ tasks: { updated: [{ id: 1, name: 'still here' }] } }))
  })

  it('needs a login, and says nothing to somebody who logged in anew or left before the answer', async () => {
    let answer = (_: object): void => {}
    const { flat, connect } = await start({ slow: () => new Promise((resolve) => (answer = resolve)) })
    const stranger = connect()
    stranger.say({ command: 'slow' })
    expect(stranger.heard()).toEqual([{ command: 'slow', error: 'Authentication required' }])
    for (const leave of [{ command: 'login', login: 'Charlie' }, { command: 'logout' }]) {
      const peer = flat()
      peer.say({ command: 'slow' })
      peer.say(leave)
      peer.heard()
      answer({ secret: true })
      await Promise.resolve()
      await Promise.resolve()
      await Promise.resolve()
      expect(peer.heard()).toEqual([])
    }
  })

  it.each(['login', 'projectChange', 'project_change', 'dataset', 'error', 'users', ''])(
    'cannot be called `%s`, which the protocol has',
    async (name) => {
      await expect(start({ [name]: () => {} })).rejects.toMatchObject({ details: { path: `commands.${name}` } })
    },
  )

  it('called like something of every object’s own is found only if it is configured', async () => {
    const { flat } = await start({ toString: () => ({ mine: true }) })
    const peer = flat()
    for (const command of ['toString', 'constructor', '__proto__']) peer.say({ command })
    expect(peer.heard()).toEqual([
      { command: 'toString', mine: true },
      { command: 'constructor', error: 'Unknown command' },
      { command: '__proto__', error: 'Unknown command' },
    ])
  })
})
