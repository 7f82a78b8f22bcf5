/** What an app gives that cannot be sent: a typed error at the call, and nothing has changed. */
import { describe, expect, test } from 'vitest'
import { BAD_VALUES, cycle, REFUSED } from '../sync/bad-values.contract.ts'
import { changes } from './browser-tabs.contract.ts'
import { loadedScript } from './scripted-server.contract.ts'

const refused = expect.objectContaining(REFUSED)

describe('a value that cannot be sent', () => {
  for (const [what, value] of Object.entries(BAD_VALUES)) {
    test(`[CH7] ${what} is refused by every call of a project, before anything changes`, () => {
      const script = loadedScript('extension')
      const { client } = script
      const before = client.tasks.all()
      const calls = [
        () => client.tasks.add({ name: 'new', note: value } as object),
        () => client.tasks.update(1, { name: 'other', note: value } as object),
        () => client.resources.add({ note: value } as object),
        () => client.updateMeta({ note: value }),
        () => client.setPresence({ note: value }),
        () => void client.wsSend('custom', { note: value }),
        () => client.transact(() => client.tasks.update(1, { note: value } as object)),
      ]
      for (const call of calls) expect(call).toThrow(refused)
      expect(client.tasks.all()).toBe(before)
      expect([client.pendingCount, client.canUndo, client.changes]).toEqual([0, false, null])
      expect(script.heard()).toEqual([])
      client.tasks.update(1, { name: 'good' })
      client.commit()
      expect(changes(script.heard())).toMatchObject([{ changes: { tasks: { updated: [{ id: 1, name: 'good' }] } } }])
    })
  }

  test('[CH7] the error says which call and where', () => {
    const { client } = loadedScript('extension')
    expect(() => client.tasks.update(1, { style: { sizes: [1, Number.NaN] } } as object)).toThrow(
      'tasks.update: style.sizes.1 is NaN, which cannot be sent',
    )
    for (const nothing of [undefined, null, 7, 'text', []])
      expect(() => client.tasks.add(nothing as unknown as object)).toThrow(refused)
  })

  test('a key that nobody takes from the wire is left out', () => {
    const { client } = loadedScript('extension')
    client.tasks.update(1, JSON.parse('{"name":"good","__proto__":{"polluted":1},"constructor":1}'))
    expect(client.changes?.['tasks']).toEqual({ updated: [{ id: 1, name: 'good' }] })
  })

  test('[CH7] what JSON says well passes: undefined leaves out, -0 is 0, dates and other objects say themselves', () => {
    const script = loadedScript('extension')
    const shared = { colour: 'red' }
    const fields = { name: undefined, duration: -0, left: shared, right: shared, note: null }
    const task = script.client.transact(() =>
      script.client.tasks.add({ ...fields, when: new Date(0), own: { toJSON: () => 'itself', cycle } } as object),
    )
    expect(Object.is(task.duration, 0)).toBe(true)
    expect(changes(script.heard())).toMatchObject([
      {
        changes: { tasks: { added: [{ duration: 0, left: shared, when: '1970-01-01T00:00:00.000Z', own: 'itself' }] } },
      },
    ])
  })
})
