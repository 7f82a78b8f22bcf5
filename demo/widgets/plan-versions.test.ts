import { ProjectClient } from 'planwire'
import { MemoryNetwork } from 'planwire/testing'
import { describe, expect, it, vi } from 'vitest'
import { bringBack, contentOf, differenceOf, readContent } from './plan-versions.ts'

/** A client whose server is never there: its edits are seen at once all the same. */
function planner(): ProjectClient {
  const network = new MemoryNetwork(() => undefined, { mode: 'auto' })
  return new ProjectClient({ transport: network.transport, outbox: false, wsProjectId: 1 })
}

function names(client: ProjectClient): string[] {
  return client.tasks.all().map(({ name, parentId }) => {
    const parent = parentId == null ? '' : `${client.tasks.get(parentId)?.name} / `
    return `${parent}${name}`
  })
}

describe('a saved version', () => {
  it('names what was added, removed and changed since, by field', () => {
    const then = [
      { id: 1, name: 'Dig', duration: 2 },
      { id: 2, name: 'Build' },
    ]
    const now = [
      { id: 1, name: 'Dig deep', duration: 3 },
      { id: 3, name: 'Paint' },
    ]
    expect(differenceOf(then, now)).toEqual({
      added: [{ id: 2, name: 'Build' }],
      removed: [{ id: 3, name: 'Paint' }],
      changed: [{ now: now[0], fields: ['name', 'duration'] }],
    })
    expect(differenceOf(now, now)).toEqual({ added: [], removed: [], changed: [] })
  })

  it('comes back as one step that can be undone, with the tree and the links it had', async () => {
    const client = planner()
    const phase = client.tasks.add({ name: 'House' })
    const dig = client.tasks.add({ name: 'Dig', parentId: phase.id })
    const build = client.tasks.add({ name: 'Build', parentId: phase.id })
    client.dependencies.add({ from: dig.id, to: build.id, type: 2 })
    const saved = contentOf(client)
    client.tasks.remove(phase.id)
    client.tasks.add({ name: 'Paint' })
    expect([names(client), client.dependencies.size]).toEqual([['Paint'], 0])

    bringBack(client, saved, 'bring back “v1”')
    expect(names(client).sort()).toEqual(['House', 'House / Build', 'House / Dig'])
    const [link] = client.dependencies.all()
    expect([link?.from, link?.to].map((id) => id !== undefined && client.tasks.get(id)?.name)).toEqual(['Dig', 'Build'])
    // Undo is loaded beside the client.
    await vi.waitFor(() => expect(client.undoLabel).toBe('bring back “v1”'))
    client.undo()
    expect([names(client), client.dependencies.size]).toEqual([['Paint'], 0])
    client.close()
  })

  it.each([undefined, null, 'x', {}, { tasks: [] }, { tasks: [{ name: 'no id' }], dependencies: [] }])(
    'is not made of %j',
    (content) => {
      expect(readContent(content)).toBeUndefined()
    },
  )
})
