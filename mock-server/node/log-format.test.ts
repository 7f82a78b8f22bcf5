import { expect, test } from 'vitest'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { createLog, type LogFormat } from './log-format.ts'

function lines(format: LogFormat) {
  const out: string[] = []
  const err: string[] = []
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
  return { out, err, log: createLog(format, { out: (line) => out.push(line), err: (line) => err.push(line) }, clock) }
}

test('text is for people: warnings and errors with their cause, a line each, to stderr', () => {
  const { out, err, log } = lines('text')
  log('debug', 'Nobody needs this')
  log('info', 'A socket opened')
  log('warn', 'A frame could not be read', { error: 'not JSON' })
  log('error', 'The server failed', { cause: new Error('boom') })
  expect([out, err]).toEqual([
    [],
    ['planwire: A frame could not be read: not JSON', 'planwire: The server failed: boom'],
  ])
})

test('quiet leaves errors alone', () => {
  const { out, err, log } = lines('quiet')
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, `An event of level ${level}`)
  expect([out, err]).toEqual([[], ['planwire: An event of level error']])
})

test('json is for programs: one object per line with time, level and event, everything but debug, to stdout', () => {
  const { out, err, log } = lines('json')
  log('debug', 'Nobody needs this')
  log('info', 'A socket opened', { connection: 1, from: '127.0.0.1' })
  log('warn', 'The mock server is open to everybody: anyone may log in\nwithout a password')
  expect([out.map((line) => JSON.parse(line)), err]).toEqual([
    [
      {
        time: '2026-01-02T03:04:05.006Z',
        level: 'info',
        event: 'a-socket-opened',
        message: 'A socket opened',
        connection: 1,
        from: '127.0.0.1',
      },
      expect.objectContaining({ level: 'warn', event: 'the-mock-server-is-open-to-everybody' }),
    ],
    [],
  ])
  expect(out.join('')).not.toContain('\n')
})

test('details that are no JSON do not break a line: errors, cycles, large numbers, long texts', () => {
  const { out, log } = lines('json')
  const cycle: { again?: unknown } = {}
  cycle.again = cycle
  const cause = new PlanwireError('storage-failed', 'disk full', 'retry', {}, { cause: new Error('ENOSPC') })
  log('error', 'A write failed', { cause, cycle, count: 10n, run: () => 1, text: 'x'.repeat(5_000), time: 'mine' })
  expect(out).toHaveLength(1)
  const line = JSON.parse(out[0] ?? '')
  expect(line).toMatchObject({
    time: '2026-01-02T03:04:05.006Z',
    cause: { name: 'PlanwireError', code: 'storage-failed', message: 'disk full' },
    cycle: { again: '[seen]' },
    count: '10',
  })
  expect(line.text).toHaveLength(1_001)
})

test('no secret gets into a log: not by its name, not in a URL, not in a frame that is quoted', () => {
  const secrets = {
    url: '/api/v1?token=s3cret&ws=1',
    password: 's3cret',
    headers: { 'Remote-Token': 's3cret', Authorization: 'Bearer s3cret', accept: 'application/json' },
    frame: '{"command":"login","login":"ada","password":"s3cret \\" s3cret"}',
    cut: '{"password":"s3cret',
    nested: [{ token: 's3cret' }],
    cause: new Error('GET /api/v1?ws=1&token=s3cret failed'),
  }
  for (const format of ['json', 'text'] as const) {
    const { out, err, log } = lines(format)
    log('error', 'A request to /api/v1?token=s3cret failed', secrets)
    const text = [...out, ...err].join()
    expect(text).not.toContain('s3cret')
    expect(text).toContain('[redacted]')
  }
})
