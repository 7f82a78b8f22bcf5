/// <reference types="vite/client" />
/** dhtmlx-gantt as its vendor publishes it, kept current by its own code or by ours. */
import { gantt } from 'dhtmlx-gantt'
import skin from 'dhtmlx-gantt/codebase/dhtmlxgantt.css?inline'
import { createGanttStore, RemoteEvents, remoteUpdates } from 'planwire'
import { connectGantt } from 'planwire/dhtmlx'
import {
  client,
  type Desk,
  dress,
  idle,
  internalsOf,
  openServer,
  painted,
  plainRow,
  readOnly,
  sorted,
  TOKEN,
} from './settings.ts'

const server = await openServer()
const told: string[] = []
const ended: string[] = []

dress(skin)
Object.assign(gantt.config, { date_format: '%d-%m-%Y %H:%i', show_errors: false, open_tree_initially: true })
gantt.init('here')

type Live = Pick<Desk, 'detach' | 'call' | 'connection' | 'synced'>

function withVendor(): Live {
  gantt.load(`${server}/data`)
  // The widget's types do not know `headers`; its code sends them.
  const saving = { url: `${server}/data`, mode: 'REST-JSON', headers: { 'Remote-Token': TOKEN } }
  const processor = readOnly ? undefined : gantt.createDataProcessor(saving)
  const { RemoteEvents: VendorEvents, remoteUpdates: updates } = gantt.ext.liveUpdates
  const remoteEvents = new VendorEvents(`${server}/api/v1`, TOKEN)
  remoteEvents.on(updates)
  return {
    detach: () => undefined,
    call: () => undefined,
    connection: () => undefined,
    synced: () => idle(processor),
  }
}

function withOurs(): Live {
  const plan = createGanttStore()
  void plan.load(`${server}/data`)
  if (!readOnly) plan.createDataProcessor({ url: `${server}/data`, mode: 'REST-JSON' })
  const remoteEvents = new RemoteEvents(`${server}/api/v1`, TOKEN)
  remoteEvents.on(remoteUpdates(plan))
  connectGantt(gantt, plan, { readOnly, onLost: ({ text }) => told.push(String(text)) })
  return {
    detach: () => remoteEvents.detach(),
    call: () => undefined,
    connection: () => remoteEvents.connection.state,
    synced: () => plan.whenSynced().then(painted),
  }
}

window.desk = {
  ...(client === 'ours' ? withOurs() : withVendor()),
  told,
  ended,
  rows: () => {
    const links = gantt.getLinks().map((link) => ({ ...plainRow(link), id: `link ${link.id}` }))
    return sorted([...gantt.getTaskByTime().map((task: object) => plainRow(task)), ...links])
  },
  text: (id) => (gantt.isTaskExists(id) ? gantt.getTask(id).text : undefined),
  internals: (id) => internalsOf(gantt.getTask(id)),
  add: ({ parent, ...fields }) => gantt.addTask({ ...fields }, typeof parent === 'number' ? parent : 0),
  change(id, fields) {
    Object.assign(gantt.getTask(id), fields)
    gantt.updateTask(id)
  },
  remove: (id) => gantt.deleteTask(id),
  openForm: (id) => gantt.showLightbox(id),
  formOpen: () => Boolean(gantt.getState().lightbox),
}
