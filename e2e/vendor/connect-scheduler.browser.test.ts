/// <reference types="vite/client" />
/** The binding for calendars on the real dhtmlx-scheduler: what holds on the double holds here, and recurring events besides. */
import 'dhtmlx-scheduler/codebase/dhtmlxscheduler.css'
import { scheduler } from 'dhtmlx-scheduler'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectSchedulerContract } from '../../client/bindings/dhtmlx/connect-scheduler.contract.ts'
import { connectScheduler, type SchedulerConnection } from '../../client/bindings/dhtmlx/connect-scheduler.ts'
import { createScheduler, type Scheduler } from '../../client/live-updates/event-store.ts'
import { HandServer, settle } from '../../client/live-updates/hand-server.contract.ts'

type Widget = typeof scheduler

let box: HTMLElement | undefined

/** This edition has one calendar per page: every test gets it as if it were new. */
function open(): Widget {
  scheduler.config.readonly = false
  if (!box) {
    box = document.createElement('div')
    box.style.cssText = 'width: 900px; height: 500px'
    document.body.append(box)
    scheduler.plugins({ recurring: true })
    Object.assign(scheduler.config, { header: ['week', 'date'], start_on_monday: false })
    scheduler.init(box, new Date(2025, 3, 20), 'week')
  }
  scheduler.setCurrentView(new Date(2025, 3, 20), 'week')
  return scheduler
}

function close(): void {
  if (scheduler.getState().lightbox_id) scheduler.hideLightbox()
  scheduler.clearAll()
}

/** Two frames: the one that paints, and one to be sure that it is over. */
async function painted(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise((done) => requestAnimationFrame(done))
}

connectSchedulerContract('dhtmlx-scheduler 7.2', { open, close, painted })

describe('the real widget', () => {
  let server: HandServer
  let store: Scheduler
  let connection: SchedulerConnection

  beforeEach(async () => {
    server = new HandServer()
    store = createScheduler({ ...server.ports, outbox: false })
    void store.load('/events')
    store.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
    await settle()
    await server.request('GET /events').answer(200, [
      { id: 1, text: 'Plain', start_date: '2025-04-22 09:00', end_date: '2025-04-22 11:00' },
      {
        id: 'ID:9',
        text: 'Series',
        start_date: '2025-04-21 08:00',
        end_date: '2025-05-10 00:00',
        duration: 3600,
        rrule: 'FREQ=DAILY;INTERVAL=1',
      },
    ])
    open()
    connection = connectScheduler(scheduler, store)
  })
  afterEach(() => {
    connection.disconnect()
    store.close()
    close()
  })

  const sent = (): unknown[] => server.requests.slice(1).map(({ method, url, body }) => [method, url, body])
  const hear = (type: string, event: object): void => store.ext.liveUpdates.remoteUpdates['events']?.({ type, event })
  const occurrence = (day: number): string => `ID:9#${+new Date(2025, 3, day, 8)}`
  const shown = (id: unknown): Element | null => box?.querySelector(`.dhx_cal_event[data-event-id="${id}"]`) ?? null
  const mouse = (type: string, target: Element, dy: number): void => {
    const { x, y } = target.getBoundingClientRect()
    const at = { bubbles: true, cancelable: true, button: 0, buttons: 1, clientX: x + 20, clientY: y + 30 + dy }
    target.dispatchEvent(new MouseEvent(type, at))
  }

  it('sends an edited and a deleted occurrence of a series as the recorded widget does', async () => {
    expect(shown(occurrence(23))).not.toBeNull()
    const dragged = scheduler.getEvent(occurrence(23))
    dragged.start_date = new Date(2025, 3, 23, 10, 15)
    dragged.end_date = new Date(2025, 3, 23, 11, 15)
    scheduler.callEvent('onEventChanged', [occurrence(23), dragged])
    scheduler.deleteEvent(occurrence(24))
    await settle()
    const exception = { rrule: null, duration: null, recurring_event_id: 'ID:9', text: 'Series' }
    expect(sent()).toEqual([
      [
        'POST',
        '/events',
        {
          ...exception,
          start_date: '2025-04-23 10:15',
          end_date: '2025-04-23 11:15',
          original_start: '2025-04-23 08:00',
        },
      ],
      [
        'POST',
        '/events',
        {
          ...exception,
          start_date: '2025-04-24 08:00',
          end_date: '2025-04-24 09:00',
          original_start: '2025-04-24 08:00',
          deleted: true,
        },
      ],
    ])
    await painted()
    expect([23, 24].map((day) => shown(occurrence(day)))).toEqual([null, null])
    expect(shown(occurrence(25))).not.toBeNull()
  })

  it('deletes an occurrence that had been edited with a new record and a removal, as the recorded widget does', async () => {
    hear('add-event', {
      id: 'ID:10',
      text: 'Series',
      start_date: '2025-04-23 10:15',
      end_date: '2025-04-23 11:15',
      rrule: null,
      duration: null,
      recurring_event_id: 'ID:9',
      original_start: '2025-04-23 08:00',
    })
    await painted()
    expect(shown('ID:10')).not.toBeNull()
    scheduler.deleteEvent('ID:10')
    await settle()
    expect(sent()).toMatchObject([
      ['POST', '/events', { deleted: true, recurring_event_id: 'ID:9', original_start: '2025-04-23 08:00' }],
      ['DELETE', '/events/ID:10', undefined],
    ])
    await painted()
    expect([shown('ID:10'), shown(occurrence(23))]).toEqual([null, null])
  })

  it('shows an occurrence again once its exception is removed, as after an edit of the series', async () => {
    const exception = {
      id: 'ID:10',
      text: 'Later',
      start_date: '2025-04-23 10:15',
      end_date: '2025-04-23 11:15',
      rrule: null,
      duration: null,
      recurring_event_id: 'ID:9',
      original_start: '2025-04-23 08:00',
    }
    hear('add-event', exception)
    await painted()
    expect([shown('ID:10') !== null, shown(occurrence(23))]).toEqual([true, null])
    hear('update-event', { ...store.events.get('ID:9'), text: 'Series, edited' })
    hear('delete-event', { id: 'ID:10' })
    await painted()
    expect([shown('ID:10'), shown(occurrence(23))?.textContent]).toEqual([null, expect.stringContaining('edited')])
  })

  it('saves an edited series as one record and a deleted one as one removal', async () => {
    const series = scheduler.getEvent('ID:9')
    series.rrule = 'FREQ=DAILY;INTERVAL=2'
    scheduler.updateEvent('ID:9')
    scheduler.callEvent('onEventChanged', ['ID:9', series])
    await settle()
    expect(sent()).toEqual([
      [
        'PUT',
        '/events/ID:9',
        {
          text: 'Series',
          start_date: '2025-04-21 08:00',
          end_date: '2025-05-10 00:00',
          duration: 3600,
          rrule: 'FREQ=DAILY;INTERVAL=2',
        },
      ],
    ])
    await server.last.answer(200, { action: 'updated' })
    scheduler.deleteEvent('ID:9')
    await settle()
    expect(sent().slice(1)).toEqual([['DELETE', '/events/ID:9', undefined]])
  })

  it('keeps the form of one occurrence open while others change the rest', async () => {
    scheduler.config.lightbox_recurring = 'instance'
    scheduler.showLightbox(occurrence(22))
    hear('update-event', { id: 1, text: 'Changed', start_date: '2025-04-22 09:00', end_date: '2025-04-22 11:00' })
    hear('add-event', { id: 2, text: 'Added', start_date: '2025-04-23 13:00', end_date: '2025-04-23 14:00' })
    await painted()
    expect(scheduler.getState().lightbox_id).toBe(occurrence(22))
    expect(shown(1)?.textContent).toContain('Changed')
    scheduler.hideLightbox()
  })

  it('hands an event dragged by mouse over once, with remote edits painted during the drag', async () => {
    const body = shown(1)?.querySelector('.dhx_title, .dhx_event_move') ?? shown(1)
    if (!body) throw new Error('event 1 is not shown')
    const step = scheduler.config.hour_size_px
    mouse('mousedown', body, 0)
    mouse('mousemove', body, step)
    mouse('mousemove', body, step)
    expect(String(scheduler.getState().drag_id)).toBe('1')
    hear('update-event', { id: 1, text: 'Renamed', start_date: '2025-04-22 09:00', end_date: '2025-04-22 11:00' })
    hear('add-event', { id: 2, text: 'Added', start_date: '2025-04-23 13:00', end_date: '2025-04-23 14:00' })
    hear('add-event', { id: 3, text: 'Added too', start_date: '2025-04-24 13:00', end_date: '2025-04-24 14:00' })
    await painted()
    expect(String(scheduler.getState().drag_id)).toBe('1')
    expect([scheduler.getEvent(1).text, shown(2) !== null, shown(3) !== null]).toEqual(['Plain', true, true])
    const area = box?.querySelector('.dhx_cal_data')
    if (!area) throw new Error('no calendar')
    mouse('mousemove', shown(1) ?? area, step)
    mouse('mouseup', shown(1) ?? area, step)
    await painted()
    expect(sent()).toMatchObject([['PUT', '/events/1', { text: 'Renamed' }]])
    expect(scheduler.getEvent(1).text).toBe('Renamed')
  })

  it('keeps the scroll position and the selection under remote edits', async () => {
    const area = box?.querySelector('.dhx_cal_data')
    if (!area) throw new Error('no calendar')
    area.scrollTop = 160
    scheduler.select('1')
    for (const id of [2, 3, 4])
      hear('add-event', { id, text: 'Added', start_date: '2025-04-23 13:00', end_date: '2025-04-23 14:00' })
    await painted()
    expect([shown(2) !== null, box?.querySelector('.dhx_cal_data')?.scrollTop]).toEqual([true, 160])
    expect(String(scheduler.getState().select_id)).toBe('1')
  })

  it('shows texts of others as text, wherever the widget would write them as HTML', async () => {
    const evil = '<img src=x onerror="document.title=1"><b>bold</b>'
    hear('add-event', { id: 2, text: evil, start_date: '2025-04-23 13:00', end_date: '2025-04-23 16:00' })
    hear('add-event', { id: 3, text: evil, start_date: '2025-04-21 00:00', end_date: '2025-04-24 00:00' })
    await painted()
    expect(shown(2)?.textContent).toContain('<b>bold</b>')
    scheduler.setCurrentView(new Date(2025, 3, 20), 'month')
    expect(box?.textContent).toContain('<b>bold</b>')
    scheduler.showLightbox('2')
    expect(
      document.querySelectorAll(
        '.dhx_cal_event img, .dhx_cal_event_line img, .dhx_cal_light img, .dhx_cal_event_clear img',
      ),
    ).toHaveLength(0)
    scheduler.hideLightbox()
  })
})
