import { recorderHostContract } from '../recorder-host.contract.ts'
import { startMockServer } from './index.ts'

// A port that nothing listens on, so that what passes through fails instead of reaching some server of this machine.
const url = 'ws://127.0.0.1:9'

recorderHostContract('the host inside Vitest', async (config) => {
  const mock = await startMockServer(config, { url })
  return { ...mock, httpUrl: url.replace('ws', 'http'), state: async () => mock.recorder.state }
})
