import { WebSocket } from 'ws'
import { startMockServer as startInNode } from '../node/index.ts'
import { startMockServer as startInVitest } from '../testing/index.ts'
import { verifiedHost } from './hosts.contract.ts'

verifiedHost({ name: 'the Node host', several: true }, async (config) => {
  const { url, close } = await startInNode(config)
  return { url, close, WebSocket }
})

// Ports that nothing listens on, so that what passes through fails instead of reaching some server of this machine.
const PORTS = { 'bryntum-flat': 7, 'bryntum-revisions': 9, dhtmlx: 13 } as const

verifiedHost({ name: 'the host inside Vitest', several: true }, async (config, dialect) => {
  const url = `ws://127.0.0.1:${PORTS[dialect]}`
  const { close } = await startInVitest(config, { url })
  return { url, close }
})
