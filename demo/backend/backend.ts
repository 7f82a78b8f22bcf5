/** Where a page's data lives: the mock server in this browser, or a real one. Started before any widget asks for anything. */
import { type BrowserMockServer, demoConfig, startMockServer } from 'planwire/mock-server'
import { httpOrigin, type Settings } from '../ui/settings.ts'

/** Addresses of a backend. */
export interface Backend {
  /** In words: `in this browser`, or the host of a server. */
  readonly label: string
  /** Project socket. */
  readonly socketUrl: string
  /** Start of the addresses of REST and live updates; empty for the page's own origin. */
  readonly httpBase: string
  /** The server in this browser; undefined for a real one. */
  readonly mock: BrowserMockServer | undefined
}

/** Opens the backend that the settings name. Rejects when the mock server cannot start. */
export async function openBackend({ server, name, stage }: Settings): Promise<Backend> {
  if (server !== 'browser') {
    const address = new URL(server)
    return {
      label: address.host,
      socketUrl: server.replace(/^http/, 'ws'),
      httpBase: httpOrigin(server),
      mock: undefined,
    }
  }
  const config = stage ? (await import('../guide/minute-plan.ts')).minuteConfig() : demoConfig()
  const mock = await startMockServer({ ...config, name })
  return { label: 'the server in this browser', socketUrl: `${mock.url}/ws`, httpBase: '', mock }
}
