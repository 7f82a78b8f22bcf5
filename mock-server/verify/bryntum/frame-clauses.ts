/** Clauses about frames that nobody should have sent, and about the names of commands. */
import { type Clause, SOURCES } from '../clause.ts'
import { leakIn } from '../trace.ts'
import { failed } from '../verdict.ts'
import type { BryntumBench } from './bench.ts'
import type { Planner } from './planner.ts'
import { changeCommand } from './speech.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const frameClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'frames.malformed',
    title: 'Frames that nobody can read harm nobody',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'Every message is a JSON object with a command.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Catch what parsing and handling throw, per frame; go on with the next one.',
    async run(bench) {
      const { timeoutMs } = bench.settings
      const vandal = await bench.planner('vandal')
      const other = await bench.planner('other')
      for (const frame of MALFORMED) vandal.peer.send(frame)
      vandal.peer.send({ command: changeCommand(bench.dialect), project: bench.project, changes: 7 })
      await answersAfterwards(other, 'somebody else', timeoutMs)
      await answersAfterwards(vandal, 'their sender', timeoutMs)
      return 'everybody was answered afterwards'
    },
  },
  {
    id: 'errors.opaque',
    title: 'Errors tell nothing of the inside of the server',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'An answer is for the client; where the code lies is not.',
    source: SOURCES.web,
    finds: ['BS7'],
    hint: 'Answer errors with a text of your own; log the stack.',
    async run(bench) {
      const planner = await bench.planner('vandal')
      for (const frame of MALFORMED) planner.peer.send(frame)
      // The fields where the other dialect has them: one server answered that with its stack.
      planner.peer.send({ command: 'login', login: bench.named('nobody') })
      planner.peer.send({ command: 'login', data: null })
      planner.say(changeCommand(bench.dialect), { project: bench.project, revisions: 7, changes: 7 })
      planner.say('dataset', { project: { $ne: null } })
      const leaked = await planner.orSilence(
        (item) => item.type === 'word' && leakIn(`${item.error ?? ''} ${JSON.stringify(item.fields)}`) !== undefined,
      )
      if (leaked?.type === 'word')
        failed(`an answer holds "${leakIn(`${leaked.error ?? ''} ${JSON.stringify(leaked.fields)}`) ?? ''}"`)
      return 'no answer holds a stack or a path'
    },
  },
  {
    id: 'names.documented',
    title: 'The names that the documents and the widget use are answered, if only with an error',
    dialects: ['bryntum-revisions'],
    severity: 'must',
    needs: 'read',
    says: 'projectChange, requestVersionAutoSave, loadVersionContent and a login without `data` are the documented forms; Gantt 7.3 sends them.',
    source: SOURCES.bryntum,
    finds: ['BS15', 'BV1'],
    hint: 'Take the documented names beside the newer ones, or answer them with an error: silence looks like a lost line.',
    async run(bench) {
      const planner = await bench.planner('user')
      const versionId = bench.named('no such version')
      const tries: readonly [name: string, send: () => void][] = [
        ['loadVersionContent', () => planner.say('loadVersionContent', { project: bench.project, versionId })],
        ['projectChange', () => planner.say('projectChange', { project: bench.project, changes: 7 })],
        ['login', () => planner.peer.send({ command: 'login', login: bench.named('nobody') })],
      ]
      for (const [name, send] of tries) {
        planner.forget()
        send()
        const heard = await planner.heard((item) => item.type === 'word', bench.settings.timeoutMs)
        if (!heard) failed(`"${name}" as documented: nothing came within ${bench.settings.timeoutMs} ms`)
      }
      return 'each was answered'
    },
  },
]

const MALFORMED: readonly string[] = [
  '{"command":',
  'null',
  '[]',
  '7',
  '"login"',
  '{}',
  '{"command":7}',
  '{"command":null}',
  '{"__proto__":{"polluted":1},"command":"__proto__"}',
]

async function answersAfterwards(planner: Planner, who: string, timeoutMs: number): Promise<void> {
  planner.forget()
  planner.say('projects')
  const ok = await planner.heard(
    (item) => item.type === 'word' && item.command === 'projects' && item.error === undefined,
    timeoutMs,
  )
  if (!ok) failed(`after malformed frames ${who} is not answered any more: ${planner.peer.inbox.ended ?? 'silence'}`)
}
