import { describe, expect, test } from 'vitest'
import { convergenceInWords, convergenceOf, type Holder, holdersOfServer } from './convergence.ts'

const holder = (name: string, tasks: readonly object[], more: Partial<Holder> = {}): Holder => ({
  name,
  of: 'project 1',
  settled: true,
  stores: { tasks: tasks.map((task) => ({ id: 1, ...task })) },
  ...more,
})

describe('the first difference', () => {
  test('names store, record, field, and who has what at which revision', () => {
    const found = convergenceOf([
      holder('tab 1', [{ name: 'Dig', effort: 2 }], { revision: 12 }),
      holder('tab 2', [{ name: 'Dig deeper', effort: 2 }], { revision: 11 }),
      ...holdersOfServer({ projects: [{ id: 1, ...{ tasksData: [{ id: 1, name: 'Dig', effort: 2 }] } }] }),
    ])
    expect(convergenceInWords(found)).toBe(
      [
        'tasks 1 of project 1 differs in the field "name"',
        '  tab 1, revision 12: "Dig"',
        '  tab 2, revision 11: "Dig deeper"',
        '  server:             "Dig"',
      ].join('\n'),
    )
  })

  test('may be a record that somebody lacks, and counts the others', () => {
    const found = convergenceOf([
      holder('ann', [{ id: 1 }, { id: 2, name: 'Only here' }, { id: 3 }]),
      holder('bob', [{ id: '1' }]),
    ])
    expect(convergenceInWords(found)).toBe(
      [
        'tasks 2 of project 1 is not everywhere (so do 1 more records)',
        '  ann: {"id":2,"name":"Only here"}',
        '  bob: no such record',
      ].join('\n'),
    )
  })

  test('is told together with who still waits', () => {
    const found = convergenceOf([
      holder('ann', [{ name: 'a' }], { settled: false, waits: 'is offline' }),
      holder('bob', [{ name: 'b' }]),
    ])
    expect(convergenceInWords(found)).toMatch(/ {2}ann is offline$/)
  })
})

describe('equal are', () => {
  test('records whatever their order, the type of their id, null or nothing, and private fields', () => {
    const found = convergenceOf([
      holder('ann', [{ id: 1, note: null, $PhantomId: '_generated' }, { id: 2 }]),
      holder('bob', [{ id: 2 }, { id: '1' }]),
    ])
    expect(found).toEqual({ state: 'converged', records: 2 })
  })

  test('records in the fields that are asked for, and without the stores that are not', () => {
    const tabs = [holder('ann', [{ name: 'a', colour: 'red' }]), holder('bob', [{ name: 'a', colour: 'blue' }])]
    expect(convergenceOf(tabs).state).toBe('differs')
    expect(convergenceOf(tabs, { fields: { tasks: ['name'] } }).state).toBe('converged')
    expect(convergenceOf(tabs, { except: ['tasks'] }).state).toBe('converged')
  })

  test('ranges that hold the same where both were loaded', () => {
    const of = 'events'
    const april = holder('ann', [{ id: 1 }, { id: 2 }], { of, ranges: 'april' })
    const may = holder('bob', [{ id: 2 }, { id: 3 }], { of, ranges: 'may' })
    expect(convergenceOf([april, may]).state).toBe('converged')
    expect(convergenceOf([april, holder('bob', [{ id: 2 }], { of, ranges: 'april' })]).state).toBe('differs')
    const server = { ...holder('server', [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }], { of }), isServer: true }
    expect(convergenceOf([april, may, server]).state).toBe('converged')
    const short = { ...holder('server', [{ id: 2 }, { id: 3 }], { of }), isServer: true }
    expect(convergenceOf([april, may, short]).state).toBe('differs')
  })
})

describe('not yet converged are', () => {
  test('equal records of which somebody still waits for the server', () => {
    const found = convergenceOf([holder('ann', []), holder('bob', [], { settled: false, waits: 'has 1 change' })])
    expect(found).toEqual({ state: 'unsettled', why: ['bob has 1 change'] })
  })

  test('equal records with a temporary id', () => {
    const found = convergenceOf([
      holder('ann', [{ id: '_generatedtasks_1' }]),
      holder('bob', [{ id: '_generatedtasks_1' }]),
    ])
    expect(found).toMatchObject({
      state: 'unsettled',
      why: [expect.stringContaining('temporary id'), expect.anything()],
    })
  })

  test('holders of different things', () => {
    const found = convergenceOf([holder('ann', []), holder('bob', [], { of: 'project 2' })])
    expect(convergenceInWords(found)).toContain('nothing to compare: ann has project 1, bob has project 2')
  })
})
