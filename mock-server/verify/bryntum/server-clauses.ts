/** Clauses about what a server does beyond edits: versions, resets, order of handling, and planwire's extension. */
import { isObject } from '../../../client/protocol/guards.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, inconclusive } from '../verdict.ts'
import { type BryntumBench, brings } from './bench.ts'
import { edit } from './change-clauses.ts'
import type { Planner } from './planner.ts'
import { realId, rowsIn, rowsWithId } from './rows.ts'
import { isSerial } from './serial.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const serverClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'versions.content',
    title: 'A saved version comes back with its content',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'loadVersionContent is answered with project, versionId and the content that was saved.',
    source: SOURCES.bryntum,
    finds: ['BS4'],
    hint: 'Keep `content` when you strip it from broadcasts, and answer in the envelope of the dialect.',
    async run(bench) {
      const author = await bench.planner('author')
      const content = { a: 1, text: bench.named('content') }
      const [versionId] = await bench.add(author, 'versions', [
        { name: bench.named('version'), content, savedAt: '2030-01-07T00:00:00', isAutosave: false },
      ])
      const command = bench.flat ? 'loadVersionContent' : 'load_version_content'
      const answer = await author.ask(command, { project: bench.project, versionId })
      if (answer.error !== undefined) failed(`"${command}" was refused: ${answer.error}`)
      const back = answer.fields['content']
      if (!isObject(back))
        failed(back === undefined ? 'the answer has no content where the dialect has it' : 'the content is no object')
      return back['a'] === 1 && back['text'] === content.text
        ? 'the content came back'
        : failed('another content came back')
    },
  },
  {
    id: 'versions.autosave',
    title: 'A request to save a version by itself is granted now and then',
    dialects: both,
    severity: 'should',
    needs: 'write',
    says: 'If an autosave is permitted, versionAutoSaveOK comes with the project id.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Answer versionAutoSaveOK once per project and interval.',
    async run(bench) {
      const planner = await bench.planner('author')
      planner.say(bench.flat ? 'requestVersionAutoSave' : 'request_version_autosave', { project: bench.project })
      const said = await planner.orSilence(
        (item) => item.type === 'word' && item.command !== 'users' && item.command !== 'projects',
      )
      if (said?.type !== 'word') inconclusive('nothing came, as is right when another client was granted before')
      if (said.error !== undefined) failed(`refused: "${said.error}"`)
      return said.command === 'versionAutoSaveOK'
        ? 'granted'
        : failed(`"${said.command}" came instead of versionAutoSaveOK`)
    },
  },
  {
    id: 'serial',
    title: 'Messages are handled one after another',
    dialects: both,
    severity: 'should',
    needs: 'write',
    says: 'Nothing is promised; a client of a silent server needs to know, because only then an answer behind an edit proves it.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'No fault: planwire reads back from such a server. With it, set `flatServer: "serial"` in the client.',
    async run(bench) {
      const seen = await isSerial(bench)
      bench.find({
        name: 'serial',
        value: seen.serial,
        means: seen.serial
          ? 'set flatServer: "serial" in the client’s options: edits are confirmed by the next answer'
          : 'leave flatServer as it is: edits are confirmed by reading them back',
      })
      return seen.why
    },
  },
  {
    id: 'extension.ack',
    title: 'The author of an edit learns that it was stored',
    dialects: ['bryntum-flat'],
    severity: 'should',
    needs: 'write',
    says: 'The documents confirm new records alone. planwire’s extension confirms every change with "ack".',
    source: SOURCES.planwire,
    finds: ['BO4'],
    hint: 'Grant `planwire` at the login and send "ack" when the change is stored; see docs/verify.md.',
    async run(bench) {
      const { planner, position } = await extended(bench, 'editor')
      const [id] = await bench.add(planner, 'tasks', [bench.task('acknowledged')])
      planner.change(bench.project, edit(id, { duration: 3 }), { extension: { counter: 1 } })
      const ack = await planner.heard(
        (item) => item.type === 'word' && item.command === 'ack',
        bench.settings.timeoutMs,
      )
      if (ack?.type !== 'word') failed('no "ack" came for an edit')
      const at = ack.fields['planwire']
      return isObject(at) && at['epoch'] === position['epoch']
        ? `acknowledged up to revision ${at['revision']}`
        : failed('the ack names another epoch')
    },
  },
  {
    id: 'extension.catch-up',
    title: 'A client that was away can ask for what it missed',
    dialects: both,
    severity: 'should',
    needs: 'write',
    says: 'The documents have the whole dataset alone. With planwire’s extension a client names epoch and revision and gets what came since.',
    source: SOURCES.planwire,
    finds: ['BS11'],
    hint: 'Keep the last changes with their numbers, and answer a "dataset" request that names one with those after it.',
    async run(bench) {
      const { planner, position } = await extended(bench, 'away')
      planner.peer.close()
      const author = await bench.planner('author')
      const [id] = await bench.add(author, 'tasks', [bench.task('missed')])
      const back = await bench.planner('back', { load: false, extension: { version: 1, client: bench.named('away') } })
      back.say('dataset', { project: bench.project, planwire: { ...position, counter: 0 } })
      const said = await back.heard(
        (item) => item.type === 'change' || (item.type === 'word' && /^(dataset|caughtUp)$/.test(item.command)),
        bench.settings.timeoutMs,
      )
      if (!said) failed('nothing came')
      if (said.type === 'word') failed(`"${said.command}" came instead of the missed change`)
      const missed = JSON.stringify(said.change.changes).includes(bench.named('missed'))
      return missed ? `the missed change of task ${id} came` : failed('another change came than the missed one')
    },
  },
  {
    id: 'extension.sent-again',
    title: 'New records that are sent again after a lost answer are there once',
    dialects: ['bryntum-flat'],
    severity: 'should',
    needs: 'write',
    says: 'The documents have no name for a change. With planwire’s extension client id and counter name it, also on another socket.',
    source: SOURCES.planwire,
    finds: ['BO5'],
    hint: 'Remember the counters of each client; answer a repeated one with what it became.',
    async run(bench) {
      const { planner } = await extended(bench, 'sender')
      const phantom = bench.phantom()
      const changes = { tasks: { added: [bench.task('sent twice', { $PhantomId: phantom })] } }
      bench.writes()
      planner.change(bench.project, changes, { extension: { counter: 1 } })
      const first = await planner.heardChange('answer to a new task', brings('tasks', [phantom]))
      bench.own('tasks', realId(first.changes, 'tasks', phantom))
      planner.peer.close()
      const again = (await extended(bench, 'sender')).planner
      again.change(bench.project, changes, { extension: { counter: 1 } })
      await again.heardChange('answer to the same change', brings('tasks', [phantom]))
      const stored = rowsIn(await bench.rows(), 'tasks').filter((row) => row['name'] === bench.named('sent twice'))
      for (const { id } of stored) bench.own('tasks', id)
      return stored.length === 1 ? 'it is there once' : failed(`it is there ${stored.length} times`)
    },
  },
  {
    id: 'reset.told',
    title: 'A reset brings everybody the default content, and then who did it',
    dialects: both,
    severity: 'must',
    needs: 'reset',
    says: 'After a reset the dataset goes to all clients, then "reset" with the name of the user.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Send "dataset" and then "reset" to everybody who loaded the project, the author too.',
    async run(bench) {
      const [author, watcher] = [await bench.planner('author'), await bench.planner('watcher')]
      const [id] = await bench.add(author, 'tasks', [bench.task('before a reset')])
      author.say('reset', { project: bench.project })
      for (const planner of [author, watcher]) {
        const dataset = await planner.word('dataset')
        if (dataset.error !== undefined) failed(`an error came instead of the dataset: ${dataset.error}`)
        const reset = await planner.word('reset')
        if (typeof reset.fields['userName'] !== 'string') failed('"reset" has no userName')
      }
      return rowsWithId(await bench.rows(), 'tasks', id ?? '').length === 0
        ? 'told to both'
        : failed('a new task survived the reset')
    },
  },
  {
    id: 'reset.forgets-phantoms',
    title: 'After a reset a temporary id means a new record again',
    dialects: both,
    severity: 'must',
    needs: 'reset',
    says: 'A temporary id stands for a record that the project does not have.',
    source: SOURCES.revisions,
    finds: ['BS5'],
    hint: 'Empty the table of temporary ids when the project is put back.',
    async run(bench) {
      const author = await bench.planner('author')
      const phantom = bench.phantom()
      const changes = { tasks: { added: [bench.task('again', { $PhantomId: phantom })] } }
      bench.writes()
      author.change(bench.project, changes)
      await author.heardChange('answer to a new task', brings('tasks', [phantom]))
      author.say('reset', { project: bench.project })
      await author.word('reset')
      author.forget()
      author.change(bench.project, changes)
      const name = bench.named('again')
      const there = (now: Parameters<typeof rowsIn>[0]): boolean =>
        rowsIn(now, 'tasks').some((row) => row['name'] === name)
      return there(await bench.rowsWhen(there))
        ? 'it was added again'
        : failed('the task that was added after the reset is not in the dataset')
    },
  },
]

/** A client with the extension granted, and where it stands in the project's history. */
async function extended(bench: BryntumBench, who: string): Promise<Extended> {
  const client = bench.named(who)
  const planner = await bench.connect(who)
  const login = await planner.login(bench.settings.user, { version: 1, client })
  if (!isObject(login.fields['planwire'])) failed('the server does not grant planwire’s extension')
  const dataset = await planner.ask('dataset', { project: bench.project })
  const position = dataset.fields['planwire']
  if (!isObject(position)) failed('the dataset names no position')
  planner.forget()
  bench.find({
    name: 'extension',
    value: true,
    means: 'planwire’s extension is granted: acks, catch-up and replays work',
  })
  return { planner, position }
}

interface Extended {
  readonly planner: Planner
  readonly position: Fields
}
