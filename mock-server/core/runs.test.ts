import { describe, expect, it } from 'vitest'
import { change, cutAt, type Kit, type Peer, PLAN, startKit } from './core-kit.contract.ts'
import { BOUNDS } from './defaults.ts'
import { createMemoryLog } from './memory-log.ts'
import { Runs } from './runs.ts'

interface Position {
  readonly epoch: string
  readonly revision: number
  readonly run?: string
}

const rename = (name: string): object => ({ tasks: { updated: [{ id: 1, name }] } })

/** Where a listener stands that heard everything: a change names its run only if it is the first. */
function stands(peer: Peer): Position {
  let stand: Position = { epoch: '', revision: -1 }
  for (const frame of peer.heard()) {
    const { planwire } = frame as { planwire?: Position }
    if (planwire?.revision === undefined) continue
    const { epoch, revision, run = stand.run } = planwire
    stand = { epoch, revision, ...(run === undefined ? {} : { run }) }
  }
  return stand
}

/** What a client of the extension that stands at `known` is answered. */
function comesBack(kit: Kit, known: Position): { command: string; planwire: Position & { lost?: boolean } }[] {
  const peer = kit.connect()
  peer.say({ command: 'login', login: 'admin', password: 'admin', planwire: { version: 1, client: 'c-2' } })
  peer.heard()
  peer.say({ command: 'dataset', project: 1, planwire: { ...known, counter: 0 } })
  return peer.heard() as ReturnType<typeof comesBack>
}

/** Commits in one opening of a log; answers where a listener stands then. */
async function opened(log: ReturnType<typeof createMemoryLog>, names: readonly string[]): Promise<Position> {
  const kit = await startKit(PLAN, log)
  const author = kit.extended(names[0])
  const listener = kit.connect()
  listener.say({ command: 'login', login: 'admin', password: 'admin', planwire: { version: 1, client: 'c-3' } })
  listener.say({ command: 'dataset', project: 1 })
  for (const [at, name] of names.entries()) author.say(change(rename(name), 1 + at))
  const position = stands(listener)
  await kit.core.close()
  return position
}

describe('a log that lost its tail', () => {
  it('tells whoever heard of the tail, although others have committed as much since', async () => {
    const log = createMemoryLog()
    const first = await opened(log, ['one', 'two'])
    const ahead = await opened(log, ['lost', 'lost too'])
    expect(ahead).toMatchObject({ revision: 4 })
    const shorter = await cutAt(log, 'project/1', 3)
    await opened(shorter, ['other', 'another', 'and another'])
    const kit = await startKit(PLAN, shorter)
    const all = { epoch: first.epoch, revision: 6 }
    expect(comesBack(kit, ahead)).toMatchObject([{ command: 'dataset', planwire: { ...all, lost: true } }])
    // Revision 3 of that run is still there, and so is everything before it.
    const three = comesBack(kit, { ...ahead, revision: 3 })
    expect(three.map(({ command }) => command)).toEqual([...Array(3).fill('projectChange'), 'caughtUp'])
    expect(three.at(-1)?.planwire.run).toBe(three[0]?.planwire.run)
    expect(comesBack(kit, first)).toHaveLength(5)
  })

  it('tells whoever is ahead of it, and nobody who stands in a short history or another epoch', async () => {
    const log = createMemoryLog()
    const ahead = await opened(log, ['one', 'two', 'three'])
    const kit = await startKit({ ...PLAN, limits: { history: 1 } }, await cutAt(log, 'project/1', 2))
    expect(comesBack(kit, ahead)[0]?.planwire).toEqual({ epoch: ahead.epoch, revision: 2, lost: true })
    expect(comesBack(kit, { ...ahead, revision: 0 })[0]?.planwire).toEqual({ epoch: ahead.epoch, revision: 2 })
    expect(comesBack(kit, { epoch: 'other', revision: 9 })[0]?.planwire).toEqual({ epoch: ahead.epoch, revision: 2 })
  })

  it('costs nobody a dataset when nothing was lost, through any number of restarts, snapshots and resets', async () => {
    const log = createMemoryLog()
    // Enough for a snapshot, which knows the runs that its entries named.
    let known = await opened(log, ['one'])
    known = await opened(log, ['two', ...Array<string>(BOUNDS.snapshotEvery).fill('again')])
    for (const name of ['three', 'four', 'five']) {
      const kit = await startKit(PLAN, log)
      expect(comesBack(kit, known)).toMatchObject([{ command: 'caughtUp', planwire: known }])
      await kit.core.close()
      known = await opened(log, [name])
    }
    const kit = await startKit(PLAN, log)
    await kit.core.reset()
    // The reset is the first revision of its run.
    const position = (comesBack(kit, known)[0] as { planwire: Position }).planwire
    await kit.core.close()
    expect(position).toMatchObject({ revision: BOUNDS.snapshotEvery + 6 })
    expect(comesBack(await startKit(PLAN, log), position)).toMatchObject([{ command: 'caughtUp', planwire: position }])
  })
})

describe('runs', () => {
  it('know who gave a revision, from a snapshot too, as far back as they go', () => {
    const runs = new Runs()
    expect([runs.at(0), runs.at(7), runs.starts()]).toEqual(['', '', {}])
    runs.began(3, 'a')
    runs.began(5, 'b')
    const again = new Runs(runs.starts().runs)
    expect([0, 2, 3, 4, 5, 99].map((revision) => again.at(revision))).toEqual(['', '', 'a', 'a', 'b', 'b'])
    for (let from = 6; from < 300; from += 1) again.began(from, `run ${from}`)
    expect([again.at(5), again.at(299), again.starts().runs?.length]).toEqual([undefined, 'run 299', 200])
  })
})
