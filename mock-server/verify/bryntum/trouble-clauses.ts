/** Clauses about changes that meet trouble: stale ones, half ones, repeated ones, and clients that are gone. */
import { sameId } from '../../../client/protocol/ids.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed } from '../verdict.ts'
import { type BryntumBench, brings } from './bench.ts'
import { edit, edits } from './change-clauses.ts'
import { listOf, rowsIn, rowsWithId } from './rows.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const troubleClauses: readonly Clause<BryntumBench>[] = [
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
