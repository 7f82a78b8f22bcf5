import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RestAnswer, RevisionLog } from './contract.ts'
import { type Kit, PLAN, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'
import { RequestMemory } from './request-memory.ts'

const key = (value: string): Record<string, string> => ({ 'idempotency-key': value })
const keys = async ({ get }: Kit, url = '/events'): Promise<unknown> => ((await get(url)) as unknown[]).length

/** What a client reads of an answer. */
const read = ({ status, body, headers }: RestAnswer): unknown => [
  status,
  body,
  headers['etag'],
  headers['planwire-position'],
]

describe('a request with an Idempotency-Key', () => {
  it('that comes again is answered as before, to the letter, and changes nothing [DC3]', async () => {
    const kit = await startKit()
    const { rest, live } = kit
    const peer = live('events', 'tasks')
    const writes = [
      ['POST', '/events', { text: 'one' }],
      ['PUT', '/events/100', { text: 'two' }],
      ['DELETE', '/events/100', ''],
      ['POST', '/data/task', { text: 'three' }],
      ['DELETE', '/data/task/101', ''],
    ] as const
    const first: RestAnswer[] = []
    for (const [method, url, body] of writes) first.push(await rest(method, url, body, key(`${method} ${url}`)))
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(peer.heard()).toHaveLength(5)
    for (const [at, [method, url, body]] of writes.entries()) {
      const again = await rest(method, `${url}?dhxr=${at}`, body, key(`${method} ${url}`))
      expect(read(again)).toEqual(read(first[at] as RestAnswer))
    }
    expect(peer.heard()).toEqual([])
    expect(await keys(kit)).toBe(0)
  })

  it('is answered as before although the record has changed since, and although its If-Match no longer fits', async () => {
    const { rest } = await startKit()
    const { headers } = await rest('POST', '/events', { text: 'one' })
    const conditional = { ...key('k'), 'if-match': headers['etag'] ?? '' }
    const first = await rest('PUT', '/events/100', { text: 'two' }, conditional)
    await rest('PUT', '/events/100', { text: 'three' })
    expect(read(await rest('PUT', '/events/100', { text: 'two' }, conditional))).toEqual(read(first))
    expect(JSON.parse((await rest('GET', '/events/100')).body)).toMatchObject({ text: 'three' })
  })

  it('is recognised after a restart, as long as the log goes back', async () => {
    const log = createMemoryLog()
    const before = await startKit(PLAN, log)
    const first = await before.rest('POST', '/events', { text: 'one' }, { ...key('k'), 'remote-token': 'token' })
    const task = await before.rest('POST', '/data/task', { text: 'two' }, key('k'))
    await before.core.close()
    const after = await startKit(PLAN, log)
    const again = await after.rest('POST', '/events', { text: 'one' }, { ...key('k'), 'remote-token': 'token' })
    expect(again.body).toBe(first.body)
    expect((await after.rest('POST', '/data/task', { text: 'two' }, key('k'))).body).toBe(task.body)
    expect(await keys(after)).toBe(1)
  })

  it('is recognised after a restart although the log dropped its entry, by the snapshot', async () => {
    const log = createMemoryLog()
    // As a log that keeps nothing behind a snapshot.
    const forgetful: RevisionLog = { ...log, read: async () => 'lost' }
    const before = await startKit(PLAN, forgetful)
    const first = await before.rest('POST', '/events', { text: 'one' }, key('k'))
    for (let i = 0; i < 600; i += 1) await before.rest('PUT', '/events/100', { text: `${i}` })
    await before.core.close()
    const after = await startKit(PLAN, forgetful)
    expect(read(await after.rest('POST', '/events', { text: 'one' }, key('k')))).toEqual(read(first))
    expect(await keys(after)).toBe(1)
  })

  it('is recognised after a restart although the log lost its history meanwhile, and the room began a new epoch', async () => {
    const log = createMemoryLog()
    let losing = false
    const lossy: RevisionLog = {
      ...log,
      append: async (...args) => (losing ? 'lost' : log.append(...args)),
    }
    const before = await startKit(PLAN, lossy)
    const first = await before.rest('POST', '/events', { text: 'one' }, key('k'))
    losing = true
    await before.rest('PUT', '/events/100', { text: 'two' })
    await before.core.close()
    const after = await startKit(PLAN, log)
    expect((await after.rest('POST', '/events', { text: 'one' }, key('k'))).body).toBe(first.body)
    expect(await keys(after)).toBe(1)
  })

  it('is refused when its key stood for another request', async () => {
    const kit = await startKit()
    await kit.rest('POST', '/events', { text: 'one' }, key('k'))
    const other = await kit.rest('POST', '/events', { text: 'other' }, key('k'))
    expect([other.status, JSON.parse(other.body)]).toMatchObject([422, { code: 'idempotency-key-reused' }])
    expect(await keys(kit)).toBe(1)
  })

  it('that was refused stays refused, also when it would succeed by now', async () => {
    const { rest } = await startKit({ ...PLAN, collections: { events: [] } })
    const refused = await rest('PUT', '/events/100', { text: 'x' }, key('k'))
    await rest('POST', '/events', { text: 'one' })
    expect(read(await rest('PUT', '/events/100', { text: 'x' }, key('k')))).toEqual(read(refused))
    expect((await rest('PUT', '/events/100', { text: 'x' }, key('l'))).status).toBe(200)
  })

  it('is recognised although its token was replaced between a lost answer and the retry', async () => {
    const kit = await startKit({ ...PLAN, tokens: ['a', 'b'] })
    const first = await kit.rest('POST', '/events', { text: 'one' }, { ...key('k'), 'remote-token': 'a' })
    const again = await kit.rest('POST', '/events', { text: 'one' }, { ...key('k'), 'remote-token': 'b' })
    expect(read(again)).toEqual(read(first))
    expect(await keys(kit)).toBe(1)
  })

  it('is answered only to a token that may write there', async () => {
    const { rest } = await startKit({
      ...PLAN,
      groups: { readers: { read: '*' } },
      tokens: ['a', { token: 'b', groups: ['readers'] }],
    })
    await rest('POST', '/events', { text: 'one' }, { ...key('k'), 'remote-token': 'a' })
    const other = await rest('POST', '/events', { text: 'one' }, { ...key('k'), 'remote-token': 'b' })
    expect([other.status, other.body.includes('item')]).toEqual([403, false])
  })

  it('has nothing to do with the same key in another collection', async () => {
    const kit = await startKit({ ...PLAN, collections: { events: [], rooms: [] } })
    for (const url of ['/events', '/rooms', '/data/task'])
      expect((await kit.rest('POST', url, { text: 'one' }, key('k'))).status).toBe(200)
    expect([await keys(kit, '/events'), await keys(kit, '/rooms')]).toEqual([1, 1])
  })

  it('is answered with the position that it had, also after a restart that gives positions of another run', async () => {
    const log = createMemoryLog()
    const positions: unknown[] = []
    for (const name of ['one', 'two', 'three']) {
      const { rest, core } = await startKit(PLAN, log)
      await rest('POST', '/events', { text: name }, key(name))
      positions.push((await rest('POST', '/events', { text: 'one' }, key('one'))).headers['planwire-position'])
      await core.close()
    }
    expect(new Set(positions).size).toBe(1)
  })

  it('needs the token even for an answer that was given before', async () => {
    const { rest } = await startKit({ ...PLAN, auth: { rest: 'required' } })
    const good = { ...key('k'), 'remote-token': 'token' }
    await rest('POST', '/events', { text: 'one' }, good)
    expect((await rest('POST', '/events', { text: 'one' }, key('k'))).status).toBe(401)
  })

  it('is refused when the key is none', async () => {
    const { rest } = await startKit()
    for (const bad of ['', 'x'.repeat(201), 'a\nb', 'ä']) {
      expect((await rest('POST', '/events', { text: 'one' }, key(bad))).status).toBe(400)
    }
  })

  it('leaves reads alone', async () => {
    const { rest } = await startKit()
    expect((await rest('GET', '/events', '', key('k'))).body).toBe('[]')
    await rest('POST', '/events', { text: 'one' })
    expect((await rest('GET', '/events', '', key('k'))).body).toBe('[{"text":"one","id":100}]')
  })
})

describe('the memory of requests', () => {
  const request = (sender: string, name: string, body = ''): Parameters<RequestMemory['remember']>[0] => ({
    ...{ sender, key: name, print: '', status: 200, body },
  })

  it('keeps the last thousand of each sender, whatever another one sends', () => {
    const memory = new RequestMemory()
    memory.remember(request('quiet', 'k'), 1)
    for (let i = 0; i < 2500; i += 1) memory.remember(request('busy', `${i}`), i)
    expect([memory.find('1499'), memory.find('1500')?.revision]).toEqual([undefined, 1500])
    expect(memory.find('k')?.revision).toBe(1)
  })

  it('is bounded as a whole, however long the answers are and however many the senders', () => {
    const memory = new RequestMemory()
    for (let i = 0; i < 100; i += 1) memory.remember(request(`s${i}`, `k${i}`, 'x'.repeat(1_000_000)), i)
    const left = Array.from({ length: 100 }, (_, i) => memory.find(`k${i}`)).filter(Boolean)
    expect(left.length).toBeLessThan(17)
    expect(memory.find('k99')?.revision).toBe(99)
  })

  it('stores the newest answers to writes with a snapshot, bounded in number and in length, and no refusals', () => {
    const memory = new RequestMemory()
    for (let i = 1; i <= 1500; i += 1) memory.remember(request(`s${i % 3}`, `k${i}`), i)
    memory.remember(request('s', 'refused'), 0)
    const stored = memory.newest().map(({ revision }) => revision)
    expect([stored.length, stored[0], stored.at(-1)]).toEqual([1000, 501, 1500])
    for (let i = 2001; i <= 2020; i += 1) memory.remember(request('s', `k${i}`, 'x'.repeat(100_000)), i)
    expect(memory.newest().map(({ revision }) => revision)).toEqual([
      2011, 2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019, 2020,
    ])
  })

  it('finds the newest under a key, and never loses count of what it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(5), fc.nat(8_000_000))), (all) => {
        const memory = new RequestMemory()
        for (const [at, [sender, name, length]] of all.entries()) {
          memory.remember(request(sender, `${name}`, 'x'.repeat(length)), at)
          expect(memory.find(`${name}`)?.revision).toBe(at)
        }
        // Room for many short ones is left after long ones went.
        for (let i = 0; i < 5; i += 1) memory.remember(request('c', `c${i}`), i)
        for (let i = 0; i < 5; i += 1) expect(memory.find(`c${i}`)?.revision).toBe(i)
      }),
      { numRuns: 30 },
    )
  })
})
