import { describe, expect, it } from 'vitest'
import { type Kit, type Peer, startKit } from './core-kit.contract.ts'

const login = (kit: Kit, name: string): Peer => {
  const peer = kit.connect()
  peer.say({ command: 'login', login: name })
  return peer
}

/** What a peer heard since the last call: each command, and of a list of users its length. */
const heard = (peer: Peer): readonly string[] =>
  peer.frames().map((frame) => {
    const { command, users, data } = JSON.parse(frame)
    const list = users ?? data?.users
    return list === undefined ? command : `${command} ${list.length}`
  })

describe('who comes and goes', () => {
  it('is told at once, each with the list of users behind it, while few are there', async () => {
    const kit = await startKit()
    const first = login(kit, 'user 0')
    for (let at = 1; at < 40; at += 1) login(kit, `user ${at}`)
    const told = heard(first)
    expect(told.slice(0, 4)).toEqual(['login', 'users 1', 'login', 'users 2'])
    expect(told).toHaveLength(80)
    expect(kit.clock.waiting).toBe(0)
  })

  it('is told at once in a crowd too, but the list follows once for all who came within a moment', async () => {
    const kit = await startKit()
    const crowd = Array.from({ length: 60 }, (_, at) => login(kit, `user ${at}`))
    kit.clock.advance(100)
    for (const peer of crowd) peer.frames()
    const newcomers = Array.from({ length: 10 }, (_, at) => login(kit, `late ${at}`))
    // Whoever logs in hears the list right behind the answer, as in the documents.
    expect(heard(newcomers[3] ?? kit.connect()).slice(0, 2)).toEqual(['login', 'users 64'])
    expect(crowd.map(heard)).toEqual(crowd.map(() => newcomers.map(() => 'login')))
    kit.clock.advance(99)
    expect(crowd.map(heard)).toEqual(crowd.map(() => []))
    kit.clock.advance(1)
    expect([...crowd, ...newcomers.slice(9)].map((peer) => heard(peer).at(-1))).toEqual(
      [...crowd, 0].map(() => 'users 70'),
    )
    kit.clock.advance(1000)
    expect(crowd.map(heard)).toEqual(crowd.map(() => []))
  })

  it('ends in a list without those who left, when a crowd leaves at once', async () => {
    const kit = await startKit()
    const crowd = Array.from({ length: 60 }, (_, at) => login(kit, `user ${at}`))
    for (const peer of crowd.slice(1)) peer.drop()
    kit.clock.advance(100)
    const [last] = crowd
    expect(last?.heard().at(-1)).toEqual({ command: 'users', users: ['user 0'] })
    expect(kit.clock.waiting).toBe(0)
  })

  it('leaves no timer behind when the server closes before the list was told', async () => {
    const kit = await startKit()
    for (let at = 0; at < 60; at += 1) login(kit, `user ${at}`)
    expect(kit.clock.waiting).toBe(1)
    await kit.core.close()
    expect(kit.clock.waiting).toBe(0)
  })
})
