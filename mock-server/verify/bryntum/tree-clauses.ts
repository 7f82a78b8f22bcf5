/** Clauses about the tree of tasks: moves, removals of parents, and a dataset that can always be loaded. */
import { sameId } from '../../../client/protocol/ids.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed } from '../verdict.ts'
import { type BryntumBench, brings } from './bench.ts'
import { edit } from './change-clauses.ts'
import { type Row, realId, rowsIn, rowsWithId } from './rows.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const treeClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'tree.moved-once',
    title: 'A moved task stands below its new parent, and nowhere else',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'An update of parentId moves a task; the dataset nests tasks under children.',
    source: SOURCES.bryntum,
    finds: ['BO5'],
    hint: 'Take the task out of the old parent’s children, or keep parentId alone and nest when the dataset is asked for.',
    async run(bench) {
      const { from, to, task } = await family(bench, 'moved')
      const author = await bench.planner('author')
      author.change(bench.project, edit(task, { parentId: to, parentIndex: 0 }))
      const rows = await bench.rowsWhen((now) => sameId(rowsWithId(now, 'tasks', task)[0]?.['parentId'], to))
      const places = rowsWithId(rows, 'tasks', task).map((row) => row['parentId'])
      if (places.length > 1)
        failed(`the moved task is in the dataset ${places.length} times, below ${places.join(' and ')}`)
      return sameId(places[0], to)
        ? 'it stands below the new parent'
        : failed(`it stands below ${places[0]}, moved from ${from} to ${to}`)
    },
  },
  {
    id: 'tree.removed-after-move',
    title: 'A task that was moved and then removed is gone',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'Removed records are listed by id.',
    source: SOURCES.bryntum,
    finds: ['BO5'],
    hint: 'Remove a task wherever it is, not where it was when the project was loaded.',
    async run(bench) {
      const { to, task } = await family(bench, 'moved away')
      const author = await bench.planner('author')
      author.change(bench.project, edit(task, { parentId: to, parentIndex: 0 }))
      author.change(bench.project, { tasks: { removed: [{ id: task }] } })
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'tasks', task).length === 0)
      return rowsWithId(rows, 'tasks', task).length === 0 ? 'it is gone' : failed('it is still in the dataset')
    },
  },
  {
    id: 'tree.old-below-new',
    title: 'An old task can be moved below a task that is new in the same change',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'References to new records carry temporary ids.',
    source: SOURCES.bryntum,
    finds: ['BO5'],
    hint: 'Replace temporary ids in updated records too.',
    async run(bench) {
      const author = await bench.planner('author')
      const [old] = await bench.add(author, 'tasks', [bench.task('old')])
      const phantom = bench.phantom()
      author.change(bench.project, {
        tasks: {
          added: [bench.task('new parent', { $PhantomId: phantom })],
          updated: [{ id: old, parentId: phantom }],
        },
      })
      const { changes } = await author.heardChange('answer to a new parent', brings('tasks', [phantom]))
      const id = realId(changes, 'tasks', phantom) ?? failed('the new parent got no id')
      bench.own('tasks', id)
      const below = (row: Row): boolean => sameId(row['parentId'], id)
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'tasks', old ?? '').some(below))
      const places = rowsWithId(rows, 'tasks', old ?? '').map((row) => row['parentId'])
      return places.some((place) => sameId(place, id))
        ? 'it stands below the new task'
        : failed(
            `the dataset has it ${places.length === 0 ? 'nowhere' : `below ${places.join(' and ')}`}, not below ${id}`,
          )
    },
  },
  {
    id: 'tree.parent-removed',
    title: 'Removing a parent by its id alone leaves a project that can be loaded',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'A change lists removed records by id; a client that removes a parent need not list what stood below.',
    source: SOURCES.bryntum,
    finds: ['BO3'],
    hint: 'Remove the children with it, or put them at the top.',
    async run(bench) {
      const { from, task } = await family(bench, 'child of a removed parent')
      const author = await bench.planner('author')
      author.change(bench.project, { tasks: { removed: [{ id: from }] } })
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'tasks', from).length === 0)
      if (rowsWithId(rows, 'tasks', from).length > 0) failed('the parent is still there')
      const [child] = rowsWithId(rows, 'tasks', task)
      if (!child) return 'the child went with it'
      const parent = child['parentId']
      const dangling =
        parent !== undefined && parent !== null && !rowsIn(rows, 'tasks').some(({ id }) => sameId(id, parent))
      // A dataset without nesting may leave the reader to place such a task.
      return dangling ? `the child is there, still naming ${parent}` : 'the child is there, in another place'
    },
  },
]

/** Two parents and a task below the first, all the suite's own. */
async function family(bench: BryntumBench, what: string): Promise<Family> {
  const author = await bench.planner('author')
  const [from, to] = await bench.add(author, 'tasks', [bench.task(`${what}: from`), bench.task(`${what}: to`)])
  const [task] = await bench.add(author, 'tasks', [bench.task(what, { parentId: from })])
  return { from: from ?? '', to: to ?? '', task: task ?? '' }
}

interface Family {
  readonly from: string | number
  readonly to: string | number
  readonly task: string | number
}
