/** What every host of the mock server has to pass: the whole suite, with nothing failed, left out or left behind. */
import { describe, expect, test } from 'vitest'
import type { MockServerConfig } from '../core/config.ts'
import { type VerifyDialect, type VerifyOptions, verify } from './index.ts'

/** A configuration that closes what the defaults leave open for unmodified vendor clients. */
export const strictConfig: MockServerConfig = {
  anonymous: false,
  auth: { rest: 'required' },
  users: [
    { name: 'admin', password: 'admin' },
    { name: 'guest', password: 'guest', groups: ['guests'] },
  ],
  groups: { guests: { read: [2], write: [2] } },
  projects: [
    {
      id: 1,
      name: 'House',
      tasksData: [{ id: 1, name: 'Dig', children: [{ id: 2, name: 'Pump' }] }],
      resourcesData: [{ id: 1, name: 'Ann' }],
    },
    { id: 2, name: 'Garden', tasksData: [{ id: 1, name: 'Plant' }] },
  ],
  api: { svc: { add: (a: number, b: number) => a + b } },
  collections: {
    events: [{ id: 7, text: 'Inspection', start_date: '2026-05-04 09:00', end_date: '2026-05-04 10:00' }],
  },
}

/** Everything asked for, with waits that suit a server on the same machine. */
export const everything = {
  write: true,
  reset: true,
  timeoutMs: 3000,
  quietMs: 60,
  settleMs: 400,
  rounds: 12,
} as const satisfies Partial<VerifyOptions>

/** A started host, and how its clients reach it. */
export interface VerifiedHost extends Pick<VerifyOptions, 'url' | 'WebSocket' | 'ports'> {
  close(): Promise<void>
}

/** Names the host, and whether several of it live side by side, so that the dialects need not wait for each other. */
export interface HostKind {
  readonly name: string
  readonly several: boolean
}

/** Holds a host to the suite in every dialect. */
export function verifiedHost(
  { name, several }: HostKind,
  start: (config: MockServerConfig, dialect: VerifyDialect) => Promise<VerifiedHost>,
): void {
  describe(`${name}, held to the suite for anyone’s server:`, { timeout: 60_000, concurrent: several }, () => {
    test.each(['bryntum-flat', 'bryntum-revisions', 'dhtmlx'] as const)('%s passes every clause', async (dialect) => {
      const { close, ...reached } = await start(strictConfig, dialect)
      const otherUser = { login: 'guest', password: 'guest' }
      const report = await verify({ ...everything, ...reached, dialect, otherUser, gantt: '/data' }).finally(close)
      const rest = report.clauses.filter(({ status }) => status !== 'passed')
      expect(rest.map(({ id, status, seen }) => `${id} ${status}: ${seen}`)).toEqual([])
      // A store cannot be taken away again, by nobody.
      const left = report.clauses.flatMap((clause) => clause.left).filter((each) => !each.startsWith('the empty store'))
      expect(left).toEqual([])
      expect(report.passed).toBe(true)
      if (dialect === 'bryntum-flat') {
        expect(report.findings).toContainEqual(expect.objectContaining({ name: 'serial', value: true }))
      }
    })
  })
}
