/**
 * The recordings in docs/recordings: made here, by a manual clock and seeds, so that they are what this code makes. After a
 * change that makes them other ones: `npx vitest run --project unit mock-server/recorder -u`.
 */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createDoctor } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { minimise } from './minimise.ts'
import { add, rename, startRecorderKit } from './recorder-kit.contract.ts'
import type { Recording } from './recording.ts'
import { replay } from './replay.ts'

const fileOf = (name: string): string => new URL(`../../docs/recordings/${name}.json`, import.meta.url).pathname
const textOf = (recording: Recording): string => `${JSON.stringify(recording, undefined, 1)}\n`

function findingsIn({ entries }: Recording): readonly Finding[] {
  const doctor = createDoctor()
  doctor.take(entries)
  doctor.passed((entries.at(-1)?.at ?? 0) + 60_000)
  return doctor.findings
}

/** Three planners without an engine; a slow network lets two renamings of one task cross. */
async function crossing(): Promise<Recording> {
  const kit = await startRecorderKit()
  const eve = kit.planner('eve')
  kit.core.recorder.start({ name: 'crossing edits' })
  const [ann, bob] = [kit.planner('ann'), kit.planner('bob')]
  await kit.pass(1_000)
  eve.say(add('Roof', '_generatedTask_1'))
  ann.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 2, duration: 3 }] } } })
  await kit.pass(2_000)
  kit.core.lab.run({
    format: 'planwire-lab',
    version: 1,
    name: 'slow',
    steps: [{ id: 'slow', fault: 'latency', ms: 400, for: 2_000 }],
  })
  ann.say(rename('Dig the pit'))
  await kit.pass(100)
  bob.say(rename('Dig the foundation'))
  await kit.pass(2_000)
  eve.say(rename('Roof of tiles', 100))
  void kit.rest('PUT', '/events/7', { text: 'Inspection of the roof' })
  await kit.pass(5_000)
  return kit.core.recorder.stop()
}

test('the recording of edits that cross is the one in docs/recordings; the doctor finds where the clients part', async () => {
  const recording = await crossing()
  await expect(textOf(recording)).toMatchFileSnapshot(fileOf('crossing-edits'))
  expect(findingsIn(recording).map(({ code, parties }) => [code, ...parties])).toEqual([['divergence', 'ann', 'bob']])
})

test('cut down to the divergence, it is the other one in docs/recordings', async () => {
  const small = await minimise(await crossing(), (each) => findingsIn(each).some(({ code }) => code === 'divergence'))
  await expect(textOf(small)).toMatchFileSnapshot(fileOf('crossing-edits.min'))
  const sent = small.entries.flatMap((each) => (each.type === 'frame' && each.direction === 'up' ? [each] : []))
  expect(sent.map(({ party, text }) => [party, JSON.parse(text).command])).toEqual([
    ['ann', 'login'],
    ['ann', 'dataset'],
    ['bob', 'login'],
    ['bob', 'dataset'],
    ['ann', 'projectChange'],
    ['bob', 'projectChange'],
  ])
})

test.each(['crossing-edits', 'crossing-edits.min'])('docs/recordings/%s.json replays', async (name) => {
  const recording: unknown = JSON.parse(await readFile(fileOf(name), 'utf8'))
  expect(await replay(recording)).toMatchObject({ same: true })
})
