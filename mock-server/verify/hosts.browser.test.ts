import { forgetState, newServerName } from '../browser/forget-state.contract.ts'
import { startMockServer } from '../browser/index.ts'
import { verifiedHost } from './hosts.contract.ts'

verifiedHost({ name: 'the browser host', several: false }, async (config) => {
  const name = newServerName()
  const server = await startMockServer({ ...config, name }, { logger: () => {} })
  return {
    url: server.url,
    async close() {
      await server.close()
      await forgetState(name)
    },
  }
})
