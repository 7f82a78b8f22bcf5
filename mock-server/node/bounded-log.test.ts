import { expect, test } from 'vitest'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { boundedLog } from './bounded-log.ts'
import { withCause } from './log-line.ts'
import { startMockServer } from './start.ts'

function start() {
  const told: unknown[] = []
  const clock = new ManualClock(1000)
  const bounded = boundedLog((level, message, details) => told.push([level, message, details]), clock)
  return { ...bounded, clock, told: () => told.splice(0) }
}

const warn = (message: string, more?: number): unknown => [
  'warn',
  message,
  more === undefined ? undefined : { more, seconds: 10 },
]

test('a flood of refused connections is told five times, and then as a number after ten seconds', () => {
  const { logger, clock, told } = start()
  for (let i = 0; i < 137; i += 1) logger('warn', 'refused')
  expect(told()).toEqual(Array.from({ length: 5 }, () => warn('refused')))
  clock.advance(9999)
  expect(told()).toEqual([])
  clock.advance(1)
  expect(told()).toEqual([warn('refused', 132)])
  clock.advance(60_000)
  expect([told(), clock.waiting]).toEqual([[], 0])
})

test('after that they are told one by one again', () => {
  const { logger, clock, told } = start()
  for (let i = 0; i < 6; i += 1) logger('warn', 'refused')
  clock.advance(10_000)
  told()
  logger('warn', 'refused', { origin: 'https://a.example' })
  expect(told()).toEqual([['warn', 'refused', { origin: 'https://a.example' }]])
})

test('a flood of one kind hides no other warning, and errors are told however many there are', () => {
  const { logger, told } = start()
  for (let i = 0; i < 50; i += 1) logger('warn', 'refused')
  told()
  logger('warn', 'too slow')
  for (let i = 0; i < 50; i += 1) logger('error', 'the disk is full')
  expect(told()).toHaveLength(51)
})

test('kinds without end are bounded too', () => {
  const { logger, clock, told } = start()
  for (let i = 0; i < 10_000; i += 1) logger('warn', `kind ${i}`)
  expect(told()).toHaveLength(205)
  clock.advance(10_000)
  expect(told()).toEqual([warn('Other warnings', 9795)])
})

test('what was counted is told when the server ends, and no timer stays', () => {
  const { logger, close, clock, told } = start()
  for (let i = 0; i < 7; i += 1) logger('warn', 'refused')
  told()
  close()
  expect([told(), clock.waiting]).toEqual([[warn('refused', 2)], 0])
})

test('a warning now and then is told each time, and sets no timer', () => {
  const { logger, clock, told } = start()
  for (let i = 0; i < 20; i += 1) {
    logger('warn', 'refused')
    clock.advance(3000)
  }
  expect([told().length, clock.waiting]).toEqual([20, 0])
})

test('a page that is not allowed and asks again and again does not fill the log of a server', async () => {
  const told: string[] = []
  const logger = (_level: string, message: string, details?: Readonly<Record<string, unknown>>): void => {
    told.push(withCause(message, details))
  }
  const server = await startMockServer({}, { allowOrigins: ['https://plans.example'], logger })
  const origin = 'https://elsewhere.example'
  const answers = Array.from({ length: 12 }, () => fetch(`${server.httpUrl}/events`, { headers: { origin } }))
  for (const { status } of await Promise.all(answers)) expect(status).toBe(403)
  await server.close()
  const refused = 'A request of a page that is not allowed was refused'
  expect(told).toEqual([...Array.from({ length: 5 }, () => refused), `${refused}, and 7 more in the last 10 s`])
})
