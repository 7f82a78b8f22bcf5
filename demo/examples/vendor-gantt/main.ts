/** dhtmlx-gantt as its vendor ships it, on planwire's mock server: open this page twice. Nothing of planwire's client is here. */
import 'dhtmlx-gantt/codebase/dhtmlxgantt.css'
import { startMockServer } from 'planwire/mock-server'

// First the server, then the widget: from here on the page's requests and sockets at these paths are answered.
await startMockServer({
  projects: [
    {
      id: 1,
      name: 'House',
      tasksData: [
        { id: 1, name: 'Dig', startDate: '2026-03-02', endDate: '2026-03-05', duration: 3 },
        { id: 2, name: 'Pour', startDate: '2026-03-05', endDate: '2026-03-07', duration: 2 },
      ],
      dependenciesData: [{ id: 1, from: 1, to: 2, type: 2 }],
    },
  ],
})
const { gantt } = await import('dhtmlx-gantt')

gantt.config.date_format = '%d-%m-%Y %H:%i'
gantt.init('gantt')
gantt.load('/data')
gantt.createDataProcessor({ url: '/data', mode: 'REST-JSON' })
const { RemoteEvents, remoteUpdates } = gantt.ext.liveUpdates
new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
