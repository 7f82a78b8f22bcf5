/** Clauses about remote calls. They call a function that is not there: what the others do is not known here. */
import { isObject } from '../../../client/protocol/guards.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { leakIn } from '../trace.ts'
import { failed, skipped } from '../verdict.ts'
import type { LiveBench } from './bench.ts'

const dialects = ['dhtmlx'] as const
const NOBODY = 'planwire-verify.nothing'

export const callClauses: readonly Clause<LiveBench>[] = [
  {
    id: 'calls.answered',
    title: 'Every remote call of a frame is answered under its own id, also one of a function that is not there',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'A result has the id of its call, and an error where there is one; the client waits for it for ever.',
    source: SOURCES.widget,
    finds: [],
    hint: 'Answer {"action":"result","body":[{"id":ID,"error":TEXT,"data":null}]} for each call, whatever goes wrong.',
    async run(bench) {
      await offersCalls(bench)
      const peer = await bench.socket('caller').opened()
      await peer.inbox.next(bench.settings.timeoutMs, '"start"', ({ action }) => action === 'start')
      peer.send({ action: 'call', body: ['7', '8'].map((id) => ({ id, name: NOBODY, args: [] })) })
      const results = new Map<unknown, Fields>()
      // In one frame, or in one each.
      for (let frames = 0; frames < 2 && results.size < 2; frames += 1) {
        const { body } = await peer.inbox.next(
          bench.settings.timeoutMs,
          'result of each call',
          ({ action }) => action === 'result',
        )
        for (const result of Array.isArray(body) ? body.filter(isObject) : []) results.set(result['id'], result)
      }
      for (const id of ['7', '8']) refusedCall(results.get(id) ?? failed(`no result has the id of call ${id}`))
      return 'both calls were answered with an error'
    },
  },
  {
    id: 'calls.posted',
    title: 'Calls that are posted, without a socket, are answered in the same way',
    dialects,
    severity: 'should',
    needs: 'read',
    says: 'Where the handshake says websocket: false, calls are a POST of the bare list, answered with the list of results.',
    source: SOURCES.widget,
    finds: [],
    hint: 'Answer POST at the handshake’s path with 200 and [{"id":ID,"error":TEXT,"data":null}].',
    async run(bench) {
      await offersCalls(bench)
      const body = JSON.stringify([{ id: '7', name: NOBODY, args: [] }])
      const { status, json } = await bench.rest('POST', bench.settings.livePath, { body })
      if (status !== 200 || !Array.isArray(json)) return failed(`the answer is ${status}, not a list of results`)
      const result = json.filter(isObject).find(({ id }) => id === '7')
      refusedCall(result ?? failed('no result has the id of the call'))
      return 'answered with an error'
    },
  },
]

async function offersCalls(bench: LiveBench): Promise<void> {
  const { json } = await bench.rest('GET', bench.settings.livePath)
  const api = isObject(json) ? json['api'] : undefined
  if (!isObject(api) || Object.keys(api).length === 0) skipped('the handshake offers no functions to call')
}

function refusedCall({ error }: Fields): void {
  if (!error) failed('a function that is not there is answered as if it had run')
  const leak = leakIn(String(error))
  if (leak !== undefined) failed(`the error holds "${leak}"`)
}
