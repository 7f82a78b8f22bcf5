import { describe, expect, it } from 'vitest'
import { rename, scriptOfSteps, startLabKit } from './lab-kit.contract.ts'

describe('a fault of the sockets', () => {
  it('latency: each frame arrives so much later, in either direction and in order', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'latency', ms: 100, for: 10_000 }))
    ann.say(rename('A'))
    ann.say(rename('B'))
    await kit.pass(99)
    expect(kit.taskName()).toBe('Dig')
    await kit.pass(1)
    expect(kit.taskName()).toBe('B')
    expect(bob.heard()).toEqual([])
    await kit.pass(100)
    expect(bob.heard()).toEqual(['projectChange', 'projectChange'])
  })

  it('latency with jitter: nothing overtakes anything on its own line', async () => {
    const kit = await startLabKit()
    const [ann] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'latency', ms: 0, jitterMs: 500, direction: 'up', for: 10_000 }))
    for (let i = 1; i <= 20; i += 1) ann.say(rename(`${i}`))
    const seen: number[] = []
    for (let i = 0; i < 500; i += 10) {
      await kit.pass(10)
      seen.push(Number(kit.taskName()) || 0)
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(20)
    expect(new Set(seen).size).toBeGreaterThan(1)
  })

  it('latency that ends: what is sent then does not overtake what is on its way', async () => {
    const kit = await startLabKit()
    const ann = kit.user('ann')
    kit.core.lab.run(scriptOfSteps({ fault: 'latency', ms: 1_000, for: 100 }, { fault: 'latency', ms: 0 }))
    ann.say(rename('first'))
    await kit.pass(200)
    ann.say(rename('second'))
    expect(kit.taskName()).toBe('Dig')
    await kit.pass(800)
    expect(kit.taskName()).toBe('second')
  })

  it('latency on both ways that is stopped: what the server says to the last frames stays behind what it said before', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.set({ latencyMs: 1_000 })
    ann.say(rename('A'))
    await kit.pass(1_000)
    // The server has A and tells bob of it; B is on its way still.
    ann.say(rename('B'))
    expect(kit.taskName()).toBe('A')
    kit.core.lab.stop()
    expect(bob.frames().flatMap((frame) => /"name":"(\w)"/.exec(frame)?.[1] ?? [])).toEqual(['A', 'B'])
  })

  it('bandwidth: a long frame keeps the line busy for those behind it', async () => {
    const kit = await startLabKit()
    const ann = kit.user('ann')
    kit.core.lab.run(scriptOfSteps({ fault: 'bandwidth', bytesPerSecond: 1000, direction: 'up', for: 60_000 }))
    ann.say(rename('x'.repeat(5_000)))
    ann.say(rename('short'))
    await kit.pass(5_000)
    expect(kit.taskName()).toBe('Dig')
    await kit.pass(150)
    expect(kit.taskName()).toMatch(/^x/)
    await kit.pass(150)
    expect(kit.taskName()).toBe('short')
  })

  it('slow consumer: so many frames a second, and the line breaks when too much waits', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'slow-consumer', framesPerSecond: 10, to: { user: 'bob' } }))
    for (let i = 0; i < 20; i += 1) ann.say(rename(`${i}`))
    await kit.pass(1_000)
    expect(bob.heard()).toHaveLength(10)
    kit.told()
    for (let i = 0; i < 5; i += 1) ann.say(rename(String(i).repeat(4_000_000)))
    expect(bob.end).toBe('cut')
    expect(kit.told()).toEqual([expect.stringMatching(/^0 bob overflowed \d{8}$/)])
  })

  it('pause: nothing arrives, then all of it does, and nothing is lost', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'pause', for: 1_000, to: { user: 'bob' } }))
    ann.say(rename('A'))
    ann.say(rename('B'))
    await kit.pass(999)
    expect(bob.heard()).toEqual([])
    await kit.pass(1)
    expect(bob.heard()).toEqual(['projectChange', 'projectChange'])
    expect(kit.told()).toEqual(['0 everybody began 1000', '0 bob released 2', '0 everybody ended 1'])
  })

  it('half-open: both ends believe in a line that is dead, until it is over', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'half-open', for: 1_000, to: { user: 'ann' } }))
    ann.say(rename('never'))
    bob.say(rename('B'))
    await kit.pass(999)
    expect([kit.taskName(), ann.heard(), ann.end]).toEqual(['B', [], undefined])
    await kit.pass(1)
    expect(ann.end).toBe('cut')
    expect(bob.end).toBeUndefined()
    expect(kit.told()).toEqual(['0 everybody began 1000', '0 ann silenced', '0 ann closed 1006', '0 everybody ended 1'])
  })

  it('offline: lines break, and none can be opened until it is over', async () => {
    const kit = await startLabKit()
    const ann = kit.user('ann')
    kit.core.lab.run(scriptOfSteps({ fault: 'offline', for: 1_000 }))
    expect(ann.end).toBe('cut')
    expect(kit.connect().end).toBe('refused 0')
    await kit.pass(1_000)
    expect(kit.connect().end).toBeUndefined()
  })

  it('a loss before the commit: the change never reaches the server, and the line breaks', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'lose-before-commit', count: 1 }))
    ann.say({ command: 'projects' })
    expect(ann.heard()).toEqual(['projects'])
    ann.say(rename('lost'))
    expect([kit.taskName(), ann.end, bob.heard()]).toEqual(['Dig', 'cut', ['logout']])
    bob.say(rename('B'))
    expect([kit.taskName(), bob.end]).toEqual(['B', undefined])
    expect(kit.told()).toEqual(['0 everybody began', '0 ann lost projectChange'])
  })

  it('a loss of the ack: the change is done, its author hears nothing of it', async () => {
    const kit = await startLabKit()
    const ann = kit.connect()
    ann.say({ command: 'login', login: 'ann', planwire: { version: 1, client: 'c-ann' } })
    ann.say({ command: 'dataset', project: 1 })
    const bob = kit.user('bob')
    ann.heard()
    kit.core.lab.run(scriptOfSteps({ fault: 'lose-ack', count: 1, to: { client: 'c-ann' } }))
    ann.say({ ...rename('done'), planwire: { counter: 1 } })
    await kit.pass(100)
    expect([kit.taskName(), ann.end, ann.heard()]).toEqual(['done', 'cut', []])
    expect(bob.heard()).toContain('projectChange')
    expect(kit.told()).toEqual(['0 everybody began', '0 ann ack-lost projectChange'])
  })

  it('a user is known by a login that names its command last, as some clients write it', async () => {
    const kit = await startLabKit()
    const ann = kit.connect()
    ann.say({ login: 'ann', command: 'login', data: { login: 'ann' } })
    kit.core.lab.inject({ fault: 'drop', code: 4000, to: { user: 'ann' } })
    expect(ann.end).toBe(4000)
  })

  it('a drop of one line of a user who has two', async () => {
    const kit = await startLabKit()
    const [first, second] = [kit.user('ann'), kit.user('ann')]
    kit.core.lab.inject({ fault: 'drop', code: 4000, to: { party: 'ann#2' } })
    expect([first.end, second.end]).toEqual([undefined, 4000])
  })

  it('a drop with a code, of one user alone', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.inject({ fault: 'drop', code: 4000, reason: 'Go away', to: { user: 'bob' } })
    expect([ann.end, bob.end]).toEqual([undefined, 4000])
    expect(kit.told()).toEqual(['inject-1 bob closed 4000'])
  })

  it('a refused handshake has its status', async () => {
    const kit = await startLabKit()
    kit.core.lab.run(scriptOfSteps({ fault: 'refuse-handshake', for: 100, to: { path: '/ws' } }))
    expect([kit.connect('/ws').end, kit.connect('/').end]).toEqual(['refused 403', undefined])
    expect(await kit.rest('GET', '/api/v1', undefined, { 'remote-token': 'token' })).toMatchObject({ status: 200 })
    await kit.pass(100)
    expect(kit.connect('/ws').end).toBeUndefined()
  })

  it('an expired token: sockets that are open are closed with 1008, new ones too, until it is over', async () => {
    const kit = await startLabKit()
    const [open, ann] = [kit.connect('/api/v1?token=token&ws=1'), kit.user('ann')]
    kit.core.lab.run(scriptOfSteps({ fault: 'expired-token', for: 100, token: 'token' }))
    expect([open.end, ann.end, kit.connect('/api/v1?token=token&ws=1').end]).toEqual([1008, undefined, 1008])
    await kit.pass(100)
    expect(kit.connect('/api/v1?token=token&ws=1').end).toBeUndefined()
  })

  it('a line that its client hangs up while it is dead stays in the server’s list until the fault is over', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    kit.core.lab.run(scriptOfSteps({ fault: 'half-open', for: 1_000, to: { user: 'ann' } }))
    ann.hangUp()
    await kit.pass(500)
    expect(bob.heard()).toEqual([])
    await kit.pass(1_000)
    expect(bob.heard()).toEqual(['logout'])
  })
})
