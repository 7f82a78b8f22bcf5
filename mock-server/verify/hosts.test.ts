import { WebSocket } from 'ws'
import { startMockServer as startInNode } from '../node/index.ts'
import { startMockServer as startInVitest } from '../testing/index.ts'
import { verifiedHost } from './hosts.contract.ts'

verifiedHost('the Node host', async (config) => {
  const { url, close } = await startInNode(config)
  return { url, close, WebSocket }
})

// A port that nothing listens on, so that what passes through fails instead of reaching some server of this machine.
const url = 'ws://127.0.0.1:9'

verifiedHost('the host inside Vitest', async (config) => {
  const { close } = await startInVitest(config, { url })
  return { url, close }
})
