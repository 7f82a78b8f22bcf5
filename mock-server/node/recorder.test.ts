import { WebSocket } from 'ws'
import { recorderHostContract } from '../recorder-host.contract.ts'
import { startMockServer } from './index.ts'

recorderHostContract('the Node host', async (config) => {
  const server = await startMockServer(config)
  return { ...server, WebSocket, state: async () => server.recorder.state }
})
