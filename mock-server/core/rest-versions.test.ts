import { describe, expect, it } from 'vitest'
import { change, PLAN, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'

const ifMatch = (tag: string | undefined): Record<string, string> => ({ 'if-match': tag ?? '' })
const ONE = {
  ...PLAN,
  collections: {
    events: [
      { id: 1, text: 'one' },
      { id: 2, text: 'two' },
    ],
  },
}

describe('a write with If-Match', () => {
  it('goes on while the record is as its author saw it, and hears the next tag', async () => {
    const { rest } = await startKit(ONE)
    const { etag } = (await rest('GET', '/events/1')).headers
    const first = await rest('PUT', '/events/1', { text: 'mine' }, ifMatch(etag))
    const second = await rest('PUT', '/events/1', { text: 'again' }, ifMatch(first.headers['etag']))
    expect([first.status, second.status]).toEqual([200, 200])
    expect((await rest('DELETE', '/events/1', '', ifMatch(second.headers['etag']))).status).toBe(200)
  })

  it('that is stale is answered with 409 and the record as it is, and changes nothing [DS8]', async () => {
    const { rest, get, live } = await startKit(ONE)
    const peer = live('events')
    const { etag } = (await rest('GET', '/events/1')).headers
    const { headers } = await rest('PUT', '/events/1', { text: 'theirs', note: 'newer' })
    peer.heard()
    for (const method of ['PUT', 'DELETE']) {
      const late = await rest(method, '/events/1', { text: 'mine' }, ifMatch(etag))
      expect(late.status).toBe(409)
      expect(JSON.parse(late.body)).toEqual({
        error: 'The record was changed meanwhile',
        code: 'conflict',
        item: { id: 1, text: 'theirs', note: 'newer' },
      })
      expect(late.headers['etag']).toBe(headers['etag'])
    }
    expect(peer.heard()).toEqual([])
    expect(await get('/events/1')).toEqual({ id: 1, text: 'theirs', note: 'newer' })
  })

  it('without the header overwrites, as unmodified widgets expect', async () => {
    const { rest } = await startKit(ONE)
    await rest('PUT', '/events/1', { text: 'theirs' })
    expect((await rest('PUT', '/events/1', { text: 'mine' })).status).toBe(200)
  })

  it('takes the position of a list or an event for the version of each record in it', async () => {
    const { rest } = await startKit(ONE)
    const position = (await rest('GET', '/events')).headers['planwire-position']
    await rest('PUT', '/events/2', { text: 'theirs' })
    expect((await rest('PUT', '/events/1', { text: 'mine' }, ifMatch(`"${position}"`))).status).toBe(200)
    expect((await rest('PUT', '/events/2', { text: 'mine' }, ifMatch(`"${position}"`))).status).toBe(409)
    expect((await rest('PUT', '/events/2', { text: 'mine' }, ifMatch('"elsewhere/7"'))).status).toBe(409)
  })

  it('holds for the rows of Gantt, on which a mere shift is no change', async () => {
    const { rest, flat } = await startKit()
    const { etag } = (await rest('GET', '/data/task/3')).headers
    const position = `"${(await rest('GET', '/data')).headers['planwire-position']}"`
    const project = flat()
    project.say(change({ tasks: { updated: [{ id: 3, parentIndex: 5 }] } }))
    for (const tag of [position, etag]) {
      expect((await rest('PUT', '/data/task/3', { text: 'Rest', parent: 0 }, ifMatch(tag))).status).toBe(200)
    }
    project.say(change({ tasks: { updated: [{ id: 3, name: 'Theirs' }] } }))
    for (const tag of [position, etag]) {
      const late = await rest('PUT', '/data/task/3', { text: 'Mine', parent: 0 }, ifMatch(tag))
      expect([late.status, JSON.parse(late.body)]).toMatchObject([409, { code: 'conflict', item: { text: 'Theirs' } }])
    }
  })

  it('understands lists, any version, weak tags, and says what it does not understand', async () => {
    const { rest } = await startKit(ONE)
    const { etag = '' } = (await rest('GET', '/events/1')).headers
    const status = async (tag: string): Promise<number> =>
      (await rest('PUT', '/events/1', { text: 'one' }, ifMatch(tag))).status
    expect(await status('*')).toBe(200)
    expect(await status(`"x", ${etag}`)).toBe(200)
    expect(await status(`W/${etag}`)).toBe(409)
    for (const bad of ['', 'x', '"', etag.slice(1)]) expect(await status(bad)).toBe(400)
    expect((await rest('PUT', '/events/9', {}, ifMatch('*'))).status).toBe(404)
  })

  it('keeps its meaning over a restart', async () => {
    const log = createMemoryLog()
    const before = await startKit(ONE, log)
    const { headers } = await before.rest('PUT', '/events/1', { text: 'kept', extra: { deep: [1, null] } })
    await before.core.close()
    const after = await startKit(ONE, log)
    expect((await after.rest('GET', '/events/1')).headers['etag']).toBe(headers['etag'])
    expect((await after.rest('PUT', '/events/1', { text: 'x' }, ifMatch(headers['etag']))).status).toBe(200)
  })
})

describe('what pages of other origins need', () => {
  it('is allowed and exposed', async () => {
    const { rest } = await startKit()
    const asked = { 'access-control-request-headers': 'content-type,idempotency-key,if-match,remote-token' }
    const { headers } = await rest('OPTIONS', '/events/1', '', asked)
    expect(headers['access-control-allow-headers']).toBe(asked['access-control-request-headers'])
    const usual = (await rest('OPTIONS', '/events/1')).headers['access-control-allow-headers']
    expect(usual).toMatch(/idempotency-key.*if-match/)
    expect((await rest('GET', '/events')).headers['access-control-expose-headers']).toBe('etag, planwire-position')
  })

  it('is offered by the handshake', async () => {
    const { rest } = await startKit()
    const { body } = await rest('GET', '/api/v1', '', { 'remote-token': 'token' })
    expect(JSON.parse(body)).toEqual({
      ...{ api: {}, data: {}, websocket: true },
      planwire: { version: 1, idempotencyKey: true, ifMatch: true, catchUp: true },
    })
  })
})
