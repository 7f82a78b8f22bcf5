import { describe, expect, test } from 'vitest'
import { datasetFrame, loadedScript } from './scripted-server.contract.ts'

const edit = (revision: number, changes: object, changeset?: string) => ({
  command: 'projectChange',
  project: 1,
  planwire: { epoch: 'e1', revision, ...(changeset ? { changeset } : {}) },
  changes,
})
const ack = (revision: number) => ({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision } })
const refusal = (changeset: string) => ({ command: 'projectChange', project: 1, error: 'No', planwire: { changeset } })

describe('the status of a record', () => {
  test('[ST1] pending from the edit until the server has it for sure, under both ids of a new one', () => {
    const { client, ...script } = kit('extension')
    expect(client.tasks.status(1)).toBe('synced')
    const task = client.transact(() => {
      client.tasks.update(1, { name: 'b' })
      return client.tasks.add({ name: 'new' })
    })
    expect([client.tasks.status(1), client.tasks.status(task.id), client.resources.status(1)]).toEqual([
      'pending',
      'pending',
      'synced',
    ])
    const added = [{ $PhantomId: task.id, id: 100, name: 'new', parentIndex: 1 }]
    script.say(edit(1, { tasks: { added, updated: [{ id: 1, name: 'b' }] } }, 'me:1'))
    expect([client.tasks.status(1), client.tasks.status(100), client.tasks.status(task.id)]).toEqual([
      'pending',
      'pending',
      'pending',
    ])
    script.say(ack(1))
    expect([client.tasks.status(1), client.tasks.status(100), client.pendingCount]).toEqual(['synced', 'synced', 0])
  })

  test('[ST1] unconfirmed on a server that does not answer, pending again with another edit behind it', () => {
    const { client, ...script } = kit('flat')
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    expect(client.tasks.status(1)).toBe('unconfirmed')
    client.tasks.update(1, { name: 'c' })
    expect(client.tasks.status(1)).toBe('pending')
    client.commit()
    void client.whenSynced()
    script.heard()
    script.say(datasetFrame('flat', [{ id: 1, name: 'c' }]))
    script.clock.advance(1_000)
    script.heard()
    for (let at = 0; at < 4 && client.unconfirmedCount; at++) {
      script.say(datasetFrame('flat', [{ id: 1, name: 'c' }]))
      script.clock.advance(10_000)
      script.heard()
    }
    expect(client.tasks.status(1)).toBe('synced')
  })

  test('[ST2] a refusal stays until the next edit, which may be refused as well, or until it is acknowledged', () => {
    const { client, ...script } = kit('extension')
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    script.say(refusal('me:1'))
    expect(client.tasks.status(1)).toBe('rejected')
    client.transact(() => client.tasks.update(1, { name: 'c' }))
    expect(client.tasks.status(1)).toBe('pending')
    script.say(refusal('me:2'))
    expect(client.tasks.status(1)).toBe('rejected')
    client.transact(() => client.tasks.update(1, { name: 'd' }))
    script.say(edit(1, { tasks: { updated: [{ id: 1, name: 'd' }] } }, 'me:3'), ack(1))
    expect(client.tasks.status(1)).toBe('synced')
    const task = client.transact(() => client.tasks.add({ name: 'new' }))
    script.say(refusal('me:4'))
    expect(client.tasks.status(task.id)).toBe('rejected')
    client.tasks.acknowledge(task.id)
    expect(client.tasks.status(task.id)).toBe('synced')
  })

  test('[ST2] a record that somebody removed under an edit is in conflict, until another project is shown', () => {
    const { client, ...script } = kit('extension')
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    script.say(edit(1, { tasks: { removed: [{ id: 1 }] } }))
    expect(client.tasks.status(1)).toBe('conflict')
    client.wsProjectId = 2
    expect(client.tasks.status(1)).toBe('synced')
  })

  test('[ST3] changes are told once per turn, with the ids of today', async () => {
    const { client, ...script } = kit('extension')
    const told: unknown[] = []
    client.on('status', (changes) => told.push(changes))
    const task = client.transact(() => client.tasks.add({ name: 'new' }))
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    client.transact(() => client.tasks.update(1, { name: 'c' }))
    await Promise.resolve()
    expect(told.splice(0)).toEqual([
      [
        { store: 'tasks', id: task.id, status: 'pending' },
        { store: 'tasks', id: 1, status: 'pending' },
      ],
    ])
    const added = [{ $PhantomId: task.id, id: 100, name: 'new', parentIndex: 1 }]
    script.say(edit(1, { tasks: { added } }, 'me:1'), refusal('me:2'), refusal('me:3'), ack(1))
    await Promise.resolve()
    expect(told.splice(0)).toEqual([
      [
        { store: 'tasks', id: 100, status: 'synced' },
        { store: 'tasks', id: 1, status: 'rejected' },
      ],
    ])
    script.say(edit(2, { tasks: { updated: [{ id: 100, name: 'theirs' }] } }))
    await Promise.resolve()
    expect(told).toEqual([])
  })
})

function kit(kind: 'flat' | 'extension') {
  const script = loadedScript(kind)
  return {
    client: script.client,
    clock: script.clock,
    say: (...frames: Parameters<typeof script.say>) => {
      script.heard()
      script.say(...frames)
    },
    heard: () => script.heard(),
  }
}
