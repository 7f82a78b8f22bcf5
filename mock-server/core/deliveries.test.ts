import { expect, test } from 'vitest'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockCore } from './contract.ts'
import { change, PLAN } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'
import { createMockCore } from './mock-core.ts'

const rename = (name: string): object => change({ tasks: { updated: [{ id: 1, name }] } })
/** What a frame is: the new name of a task, else its command. */
const said = (frame: string): string => {
  const { command, changes } = JSON.parse(frame)
  return changes?.tasks.updated[0].name ?? command
}

/** A core whose turns end when they are told to, and clients that write down in how many pieces they are told what. */
async function start(): Promise<{
  core: MockCore
  join(login?: object): { say(frame: object): void; heard(): string[][] }
  turnEnds(): void
}> {
  let endings: (() => void)[] = []
  const core = await createMockCore(PLAN, {
    clock: new ManualClock(1000),
    random: seededRandom(1),
    log: createMemoryLog(),
    logger: () => {},
    atTurnEnd: (run) => endings.push(run),
  })
  return {
    core,
    join(login = {}) {
      let pieces: string[][] = []
      const listener = core.accept({
        url: '/',
        send: (frame) => pieces.push([said(frame)]),
        sendAll: (frames) => pieces.push(frames.map(said)),
        close: () => pieces.push(['closed']),
      })
      const say = (frame: object): void => listener?.frame(JSON.stringify(frame))
      say({ command: 'login', login: 'admin', password: 'admin', ...login })
      say({ command: 'dataset', project: 1 })
      const heard = (): string[][] => {
        const all = pieces.filter(([first]) => first !== 'users' && first !== 'login')
        pieces = []
        return all
      }
      heard()
      return { say, heard }
    },
    turnEnds() {
      const ended = endings
      endings = []
      for (const run of ended) run()
    },
  }
}

test('what is committed in a turn leaves at its end, in one piece per author, and no author hears of an own edit', async () => {
  const { join, turnEnds } = await start()
  const [a, b, c] = [join(), join(), join()]
  for (const client of [a, b, c]) client.heard()
  for (const name of ['one', 'two']) a.say(rename(name))
  b.say(rename('three'))
  expect([a.heard(), b.heard(), c.heard()]).toEqual([[], [], []])
  turnEnds()
  expect([a.heard(), b.heard(), c.heard()]).toEqual([[['three']], [['one', 'two']], [['one', 'two'], ['three']]])
  turnEnds()
  a.say(rename('four'))
  turnEnds()
  expect([a.heard(), b.heard(), c.heard()]).toEqual([[], [['four']], [['four']]])
})

test('an answer never overtakes what was committed before it, as a client that fences its changes relies on [BO4]', async () => {
  const { join, turnEnds } = await start()
  const [a, b] = [join(), join()]
  for (const client of [a, b]) client.heard()
  a.say(rename('one'))
  b.say({ command: 'projects' })
  a.say(rename('two'))
  turnEnds()
  expect(b.heard()).toEqual([['one'], ['projects'], ['two']])
})

test('who joins, leaves or comes back in the middle of a turn hears of each commit once', async () => {
  const { join, turnEnds } = await start()
  const [a, b] = [join(), join()]
  for (const client of [a, b]) client.heard()
  a.say(rename('one'))
  const c = join()
  b.say({ command: 'dataset', project: 2 })
  a.say(rename('two'))
  turnEnds()
  expect([b.heard(), c.heard()]).toEqual([[['one'], ['dataset']], [['two']]])
})

test('a server that closes, or puts a project back, tells what was committed first', async () => {
  const { core, join, turnEnds } = await start()
  const [a, b] = [join(), join()]
  for (const client of [a, b]) client.heard()
  a.say(rename('one'))
  a.say({ command: 'reset', project: 1 })
  expect(b.heard().flat().slice(0, 2)).toEqual(['one', 'dataset'])
  a.say(rename('two'))
  await core.close()
  expect(b.heard()).toEqual([['two'], ['closed']])
  turnEnds()
  expect(b.heard()).toEqual([])
})

test('an author with the extension is acknowledged behind its own change', async () => {
  const { core, join, turnEnds } = await start()
  const [a, b] = [join({ planwire: { version: 1, client: 'c' } }), join()]
  for (const client of [a, b]) client.heard()
  a.say({ ...rename('one'), planwire: { counter: 0 } })
  await core.flushed()
  turnEnds()
  expect(a.heard()).toEqual([['one'], ['ack']])
})
