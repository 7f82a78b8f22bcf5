import { recorderHostContract } from '../recorder-host.contract.ts'
import { forgetState, newServerName } from './forget-state.contract.ts'
import { startMockServer } from './index.ts'

recorderHostContract('the browser host', async (config) => {
  const name = newServerName()
  const server = await startMockServer({ ...config, name }, { logger: () => {} })
  return {
    ...server,
    state: () => server.recorder.state(),
    async close() {
      await server.close()
      await forgetState(name)
    },
  }
})
