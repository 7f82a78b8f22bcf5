/** Recurring events as the real Scheduler sends them: a series and its exceptions are records, and go together. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Scheduler } from './event-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { answerLoads, gone, open, update } from './open-scheduler.contract.ts'
import { deleteOccurrence, editOccurrence } from './series.ts'

const SERIES = {
  id: 10,
  text: 'Daily',
  start_date: '2025-04-21 08:00',
  end_date: '2025-05-10 00:00',
  duration: 3600,
  rrule: 'FREQ=DAILY;INTERVAL=1',
}
const MOVED = {
  id: 11,
  text: 'Daily',
  start_date: '2025-04-23 10:15',
  end_date: '2025-04-23 11:15',
  rrule: null,
  duration: null,
  recurring_event_id: 10,
  original_start: '2025-04-23 08:00',
}
const OTHER = { id: 7, text: 'Freeze', start_date: '2025-04-21 09:00', end_date: '2025-04-21 10:00' }
const ALL = [OTHER, SERIES, MOVED]

let server: HandServer
let scheduler: Scheduler
let told: readonly unknown[]
beforeEach(async () => {
  server = new HandServer()
  const opened = await open(server)
  scheduler = opened.scheduler
  scheduler.reload()
  await settle()
  await answerLoads(server, ALL)
  told = opened.conflicts
  server.requests.length = 0
})

const ids = (): unknown[] => scheduler.getEvents().map(({ id }) => id)
const sent = (): unknown[] => server.requests.map(({ method, url, body }) => [`${method} ${url}`, body])

describe('the requests of the recordings', () => {
  test('a series is created with its rule as it is', async () => {
    const { id: _, ...fields } = SERIES
    scheduler.addEvent(fields)
    await settle()
    expect(sent()).toEqual([['POST /events', fields]])
  })

  test('an occurrence that is edited becomes a record of its own, which later edits change', async () => {
    editOccurrence(scheduler, 10, '2025-04-24 08:00', {
      start_date: '2025-04-24 10:15',
      end_date: '2025-04-24 11:15',
    })
    editOccurrence(scheduler, 10, '2025-04-23T08:00:00', { text: 'Weekly' })
    await settle()
    const { id: _, ...moved } = MOVED
    expect(sent()).toEqual([
      [
        'POST /events',
        {
          ...moved,
          start_date: '2025-04-24 10:15',
          end_date: '2025-04-24 11:15',
          original_start: '2025-04-24 08:00',
        },
      ],
      ['PUT /events/11', { ...moved, text: 'Weekly' }],
    ])
  })

  test('an occurrence that is deleted is a new record that says so, also one that was edited before', async () => {
    deleteOccurrence(scheduler, 10, '2025-04-24 08:00')
    deleteOccurrence(scheduler, 10, '2025-04-23 08:00')
    await settle()
    const { id: _, ...moved } = MOVED
    const times = { start_date: '2025-04-24 08:00', end_date: '2025-04-24 09:00' }
    expect(sent()).toEqual([
      ['POST /events', { ...moved, ...times, original_start: '2025-04-24 08:00', deleted: true }],
      ['POST /events', { ...moved, deleted: true }],
    ])
    await server.requests[0]?.answer(200, { action: 'deleted', tid: 12, item: { ...moved, id: 12, deleted: true } })
    expect(scheduler.getEvent(12)?.['deleted']).toBe(true)
  })

  test('an occurrence of a series that has no id yet waits for it', async () => {
    const { id: _, ...fields } = SERIES
    const series = scheduler.addEvent(fields)
    deleteOccurrence(scheduler, series, new Date(2025, 3, 24, 8))
    await settle()
    expect(server.requests).toHaveLength(1)
    await server.last.answer(200, { action: 'inserted', tid: 20 })
    expect(server.last.body).toMatchObject({
      recurring_event_id: 20,
      original_start: '2025-04-24 08:00',
      deleted: true,
    })
  })

  test('an occurrence of no series is an error', () => {
    for (const id of [7, 99]) expect(() => deleteOccurrence(scheduler, id, '2025-04-24 08:00')).toThrow(/series/)
    expect(() => editOccurrence(scheduler, 10, 'tomorrow', {})).toThrow(/date/)
  })
})

describe('exceptions go with their series', () => {
  test('[LU18] deleting a series is one request; its exceptions are out of sight at once, and gone when it is', async () => {
    scheduler.deleteEvent(10)
    expect(ids()).toEqual([7])
    await settle()
    expect(sent()).toEqual([['DELETE /events/10', undefined]])
    await server.last.answer(200)
    server.socket.event('events', gone(10))
    expect([ids(), scheduler.pendingCount, server.requests.length]).toEqual([[7], 0, 1])
  })

  test('[LU18] a series that may not be deleted comes back with its exceptions', async () => {
    scheduler.deleteEvent(10)
    await settle()
    await server.last.answer(403)
    expect([ids(), scheduler.pendingCount, server.requests.length]).toEqual([[7, 10, 11], 0, 1])
  })

  test('[LU18] exceptions of a series that somebody else deletes are gone, and who edits one is told', async () => {
    scheduler.updateEvent(11, { text: 'mine' })
    await settle()
    server.socket.event('events', gone(10))
    expect([ids(), told]).toMatchObject([[7], [{ id: 11, kind: 'removed' }]])
  })

  test('[LU18 DS12] after an edit of a series its exceptions are hidden until the server has spoken, and read when it drops them without a word', async () => {
    scheduler.updateEvent(10, { rrule: 'FREQ=DAILY;INTERVAL=2' })
    expect(ids()).toEqual([7, 10])
    await settle()
    const edited = { ...SERIES, rrule: 'FREQ=DAILY;INTERVAL=2' }
    const { id: _, ...body } = edited
    expect(sent()).toEqual([['PUT /events/10', body]])
    await server.last.answer(200, { action: 'updated' })
    server.socket.event('events', update(edited))
    expect(ids()).toEqual([7, 10, 11])
    await server.pass(2_000)
    expect(server.asked.at(-1)).toBe('GET /events')
    await server.last.answer(200, [OTHER, edited])
    expect([ids(), scheduler.pendingCount]).toEqual([[7, 10], 0])
  })

  test('[LU18] a server that says that it dropped them is not asked', async () => {
    scheduler.updateEvent(10, { text: 'Weekly' })
    await settle()
    server.socket.event('events', gone(11))
    server.socket.event('events', update({ ...SERIES, text: 'Weekly' }))
    await server.last.answer(200, { action: 'updated' })
    await server.pass(10_000)
    expect([ids(), server.requests.length]).toEqual([[7, 10], 1])
  })
})
