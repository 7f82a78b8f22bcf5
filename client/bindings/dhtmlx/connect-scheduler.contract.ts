/** What users of a connected calendar rely on. Runs on a double of the widget and on the widget itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createScheduler, type Scheduler } from '../../live-updates/event-store.ts'
import { HandServer, settle } from '../../live-updates/hand-server.contract.ts'
import type { RecordId } from '../../protocol/ids.ts'
import { type ConnectSchedulerOptions, connectScheduler, type SchedulerConnection } from './connect-scheduler.ts'
import type { SchedulerApi } from './scheduler-api.ts'

/** The widget, with what the suite does in the user's place. */
export interface CalendarUnderTest extends SchedulerApi {
  callEvent(name: string, args: readonly unknown[]): unknown
  showLightbox(id: RecordId): void
  setCurrentView(date: Date): void
}

/** How the suite gets a calendar of the week of 20 April 2025, and how it waits until the calendar has painted. */
export interface SchedulerBench {
  open(): CalendarUnderTest
  close(): void
  painted(): Promise<void>
}

const EVENTS = [
  { id: 1, start_date: '2025-04-21 09:00', end_date: '2025-04-21 10:00', text: 'Review', room: 'A' },
  { id: 2, start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00', text: 'Draft' },
  {
    id: 3,
    start_date: '2025-04-21 08:00',
    end_date: '2025-05-10 00:00',
    text: 'Standup',
    duration: 3600,
    rrule: 'FREQ=DAILY;INTERVAL=1',
  },
]

export function connectSchedulerContract(name: string, bench: SchedulerBench): void {
  describe(`connectScheduler on ${name}`, () => {
    let calendar: CalendarUnderTest
    let server: HandServer
    let store: Scheduler
    let connection: SchedulerConnection | undefined
    let lost: unknown[]

    const opened = async (options: ConnectSchedulerOptions = {}): Promise<void> => {
      calendar = bench.open()
      connection = connectScheduler(calendar, store, { onLost: ({ text }) => lost.push(text), ...options })
    }
    beforeEach(async () => {
      server = new HandServer()
      store = createScheduler({ ...server.ports, outbox: false })
      lost = []
      void store.load('/events')
      store.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
      await settle()
      await server.request('GET /events').answer(200, EVENTS)
    })
    afterEach(() => {
      connection?.disconnect()
      store.close()
      bench.close()
    })

    /** Somebody else's frame. */
    const hear = (type: string, event: object): void => {
      store.ext.liveUpdates.remoteUpdates['events']?.({ type, event })
    }
    /** What was sent since the load, with bodies. */
    const sent = async (): Promise<unknown[]> => {
      await settle()
      return server.requests.slice(1).map(({ method, url, body }) => [method, url, body])
    }
    const at = (day: number, hour: number, minute = 0): Date => new Date(2025, 3, day, hour, minute)
    const event = (id: RecordId) => {
      const found = calendar.getEvent(id)
      if (!found) throw new Error(`no event ${id}`)
      return found
    }
    /** What the widget does behind a drag or a saved form. */
    const edit = (id: RecordId, fields: object): void => {
      Object.assign(event(id), fields)
      calendar.updateEvent(id)
      calendar.callEvent('onEventChanged', [id, event(id)])
    }

    it('shows the stored events and sends nothing for that', async () => {
      await opened()
      expect(event(1)).toMatchObject({ text: 'Review', room: 'A', start_date: at(21, 9), end_date: at(21, 10) })
      expect(event(3)).toMatchObject({ rrule: 'FREQ=DAILY;INTERVAL=1', end_date: new Date(2025, 4, 10) })
      expect(await sent()).toEqual([])
    })

    it('saves an edit as the whole record, once', async () => {
      await opened()
      edit(1, { text: 'Review 2', start_date: at(21, 11), end_date: at(21, 12) })
      edit(1, { text: 'Review 3' })
      expect(await sent()).toEqual([
        [
          'PUT',
          '/events/1',
          { start_date: '2025-04-21 11:00', end_date: '2025-04-21 12:00', text: 'Review 3', room: 'A' },
        ],
      ])
      await bench.painted()
      expect(event(1)['text']).toBe('Review 3')
    })

    it('saves a new event and gives it its real id, with the selection kept', async () => {
      await opened()
      calendar.addEvent({ id: 'temp', text: 'New', start_date: at(23, 9), end_date: at(23, 11) })
      calendar.select?.('temp')
      expect(await sent()).toEqual([
        ['POST', '/events', { text: 'New', start_date: '2025-04-23 09:00', end_date: '2025-04-23 11:00' }],
      ])
      expect(calendar.getEvent('temp')).toBeUndefined()
      await server.last.answer(200, { action: 'inserted', tid: 77 })
      await bench.painted()
      expect(event(77)).toMatchObject({ id: 77, text: 'New' })
      expect(String(calendar.getState().select_id)).toBe('77')
      expect(store.events.size).toBe(4)
    })

    it('paints what others add, change and delete with the next frame, and takes none of it for an edit', async () => {
      await opened()
      hear('add-event', { id: 9, text: 'Theirs', start_date: '2025-04-24 09:00', end_date: '2025-04-24 10:00' })
      hear('update-event', {
        ...EVENTS[0],
        text: 'Moved',
        start_date: '2025-04-21 13:00',
        end_date: '2025-04-21 15:00',
      })
      hear('delete-event', { id: 2 })
      expect(event(1)['text']).toBe('Review')
      await bench.painted()
      expect(event(9)['text']).toBe('Theirs')
      expect(event(1)).toMatchObject({ text: 'Moved', start_date: at(21, 13), end_date: at(21, 15) })
      expect(calendar.getEvent(2)).toBeUndefined()
      expect(await sent()).toEqual([])
    })

    it('takes a field away that a remote change took away', async () => {
      await opened()
      const { room: _, ...without } = EVENTS[0] as { room: string }
      hear('update-event', { ...without, room: null })
      await bench.painted()
      expect(event(1)['room'] ?? null).toBeNull()
      expect(await sent()).toEqual([])
    })

    it('redraws once for many changes', async () => {
      await opened()
      const redraw = vi.spyOn(calendar, 'updateView')
      const batch = vi.spyOn(calendar, 'batchUpdate')
      for (let step = 1; step <= 50; step++) {
        hear('update-event', { ...EVENTS[0], text: `Step ${step}` })
        hear('update-event', { ...EVENTS[1], text: `Step ${step}` })
      }
      await bench.painted()
      expect([batch.mock.calls.length, redraw.mock.calls.length]).toEqual([1, 1])
      expect([event(1)['text'], event(2)['text']]).toEqual(['Step 50', 'Step 50'])
    })

    it('[DC12] shows hostile and half-filled records of others without harm: no start, no end, keys of prototypes and of the widget', async () => {
      await opened()
      hear('add-event', { id: 11, text: 'no dates' })
      hear('add-event', { id: 12, text: 'no end', start_date: '2025-04-24 09:00' })
      hear('add-event', { id: '5#6', text: 'like an occurrence', start_date: '2025-04-24 09:00' })
      hear('update-event', JSON.parse('{"id":1,"__proto__":{"polluted":1},"_dhx_changed":true,"$new":1,"text":"Fine"}'))
      await bench.painted()
      expect([11, '5#6'].map((id) => calendar.getEvent(id))).toEqual([undefined, undefined])
      expect(event(12)).toMatchObject({ text: 'no end', start_date: at(24, 9), end_date: at(24, 9, 5) })
      expect(event(1)['text']).toBe('Fine')
      expect([event(1)['polluted'], event(1)['_dhx_changed'], event(1)['$new']]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      expect(await sent()).toEqual([])
    })

    it('[DC13] closes the form of an event that somebody deletes, and says so; [DC13b] later edits are saved', async () => {
      await opened()
      calendar.showLightbox(1)
      hear('delete-event', { id: 1 })
      await bench.painted()
      expect(calendar.getState().lightbox_id ?? null).toBeNull()
      expect(calendar.getEvent(1)).toBeUndefined()
      expect(lost).toEqual(['Review'])
      edit(2, { text: 'Saved after it' })
      expect(await sent()).toMatchObject([['PUT', '/events/2', { text: 'Saved after it' }]])
    })

    it('[DC13] tells the user whose edit met a removal, before and after it was handed over', async () => {
      await opened()
      hear('delete-event', { id: 1 })
      edit(1, { text: 'Too late' })
      edit(2, { text: 'Under way' })
      await settle()
      hear('delete-event', { id: 2 })
      await bench.painted()
      expect(lost).toEqual(['Review', 'Under way'])
      expect([1, 2].map((id) => calendar.getEvent(id))).toEqual([undefined, undefined])
    })

    it('leaves the event alone whose form is open, and catches up when it is closed', async () => {
      await opened()
      calendar.showLightbox(1)
      hear('update-event', { ...EVENTS[0], text: 'Changed meanwhile' })
      hear('update-event', { ...EVENTS[1], text: 'Painted meanwhile' })
      await bench.painted()
      expect([event(1)['text'], event(2)['text']]).toEqual(['Review', 'Painted meanwhile'])
      expect(String(calendar.getState().lightbox_id)).toBe('1')
      calendar.hideLightbox()
      await bench.painted()
      expect(event(1)['text']).toBe('Changed meanwhile')
      expect(await sent()).toEqual([])
    })

    it('[DC17] lets a viewer edit nothing and see everything', async () => {
      await opened({ readOnly: true })
      expect(calendar.config.readonly).toBe(true)
      edit(1, { text: 'Nope' })
      calendar.addEvent({ id: 'temp', text: 'No', start_date: at(23, 9), end_date: at(23, 11) })
      calendar.deleteEvent(2, true)
      hear('update-event', { ...EVENTS[2], text: 'Seen' })
      await settle()
      await bench.painted()
      expect([event(1)['text'], event(2)['text'], event(3)['text']]).toEqual(['Review', 'Draft', 'Seen'])
      expect(calendar.getEvent('temp')).toBeUndefined()
      expect(await sent()).toEqual([])
      connection?.disconnect()
      expect(calendar.config.readonly).toBe(false)
    })

    it('shows the stored event again when the server refuses an edit', async () => {
      await opened()
      edit(1, { text: 'Refused' })
      await settle()
      await server.last.answer(400, 'no')
      await bench.painted()
      expect(event(1)['text']).toBe('Review')
    })

    it('shows the stored event again when an edit cannot be handed over', async () => {
      const onError = vi.fn()
      await opened({ onError })
      store.close()
      edit(1, { text: 'Nobody hears' })
      await settle()
      await bench.painted()
      expect(onError).toHaveBeenCalledOnce()
      expect(event(1)['text']).toBe('Review')
    })

    it('keeps what others changed in fields that the user did not touch', async () => {
      await opened()
      hear('update-event', { ...EVENTS[0], room: 'B' })
      edit(1, { text: 'Mine' })
      expect(await sent()).toMatchObject([['PUT', '/events/1', { text: 'Mine', room: 'B' }]])
      await bench.painted()
      expect(event(1)).toMatchObject({ text: 'Mine', room: 'B' })
    })

    it('shows the occurrence of a series again when its exception is gone', async () => {
      await opened()
      const exception = {
        id: 4,
        text: 'Later',
        start_date: '2025-04-23 10:15',
        end_date: '2025-04-23 11:15',
        recurring_event_id: 3,
        original_start: '2025-04-23 08:00',
        rrule: null,
        duration: null,
      }
      hear('add-event', exception)
      await bench.painted()
      expect(event(4)).toMatchObject({ recurring_event_id: 3, original_start: at(23, 8) })
      hear('delete-event', { id: 4 })
      await bench.painted()
      expect(calendar.getEvent(4)).toBeUndefined()
      expect(await sent()).toEqual([])
    })

    it('[DC10] shows everybody the same moment where the store says that dates are moments', async () => {
      store.close()
      store = createScheduler({ ...server.ports, outbox: false, dates: 'instant' })
      void store.load('/events')
      store.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
      await settle()
      await server.last.answer(200, EVENTS)
      await opened()
      const start = Date.UTC(2025, 3, 21, 9)
      expect(+event(1).start_date).toBe(start)
      edit(1, { start_date: new Date(start + 3_600_000), end_date: new Date(start + 7_200_000) })
      await settle()
      expect(server.last).toMatchObject({
        method: 'PUT',
        body: { start_date: '2025-04-21 10:00', end_date: '2025-04-21 11:00' },
      })
    })

    it('reads what comes into view, each range once', async () => {
      store.close()
      store = createScheduler({ ...server.ports, outbox: false })
      void store.load('/events', { from: at(20, 0), to: at(27, 0) })
      await settle()
      await server.last.answer(200, EVENTS)
      await opened({ loadVisible: true })
      calendar.setCurrentView(at(28, 0))
      await settle()
      await server.last.answer(200, [
        { id: 8, text: 'Next week', start_date: '2025-04-29 09:00', end_date: '2025-04-29 10:00' },
      ])
      calendar.setCurrentView(at(21, 0))
      hear('update-event', { ...EVENTS[0], text: 'No new view' })
      hear('update-event', { ...EVENTS[1], text: 'No new view' })
      await settle()
      await bench.painted()
      expect(event(8)['text']).toBe('Next week')
      expect(server.asked.slice(1)).toEqual([
        'GET /events?from=2025-04-20&to=2025-04-27',
        'GET /events?from=2025-04-27&to=2025-05-04',
      ])
    })

    it('gives templates escaped texts and takes the wrapping off again', async () => {
      await opened()
      const template = (): unknown => {
        const show: unknown = Reflect.get(calendar.templates, 'event_text')
        if (typeof show !== 'function') throw new Error('no template')
        return show(at(21, 9), at(21, 10), { id: 1, text: '<img src=x onerror=alert(1)>' })
      }
      expect(template()).toBe('&lt;img src=x onerror=alert(1)&gt;')
      connection?.disconnect()
      expect(template()).toBe('<img src=x onerror=alert(1)>')
    })

    it('is silent after disconnect, and refuses to connect one calendar twice', async () => {
      await opened()
      expect(() => connectScheduler(calendar, store)).toThrow(/connected already/)
      connection?.disconnect()
      connection?.disconnect()
      edit(1, { text: 'Alone' })
      hear('update-event', { ...EVENTS[1], text: 'Unseen' })
      await bench.painted()
      expect(event(2)['text']).toBe('Draft')
      expect(await sent()).toEqual([])
    })
  })
}
