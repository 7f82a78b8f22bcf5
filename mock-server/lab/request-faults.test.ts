import { describe, expect, it } from 'vitest'
import { type LabKit, scriptOfSteps, startLabKit, turn } from './lab-kit.contract.ts'
import type { LabStep } from './script.ts'

async function kitWith(...steps: readonly LabStep[]): Promise<LabKit> {
  const kit = await startLabKit()
  kit.core.lab.run(scriptOfSteps(...steps))
  return kit
}

const texts = (kit: LabKit): unknown => kit.core.export().collections['events']?.map(({ text }) => text)

/** A request, and whether it was answered by now. */
function asked(kit: LabKit, method: string, url: string, body?: object): { answer: unknown } {
  const asking: { answer: unknown } = { answer: undefined }
  void kit.rest(method, url, body).then((answer) => (asking.answer = answer === 'no answer' ? answer : answer.status))
  return asking
}

describe('a fault of the requests', () => {
  it('latency: there and back', async () => {
    const kit = await kitWith({ fault: 'latency', ms: 100 })
    const post = asked(kit, 'POST', '/events', { text: 'new' })
    await kit.pass(100)
    expect([texts(kit), post.answer]).toEqual([['Inspection', 'new'], undefined])
    await kit.pass(100)
    expect(post.answer).toBe(200)
  })

  it('bandwidth: a long body takes long', async () => {
    const kit = await kitWith({ fault: 'bandwidth', bytesPerSecond: 1_000, direction: 'up' })
    const post = asked(kit, 'POST', '/events', { text: 'é'.repeat(1_000) })
    await kit.pass(2_000)
    expect(post.answer).toBeUndefined()
    await kit.pass(50)
    expect(post.answer).toBe(200)
  })

  it('a loss before the commit is no answer, and nothing is done', async () => {
    const kit = await kitWith({ fault: 'lose-before-commit' })
    expect(await kit.rest('GET', '/events')).toMatchObject({ status: 200 })
    expect(await kit.rest('POST', '/events', { text: 'new' })).toBe('no answer')
    expect(texts(kit)).toEqual(['Inspection'])
  })

  it('a loss of the ack is no answer, and it is done', async () => {
    const kit = await kitWith({ fault: 'lose-ack', match: 'PUT /events' })
    expect(await kit.rest('PUT', '/events/7', { text: 'changed' })).toBe('no answer')
    expect(texts(kit)).toEqual(['changed'])
    expect(kit.told()).toEqual(['0 everybody began', '0 PUT /events ack-lost PUT /events/7'])
  })

  it('a status: nothing is done, a page of any origin can read it, and preflights pass', async () => {
    const kit = await kitWith({ fault: 'status', status: 503, count: 1 })
    expect(await kit.rest('OPTIONS', '/events')).toMatchObject({ status: 204 })
    expect(await kit.rest('POST', '/events', { text: 'new' })).toMatchObject({
      status: 503,
      headers: { 'access-control-allow-origin': '*' },
    })
    expect(texts(kit)).toEqual(['Inspection'])
    expect(await kit.rest('POST', '/events', { text: 'new' })).toMatchObject({ status: 200 })
  })

  it('a duplicate is done twice and answered once', async () => {
    const kit = await kitWith({ fault: 'duplicate', count: 1 })
    expect(await kit.rest('POST', '/events', { text: 'twin' })).toMatchObject({ status: 200 })
    expect(texts(kit)).toEqual(['Inspection', 'twin', 'twin'])
  })

  it('a duplicate with an idempotency key is done once', async () => {
    const kit = await kitWith({ fault: 'duplicate' })
    await kit.rest('POST', '/events', { text: 'once' }, { 'idempotency-key': 'k1' })
    expect(texts(kit)).toEqual(['Inspection', 'once'])
  })

  it('reorder: the second request overtakes the first; one that nobody overtakes waits its time', async () => {
    const kit = await kitWith({ fault: 'reorder', count: 1, ms: 400 })
    const first = asked(kit, 'POST', '/events', { text: 'first' })
    asked(kit, 'POST', '/events', { text: 'second' })
    await turn()
    expect([texts(kit), first.answer]).toEqual([['Inspection', 'second', 'first'], 200])
    kit.core.lab.run(scriptOfSteps({ fault: 'reorder', count: 1, ms: 400 }))
    const alone = asked(kit, 'POST', '/events', { text: 'alone' })
    await kit.pass(399)
    expect(alone.answer).toBeUndefined()
    await kit.pass(1)
    expect(alone.answer).toBe(200)
  })

  it('pause: requests wait, and go on', async () => {
    const kit = await kitWith({ fault: 'pause', for: 500 })
    const get = asked(kit, 'GET', '/events')
    await kit.pass(499)
    expect(get.answer).toBeUndefined()
    await kit.pass(1)
    expect(get.answer).toBe(200)
  })

  it('half-open: silence, and no answer in the end; offline: no answer at once', async () => {
    const kit = await kitWith({ fault: 'half-open', for: 500 })
    const get = asked(kit, 'GET', '/events')
    await kit.pass(499)
    expect(get.answer).toBeUndefined()
    await kit.pass(1)
    expect(get.answer).toBe('no answer')
    kit.core.lab.set({ offline: true })
    expect(await kit.rest('GET', '/events')).toBe('no answer')
    kit.core.lab.set({ offline: false })
    expect(await kit.rest('GET', '/events')).toMatchObject({ status: 200 })
  })

  it('an expired token is 401, at the handshake 403; a refused handshake has its status', async () => {
    const kit = await kitWith({ fault: 'expired-token', for: 100 })
    const headers = { 'remote-token': 'token' }
    expect(await kit.rest('GET', '/events', undefined, headers)).toMatchObject({ status: 401 })
    expect(await kit.rest('GET', '/api/v1', undefined, headers)).toMatchObject({ status: 403 })
    expect(await kit.rest('GET', '/events')).toMatchObject({ status: 200 })
    kit.core.lab.run(scriptOfSteps({ fault: 'refuse-handshake', status: 502 }))
    expect(await kit.rest('GET', '/api/v1', undefined, headers)).toMatchObject({ status: 502 })
    kit.core.lab.stop()
    expect(await kit.rest('GET', '/api/v1', undefined, headers)).toMatchObject({ status: 200 })
  })
})
