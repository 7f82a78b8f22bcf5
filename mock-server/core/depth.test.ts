import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startKit } from './core-kit.contract.ts'
import { isTooDeep } from './depth.ts'

const nested = (levels: number): string => `${'{"a":['.repeat(levels / 2)}${']}'.repeat(levels / 2)}`

/** How deep a JSON text nests, by reading it. */
function depthOf(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0
  return 1 + Math.max(0, ...Object.values(json).map(depthOf))
}

describe('JSON that nests too deeply', () => {
  it('is told from JSON that does not, brackets in texts and after quotes aside', () => {
    expect([isTooDeep(nested(200)), isTooDeep(nested(202))]).toEqual([false, true])
    const text = JSON.stringify({ text: '[{"'.repeat(500), more: '\\\\"'.repeat(300), deep: JSON.parse(nested(198)) })
    expect(isTooDeep(text)).toBe(false)
    expect(isTooDeep(`[${text}, ${nested(200)}]`)).toBe(true)
    expect(isTooDeep(JSON.stringify(Array.from({ length: 1000 }, () => [[]])))).toBe(false)
  })

  it('is found as a reader finds it', () => {
    const shell = fc.tuple(fc.integer({ min: 90, max: 110 }), fc.json({ maxDepth: 3, stringUnit: 'binary' }))
    fc.assert(
      fc.property(shell, ([pairs, inner]) => {
        const text = `${'{"\\"[":['.repeat(pairs)}${inner}${']}'.repeat(pairs)}`
        expect(isTooDeep(text)).toBe(depthOf(JSON.parse(text)) > 200)
      }),
    )
  })

  it('never gets into a list, which nobody could be served any more', async () => {
    const { rest, live, get, logged } = await startKit()
    const peer = live('events')
    const body = `{"text":"x","more":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    for (const [method, url] of [
      ['POST', '/events'],
      ['POST', '/data/task'],
      ['PUT', '/data/task/1'],
    ] as const) {
      expect((await rest(method, url, body)).status).toBe(400)
    }
    expect(await rest('POST', '/api/v1', body, { 'remote-token': 'token' })).toMatchObject({ status: 400 })
    peer.say(`{"action":"subscribe","name":"rooms","x":${body}}`)
    expect(await get('/events')).toEqual([])
    expect(logged.filter((line) => line.startsWith('error'))).toEqual([])
  })
})
