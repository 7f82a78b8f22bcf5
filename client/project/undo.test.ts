import { describe, expect, test } from 'vitest'
import type { RecordId } from '../protocol/ids.ts'
import type { ProjectClientOptions } from './project-options.ts'
import { datasetFrame, type Frame, loadedScript, type Script } from './scripted-server.contract.ts'

/** A client, a server that orders what it says and gives ids from 100 on, and other users. */
class Plan {
  readonly script: Script
  readonly #reals = new Map<unknown, number>()
  #revision = 0
  #nextId = 100

  constructor(tasks: Frame[], options: ProjectClientOptions = {}) {
    this.script = loadedScript('extension', options, tasks)
  }

  get client() {
    return this.script.client
  }

  /** The server orders every changeset that it has heard, and returns their changes. */
  serve(): unknown[] {
    const heard = this.script.heard().filter((frame) => frame['command'] === 'projectChange')
    for (const { changes, planwire } of heard as { changes: object; planwire: { counter: number } }[]) {
      JSON.stringify(changes, (key, value) => {
        if (key === '$PhantomId' && !this.#reals.has(value)) this.#reals.set(value, this.#nextId++)
        return value
      })
      const named = JSON.parse(JSON.stringify(changes), (key, value) => {
        if (value?.$PhantomId) return { ...value, id: this.#reals.get(value.$PhantomId) }
        return key.startsWith('$Phantom') ? value : (this.#reals.get(value) ?? value)
      })
      this.#order(named, `me:${planwire.counter}`)
    }
    return heard.map((frame) => frame['changes'])
  }

  /** Somebody else changes something. */
  others(changes: object): void {
    this.#order(changes)
  }

  /** The server refuses what it has heard. */
  refuse(): void {
    for (const frame of this.script.heard()) {
      const { counter } = frame['planwire'] as { counter: number }
      const changeset = `me:${counter}`
      this.script.say({ command: 'projectChange', project: 1, error: 'No', planwire: { changeset } })
    }
  }

  /** The tree in one line: names, children in brackets. */
  get outline(): string {
    const { tasks } = this.client
    const line = (parent: RecordId | null): string =>
      tasks
        .children(parent)
        .map(({ id, name }) => (tasks.children(id).length ? `${name}(${line(id)})` : name))
        .join(' ')
    return line(null)
  }

  idOf(name: string): RecordId {
    const task = this.client.tasks.all().find((candidate) => candidate.name === name)
    if (!task) throw new Error(`There is no task ${name}`)
    return task.id
  }

  #order(changes: object, changeset?: string): void {
    const order = { epoch: 'e1', revision: ++this.#revision, ...(changeset ? { changeset } : {}) }
    this.script.say({ command: 'projectChange', project: 1, planwire: order, changes })
  }
}

const FAMILY = [
  { id: 1, name: 'a', parentIndex: 0, children: [{ id: 2, name: 'b', parentIndex: 0 }] },
  { id: 3, name: 'c', parentIndex: 1 },
]

describe('undo and redo', () => {
  test('[UN1] take back the newest own transaction and make it again, each as an ordinary changeset', () => {
    const plan = new Plan([{ id: 1, name: 'a', note: 'n' }])
    const { client } = plan
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    client.transact(() => client.tasks.update(1, { note: null }))
    plan.serve()
    expect([client.canUndo, client.canRedo]).toEqual([true, false])
    expect(client.undo()).toBe(true)
    expect(client.tasks.get(1)).toMatchObject({ name: 'b', note: 'n' })
    expect(plan.serve()).toEqual([{ tasks: { updated: [{ id: 1, note: 'n' }] } }])
    expect(client.undo()).toBe(true)
    expect(client.tasks.get(1)).toMatchObject({ name: 'a', note: 'n' })
    expect(client.undo()).toBe(false)
    expect([client.canUndo, client.canRedo]).toEqual([false, true])
    expect([client.redo(), client.redo(), client.redo()]).toEqual([true, true, false])
    expect(client.tasks.get(1)).toMatchObject({ name: 'b', note: null })
  })

  test('[UN1] the edits of one turn are one step, and the project’s own fields are undone like records', async () => {
    const plan = new Plan([{ id: 1, name: 'a' }])
    const { client } = plan
    client.tasks.update(1, { name: 'b' })
    client.tasks.update(1, { name: 'c' })
    client.updateMeta({ hoursPerDay: 6 })
    await Promise.resolve()
    client.tasks.update(1, { name: 'd' })
    expect(client.canUndo).toBe(true)
    client.undo()
    expect([client.tasks.get(1)?.name, client.meta]).toEqual(['c', { hoursPerDay: 6 }])
    client.undo()
    expect([client.tasks.get(1)?.name, client.meta]).toEqual(['a', { hoursPerDay: null }])
    expect(client.canUndo).toBe(false)
  })

  test('[UN1] edits that are not committed yet are taken back as well', () => {
    const plan = new Plan([{ id: 1, name: 'a' }], { autoCommit: false })
    const { client } = plan
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    client.tasks.add({ name: 'new' })
    client.undo()
    expect(plan.outline).toBe('b')
    client.undo()
    expect(plan.outline).toBe('a')
    client.redo()
    client.redo()
    expect(plan.outline).toBe('b new')
  })

  test('[UN1] neither can be part of a transaction', () => {
    const { client } = new Plan([{ id: 1, name: 'a' }])
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    expect(() => client.transact(() => client.undo())).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(client.tasks.get(1)?.name).toBe('b')
  })

  test('[UN2] a field is put back only if it still is as the step left it; what others did stays, in redo too', () => {
    const plan = new Plan([{ id: 1, name: 'a', note: 'n', percentDone: 0 }])
    const { client } = plan
    client.transact(() => client.tasks.update(1, { name: 'mine', note: 'mine' }))
    plan.serve()
    plan.others({ tasks: { updated: [{ id: 1, name: 'theirs', percentDone: 50 }] } })
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'theirs', note: 'n', percentDone: 50 })
    client.redo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'theirs', note: 'mine', percentDone: 50 })
  })

  test('[UN2] fields that belong together are put back together or not at all', () => {
    const bar = { startDate: '2026-01-01', endDate: '2026-01-03', duration: 2 }
    const plan = new Plan([{ id: 1, name: 'a', ...bar }])
    const { client } = plan
    client.transact(() => client.tasks.update(1, { name: 'b', endDate: '2026-01-05', duration: 4 }))
    plan.serve()
    plan.others({ tasks: { updated: [{ id: 1, startDate: '2026-01-02' }] } })
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({
      name: 'a',
      startDate: '2026-01-02',
      endDate: '2026-01-05',
      duration: 4,
    })
  })

  test('[UN2] what the server made of a value is what the step set', () => {
    const plan = new Plan([{ id: 1, name: 'a', note: 'n' }])
    const { client, script } = plan
    client.transact(() => client.tasks.update(1, { name: ' b ', note: 'x' }))
    client.transact(() => client.tasks.update(1, { note: 'y' }))
    script.heard()
    const stored = { tasks: { updated: [{ id: 1, name: 'b', note: 'x' }] } }
    const order = { epoch: 'e1', revision: 1, changeset: 'me:1' }
    script.say({ command: 'projectChange', project: 1, planwire: order, changes: stored })
    expect(client.tasks.get(1)).toMatchObject({ name: 'b', note: 'y' })
    client.undo()
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'a', note: 'n' })
  })

  test('[UN2] a number that a server wrote as a string still is the reference that the step set', () => {
    const plan = new Plan([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
      { id: 3, name: 'c' },
    ])
    const { client } = plan
    const link = client.transact(() => client.dependencies.add({ from: 1, to: 2 }))
    client.transact(() => client.dependencies.update(link.id, { to: 3 }))
    plan.serve()
    plan.others({ dependencies: { updated: [{ id: 100, from: '1', to: '3' }] } })
    client.undo()
    expect(client.dependencies.get(100)).toMatchObject({ from: '1', to: 2 })
  })

  test('[UN3] undo of an add removes the record with others’ edits of it and links to it; redo brings all of it back', () => {
    const plan = new Plan([{ id: 1, name: 'a', parentIndex: 0 }])
    const { client } = plan
    client.transact(() => client.tasks.add({ name: 'new' }))
    plan.serve()
    plan.others({
      tasks: { updated: [{ id: 100, note: 'theirs' }] },
      dependencies: { added: [{ id: 7, from: 1, to: 100 }] },
      assignments: {
        added: [
          { id: 8, event: 100, resource: 5 },
          { id: 9, event: 1, resource: 5 },
        ],
      },
      resources: { added: [{ id: 5, name: 'Ann' }] },
    })
    client.undo()
    expect(plan.outline).toBe('a')
    expect([client.dependencies.size, client.assignments.size, client.resources.size]).toEqual([0, 1, 1])
    plan.serve()
    client.redo()
    plan.serve()
    const again = plan.idOf('new')
    expect(client.tasks.get(again)).toMatchObject({ note: 'theirs' })
    expect(client.dependencies.all()).toMatchObject([{ from: 1, to: again }])
    expect(client.assignments.all().map(({ event }) => event)).toEqual([1, again])
  })

  test('[UN3] tasks that others put below an added one move up in its place; redo puts them below it again', () => {
    const plan = new Plan(FAMILY)
    const { client } = plan
    client.transact(() => {
      const outer = client.tasks.add({ name: 'outer', parentId: 1 })
      client.tasks.add({ name: 'inner', parentId: outer.id })
    })
    plan.serve()
    plan.others({
      tasks: {
        added: [
          { id: 50, name: 'x', parentId: 101, parentIndex: 0 },
          { id: 51, name: 'y', parentId: 50 },
        ],
      },
    })
    plan.others({ tasks: { added: [{ id: 52, name: 'last', parentId: 1, parentIndex: 1 }] } })
    expect(plan.outline).toBe('a(b last outer(inner(x(y)))) c')
    client.undo()
    expect(plan.outline).toBe('a(b x(y) last) c')
    plan.serve()
    client.redo()
    expect(plan.outline).toBe('a(b outer(inner(x(y))) last) c')
  })

  test('[UN4] undo of a remove brings back the task, what was below it and what hung on it, under new ids that refer to each other', () => {
    const plan = new Plan(FAMILY)
    const { client } = plan
    client.transact(() => {
      client.dependencies.add({ from: 3, to: 2 })
      client.assignments.add({ event: 2, resource: client.resources.add({ name: 'Ann' }).id })
    })
    plan.serve()
    client.transact(() => client.tasks.remove(1))
    plan.serve()
    expect(plan.outline).toBe('c')
    client.undo()
    expect(plan.outline).toBe('a(b) c')
    plan.serve()
    const [a, b] = [plan.idOf('a'), plan.idOf('b')]
    expect([a, b]).not.toEqual([1, 2])
    expect(client.tasks.get(b)?.parentId).toBe(a)
    expect(client.dependencies.all()).toMatchObject([{ from: 3, to: b }])
    expect(client.assignments.all()).toMatchObject([{ event: b, resource: client.resources.all()[0]?.id }])
  })

  test('[UN4] a link whose other end is gone does not come back, a task whose parent is gone comes to the root', () => {
    const plan = new Plan(FAMILY)
    const { client } = plan
    client.transact(() => client.dependencies.add({ from: 3, to: 2 }))
    plan.serve()
    client.transact(() => client.tasks.remove(2))
    plan.serve()
    plan.others({ tasks: { removed: [{ id: 1 }, { id: 3 }] } })
    client.undo()
    expect(plan.outline).toBe('b')
    expect(client.dependencies.size).toBe(0)
    expect(plan.serve()).toMatchObject([{ tasks: { added: [{ parentId: null }] } }])
  })

  test('[UN4] removing a resource takes its assignments along, and undo brings them back', () => {
    const plan = new Plan(FAMILY)
    const { client } = plan
    client.transact(() => client.assignments.add({ event: 2, resource: client.resources.add({ name: 'Ann' }).id }))
    plan.serve()
    client.transact(() => client.resources.remove(client.resources.all().map(({ id }) => id)))
    expect(client.assignments.size).toBe(0)
    client.undo()
    plan.serve()
    expect(client.assignments.all()).toMatchObject([{ event: 2, resource: client.resources.all()[0]?.id }])
  })

  test.each([true, false])(
    '[UN5] delete, undo, redo, undo work across ids that change (answers in between: %s)',
    (answers) => {
      const plan = new Plan(FAMILY)
      const { client } = plan
      const step = (run: () => unknown): string => {
        run()
        if (answers) plan.serve()
        return plan.outline
      }
      step(() => client.transact(() => client.tasks.update(2, { name: 'B' })))
      step(() => client.transact(() => client.tasks.add({ name: 'd', parentId: 2 })))
      step(() => client.transact(() => client.tasks.remove(1)))
      for (let round = 0; round < 3; round++) {
        expect(step(() => client.undo())).toBe('a(B(d)) c')
        expect(step(() => client.undo())).toBe('a(B) c')
        expect(step(() => client.undo())).toBe('a(b) c')
        expect(client.canUndo).toBe(false)
        expect(step(() => client.redo())).toBe('a(B) c')
        expect(step(() => client.redo())).toBe('a(B(d)) c')
        expect(step(() => client.redo())).toBe('c')
        expect(client.canRedo).toBe(false)
      }
      plan.serve()
      expect(plan.outline).toBe('c')
      expect(client.tasks.all().map(({ id }) => id)).toEqual([3])
    },
  )

  test('[UN5] a record that a server lost and got again is still the one of the step', () => {
    const plan = new Plan([{ id: 1, name: 'a' }])
    const { client, script } = plan
    client.transact(() => client.tasks.add({ name: 'new' }))
    plan.serve()
    client.transact(() => client.tasks.update(100, { name: 'renamed' }))
    script.drop()
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    script.heard()
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    expect(plan.outline).toBe('a renamed')
    client.undo()
    expect(plan.outline).toBe('a new')
    client.undo()
    expect(plan.outline).toBe('a')
  })

  test('[UN6] a moved row goes back between the rows that stand there now', () => {
    const rows = ['a', 'b', 'c'].map((name, at) => ({ id: at + 1, name, parentIndex: at }))
    const plan = new Plan(rows)
    const { client } = plan
    client.transact(() => client.tasks.move(1, { index: 2 }))
    plan.serve()
    expect(plan.outline).toBe('b c a')
    plan.others({
      tasks: {
        added: [{ id: 9, name: 'new', parentIndex: 0 }],
        updated: [
          { id: 2, parentIndex: 1 },
          { id: 3, parentIndex: 2 },
          { id: 1, parentIndex: 3 },
        ],
      },
    })
    client.undo()
    expect(plan.outline).toBe('new a b c')
    client.redo()
    expect(plan.outline).toBe('new b c a')
    plan.serve()
    plan.others({
      tasks: {
        updated: [
          { id: 1, parentIndex: 1 },
          { id: 2, parentIndex: 3 },
        ],
      },
    })
    const before = plan.outline
    client.undo()
    expect(plan.outline).toBe(before)
  })

  test('[UN6] a task goes back below its former parent, unless that one is gone, or below it by now, or others moved the task on', () => {
    const plan = new Plan(FAMILY)
    const { client } = plan
    client.transact(() => client.tasks.move(2, { parentId: 3 }))
    plan.serve()
    client.undo()
    expect(plan.outline).toBe('a(b) c')
    client.redo()
    plan.serve()
    plan.others({ tasks: { updated: [{ id: 1, parentId: 2 }] } })
    expect(plan.outline).toBe('c(b(a))')
    expect(client.undo()).toBe(false)
    expect(plan.outline).toBe('c(b(a))')
  })

  test('[UN6] moves in one transaction go back together, whichever was in the way of the other', () => {
    const plan = new Plan(FAMILY)
    const { client } = plan
    client.transact(() => {
      client.tasks.move(2, { parentId: null })
      client.tasks.move(1, { parentId: 2 })
    })
    expect(plan.outline).toBe('c b(a)')
    client.undo()
    expect(plan.outline).toBe('a(b) c')
    client.redo()
    expect(plan.outline).toBe('c b(a)')
  })

  test('[UN6] a row that comes back pushes on whoever stands in its place', () => {
    const rows = ['a', 'b', 'c'].map((name, at) => ({ id: at + 1, name, parentIndex: at }))
    const plan = new Plan(rows)
    const { client } = plan
    client.transact(() => client.tasks.remove(2))
    plan.serve()
    plan.others({ tasks: { updated: [{ id: 3, parentIndex: 1 }], added: [{ id: 9, name: 'new', parentIndex: 2 }] } })
    client.undo()
    expect(plan.outline).toBe('a b c new')
  })

  test('[UN7] a step of which others left nothing is passed over', () => {
    const plan = new Plan([{ id: 1, name: 'a', note: 'n' }])
    const { client } = plan
    client.transact(() => client.tasks.update(1, { note: 'mine' }))
    client.transact(() => client.tasks.update(1, { name: 'mine' }))
    plan.serve()
    plan.others({ tasks: { updated: [{ id: 1, name: 'theirs' }] } })
    expect(client.undo()).toBe(true)
    expect(client.tasks.get(1)).toMatchObject({ name: 'theirs', note: 'n' })
    expect(client.canUndo).toBe(false)
    client.redo()
    expect(client.canRedo).toBe(false)
    plan.others({ tasks: { removed: [{ id: 1 }] } })
    expect(client.undo()).toBe(false)
  })

  test('[UN8] labels, what is not undoable, and what ends a redo', () => {
    const plan = new Plan([{ id: 1, name: 'a', note: 'n' }])
    const { client } = plan
    const told: unknown[] = []
    client.on('history', (state) => told.push(state))
    client.transact(() => client.tasks.update(1, { name: 'b' }), { label: 'Rename' })
    expect(told).toEqual([{ canUndo: true, canRedo: false, undoLabel: 'Rename', redoLabel: undefined }])
    client.undo()
    expect([client.undoLabel, client.redoLabel]).toEqual([undefined, 'Rename'])
    client.transact(() => client.tasks.update(1, { note: 'by a program' }), { undoable: false })
    expect(client.canRedo).toBe(true)
    client.redo()
    expect(client.undoLabel).toBe('Rename')
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'a', note: 'by a program' })
    client.transact(() => client.tasks.update(1, { name: 'c' }))
    expect([client.canRedo, client.redoLabel]).toEqual([false, undefined])
    expect(told.at(-1)).toEqual(
      client.getSnapshot() && { canUndo: true, canRedo: false, undoLabel: undefined, redoLabel: undefined },
    )
  })

  test('[UN8] transactions of a group are one step while each follows within a second', () => {
    const plan = new Plan([{ id: 1, name: '' }])
    const { client, script } = plan
    const type = (name: string, group: string): void => {
      client.transact(() => client.tasks.update(1, { name }), { group, label: 'Typing' })
    }
    type('a', 'name of 1')
    script.clock.advance(1_000)
    type('ab', 'name of 1')
    script.clock.advance(900)
    type('abc', 'name of 1')
    script.clock.advance(1_001)
    type('abcd', 'name of 1')
    type('x', 'something else')
    const seen: unknown[] = []
    while (client.undo()) seen.push(client.tasks.get(1)?.name)
    expect(seen).toEqual(['abcd', 'abc', ''])
    while (client.redo()) seen.push(client.tasks.get(1)?.name)
    expect(seen.slice(3)).toEqual(['abc', 'abcd', 'x'])
    client.undo()
    type('y', 'something else')
    client.undo()
    expect(client.tasks.get(1)?.name).toBe('abcd')
  })

  test('[UN8] an add and a remove in one group leave nothing to bring back', () => {
    const plan = new Plan([{ id: 1, name: 'a' }])
    const { client } = plan
    client.transact(() => client.tasks.add({ name: 'new' }), { group: 'g' })
    plan.serve()
    client.transact(() => client.tasks.remove(100), { group: 'g' })
    expect(client.undo()).toBe(false)
    expect(plan.outline).toBe('a')
  })

  test('[UN8] at most `undoLimit` steps are kept, 100 by default', () => {
    const { client } = new Plan([{ id: 1, name: '0' }])
    for (let at = 1; at <= 130; at++) client.transact(() => client.tasks.update(1, { name: String(at) }))
    let undone = 0
    while (client.undo()) undone += 1
    expect([undone, client.tasks.get(1)?.name]).toEqual([100, '30'])
    const none = new Plan([{ id: 1, name: '0' }], { undoLimit: 0 }).client
    none.transact(() => none.tasks.update(1, { name: '1' }))
    expect([none.canUndo, none.undo()]).toEqual([false, false])
  })

  test('[UN9] a refused changeset leaves the history, and no undo goes back to a value that was refused', () => {
    const plan = new Plan([{ id: 1, name: 'a', note: 'n' }])
    const { client } = plan
    client.transact(() => client.tasks.update(1, { name: 'refused' }), { group: 'g' })
    client.transact(() => client.tasks.update(1, { note: 'good' }), { group: 'g' })
    const [first] = plan.script.heard()
    expect(first).toMatchObject({ planwire: { counter: 1 } })
    client.transact(() => client.tasks.update(1, { name: 'better' }))
    plan.script.say({ command: 'projectChange', project: 1, error: 'No', planwire: { changeset: 'me:1' } })
    plan.script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1, changeset: 'me:2' },
      changes: { tasks: { updated: [{ id: 1, note: 'good' }] } },
    })
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'a', note: 'good' })
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'a', note: 'n' })
    expect(client.canUndo).toBe(false)
  })

  test('[UN2 UN5 UN9] the server’s word on a changeset finds records that had another id when it was made', () => {
    const plan = new Plan([])
    const { client, script } = plan
    client.transact(() => client.tasks.add({ name: 'a', note: 'n' }))
    script.heard()
    const [task] = client.tasks.all()
    client.transact(() => client.tasks.update(task?.id ?? 0, { name: ' b ' }))
    client.transact(() => client.tasks.update(task?.id ?? 0, { note: 'refused' }))
    script.heard()
    const added = [{ $PhantomId: task?.id, id: 100, name: 'a', note: 'n', parentIndex: 0 }]
    const say = (revision: number, changes: object): void =>
      script.say({
        command: 'projectChange',
        project: 1,
        planwire: { epoch: 'e1', revision, changeset: `me:${revision}` },
        changes,
      })
    say(1, { tasks: { added } })
    say(2, { tasks: { updated: [{ id: 100, name: 'b' }] } })
    client.transact(() => client.tasks.update(100, { note: 'good' }))
    script.heard()
    script.say({ command: 'projectChange', project: 1, error: 'No', planwire: { changeset: 'me:3' } })
    client.undo()
    expect(client.tasks.get(100)).toMatchObject({ name: 'b', note: 'n' })
    client.undo()
    expect(client.tasks.get(100)).toMatchObject({ name: 'a' })
    client.undo()
    expect([client.tasks.size, client.canUndo]).toEqual([0, false])
  })

  test('[UN9] a refused undo is gone, too', () => {
    const plan = new Plan([{ id: 1, name: 'a' }])
    const { client } = plan
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    plan.serve()
    client.undo()
    plan.refuse()
    expect([client.tasks.get(1)?.name, client.canUndo, client.canRedo]).toEqual(['b', false, false])
  })

  test('[UN1] an undo that a full outbox refuses is still to be done', () => {
    const plan = new Plan([{ id: 1, name: '0' }])
    const { client, script } = plan
    script.drop()
    for (let at = 1; at <= 1_000; at++) client.transact(() => client.tasks.update(1, { name: String(at) }))
    expect(() => client.transact(() => client.tasks.update(1, { name: 'too much' }))).toThrow('1000 changes wait')
    expect(() => client.undo()).toThrow(expect.objectContaining({ code: 'outbox-full' }))
    expect([client.tasks.get(1)?.name, client.canUndo, client.canRedo]).toEqual(['1000', true, false])
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    script.heard()
    script.say(datasetFrame('extension', [{ id: 1, name: '0' }]))
    plan.serve()
    expect(client.undo()).toBe(true)
    expect(client.tasks.get(1)?.name).toBe('999')
  })

  test('[UN10] the history survives a lost connection and the reload of the project', () => {
    const plan = new Plan([{ id: 1, name: 'a' }])
    const { client, script } = plan
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    plan.serve()
    script.drop()
    client.undo()
    expect(client.tasks.get(1)?.name).toBe('a')
    client.redo()
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    script.heard()
    script.say(datasetFrame('extension', [{ id: 1, name: 'b', note: 'theirs' }], 9))
    client.undo()
    expect(client.tasks.get(1)).toMatchObject({ name: 'a', note: 'theirs' })
  })

  test('[UN10] a reset, another epoch and another project end it: ids may name other records now', () => {
    const ends: ((plan: Plan) => void)[] = [
      ({ script }) => {
        script.say(datasetFrame('extension', [{ id: 1, name: 'b' }], 5), {
          command: 'reset',
          project: 1,
          userName: 'Ann',
        })
      },
      ({ script }) => script.say(datasetFrame('extension', [{ id: 1, name: 'b' }], 0, 'e2')),
      ({ client }) => {
        client.wsProjectId = 2
      },
      ({ client }) => client.close(),
    ]
    for (const end of ends) {
      const plan = new Plan([{ id: 1, name: 'a' }])
      plan.client.transact(() => plan.client.tasks.update(1, { name: 'b' }))
      plan.serve()
      plan.client.wsProjectId = 1
      expect(plan.client.canUndo).toBe(true)
      end(plan)
      expect([plan.client.canUndo, plan.client.undo()]).toEqual([false, false])
    }
  })
})
