/** Clauses about new records: real ids, references between new records, and ids that nobody else has. */
import { sameId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed } from '../verdict.ts'
import { type BryntumBench, brings } from './bench.ts'
import { listOf, realId, rowsIn, rowsWithId } from './rows.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const addClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'add.fresh-ids',
    title: 'A new record never gets the id of another record',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'The server makes real ids for new records.',
    source: SOURCES.bryntum,
    finds: ['BO1'],
    hint: 'Begin behind the highest id of the stored data, of every project and store, after each start and reset.',
    async run(bench) {
      const author = await bench.planner('author')
      const phantoms = Array.from({ length: 25 }, () => bench.phantom())
      bench.writes()
      author.change(bench.project, {
        tasks: { added: phantoms.map(($PhantomId) => bench.task('one of many', { $PhantomId })) },
      })
      const { changes } = await author.heardChange('answer to 25 new tasks', brings('tasks', phantoms))
      const ids = phantoms.map((phantom) => realId(changes, 'tasks', phantom) ?? failed('a new task got no id'))
      for (const id of ids) bench.own('tasks', id)
      const taken = ids.find((id) => bench.isForeign('tasks', id))
      if (taken !== undefined) failed(`a new task got the id ${taken}, which another task has`)
      if (new Set(ids.map(String)).size < ids.length) failed('two new tasks got the same id')
      return 'all 25 ids are new'
    },
  },
  {
    id: 'add.real-ids',
    title: 'A new record gets a real id, beside the temporary one and the same for everybody',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'The server makes real ids for new records and answers their author with $PhantomId and id; the others get the same message.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Keep $PhantomId in the answer, put the real id under `id`, and send the same changes to everybody.',
    async run(bench) {
      const [author, watcher] = [await bench.planner('author'), await bench.planner('watcher')]
      const phantom = bench.phantom()
      bench.writes()
      author.change(bench.project, { tasks: { added: [bench.task('new', { $PhantomId: phantom })] } })
      const back = await author.heardChange('answer to a new task', brings('tasks', [phantom]))
      const id = realId(back.changes, 'tasks', phantom) ?? failed('the answer has no real id for the new task')
      bench.own('tasks', id)
      const told = await watcher.heardChange('broadcast of a new task', brings('tasks', [phantom]))
      const other = realId(told.changes, 'tasks', phantom)
      return sameId(other, id)
        ? `the id is ${id}`
        : failed(`the author was told id ${id}, the others ${other ?? 'none'}`)
    },
  },
  {
    id: 'add.new-parent',
    title: 'A new child stays below its new parent',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'A change may hold a parent and its child, both new; the child names the temporary id of the parent.',
    source: SOURCES.revisions,
    finds: ['BS1'],
    hint: 'Replace temporary ids in parentId ($PhantomParentId says the same) before you store, not only before you send.',
    async run(bench) {
      const author = await bench.planner('author')
      const [parent, child] = [bench.phantom(), bench.phantom()]
      const below = { $PhantomId: child, parentId: parent, $PhantomParentId: parent }
      const added = [bench.task('parent', { $PhantomId: parent }), bench.task('child', below)]
      bench.writes()
      author.change(bench.project, { tasks: { added, ...(bench.flat ? {} : { $input: { added } }) } })
      const { changes } = await author.heardChange('answer to two new tasks', brings('tasks', [parent, child]))
      const ids = [realId(changes, 'tasks', parent), realId(changes, 'tasks', child)] as const
      for (const id of ids) bench.own('tasks', id)
      const [parentId, childId] = [ids[0] ?? failed('the parent got no id'), ids[1] ?? failed('the child got no id')]
      const told = listOf(changes, 'tasks', 'added').find(({ $PhantomId }) => $PhantomId === child)
      if (!sameId(told?.['parentId'], parentId))
        failed(`the answer has parentId ${told?.['parentId']}, not ${parentId}`)
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'tasks', childId).length > 0)
      const [stored] = rowsWithId(rows, 'tasks', childId)
      if (!stored) failed('the dataset does not hold the new child')
      if (!sameId(stored['parentId'], parentId))
        failed(`the dataset has the new child ${placeOf(stored)}, not below ${parentId}`)
      return 'the dataset has it below its parent'
    },
  },
  {
    id: 'add.references',
    title: 'A new dependency and a new assignment point at the new task that they came with',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'References to new records carry temporary ids, which the server replaces like the records’ own.',
    source: SOURCES.revisions,
    finds: [],
    hint: 'Replace temporary ids in from, to, fromEvent, toEvent, event, eventId, resource and resourceId.',
    async run(bench) {
      const author = await bench.planner('author')
      const [from, to, who, link, work] = [
        bench.phantom(),
        bench.phantom(),
        bench.phantom(),
        bench.phantom(),
        bench.phantom(),
      ]
      bench.writes()
      author.change(bench.project, {
        tasks: { added: [bench.task('from', { $PhantomId: from }), bench.task('to', { $PhantomId: to })] },
        resources: { added: [{ $PhantomId: who, name: bench.named('who') }] },
        dependencies: { added: [{ $PhantomId: link, from, to, fromEvent: from, toEvent: to, type: 2 }] },
        assignments: {
          added: [{ $PhantomId: work, event: from, resource: who, eventId: from, resourceId: who, units: 100 }],
        },
      })
      const { changes } = await author.heardChange('answer to new records', brings('dependencies', [link]))
      const stores = [
        ['tasks', from],
        ['tasks', to],
        ['resources', who],
        ['dependencies', link],
        ['assignments', work],
      ] as const
      const ids = stores.map(([store, phantom]) => {
        const id = realId(changes, store, phantom)
        bench.own(store, id)
        return id ?? failed(`a new record of ${store} got no id`)
      })
      const wanted: readonly [store: 'dependencies' | 'assignments', at: number, field: string, id: unknown][] = [
        ['dependencies', 3, 'from', ids[0]],
        ['dependencies', 3, 'to', ids[1]],
        ['assignments', 4, 'event', ids[0]],
        ['assignments', 4, 'resource', ids[2]],
      ]
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'assignments', ids[4] ?? '').length > 0)
      for (const [store, at, field, id] of wanted) {
        const told = listOf(changes, store, 'added')[0]?.[field]
        if (!sameId(told, id)) failed(`the answer has ${store}.${field} ${told}, not ${id}`)
        const stored = rowsWithId(rows, store, ids[at] ?? '')[0]
        if (!stored) failed(`the dataset does not hold the new record of ${store}`)
        if (!sameId(stored[field], id)) failed(`the dataset has ${store}.${field} ${stored[field]}, not ${id}`)
      }
      return 'both point at the real ids'
    },
  },
  {
    id: 'add.private-phantoms',
    title: 'Two clients may use the same temporary id',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'A temporary id is made by one client and means one new record of one of its changes.',
    source: SOURCES.bryntum,
    finds: ['BS2'],
    hint: 'Keep the table of temporary ids per client (or per change) and per store, never for the whole server.',
    async run(bench) {
      const [one, two] = [await bench.planner('one'), await bench.planner('two')]
      const $PhantomId = bench.phantom()
      bench.writes()
      one.change(bench.project, { tasks: { added: [bench.task('of one', { $PhantomId })] } })
      const first = realId(
        (await one.heardChange('answer to a new task', brings('tasks', [$PhantomId]))).changes,
        'tasks',
        $PhantomId,
      )
      bench.own('tasks', first)
      await two.heardChange('broadcast of a new task', brings('tasks', [$PhantomId]))
      two.change(bench.project, { tasks: { added: [bench.task('of two', { $PhantomId })] } })
      const second = realId(
        (await two.heardChange('answer to a new task', brings('tasks', [$PhantomId]))).changes,
        'tasks',
        $PhantomId,
      )
      bench.own('tasks', second)
      if (first === undefined || second === undefined || sameId(first, second)) {
        failed(`both new tasks got the id ${second ?? 'none'}`)
      }
      const names = [bench.named('of one'), bench.named('of two')]
      const count = async (): Promise<number> => {
        const rows = await bench.rowsWhen((now) =>
          names.every((name) => rowsIn(now, 'tasks').some((row) => row['name'] === name)),
        )
        return names.filter((name) => rowsIn(rows, 'tasks').some((row) => row['name'] === name)).length
      }
      return (await count()) === 2 ? `ids ${first} and ${second}` : failed('one of the two new tasks was lost')
    },
  },
  {
    id: 'add.without-phantom',
    title: 'New records without a temporary id are records of their own',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'Clients that are not Bryntum’s add records without $PhantomId.',
    source: SOURCES.revisions,
    finds: ['BS3'],
    hint: 'Do not look `undefined` up in the table of temporary ids.',
    async run(bench) {
      const author = await bench.planner('author')
      const names = [bench.named('first without'), bench.named('second without')]
      bench.writes()
      for (const name of names) {
        author.change(bench.project, { tasks: { added: [{ ...bench.task(''), name }] } })
      }
      const there = (now: Parameters<typeof rowsIn>[0]): boolean =>
        names.every((name) => rowsIn(now, 'tasks').some((row) => row['name'] === name))
      const found = rowsIn(await bench.rowsWhen(there), 'tasks').filter(({ name }) => names.includes(String(name)))
      for (const { id } of found) bench.own('tasks', id)
      if (found.length === 2 && !sameId(found[0]?.id, found[1]?.id)) return 'both are there'
      return failed(
        `of two new tasks ${found.length === 0 ? 'none is' : `only "${found[0]?.['name']}" is`} in the dataset`,
      )
    },
  },
  {
    id: 'add.restored',
    title: 'An undone removal comes back as a record of its own, as often as it is undone',
    dialects: ['bryntum-revisions'],
    severity: 'should',
    needs: 'write',
    says: 'Gantt 7.3 undoes a removal by adding the record with its old real id as $PhantomId, and may do so twice.',
    source: SOURCES.revisions,
    finds: [],
    hint: 'Give a new id each time; never take a $PhantomId for the key of an earlier change.',
    async run(bench) {
      const author = await bench.planner('author')
      const [first] = await bench.add(author, 'tasks', [bench.task('undone')])
      let last = first
      const seen = [first]
      for (let round = 1; round <= 2; round += 1) {
        author.change(bench.project, { tasks: { removed: [{ id: last }] } })
        author.change(bench.project, { tasks: { added: [bench.task('undone', { $PhantomId: first })] } })
        const back = await author.heardChange('answer to an undone removal', brings('tasks', [String(first)]))
        last = realId({ ...back.changes }, 'tasks', `${first}`)
        bench.own('tasks', last)
        if (last === undefined) failed(`undo ${round}: the task got no id of its own`)
        seen.push(last)
      }
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'tasks', last ?? '').length === 1)
      return rowsWithId(rows, 'tasks', last ?? '').length === 1
        ? `ids ${seen.join(', ')}`
        : failed('after the second undo the task is not in the dataset')
    },
  },
]

function placeOf(row: Fields): string {
  return row['parentId'] === undefined || row['parentId'] === null ? 'at the top' : `below ${row['parentId']}`
}
