import { expect, test } from 'vitest'
import { type ClauseResult, junitReport, type Report } from './index.ts'

const clause = (result: Partial<ClauseResult>): ClauseResult => ({
  id: 'edit.told',
  title: 'An edit reaches everybody else',
  severity: 'must',
  says: 'It is broadcast.',
  source: 'the document',
  finds: [],
  status: 'passed',
  seen: 'told',
  frames: [],
  left: [],
  hint: 'Broadcast it.',
  tookMs: 12,
  ...result,
})

const HOSTILE = 'a <b> & "c" ]]> \u0000 \ud800 \u001b[31m é 😀'

test('the JUnit report is XML that a parser reads, whatever a server sent, and counts what the exit code counts', () => {
  const report: Report = {
    format: 1,
    url: 'ws://127.0.0.1:1?a=1&b=2',
    dialect: 'bryntum-flat',
    startedAt: '2026-01-01T00:00:00.000Z',
    tookMs: 1234,
    passed: false,
    strict: false,
    summary: { passed: 1, failed: 2, skipped: 1, inconclusive: 1 },
    findings: [{ name: 'serial', value: true, means: 'x' }],
    clauses: [
      clause({}),
      clause({
        status: 'failed',
        seen: HOSTILE,
        frames: [{ atMs: 1, peer: 'author', direction: 'in', text: HOSTILE }],
        left: ['tasks 7'],
      }),
      clause({ id: 'extension.ack', severity: 'should', status: 'failed', seen: HOSTILE }),
      clause({ id: 'reset.told', status: 'skipped', seen: 'not asked for' }),
      clause({ id: 'versions.autosave', status: 'inconclusive', seen: 'nothing came' }),
    ],
  }
  const xml = new DOMParser().parseFromString(junitReport(report), 'application/xml')
  expect(xml.querySelector('parsererror')?.textContent).toBeUndefined()
  const suite = xml.querySelector('testsuite')
  expect(['tests', 'failures', 'skipped', 'time'].map((name) => suite?.getAttribute(name))).toEqual([
    '5',
    '1',
    '2',
    '1.234',
  ])
  expect(xml.querySelectorAll('testcase')).toHaveLength(5)
  expect(xml.querySelector('failure')?.textContent).toContain('author < a <b> & "c" ]]> \ufffd \ufffd \ufffd[31m é 😀')
  expect(xml.querySelector('system-err')?.textContent).toBe('left behind: tasks 7')
  expect(xml.querySelectorAll('skipped')).toHaveLength(2)
  expect(xml.querySelector('system-out')?.textContent).toMatch(/^advice: /)
})
