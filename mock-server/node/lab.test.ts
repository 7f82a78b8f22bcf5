import { WebSocket } from 'ws'
import { labHostContract } from '../lab-host.contract.ts'
import { startMockServer } from './index.ts'

labHostContract('the Node host', async (config) => ({ ...(await startMockServer(config)), WebSocket }))
