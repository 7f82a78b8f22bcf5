/** Where a page's data lives: the mock server in this browser, or a real one. Started before any widget asks for anything. */
import { demoConfig, startMockServer } from 'planwire/mock-server'
import { httpOrigin, type Settings } from '../ui/settings.ts'

/** Addresses of a backend. */
export interface Backend {
  /** In words: `in this browser`, or the host of a server. */
  readonly label: string
  /** Project socket. */
  readonly socketUrl: string
  /** Start of the addresses of REST and live updates; empty for the page's own origin. */
  readonly httpBase: string
  readonly inBrowser: boolean
}

/** Opens the backend that the settings name. Rejects when the mock server cannot start. */
export async function openBackend({ server, name }: Settings): Promise<Backend> {
  if (server !== 'browser') {
    const address = new URL(server)
    return {
      label: address.host,
      socketUrl: server.replace(/^http/, 'ws'),
      httpBase: httpOrigin(server),
      inBrowser: false,
    }
  }
  const mock = await startMockServer({ ...demoConfig(), name })
  return { label: 'in this browser', socketUrl: `${mock.url}/ws`, httpBase: '', inBrowser: true }
}
