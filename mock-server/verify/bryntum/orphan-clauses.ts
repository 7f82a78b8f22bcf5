/** Clauses about new tasks whose parent is not there yet, or no more: the project has to be served afterwards. */
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed } from '../verdict.ts'
import { type BryntumBench, brings } from './bench.ts'
import type { Planner } from './planner.ts'
import { realId, rowsIn, rowsWithId } from './rows.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const orphanClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'add.child-first',
    title: 'A new child that is listed before its new parent does not break the project',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'Nothing orders the records of a change.',
    source: SOURCES.bryntum,
    finds: ['BO2'],
    hint: 'Name all new records first, then store them; build the tree when the dataset is asked for.',
    async run(bench) {
      const author = await bench.planner('author')
      const [parent, child] = [bench.phantom(), bench.phantom()]
      const added = [
        bench.task('early child', { $PhantomId: child, parentId: parent }),
        bench.task('late parent', { $PhantomId: parent }),
      ]
      return servedAfterwards(bench, author, added, ['early child', 'late parent'])
    },
  },
  {
    id: 'add.unknown-parent',
    title: 'A new task below a parent that is gone does not break the project',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'Two people may remove a task and add below it at the same moment.',
    source: SOURCES.bryntum,
    finds: ['BO2'],
    hint: 'Refuse the change, or put the task at the top.',
    async run(bench) {
      const author = await bench.planner('author')
      const [gone] = await bench.add(author, 'tasks', [bench.task('soon gone')])
      author.change(bench.project, { tasks: { removed: [{ id: gone }] } })
      await bench.rowsWhen((rows) => rowsWithId(rows, 'tasks', gone ?? '').length === 0)
      const added = [bench.task('orphan', { $PhantomId: bench.phantom(), parentId: gone })]
      return servedAfterwards(bench, author, added, ['orphan'])
    },
  },
]

/** Adds tasks; the dataset has to be served afterwards, whatever became of them, with all of `names` once or none. */
async function servedAfterwards(
  bench: BryntumBench,
  author: Planner,
  added: readonly Fields[],
  names: readonly string[],
): Promise<string> {
  const wanted = names.map((name) => bench.named(name))
  const phantoms = added.map(({ $PhantomId }) => String($PhantomId))
  bench.writes()
  author.change(bench.project, { tasks: { added } })
  // The ids are needed for taking the tasks away, also when no dataset will tell them.
  const back = await author.orSilence((said) =>
    said.type === 'word' ? said.error !== undefined : brings('tasks', phantoms)(said.change),
  )
  if (back?.type === 'change')
    for (const phantom of phantoms) bench.own('tasks', realId(back.change.changes, 'tasks', phantom))
  const rows = await bench.rowsWhen((now) =>
    wanted.every((name) => rowsIn(now, 'tasks').some((row) => row['name'] === name)),
  )
  const found = wanted.map((name) => rowsIn(rows, 'tasks').filter((row) => row['name'] === name))
  if (found.some((list) => list.length > 1)) failed('a task is in the dataset twice')
  if (found.some((list) => list.length === 0) && found.some((list) => list.length > 0))
    failed('half of the change was stored')
  return found.some((list) => list.length > 0) ? 'stored, and the dataset is served' : 'the dataset is served'
}
