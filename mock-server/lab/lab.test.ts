import { describe, expect, it } from 'vitest'
import { FATE, rename, scriptOfSteps, startLabKit, UNLUCKY } from './lab-kit.contract.ts'
import type { LabStep } from './script.ts'

describe('a restart', () => {
  it('with its memory: everybody is closed with 1001, nothing is answered while it is down, all is there again', async () => {
    const kit = await startLabKit()
    const ann = kit.user('ann')
    ann.say(rename('kept'))
    kit.core.lab.run(scriptOfSteps({ fault: 'restart', memory: 'kept', downMs: 1_000 }))
    expect([ann.end, kit.connect().end, await kit.rest('GET', '/events')]).toEqual([1001, 'refused 0', 'no answer'])
    expect(() => kit.core.export()).toThrow(expect.objectContaining({ recovery: 'retry' }))
    await kit.pass(1_000)
    expect(kit.taskName()).toBe('kept')
    expect(kit.connect().end).toBeUndefined()
    expect(kit.told()).toEqual(['0 everybody down', '0 everybody up kept'])
    expect(kit.core.lab.state).toEqual({ state: 'idle' })
  })

  it('without its memory: everything is as configured, also after another one with its memory', async () => {
    const kit = await startLabKit()
    kit.user('ann').say(rename('lost'))
    kit.core.lab.inject({ fault: 'restart', memory: 'lost', code: 1006 })
    await kit.pass(0)
    expect(kit.taskName()).toBe('Dig')
    kit.user('ann').say(rename('new'))
    kit.core.lab.inject({ fault: 'restart', memory: 'kept' })
    await kit.pass(0)
    expect(kit.taskName()).toBe('new')
  })

  it('is cut short by stop and by close; two in a row happen one after the other', async () => {
    const kit = await startLabKit()
    kit.core.lab.inject({ fault: 'restart', memory: 'kept', downMs: 60_000 })
    kit.core.lab.stop()
    await kit.pass(0)
    expect(kit.taskName()).toBe('Dig')
    kit.core.lab.inject({ fault: 'restart', memory: 'kept', downMs: 60_000 })
    kit.core.lab.inject({ fault: 'restart', memory: 'kept', downMs: 60_000 })
    await kit.core.close()
    await kit.core.close()
    expect(kit.clock.waiting).toBe(0)
  })
})

describe('a script', () => {
  const busy: readonly LabStep[] = [
    { fault: 'latency', ms: 20, jitterMs: 80, for: 5_000 },
    { fault: 'lose-ack', chance: 0.3, for: 5_000 },
    { fault: 'half-open', at: 500, for: 300, to: { share: 0.5 } },
    { fault: 'drop', at: 1_000, every: 700, times: 3, to: { share: 0.5 } },
  ]

  /** The same clients do the same things; what the lab did, with its times. */
  async function story(seed: number): Promise<readonly unknown[]> {
    const kit = await startLabKit()
    const names = ['ann', 'bob', 'eve', 'joe', 'kim', 'lea']
    let peers = names.map((name) => kit.user(name))
    kit.core.lab.run(scriptOfSteps(...busy), { seed })
    for (let at = 0; at < 60; at += 1) {
      await kit.pass(100)
      peers = peers.map((peer, who) => (peer.end === undefined ? peer : kit.user(names[who] ?? '')))
      for (const peer of peers) peer.say(rename(`${at}`))
    }
    return kit.core.lab.events
  }

  it('has the same faults at the same times with the same seed, and others with another', async () => {
    const first = await story(7)
    expect(first.length).toBeGreaterThan(20)
    expect(await story(7)).toEqual(first)
    expect(await story(8)).not.toEqual(first)
  })

  it('has the faults that it has in a browser, by an address and in Playwright', async () => {
    const kit = await startLabKit()
    kit.core.lab.run(UNLUCKY, { seed: 7 })
    let answers = ''
    while (answers.length < FATE.length) {
      const answer = await kit.rest('GET', '/events')
      answers += answer !== 'no answer' && answer.status === 200 ? '.' : 'x'
    }
    expect(answers).toBe(FATE)
  })

  it('picks other frames and other requests with another seed, and each client by a stream of its own', async () => {
    const picks = async (seed: number): Promise<{ [name: string]: string }> => {
      const kit = await startLabKit()
      kit.core.lab.run(scriptOfSteps({ fault: 'lose-ack', chance: 0.5 }), { seed })
      const picked: { [name: string]: string } = {}
      for (const name of ['ann', 'bob']) {
        picked[name] = ''
        for (let at = 0; at < 24; at += 1) {
          const peer = kit.user(name)
          peer.say(rename(`${at}`))
          picked[name] += peer.end === 'cut' ? 'x' : '.'
          peer.hangUp()
        }
      }
      return picked
    }
    const first = await picks(1)
    expect(await picks(1)).toEqual(first)
    expect((await picks(2))['ann']).not.toBe(first['ann'])
    expect(first['bob']).not.toBe(first['ann'])
  })

  it('begins steps after commits, frames, requests, connections and other steps', async () => {
    const kit = await startLabKit()
    const ann = kit.user('ann')
    const mark = (id: string, after: LabStep['after'], at = 0): LabStep => ({
      id,
      at,
      for: 10,
      fault: 'pause',
      to: { user: 'nobody' },
      ...(after && { after }),
    })
    kit.core.lab.run(
      scriptOfSteps(
        mark('commit', { event: 'commit', count: 2 }),
        mark('frame', { event: 'frame', match: 'projects', to: { user: 'ann' } }),
        mark('answer', { event: 'frame', match: 'projects', direction: 'down' }, 50),
        mark('request', { event: 'request', match: 'PUT /events/7' }),
        mark('connect', { event: 'connect', to: { path: '/ws' } }),
        mark('begin', { event: 'begin', step: 'request' }),
        mark('end', { event: 'end', step: 'begin' }),
      ),
    )
    const began = async (): Promise<unknown> => {
      await kit.pass(0)
      return kit.told().flatMap((line) => /^(\S+) everybody began/.exec(line)?.[1] ?? [])
    }
    ann.say(rename('1'))
    expect(await began()).toEqual([])
    ann.say(rename('2'))
    expect(await began()).toEqual(['commit'])
    ann.say({ command: 'projects' })
    expect(await began()).toEqual(['frame'])
    await kit.pass(50)
    expect(await began()).toEqual(['answer'])
    kit.connect('/')
    expect(await began()).toEqual([])
    kit.connect('/ws')
    expect(await began()).toEqual(['connect'])
    await kit.rest('GET', '/events')
    expect(await began()).toEqual([])
    await kit.rest('PUT', '/events/7', { text: 'x' })
    await kit.pass(20)
    expect(await began()).toEqual(['request', 'begin', 'end'])
    await kit.pass(10)
    expect(kit.core.lab.state.state).toBe('idle')
  })

  it('repeats a step so many times, and is over when all are', async () => {
    const kit = await startLabKit()
    kit.core.lab.run(scriptOfSteps({ at: 100, every: 1_000, times: 3, for: 200, fault: 'pause' }))
    let over = false
    void kit.core.lab.whenDone().then(() => (over = true))
    await kit.pass(2_299)
    expect([kit.told().filter((line) => line.includes('began')).length, over]).toEqual([3, false])
    await kit.pass(1)
    expect(over).toBe(true)
    expect(kit.clock.nextDue).not.toBe(kit.clock.now() + 1_000)
  })

  it('runs in place of the one before; a share names the same ones in every run', async () => {
    const kit = await startLabKit()
    const peers = Array.from({ length: 20 }, (_, at) => kit.user(`user${at}`))
    const step: LabStep = { fault: 'half-open', to: { share: 0.4 } }
    const silenced = (): readonly string[] => kit.told().filter((line) => line.includes('silenced'))
    kit.core.lab.run(scriptOfSteps(step), { seed: 3 })
    const first = silenced()
    expect(first.length).toBeGreaterThan(3)
    expect(first.length).toBeLessThan(15)
    expect(peers.every(({ end }) => end === undefined)).toBe(true)
    kit.core.lab.run(scriptOfSteps({ fault: 'pause' }), { seed: 3 })
    expect(peers.filter(({ end }) => end === 'cut')).toHaveLength(first.length)
    expect(kit.core.lab.state).toMatchObject({ state: 'running', seed: 3 })
  })
})

describe('live control', () => {
  it("what was injected is nobody else's: a script is over without it, another one does not end it, its end comes once", async () => {
    const kit = await startLabKit()
    const { lab } = kit.core
    lab.run(scriptOfSteps({ fault: 'latency', ms: 1, for: 100 }))
    const name = lab.inject({ fault: 'offline', to: { user: 'ann' } })
    let over = false
    void lab.whenDone().then(() => (over = true))
    await kit.pass(100)
    expect([over, lab.state.state]).toEqual([true, 'idle'])
    lab.run(scriptOfSteps({ fault: 'latency', ms: 1 }))
    lab.run(scriptOfSteps({ fault: 'latency', ms: 2 }))
    const ended = (): number => lab.events.filter(({ step, effect }) => step === name && effect.type === 'ended').length
    expect(ended()).toBe(0)
    const ann = kit.connect()
    ann.say({ command: 'login', login: 'ann' })
    expect(ann.end).toBe('cut')
    lab.end(name)
    lab.end(name)
    lab.end('nobody')
    expect(ended()).toBe(1)
    expect(kit.user('ann').end).toBeUndefined()
    expect(lab.state.state).toBe('running')
  })

  it('a script that a listener stops at its first fault leaves nothing that keeps the next one from being over', async () => {
    const kit = await startLabKit()
    const { lab } = kit.core
    const unlisten = lab.subscribe(({ effect }) => effect.type === 'began' && lab.stop())
    lab.run(scriptOfSteps({ fault: 'latency', ms: 1 }))
    unlisten()
    lab.run(scriptOfSteps({ fault: 'latency', ms: 1, for: 50 }))
    await kit.pass(50)
    expect(lab.state).toEqual({ state: 'idle' })
  })

  it('stop brings the plain line back: what was held arrives in order, dead lines break; idempotent', async () => {
    const kit = await startLabKit()
    const [ann, bob, eve] = [kit.user('ann'), kit.user('bob'), kit.user('eve')]
    kit.core.lab.run(
      scriptOfSteps(
        { fault: 'latency', ms: 60_000, to: { user: 'ann' } },
        { fault: 'pause', to: { user: 'bob' } },
        { fault: 'half-open', to: { user: 'eve' } },
      ),
    )
    ann.say(rename('A'))
    ann.say(rename('B'))
    kit.core.lab.stop()
    kit.core.lab.stop()
    await kit.pass(0)
    expect([kit.taskName(), bob.heard(), eve.end]).toEqual(['B', ['logout', 'projectChange', 'projectChange'], 'cut'])
    expect(kit.core.lab.state).toEqual({ state: 'idle' })
    ann.say(rename('C'))
    expect(bob.heard()).toEqual(['projectChange'])
  })

  it('set changes what it names and leaves the rest; the same again is no event', async () => {
    const kit = await startLabKit()
    const ann = kit.user('ann')
    kit.core.lab.set({ latencyMs: 200 })
    kit.core.lab.set({ latencyMs: 200 })
    kit.core.lab.set({ errorStatus: 500 })
    expect(kit.told()).toEqual(['set-latency everybody began', 'set-status everybody began'])
    ann.say(rename('late'))
    expect(kit.taskName()).toBe('Dig')
    await kit.pass(200)
    expect(kit.taskName()).toBe('late')
    kit.core.lab.set({ latencyMs: 0, errorStatus: 0 })
    ann.say(rename('at once'))
    expect(kit.taskName()).toBe('at once')
    expect(() => kit.core.lab.set({ latencyMs: Number.NaN })).toThrow()
  })

  it('tells whoever subscribed of every event, whatever other listeners throw', async () => {
    const kit = await startLabKit()
    const heard: string[] = []
    kit.core.lab.subscribe(() => {
      throw new Error('not mine')
    })
    const cancel = kit.core.lab.subscribe(({ at, fault, effect }) => heard.push(`${at} ${fault} ${effect.type}`))
    kit.core.lab.set({ paused: true })
    cancel()
    kit.core.lab.stop()
    expect(heard).toEqual(['1000000 pause began'])
  })

  it('keeps the newest 2,000 events', async () => {
    const kit = await startLabKit()
    for (let i = 0; i < 5_000; i += 1) kit.core.lab.set({ paused: i % 2 === 0 })
    expect(kit.core.lab.events).toHaveLength(2_000)
  })

  it('leaves no timer, and hands frames on within the call, while no lab runs', async () => {
    const kit = await startLabKit()
    const [ann, bob] = [kit.user('ann'), kit.user('bob')]
    const waiting = kit.clock.waiting
    kit.core.lab.run('hotel-wifi')
    kit.core.lab.stop()
    expect(kit.clock.waiting).toBe(waiting)
    ann.heard()
    const carol = kit.user('carol')
    bob.heard()
    carol.say(rename('now'))
    expect(bob.heard()).toEqual(['projectChange'])
  })
})
