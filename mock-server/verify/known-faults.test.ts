import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { assertNever } from '../../client/protocol/errors.ts'
import { startBryntumFlatServer } from '../../e2e/servers/bryntum-flat-server.ts'
import { startBryntumRevisionsServer } from '../../e2e/servers/bryntum-revisions-server.ts'
import { startSchedulerServer } from '../../e2e/servers/scheduler-server.ts'
import type { QuirkName } from '../core/quirk-names.ts'
import { startMockServer } from '../node/index.ts'
import { bryntumClauses } from './bryntum/suite.ts'
import { liveClauses } from './dhtmlx/suite.ts'
import { lineThat } from './faulty-line.contract.ts'
import { everything, strictConfig } from './hosts.contract.ts'
import { type ClauseStatus, type Report, type VerifyDialect, type VerifyOptions, verify } from './index.ts'
import { knownFaults, type TableServer } from './known-faults.contract.ts'
import { twisted, twists } from './twisted-lines.contract.ts'

/** What a server that follows the documents to the letter does not do: the documents have no way to. */
const BEYOND_THE_DOCUMENTS = {
  'bryntum-flat': ['extension.ack', 'extension.catch-up', 'extension.sent-again'],
  'bryntum-revisions': ['extension.catch-up'],
  dhtmlx: [],
  'planwire bryntum-flat': [],
  'planwire bryntum-revisions': [],
} as const satisfies { readonly [server in TableServer['server']]: readonly string[] }

const SERVERS: readonly TableServer[] = [
  { server: 'bryntum-flat' },
  { server: 'bryntum-revisions' },
  { server: 'dhtmlx' },
  { server: 'planwire bryntum-flat' },
  { server: 'planwire bryntum-revisions' },
]

// Each run has its own server and waits most of the time.
const TOGETHER = { concurrent: true, timeout: 60_000 }

const PASSWORDS = { admin: 'admin', guest: 'guest' }
const GUEST = { login: 'guest', password: 'guest' }

type Started = Pick<VerifyOptions, 'url' | 'dialect' | 'otherUser' | 'ports'> & { close(): Promise<void> }

/** Verifies one server of the table. */
async function run(row: TableServer): Promise<Report> {
  const { close, ...options } = await started(row)
  try {
    return await verify({ ...everything, timeoutMs: 1500, ...options, WebSocket })
  } finally {
    await close()
  }
}

async function started(row: TableServer): Promise<Started> {
  switch (row.server) {
    case 'bryntum-flat': {
      const faults = row.fault ? [row.fault] : []
      const server = await startBryntumFlatServer({ passwords: PASSWORDS, anonymous: false, faults })
      return { url: server.url, close: server.close, dialect: row.server, otherUser: GUEST }
    }
    case 'bryntum-revisions': {
      const faults = row.fault ? [row.fault] : []
      const rights = { guest: [2] }
      const server = await startBryntumRevisionsServer({ passwords: PASSWORDS, anonymous: false, rights, faults })
      return { url: server.url, close: server.close, dialect: row.server, otherUser: GUEST }
    }
    case 'dhtmlx': {
      const { url, close } = await startSchedulerServer({ faults: row.fault ? [row.fault] : [] })
      return { url, close, dialect: row.server }
    }
    case 'planwire bryntum-flat':
    case 'planwire bryntum-revisions': {
      const { url, close } = await startMockServer(strictConfig)
      const dialect = row.server === 'planwire bryntum-flat' ? 'bryntum-flat' : 'bryntum-revisions'
      const ports = row.line ? { transport: lineThat(row.line) } : {}
      return { url, close, dialect, otherUser: GUEST, ports }
    }
    default:
      return assertNever(row)
  }
}

/** Ids of the clauses with a status, sorted. */
function withStatus({ clauses }: Report, wanted: ClauseStatus): readonly string[] {
  return clauses.flatMap(({ id, status }) => (status === wanted ? [id] : [])).sort()
}

describe('without a fault', TOGETHER, () => {
  test.each(SERVERS)('$server passes, but for what the documents cannot', async (row) => {
    const report = await run(row)
    expect(withStatus(report, 'failed')).toEqual(BEYOND_THE_DOCUMENTS[row.server])
    expect(withStatus(report, 'inconclusive')).toEqual([])
  })
})

describe('with a known fault of the vendors’ servers, the clauses about it fail and no others:', TOGETHER, () => {
  const seen = knownFaults.flatMap((row) => ('server' in row ? [row] : []))
  test.each(seen)('$id: $happens', async (row) => {
    const report = await run(row)
    expect(withStatus(report, 'failed')).toEqual([...row.failing, ...BEYOND_THE_DOCUMENTS[row.server]].sort())
    expect(withStatus(report, 'inconclusive')).toEqual([])
    // Each clause knows what it found.
    const number = row.id.split('-')[0] ?? ''
    const finds = report.clauses.flatMap((clause) => (row.failing.includes(clause.id) ? clause.finds : []))
    expect(finds).toContain(number)
  })
})

describe('a line that twists what one clause is about makes that clause fail:', TOGETHER, () => {
  test.each(twists)('$clause', async (twist) => {
    const server = await startMockServer(strictConfig)
    try {
      const { dialect, clause } = twist
      const at = {
        url: server.url,
        dialect,
        only: [clause],
        gantt: '/data',
        otherUser: GUEST,
        ports: twisted(twist, WebSocket),
      }
      const report = await verify({ ...everything, timeoutMs: 600, ...at })
      expect(report.clauses.map(({ id, status }) => [id, status])).toEqual([[clause, 'failed']])
    } finally {
      await server.close()
    }
  })
})

describe('a quirk of planwire’s own server is found', TOGETHER, () => {
  const cases: readonly { quirk: QuirkName; dialect: VerifyDialect; failing: readonly string[] }[] = [
    {
      quirk: 'no-ack',
      dialect: 'bryntum-flat',
      failing: ['extension.ack', 'extension.catch-up', 'extension.sent-again'],
    },
    { quirk: 'lost-parents', dialect: 'bryntum-flat', failing: ['add.new-parent'] },
    { quirk: 'stack-traces', dialect: 'bryntum-revisions', failing: ['errors.opaque'] },
    { quirk: 'forgotten-replays', dialect: 'bryntum-revisions', failing: ['edit.sent-again'] },
    { quirk: 'lost-content', dialect: 'bryntum-flat', failing: ['versions.content'] },
    { quirk: 'both-parents', dialect: 'bryntum-flat', failing: ['tree.moved-once'] },
    { quirk: 'lingering-names', dialect: 'bryntum-revisions', failing: ['users.left'] },
    { quirk: 'unknown-names', dialect: 'bryntum-revisions', failing: ['names.documented'] },
  ]
  test.each(cases)('$quirk, in $dialect', async ({ quirk, dialect, failing }) => {
    const server = await startMockServer({ ...strictConfig, quirks: [quirk] })
    try {
      const report = await verify({
        ...everything,
        url: server.url,
        dialect,
        otherUser: GUEST,
        timeoutMs: 1000,
        WebSocket,
      })
      expect(withStatus(report, 'failed')).toEqual(failing)
    } finally {
      await server.close()
    }
  })
})

test('no clause is without a server that makes it fail', () => {
  const broken = new Set([
    ...knownFaults.flatMap((row) => ('failing' in row ? row.failing : [])),
    ...twists.map(({ clause }) => clause),
  ])
  // What it finds out is no fault; that it does is shown below.
  const proved = [...broken, 'serial'].sort()
  expect([...bryntumClauses, ...liveClauses].map(({ id }) => id).sort()).toEqual(proved)
})

test('a server that commits a little later is found out: `serial` is false', async () => {
  const serial = async (lateCommitMs?: readonly [number, number]): Promise<unknown> => {
    const server = await startBryntumFlatServer(lateCommitMs ? { lateCommitMs } : {})
    const report = await verify({
      ...everything,
      url: server.url,
      dialect: 'bryntum-flat',
      only: ['serial'],
      WebSocket,
    })
    return report.findings.find(({ name }) => name === 'serial')?.value
  }
  expect([await serial(), await serial([1, 4])]).toEqual([true, false])
})
