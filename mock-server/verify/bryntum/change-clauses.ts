/** Clauses about edits: who hears of one, in which order, and that what is told is what is stored. */
import { sameId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, inconclusive, skipped } from '../verdict.ts'
import { type BryntumBench, brings } from './bench.ts'
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
  {
    id: 'edit.stale',
    title: 'An edit of a record that somebody removed is not told as if it stood',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'A change is committed to the project: what is no longer in it cannot be updated.',
    source: SOURCES.revisions,
    finds: ['BS13'],
    hint: 'Leave such updates out of what you store and send, or answer the sender with an error.',
    async run(bench) {
      const [author, watcher] = [await bench.planner('author'), await bench.planner('watcher')]
      const [gone, kept] = await bench.add(author, 'tasks', [bench.task('removed'), bench.task('kept')])
      author.change(bench.project, { tasks: { removed: [{ id: gone }] } })
      await watcher.heardChange('broadcast of a removal', ({ changes }) =>
        listOf(changes, 'tasks', 'removed').some((row) => sameId(row['id'], gone)),
      )
      author.change(bench.project, edit(gone, { duration: 4 }))
      // The next edit of the same author shows that the stale one was handled.
      author.change(bench.project, edit(kept, { duration: 4 }))
      const heard = await watcher.heardChange(
        'broadcast of the next edit',
        (change) => edits(gone)(change) || edits(kept)(change),
      )
      if (edits(gone)(heard)) failed('the edit of a removed task was told to everybody')
      const rows = await bench.rows()
      return rowsWithId(rows, 'tasks', gone ?? '').length > 0
        ? failed('the edit brought the removed task back')
        : 'it was left out'
    },
  },
  {
    id: 'edit.atomic',
    title: 'A frame that cannot be applied as a whole is not applied at all',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'A frame is one message of the user: its changes are refused or committed together.',
    source: SOURCES.revisions,
    finds: ['BS6'],
    hint: 'Check all revisions of a frame, and all stores of a change, before the first one is stored.',
    async run(bench) {
      const author = await bench.planner('author')
      const name = bench.named('half')
      const added = [bench.task('half', { $PhantomId: bench.phantom() })]
      bench.writes()
      if (bench.flat) author.change(bench.project, { tasks: { added }, resources: 'all of them' })
      else {
        author.changes(bench.project, [
          { changes: { tasks: { added } }, local: author.nextLocal() },
          { changes: { tasks: 'all of them' }, local: author.nextLocal() },
        ])
      }
      const refused = await author.refusal()
      const half = rowsIn(await bench.rows(), 'tasks').filter((row) => row['name'] === name)
      for (const { id } of half) bench.own('tasks', id)
      if (half.length === 0) return refused === undefined ? 'nothing of it was stored' : `refused: "${refused}"`
      return failed(`the first half was stored${refused === undefined ? '' : `, though the answer is "${refused}"`}`)
    },
  },
  {
    id: 'edit.told-is-stored',
    title: 'What others are told is what is stored, also when a change names an unknown store',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'The changes object holds stores by name; apps have stores of their own.',
    source: SOURCES.bryntum,
    finds: ['BO5'],
    hint: 'Relay stores that you do not know, or refuse the whole change.',
    async run(bench) {
      const [author, watcher] = [await bench.planner('author'), await bench.planner('watcher')]
      const phantom = bench.phantom()
      const name = bench.named('beside an unknown store')
      bench.writes()
      author.change(bench.project, {
        tasks: { added: [bench.task('beside an unknown store', { $PhantomId: phantom })] },
        planwireVerify: { updated: [{ id: 1, name }] },
      })
      const told = await watcher.unwanted(brings('tasks', [phantom]))
      const rows = await bench.rows()
      const stored = rowsIn(rows, 'tasks').filter((row) => row['name'] === name)
      for (const { id } of stored) bench.own('tasks', id)
      if (rows.stores.has('planwireVerify')) bench.leaves('the empty store planwireVerify')
      if (told && stored.length === 0) failed('the others were told of a task that is not in the dataset')
      if (!told && stored.length > 0) failed('the dataset holds a task that nobody was told of')
      return told ? 'told and stored' : 'neither told nor stored'
    },
  },
  {
    id: 'edit.survives-a-lost-client',
    title: 'A client that is gone does not keep the others from hearing',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'The server broadcasts to all connected clients.',
    source: SOURCES.bryntum,
    finds: ['BS16'],
    hint: 'Take a closed socket out of every list, and let a failed send end that one socket alone.',
    async run(bench) {
      const author = await bench.planner('author')
      const lost = await Promise.all(['lost 1', 'lost 2', 'lost 3'].map((name) => bench.planner(name)))
      const watcher = await bench.planner('watcher')
      for (const { peer } of lost) peer.close()
      const [id] = await bench.add(author, 'tasks', [bench.task('after a loss')])
      await watcher.heardChange('broadcast after three clients were lost', ({ changes }) =>
        listOf(changes, 'tasks', 'added').some((row) => sameId(row['id'], id)),
      )
      return 'the others heard of it'
    },
  },
  {
    id: 'edit.needs-loading',
    title: 'A change of a project that the client has not loaded is refused in words',
    dialects: ['bryntum-revisions'],
    severity: 'should',
    needs: 'write',
    says: '"Subscription to project is required. Load project first".',
    source: SOURCES.revisions,
    finds: [],
    hint: 'Answer with that error: a client that did not load cannot know what it changes.',
    async run(bench) {
      const planner = await bench.planner('author', { load: false })
      bench.writes()
      planner.change(bench.project, { tasks: { added: [bench.task('unloaded', { $PhantomId: bench.phantom() })] } })
      const refused = await planner.refusal()
      return refused === undefined ? failed('no error came') : `refused: "${refused}"`
    },
  },
  {
    id: 'edit.sent-again',
    title: 'A revision that is sent again is not a new one',
    dialects: ['bryntum-revisions'],
    severity: 'must',
    needs: 'write',
    says: 'A client whose answer was lost sends the revision again, under the same local revision.',
    source: SOURCES.revisions,
    finds: ['BS14'],
    hint: 'Remember local revisions per client; answer a repeated one with the number it got, and tell nobody else.',
    async run(bench) {
      const [author, watcher] = [await bench.planner('author'), await bench.planner('watcher')]
      const phantom = bench.phantom()
      const local = author.nextLocal()
      const changes = { tasks: { added: [bench.task('once', { $PhantomId: phantom })] } }
      bench.writes()
      author.change(bench.project, changes, { local })
      const first = await author.heardChange('answer to a new task', brings('tasks', [phantom]))
      await watcher.heardChange('broadcast of a new task', brings('tasks', [phantom]))
      author.change(bench.project, changes, { local })
      const second = await author.heardChange(
        'answer to the same revision',
        ({ localRevision }) => localRevision === local,
      )
      if (second.revision !== first.revision)
        failed(`${local} became ${first.revision}, and ${second.revision} when it was sent again`)
      if (await watcher.unwanted(brings('tasks', [phantom]))) failed('the others were told twice')
      const stored = rowsIn(await bench.rows(), 'tasks').filter((row) => row['name'] === bench.named('once'))
      return stored.length === 1
        ? `${local} stays ${first.revision}`
        : failed(`the task is there ${stored.length} times`)
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
