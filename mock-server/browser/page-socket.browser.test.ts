/** The emulated `WebSocket` of a page beside the browser's own, row by row. */
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { routesOf } from '../core/routes.ts'
import { createAuthority } from './authority.ts'
import { joinPageNetwork } from './page-network.ts'
import { ROWS } from './page-socket-rows.contract.ts'
import { followScript, REFUSED } from './scripted-socket.contract.ts'
import { openTabBridge } from './tab-bridge.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const HOST = 'emulated.test:8080'

async function emulate(): Promise<void> {
  const log = createMemoryLog()
  const authority = createAuthority({
    lifeLock: '',
    own: async () => async () => {},
    openLog: async () => ({ log, storage: 'memory', seed: async () => undefined, setSeed: async () => {} }),
    watchTab: () => () => {},
    wholeConfig: async (config) => config,
    createCore: async (config, ports) => ({
      ...(await createMockCore(config, ports)),
      accept(socket) {
        if (socket.url === REFUSED) return undefined
        return { frame: followScript(socket.url, socket), closed() {} }
      },
    }),
  })
  const bridge = await openTabBridge({
    name: 'page-socket',
    config: '{}',
    logger: () => {},
    connect() {
      const { port1, port2 } = new MessageChannel()
      authority.connect(port1)
      return port2
    },
  })
  ends.push(() => bridge.close())
  const routes = routesOf({ paths: { project: ['/ws', REFUSED] } })
  ends.push(joinPageNetwork({ name: 'page-socket', host: HOST, routes, bridge, logger: () => {} }))
}

describe("the page's WebSocket does what the browser's own does", () => {
  for (const { subject, differs, run } of ROWS) {
    it(differs === undefined ? subject : `${subject} (differs: ${differs})`, async () => {
      const base = inject('nativeSockets')
      const native = await run({ base, refused: base + REFUSED })
      await emulate()
      const emulated = await run({ base: `ws://${HOST}`, refused: `ws://${HOST}${REFUSED}` })
      if (differs === undefined) expect(emulated).toEqual(native)
      else expect(emulated).not.toEqual(native)
    })
  }
})
