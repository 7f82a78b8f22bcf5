/** A server of this page as the handlers for an app's own MSW reach it. */
import type { MswTarget } from '../core/msw-handlers.ts'
import type { Routes } from '../core/routes.ts'
import { responseOf } from './page-fetch.ts'
import type { TabBridge } from './tab-bridge.ts'

/** `isClosed`: a closed server has no paths, so that the handlers that follow, or the network, take them. */
export function mswTarget(
  host: string,
  routes: Routes,
  bridge: TabBridge,
  isClosed: () => boolean,
): MswTarget<Response> {
  return {
    hosts: [host],
    routes,
    request: async (request) => (isClosed() ? undefined : bridge.request(request)),
    respond: responseOf,
    failed: () => Response.error(),
    connect(url, client) {
      /** MSW opens its sockets at once: what is sent before the backend has opened its end waits; undefined afterwards. */
      let early: string[] | undefined = []
      const socket = bridge.open(url, {
        opened() {
          for (const text of early ?? []) socket.send(text)
          early = undefined
        },
        frame: (text) => client.send(text),
        closed: (code, reason) => client.close(code, reason),
      })
      return {
        frame(text) {
          if (early) early.push(text)
          else socket.send(text)
        },
        closed: () => socket.close(),
      }
    },
  }
}
