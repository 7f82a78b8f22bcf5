/** Clauses about edits: who hears of one, in which order, and what is stored. */
import { sameId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, inconclusive, skipped } from '../verdict.ts'
import type { BryntumBench } from './bench.ts'
import type { Planner } from './planner.ts'
import { listOf, rowsIn, rowsWithId } from './rows.ts'
import type { HeardChange } from './speech.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const changeClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'edit.told',
    title: 'An edit reaches everybody else, and the dataset',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'The server commits a change to its project and broadcasts it.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Store the change, then send it to every client of the project.',
    async run(bench) {
      const [author, watcher] = [await bench.planner('author'), await bench.planner('watcher')]
      const [id] = await bench.add(author, 'tasks', [bench.task('edited')])
      author.change(bench.project, edit(id, { duration: 3 }))
      const told = await watcher.heardChange('broadcast of an edit', edits(id))
      if (listOf(told.changes, 'tasks', 'updated')[0]?.['duration'] !== 3)
        failed('the broadcast does not hold the edited field')
      const rows = await bench.rowsWhen((now) => rowsWithId(now, 'tasks', id ?? '')[0]?.['duration'] === 3)
      return rowsWithId(rows, 'tasks', id ?? '')[0]?.['duration'] === 3
        ? 'told and stored'
        : failed('the dataset does not show the edit that was told')
    },
  },
  {
    id: 'edit.echo',
    title: 'The author of a revision gets it back under the names that it sent',
    dialects: ['bryntum-revisions'],
    severity: 'must',
    needs: 'write',
    says: 'Every subscriber gets the numbered revision, the author too; `client` and `localRevision` tell whose it is.',
    source: SOURCES.revisions,
    finds: [],
    hint: 'Send the revision back to its author with the client id of its login: Gantt 7.3 stops sending edits otherwise.',
    async run(bench) {
      const author = await bench.planner('author')
      const [id] = await bench.add(author, 'tasks', [bench.task('echoed')])
      const local = author.change(bench.project, edit(id, { duration: 3 }))
      const back = await author.heardChange('echo of an edit', edits(id))
      if (back.localRevision !== local) failed(`the echo has localRevision ${back.localRevision}, sent was ${local}`)
      if (back.client !== author.client) failed(`the echo has client ${back.client}, the login gave ${author.client}`)
      return back.revision === undefined ? failed('the echo has no revision') : `${local} came back as ${back.revision}`
    },
  },
  {
    id: 'edit.silent',
    title: 'An edit without new records does not come back to its author',
    dialects: ['bryntum-flat'],
    severity: 'should',
    needs: 'write',
    says: 'The author gets a response only if it added new records.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Leave the author out of the broadcast of a change that adds nothing: it would undo a newer edit of its own.',
    async run(bench) {
      const author = await bench.planner('author')
      const [id] = await bench.add(author, 'tasks', [bench.task('silent')])
      author.change(bench.project, edit(id, { duration: 3 }))
      return (await author.unwanted(edits(id))) ? failed('the edit came back to its author') : 'nothing came back'
    },
  },
  {
    id: 'edit.private',
    title: 'A change stays in its project',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'Project commands carry the id of their project.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Send changes to those alone who loaded the project, or name the project in every one of them.',
    async run(bench) {
      const elsewhere = bench.known.elsewhere ?? skipped('the user sees one project alone')
      const [author, other] = [await bench.planner('author'), await bench.planner('elsewhere', { project: elsewhere })]
      const [id] = await bench.add(author, 'tasks', [bench.task('private')])
      const told = await other.unwanted(({ changes }) =>
        listOf(changes, 'tasks', 'added').some((row) => sameId(row['id'], id)),
      )
      if (!told) return 'nothing reached the other project'
      return sameId(told.project, bench.project)
        ? 'it reached the other project too, with the id of its own'
        : failed(`a client of project ${elsewhere} got a change of project ${bench.project} without that id`)
    },
  },
  {
    id: 'edit.ordered',
    title: 'Everybody hears the edits of two authors in one order',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'The server commits changes one by one and broadcasts each.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Broadcast in the order of the commits, and do not wait between the two.',
    async run(bench) {
      const [one, two] = [await bench.planner('one'), await bench.planner('two')]
      const [first, second] = [await bench.planner('watcher 1'), await bench.planner('watcher 2')]
      const [a, b] = await bench.add(one, 'tasks', [bench.task('of one'), bench.task('of two')])
      const count = bench.settings.rounds
      for (let value = 1; value <= count; value += 1) {
        one.change(bench.project, edit(a, { percentDone: value }))
        two.change(bench.project, edit(b, { percentDone: value }))
      }
      const heardBy = async (watcher: Planner): Promise<readonly string[]> => {
        const heard: string[] = []
        while (heard.length < count * 2) {
          const { changes } = await watcher.heardChange(
            `edit ${heard.length + 1} of ${count * 2}`,
            (change) => edits(a)(change) || edits(b)(change),
          )
          for (const row of listOf(changes, 'tasks', 'updated'))
            heard.push(`${sameId(row['id'], a) ? 'one' : 'two'} ${row['percentDone']}`)
        }
        return heard
      }
      const [order, again] = [await heardBy(first), await heardBy(second)]
      for (const author of ['one', 'two']) {
        const own = order.filter((entry) => entry.startsWith(author))
        const wrong = own.find((entry, at) => entry !== `${author} ${at + 1}`)
        if (wrong !== undefined) failed(`edits of one author came out of order: ${wrong}`)
      }
      const at = order.findIndex((entry, index) => entry !== again[index])
      return at < 0
        ? `${order.length} edits in one order`
        : failed(`edit ${at + 1} is "${order[at]}" for one watcher and "${again[at]}" for another`)
    },
  },
]

/** An edit of one task. */
export function edit(id: unknown, fields: Fields): Fields {
  return { tasks: { updated: [{ id, ...fields }] } }
}

/** True for a change that updates the task. */
export function edits(id: unknown): (change: HeardChange) => boolean {
  return ({ changes }) => listOf(changes, 'tasks', 'updated').some((row) => sameId(row['id'], id))
}

/** The value of a task's field in the dataset. */
export async function storedValue(bench: BryntumBench, id: unknown, field: string): Promise<unknown> {
  const row = rowsIn(await bench.rows(), 'tasks').find((each) => sameId(each.id, id))
  return row ? row[field] : inconclusive('a task of the suite is gone')
}
