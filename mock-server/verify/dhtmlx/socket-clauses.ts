/** Clauses about the live updates’ handshake, socket and subscriptions. */
import { isObject } from '../../../client/protocol/guards.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, skipped } from '../verdict.ts'
import { about } from './answers.ts'
import type { LiveBench } from './bench.ts'

const dialects = ['dhtmlx'] as const
const REFUSED: readonly number[] = [401, 403]

export const socketClauses: readonly Clause<LiveBench>[] = [
  {
    id: 'handshake.answered',
    title: 'The handshake is answered, and says that there is a socket',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'GET with the header Remote-Token is answered {"api":{},"data":{},"websocket":true}.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Without a true `websocket` the widget opens no socket and says nothing about it.',
    async run(bench) {
      const { status, json } = await bench.rest('GET', bench.settings.livePath)
      if (status !== 200) failed(`the answer is ${status}`)
      if (!isObject(json)) failed('the answer is no JSON object')
      return json['websocket'] ? 'answered' : failed('`websocket` is not true')
    },
  },
  {
    id: 'handshake.token',
    title: 'The handshake refuses a token that is wrong or missing',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'Without a valid token the handshake is answered 403.',
    source: SOURCES.dhtmlx,
    finds: ['DS1'],
    hint: 'Check the header Remote-Token before you answer.',
    async run(bench) {
      for (const token of [undefined, bench.named('wrong token')]) {
        const { status } = await bench.rest('GET', bench.settings.livePath, { token })
        if (!REFUSED.includes(status))
          failed(`${token === undefined ? 'without a token' : 'with a wrong token'} the answer is ${status}`)
      }
      return 'both were refused'
    },
  },
  {
    id: 'socket.start',
    title: 'A socket with the right token hears "start"',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'The server answers a connection with {"action":"start","body":connectionId}.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Send "start" first: the widget subscribes to nothing before it.',
    async run(bench) {
      const peer = await bench.socket('socket').opened()
      const { body } = await peer.inbox.next(bench.settings.timeoutMs, '"start"', ({ action }) => action === 'start')
      return body === undefined ? 'started' : 'started with a connection id'
    },
  },
  {
    id: 'socket.token',
    title: 'A socket with a token that is wrong or missing is closed',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'The server verifies the token of the query and closes with 1008.',
    source: SOURCES.dhtmlx,
    finds: ['DS1'],
    hint: 'Close with 1008 before you send anything.',
    async run(bench) {
      const seen: string[] = []
      for (const query of ['token=verify-wrong-token&ws=1', 'ws=1']) {
        const peer = bench.socket('stranger', bench.settings.livePath, query)
        const closure = await peer.closedWithin(bench.settings.timeoutMs)
        const started = await peer.inbox.within(0, ({ action }) => action === 'start')
        if (!closure || started)
          failed(
            `${query.startsWith('ws') ? 'without a token' : 'with a wrong token'} the socket ${started ? 'hears "start"' : 'stays open'}`,
          )
        seen.push(String(closure.code))
      }
      return `closed with ${seen.join(' and ')}`
    },
  },
  {
    id: 'socket.path',
    title: 'Sockets live at their own path alone',
    dialects,
    severity: 'should',
    needs: 'read',
    says: 'The socket is at the endpoint that RemoteEvents was given.',
    source: SOURCES.dhtmlx,
    finds: ['DS2'],
    hint: 'Answer upgrades of any other path with 404.',
    async run(bench) {
      const peer = bench.socket('elsewhere', `${bench.settings.livePath}-no-such-path`)
      const heard = await peer.inbox.within(bench.quietMs, ({ action }) => action === 'start')
      return heard ? failed('a socket at another path hears "start"') : 'nothing lives at another path'
    },
  },
  {
    id: 'socket.malformed',
    title: 'Frames that nobody can read harm nobody',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'The server catches what parsing throws.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Catch per frame, and go on with the next one.',
    async run(bench) {
      const [vandal, other] = [
        await bench.subscriber('vandal', bench.settings.collection),
        await bench.subscriber('other', bench.settings.collection),
      ]
      for (const frame of [
        '{',
        'null',
        '[]',
        '7',
        '{"action":"subscribe"}',
        '{"action":{}}',
        '{"action":"subscribe","name":"constructor"}',
        '{"action":"__proto__","name":{}}',
      ])
        vandal.send(frame)
      await bench.caughtUp(vandal)
      const id = await bench.add('after malformed frames')
      for (const peer of [other, vandal]) await bench.told(peer, `update for ${peer.name}`, about(id))
      return 'both were told of the next event'
    },
  },
  {
    id: 'subscribe.only',
    title: 'Events reach those who subscribed, and nobody who did not',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'Each socket receives updates of the entities that it subscribed to.',
    source: SOURCES.dhtmlx,
    finds: [],
    hint: 'Look into the socket’s own subscriptions before you send.',
    async run(bench) {
      const subscribed = await bench.subscriber('subscriber', bench.settings.collection)
      const silent = await bench.subscriber('not subscribed', 'planwire-verify-other')
      const ended = await bench.subscriber('unsubscribed', bench.settings.collection)
      ended.send({ action: 'unsubscribe', name: bench.settings.collection })
      await bench.caughtUp(ended)
      const id = await bench.add('for subscribers')
      await bench.told(subscribed, 'update for the subscriber', about(id))
      for (const peer of [silent, ended])
        if (await bench.unwanted(peer, about(id))) failed(`a socket that is ${peer.name} was told`)
      return 'the subscriber alone was told'
    },
  },
  {
    id: 'rest.token',
    title: 'Requests with a wrong token are refused',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'The token is sent for validation by the server.',
    source: SOURCES.dhtmlx,
    finds: ['DS1'],
    hint: 'Answer 401 when Remote-Token is there and wrong, for reading and for writing.',
    async run(bench) {
      const token = bench.named('wrong token')
      const unknown = `${bench.path}/planwire-verify-no-such-id`
      for (const [method, path] of [
        ['GET', bench.path],
        ['DELETE', unknown],
      ] as const) {
        const { status } = await bench.rest(method, path, { token })
        if (!REFUSED.includes(status)) failed(`${method} with a wrong token is answered ${status}`)
      }
      return 'reading and writing were refused'
    },
  },
  {
    id: 'rest.token-missing',
    title: 'Requests without a token are refused',
    dialects,
    severity: 'should',
    needs: 'read',
    says: 'The DataProcessor of the example sends Remote-Token with each request.',
    source: SOURCES.dhtmlx,
    finds: ['DS1'],
    hint: 'Answer 401. Scheduler 7.2 ignores `headers` and sends none: if you serve it unmodified, run with --open-rest.',
    async run(bench) {
      if (bench.settings.openRest) skipped('the server takes requests without a token on purpose (--open-rest)')
      const unknown = `${bench.path}/planwire-verify-no-such-id`
      for (const [method, path] of [
        ['GET', bench.path],
        ['DELETE', unknown],
      ] as const) {
        const { status } = await bench.rest(method, path, { token: undefined })
        if (!REFUSED.includes(status)) failed(`${method} without a token is answered ${status}`)
      }
      return 'reading and writing were refused'
    },
  },
]
