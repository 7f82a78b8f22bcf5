/** Holds the double to what the real ProjectModel 7.3 did in the recordings. */
import { describe, expect, test } from 'vitest'
import { framesOf } from '../../protocol/dialects/recordings/recording.contract.ts'
import { isRecordId, type RecordId } from '../../protocol/ids.ts'
import { ProjectDouble } from './project-double.contract.ts'
import { fieldsOf } from './project-model.ts'

type Entry = Record<string, unknown>
const STORES = ['tasks', 'dependencies', 'resources', 'assignments']

/** Changes as the recorded tabs sent (`ws-out`) or heard (`ws-in`) them, revisions by their parts. */
function recorded(name: string, dir: 'ws-in' | 'ws-out'): Entry[] {
  return framesOf(name).frames.flatMap(({ dir: way, frame }) => {
    if (way !== dir || !/^project_?[cC]hange$/.test(String(frame['command']))) return []
    const { revisions } = fieldsOf(frame['data'])
    return Array.isArray(revisions)
      ? revisions.map((revision) => ({ ...fieldsOf(revision) }))
      : [{ changes: frame['changes'] }]
  })
}

function listsOf(changes: unknown, store: string): { added: Entry[]; updated: Entry[]; removed: Entry[] } {
  const { added, updated, removed } = fieldsOf(fieldsOf(changes)[store])
  const list = (value: unknown): Entry[] => (Array.isArray(value) ? value.map((entry) => ({ ...fieldsOf(entry) })) : [])
  return { added: list(added), updated: list(updated), removed: list(removed) }
}

/** A model that holds whatever the recorded changes presume. */
async function modelFor(changes: readonly unknown[], revisionsEnabled: boolean): Promise<ProjectDouble> {
  const data: Record<string, Entry[]> = {}
  for (const store of STORES) {
    const known = new Set<string>()
    for (const one of changes) {
      const { added, updated, removed } = listsOf(one, store)
      for (const { id, $PhantomId: phantom } of added) known.add(String(id ?? phantom))
      for (const { id, parentId } of [...updated, ...removed, ...added])
        for (const needed of [id, parentId])
          if (isRecordId(needed) && !known.has(String(needed)) && !String(needed).startsWith('_generated')) {
            known.add(String(needed))
            data[store] ??= []
            data[store].push({ id: needed })
          }
    }
  }
  const project = new ProjectDouble({ revisionsEnabled })
  await project.loadInlineData(data)
  return project
}

describe('what the recorded client sent', () => {
  test.each(['bryntum-flat', 'bryntum-revisions'])('has the shape of what the double says (%s)', async (name) => {
    const sent = recorded(name, 'ws-out').filter(({ clientId }) => clientId !== 'client-4')
    expect(sent.length).toBeGreaterThan(15)
    for (const { changes } of sent) {
      for (const store of STORES) {
        const { added, updated, removed } = listsOf(changes, store)
        for (const entry of added) expect([isRecordId(entry['$PhantomId']), 'id' in entry]).toEqual([true, false])
        for (const entry of updated) expect('id' in entry && !('$PhantomId' in entry)).toBe(true)
        for (const entry of removed) expect(Object.keys(entry)).toEqual(['id'])
      }
    }
    const model = new ProjectDouble()
    await model.loadInlineData({ tasks: [{ id: 1 }, { id: 2 }] })
    model.taskStore.add({ name: 'x', parentId: 1 }, '_generatedHTask_1')
    model.taskStore.getById(2)?.set({ name: 'y' })
    model.taskStore.remove(1)
    expect(model.changes).toEqual({ tasks: { updated: [{ id: 2, name: 'y', parentIndex: 0 }], removed: [{ id: 1 }] } })
  })

  test('is told again as new until the server has named it', async () => {
    const model = new ProjectDouble()
    const task = model.taskStore.add({ name: 'x', parentId: null }, '_generatedHTask_1')
    model.acceptChanges()
    task.set({ name: 'y' })
    expect(model.changes).toMatchObject({ tasks: { added: [{ name: 'y', $PhantomId: '_generatedHTask_1' }] } })
    await model.applyProjectChanges({ tasks: { added: [{ $PhantomId: '_generatedHTask_1', id: 7 }] } })
    expect([task.id, task.get('name'), model.taskStore.records.length]).toEqual([7, 'y', 1])
  })
})

describe('what the recorded client heard', () => {
  test('is taken by the double as changes, value by value', async () => {
    // Changes of versions were the feature's, which the double does not have: it throws as the recorded client did.
    const heard = recorded('bryntum-flat', 'ws-in').flatMap(({ changes }) =>
      'versions' in fieldsOf(changes) ? [] : [changes],
    )
    const model = await modelFor(heard, false)
    for (const changes of heard) {
      await model.applyProjectChanges(fieldsOf(changes))
      check(model, changes)
    }
  })

  test('is taken by the double as revisions, by what the user did', async () => {
    const heard = recorded('bryntum-revisions', 'ws-in').filter(({ changes }) =>
      STORES.some((store) => '$input' in fieldsOf(fieldsOf(changes)[store])),
    )
    const inputs = heard.map(({ changes }) =>
      Object.fromEntries(
        Object.entries(fieldsOf(changes)).map(([store, part]) => [store, fieldsOf(part)['$input'] ?? {}]),
      ),
    )
    const model = await modelFor(inputs, true)
    model.initRevisions('me')
    for (const [at, { changes }] of heard.entries()) {
      await model.applyRevisions([
        { revisionId: `server-${at}`, localRevisionId: `x-${at}`, clientId: 'other', changes: fieldsOf(changes) },
      ])
      check(model, inputs[at])
    }
  })

  test('of a revision of which no store has `$input` it takes nothing, else what has none as a whole', async () => {
    const model = new ProjectDouble({ revisionsEnabled: true })
    await model.loadInlineData({ tasks: [{ id: 1, name: 'a' }], resources: [{ id: 1, name: 'r' }] })
    model.initRevisions('me')
    const tasks = { updated: [{ id: 1, name: 'b' }] }
    const shown = async (changes: object): Promise<unknown> => {
      await model.applyRevisions([{ revisionId: 's', localRevisionId: 'o', clientId: 'other', changes }])
      return model.taskStore.getById(1)?.get('name')
    }
    expect(await shown({ tasks })).toBe('a')
    expect(await shown({ tasks: { ...tasks, $input: {} } })).toBe('a')
    expect(await shown({ tasks, resources: { $input: {} } })).toBe('b')
  })

  test('an echo of an unknown own revision breaks it, as it broke the recorded one', async () => {
    const model = new ProjectDouble({ revisionsEnabled: true })
    model.initRevisions('me')
    const echo = { revisionId: 'server-1', localRevisionId: 'local-9', clientId: 'me', changes: {} }
    await expect(model.applyRevisions([echo])).rejects.toThrow("reading 'title'")
  })
})

/** Records, and fields that no engine computes, are as the changes say. */
function check(model: ProjectDouble, changes: unknown): void {
  for (const store of STORES) {
    const { added, updated, removed } = listsOf(changes, store)
    const find = (id: unknown): ReturnType<ProjectDouble['taskStore']['getById']> =>
      model.stores[store]?.getById(id as RecordId)
    for (const { id } of added) expect(find(id)?.id).toBe(id)
    for (const { id } of removed) expect(find(id)).toBeUndefined()
    for (const { id, ...fields } of updated)
      for (const field of ['name', 'percentDone', 'units', 'lag'])
        if (field in fields) expect(find(id)?.get(field)).toEqual(fields[field])
  }
}
