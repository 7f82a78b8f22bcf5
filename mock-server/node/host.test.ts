import { WebSocket } from 'ws'
import { hostContract } from '../host.contract.ts'
import { startMockServer } from './index.ts'

hostContract('the Node host', async (config) => {
  const server = await startMockServer(config)
  return { ...server, WebSocket, unknownPaths: 'refused' }
})
