/// <reference types="vite/client" />
/** dhtmlx-scheduler as its vendor publishes it, kept current by its own code or by ours. */
import { scheduler } from 'dhtmlx-scheduler'
import skin from 'dhtmlx-scheduler/codebase/dhtmlxscheduler.css?inline'
import { createScheduler, RemoteEvents, remoteUpdates } from 'planwire'
import { connectScheduler } from 'planwire/dhtmlx'
import {
  client,
  type Desk,
  dress,
  idle,
  internalsOf,
  openServer,
  painted,
  plainRow,
  type Row,
  readOnly,
  sorted,
  TOKEN,
  utc,
} from './settings.ts'

const server = await openServer()
const told: string[] = []
const ended: string[] = []

dress(skin)
scheduler.plugins({ recurring: true })
Object.assign(scheduler.config, { header: ['date'], server_utc: utc, lightbox_recurring: 'instance' })
scheduler.init('here', new Date(2025, 3, 20), 'week')

const note = (outcome: Promise<unknown>): void => {
  outcome.then(
    () => ended.push('answered'),
    () => ended.push('rejected'),
  )
}

/** Texts of dates as the widget's own dates, by the clock of this page. */
function withDates(fields: Row): Row {
  const dates: Row = {}
  for (const field of ['start_date', 'end_date']) {
    const [year = 0, month = 1, ...rest] =
      String(fields[field] ?? '')
        .match(/\d+/g)
        ?.map(Number) ?? []
    if (year > 0) dates[field] = new Date(year, month - 1, ...rest)
  }
  return { ...fields, ...dates }
}

/** What the vendor's `RemoteEvents` stands for once it is ready. */
interface VendorRemote {
  readonly api: Readonly<Record<string, Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>>>
  detach(): void
}

type Live = Pick<Desk, 'detach' | 'call' | 'connection' | 'synced'>

function withVendor(): Live {
  scheduler.load(`${server}/events`)
  // The widget's types do not know `headers`.
  const saving = { url: `${server}/events`, mode: 'REST-JSON', headers: { 'Remote-Token': TOKEN } }
  const processor = readOnly ? undefined : scheduler.createDataProcessor(saving)
  scheduler.attachEvent('onLiveUpdateCollision', (id: string) => {
    told.push(id)
    return true
  })
  const { RemoteEvents: VendorEvents, remoteUpdates: updates } = scheduler.ext.liveUpdates
  const remoteEvents = new VendorEvents(`${server}/api/v1`, TOKEN)
  remoteEvents.on(updates)
  return {
    detach: () => void remoteEvents.ready().then((remote: VendorRemote) => remote.detach()),
    call: (name) => {
      const [service = '', method = ''] = name.split('.')
      remoteEvents.ready().then(
        (remote: VendorRemote) =>
          note(remote.api[service]?.[method]?.(1) ?? Promise.reject(new Error('no such method'))),
        () => ended.push('rejected'),
      )
    },
    connection: () => undefined,
    synced: () => idle(processor),
  }
}

function withOurs(): Live {
  const events = createScheduler({ dates: utc ? 'instant' : 'wall-clock' })
  void events.load(`${server}/events`)
  if (!readOnly) events.createDataProcessor({ url: `${server}/events`, mode: 'REST-JSON' })
  const remoteEvents = new RemoteEvents(`${server}/api/v1`, TOKEN)
  remoteEvents.on(remoteUpdates(events))
  connectScheduler(scheduler, events, { readOnly, onLost: ({ id }) => told.push(String(id)) })
  return {
    detach: () => remoteEvents.detach(),
    call: (name) => note(remoteEvents.call(name, [1])),
    connection: () => remoteEvents.connection.state,
    synced: () => events.whenSynced().then(painted),
  }
}

window.desk = {
  ...(client === 'ours' ? withOurs() : withVendor()),
  told,
  ended,
  // `getEvents` leaves exceptions of a series out; the serialised list has them.
  rows: () => sorted(scheduler.getEvents().map((event: object) => plainRow(event))),
  text: (id) => scheduler.getEvent(id)?.text,
  internals: (id) => internalsOf(scheduler.getEvent(id)),
  add: (fields) => scheduler.addEvent(withDates(fields)),
  change(id, fields) {
    const event = scheduler.getEvent(id)
    Object.assign(event, withDates(fields))
    scheduler.updateEvent(String(id))
    scheduler.callEvent('onEventChanged', [id, event])
  },
  remove: (id) => scheduler.deleteEvent(id),
  openForm: (id) => scheduler.showLightbox(String(id)),
  formOpen: () => Boolean(scheduler.getState().lightbox_id),
}
