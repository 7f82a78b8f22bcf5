import { describe, expect, it } from 'vitest'
import { change, type Kit, PLAN, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'

const MINUTE = 60_000
const edit = (name: string): object => change({ tasks: { updated: [{ id: 1, name }] } })

function nameOf(kit: Kit): unknown {
  return kit.dataset().tasksData?.[0]?.['name']
}

describe('a project on which nobody works', () => {
  it('is put back by the server after 30 minutes, for everybody in it: `dataset`, then `reset` by `Server`', async () => {
    const kit = await startKit()
    const [flat, rev] = [kit.flat(), kit.revisions()]
    flat.say(edit('changed'))
    rev.heard()
    kit.clock.advance(30 * MINUTE - 1)
    expect(flat.heard()).toEqual([])
    kit.clock.advance(1)
    expect(flat.heard()).toEqual([
      expect.objectContaining({ command: 'dataset', project: 1 }),
      { command: 'reset', userName: 'Server', project: 1 },
    ])
    expect(rev.heard()).toMatchObject([{ command: 'dataset' }, { command: 'reset', data: { userName: 'Server' } }])
    expect(nameOf(kit)).toBe('Dig')
    kit.clock.advance(600 * MINUTE)
    expect(flat.heard()).toEqual([])
  })

  it('is left alone as long as somebody does: changes, loads, looks', async () => {
    const kit = await startKit()
    const [worker, viewer] = [kit.flat(), kit.extended()]
    worker.say(edit('changed'))
    for (const frame of [
      edit('again'),
      { command: 'dataset', project: 1 },
      { command: 'presence', planwire: { state: { task: 1 } } },
      { command: 'loadVersionContent', versionId: 1 },
    ]) {
      kit.clock.advance(29 * MINUTE)
      viewer.say(frame)
    }
    await kit.rest('PUT', '/data/task/3', { text: 'by request' })
    kit.clock.advance(29 * MINUTE)
    expect(nameOf(kit)).toMatch(/changed|again/)
    // That somebody looked once more counts as well.
    kit.clock.advance(30 * MINUTE)
    expect(nameOf(kit)).toBe('Dig')
  })

  it('is not put back if nobody changed it, nor because of work on another project', async () => {
    const kit = await startKit()
    const idle = kit.flat()
    const other = kit.connect()
    other.say({ command: 'login', login: 'x' })
    other.say({ command: 'dataset', project: 2 })
    other.say({ command: 'projectChange', project: 2, changes: { tasks: { updated: [{ id: 40, name: 'x' }] } } })
    idle.heard()
    other.heard()
    kit.clock.advance(30 * MINUTE)
    expect(idle.heard()).toEqual([])
    expect(other.heard()).toMatchObject([
      { command: 'dataset', project: 2 },
      { command: 'reset', userName: 'Server', project: 2 },
    ])
  })

  it('is put back also if the changes are from before a restart', async () => {
    const log = createMemoryLog()
    const before = await startKit(PLAN, log)
    before.flat().say(edit('changed'))
    await before.core.close()
    before.clock.advance(60 * MINUTE)
    const kit = await startKit(PLAN, log)
    expect(nameOf(kit)).toBe('changed')
    kit.clock.advance(30 * MINUTE)
    expect(nameOf(kit)).toBe('Dig')
  })

  it('waits as long as is configured; 0: for ever', async () => {
    const soon = await startKit({ ...PLAN, resetDelay: 5 })
    soon.flat().say(edit('changed'))
    soon.clock.advance(5000)
    expect(nameOf(soon)).toBe('Dig')
    const never = await startKit({ ...PLAN, resetDelay: 0 })
    never.flat().say(edit('changed'))
    never.clock.advance(10_000 * MINUTE)
    expect(nameOf(never)).toBe('changed')
  })

  it('leaves no timer when the server closes', async () => {
    const kit = await startKit()
    const peer = kit.flat()
    peer.say(edit('changed'))
    await kit.core.close()
    kit.clock.advance(60 * MINUTE)
    expect(peer.heard()).toEqual([])
  })
})

describe('the configuration', () => {
  it('says how many minutes lie between automatic versions of a project, each project for itself', async () => {
    const { flat, clock } = await startKit({ ...PLAN, autoSaveInterval: 10 })
    const peer = flat()
    const granted = (project: number): object => ({ command: 'versionAutoSaveOK', project })
    for (const project of [1, 2, 1, 2]) peer.say({ command: 'requestVersionAutoSave', project })
    expect(peer.heard()).toEqual([granted(1), granted(2)])
    clock.advance(10 * MINUTE - 1)
    peer.say({ command: 'requestVersionAutoSave', project: 1 })
    clock.advance(1)
    peer.say({ command: 'requestVersionAutoSave', project: 1 })
    expect(peer.heard()).toEqual([granted(1)])
  })

  it('says where the project’s own fields stand in the documented dialect', async () => {
    const load = async (projectMeta: 'inside' | 'beside'): Promise<unknown> => {
      const peer = (await startKit({ ...PLAN, projectMeta })).flat()
      peer.say({ command: 'dataset', project: 1 })
      return peer.heard()[0]
    }
    const meta = { startDate: '2026-01-01' }
    expect(await load('inside')).toMatchObject({ dataset: { projectMeta: meta } })
    expect(await load('inside')).not.toHaveProperty('projectMeta')
    const beside = await load('beside')
    expect(beside).toMatchObject({ command: 'dataset', project: 1, projectMeta: meta })
    expect(beside).not.toHaveProperty('dataset.projectMeta')
  })
})
