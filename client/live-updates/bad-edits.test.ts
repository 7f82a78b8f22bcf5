/** What an app gives that cannot be sent: a typed error at the call, and nothing has changed. */
import { describe, expect, test } from 'vitest'
import { BAD_VALUES, REFUSED } from '../sync/bad-values.contract.ts'
import { createScheduler } from './event-store.ts'
import { HandServer } from './hand-server.contract.ts'

const refused = expect.objectContaining(REFUSED)

describe('a value that cannot be sent', () => {
  for (const [what, value] of Object.entries(BAD_VALUES)) {
    test(`[CH7] ${what} is refused by live updates, before anything changes`, () => {
      const server = new HandServer()
      const store = createScheduler({ ...server.ports, outbox: false })
      const event = { text: 'New', start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' }
      expect(() => store.addEvent({ ...event, note: value })).toThrow(refused)
      expect([store.getEvents(), store.pendingCount]).toEqual([[], 0])
      const id = store.addEvent(event)
      expect(() => store.updateEvent(id, { text: 'other', note: value })).toThrow(refused)
      expect(store.getEvent(id)).toMatchObject(event)
      store.close()
    })
  }
})
