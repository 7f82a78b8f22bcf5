import { hostContract } from '../host.contract.ts'
import { forgetState, newServerName } from './forget-state.contract.ts'
import { startMockServer } from './index.ts'

hostContract('the browser host', async (config) => {
  const name = newServerName()
  const server = await startMockServer({ ...config, name }, { logger: () => {} })
  return {
    ...server,
    unknownPaths: 'pass',
    async close() {
      await server.close()
      await forgetState(name)
    },
  }
})
