import { describe, expect, it } from 'vitest'
import { startKit } from './core-kit.contract.ts'
import { comparable, FORMS, type Form, FrameClient, faults, type Sent, storedRows } from './frame-client.contract.ts'

const PROJECT = {
  projects: [
    {
      id: 1,
      name: 'Plan',
      tasksData: [{ id: 1 }, { id: 2, children: [{ id: 4 }] }, { id: 3 }],
      resourcesData: [{ id: 1 }, { id: 2 }],
      dependenciesData: [{ id: 1, from: 1, to: 2 }],
      assignmentsData: [{ id: 1, event: 1, resource: 2 }],
    },
  ],
}

/** Two edits that two people make before they hear of each other, and what is left of them. */
const PAIRS: readonly {
  readonly what: string
  readonly a: Sent
  readonly b: Sent
  readonly ab: unknown
  readonly ba: unknown
}[] = [
  {
    what: 'a child is added, its parent removed',
    a: { tasks: { added: [{ $PhantomId: '_c', name: 'child', parentId: 3 }] } },
    b: { tasks: { removed: [{ id: 3 }] } },
    ab: { tasks: [{ id: 1 }, { id: 2 }, { id: 4 }] },
    ba: { tasks: [{ id: 1 }, { name: 'child', parentIndex: 2 }, { id: 2 }, { id: 4 }] },
  },
  {
    what: 'a task is moved below another, which is removed',
    a: { tasks: { updated: [{ id: 1, parentId: 3, parentIndex: 0, name: 'moved' }] } },
    b: { tasks: { removed: [{ id: 3 }] } },
    ab: { tasks: [{ id: 2 }, { id: 4 }], dependencies: [], assignments: [] },
    ba: { tasks: [{ id: 1, name: 'moved', parentIndex: 2 }, { id: 2 }, { id: 4 }] },
  },
  {
    what: 'a is moved below b, b below a',
    a: { tasks: { updated: [{ id: 1, parentId: 4, parentIndex: 0, name: 'a' }] } },
    b: { tasks: { updated: [{ id: 2, parentId: 1, parentIndex: 0, name: 'b' }] } },
    ab: {
      tasks: [
        { id: 1, name: 'a', parentId: 4 },
        { id: 2, name: 'b', parentIndex: 1 },
        { id: 3 },
        { id: 4, parentId: 2 },
      ],
    },
    ba: {
      tasks: [
        { id: 1, name: 'a', parentIndex: 0 },
        { id: 2, name: 'b', parentId: 1 },
        { id: 3 },
        { id: 4, parentId: 2 },
      ],
    },
  },
  {
    what: 'two tasks are linked, one removed',
    a: { dependencies: { added: [{ $PhantomId: '_d', from: 1, to: 3, fromEvent: 1, toEvent: 3 }] } },
    b: { tasks: { removed: [{ id: 3 }] } },
    ab: { dependencies: [{ id: 1 }] },
    ba: { dependencies: [{ id: 1 }] },
  },
  {
    what: 'a link is led to another task, which is removed',
    a: { dependencies: { updated: [{ id: 1, from: 1, to: 3, lag: 4 }] } },
    b: { tasks: { removed: [{ id: 3 }] } },
    ab: { dependencies: [] },
    ba: { dependencies: [{ id: 1, from: 1, to: 2, lag: 4 }] },
  },
  {
    what: 'a resource is assigned and removed',
    a: { assignments: { added: [{ $PhantomId: '_a', event: 3, resource: 1 }] } },
    b: { resources: { removed: [{ id: 1 }] } },
    ab: { assignments: [{ id: 1 }] },
    ba: { assignments: [{ id: 1 }] },
  },
  {
    what: 'an assignment is given to another resource, which is removed',
    a: { assignments: { updated: [{ id: 1, resource: 1, units: 50 }] } },
    b: { resources: { removed: [{ id: 1 }] } },
    ab: { assignments: [] },
    ba: { assignments: [{ id: 1, resource: 2, units: 50 }] },
  },
]

async function play(first: readonly [Form, Sent], second: readonly [Form, Sent]): Promise<unknown> {
  const kit = await startKit(PROJECT)
  const authors = [first, second].map(([form], at) => new FrameClient(kit, form, `c-${at}`))
  const others = FORMS.map((form) => new FrameClient(kit, form, `other-${form}`, form === 'revisions'))
  for (const [at, [, changes]] of [first, second].entries()) authors[at]?.send(changes)
  const stored = storedRows(kit)
  expect(faults(stored)).toEqual([])
  for (const client of [...authors, ...others]) {
    client.hear()
    expect(client.rows(), `${client.form} client`).toEqual(comparable(stored))
  }
  return comparable(stored)
}

describe.each(PAIRS)('$what', ({ a, b, ab, ba }) => {
  const forms = FORMS.flatMap((one) => FORMS.map((other): [Form, Form] => [one, other]))
  it.each(forms)('by a %s and a %s client: everybody ends whole and equal, in either order', async (one, other) => {
    expect(await play([one, a], [other, b])).toMatchObject(ab as object)
    expect(await play([other, b], [one, a])).toMatchObject(ba as object)
  })
})
