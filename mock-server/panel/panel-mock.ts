/** Owns what the panel needs of a mock server, and where it finds the one of its page. */
import type { BrowserMockServer } from '../browser/index.ts'
import { runningServers, watchRunning } from '../browser/running.ts'

/** A mock server as the panel uses it: what `startMockServer` of `planwire/mock-server` hands out. */
export type PanelMock = Pick<
  BrowserMockServer,
  'url' | 'mode' | 'storage' | 'tab' | 'reset' | 'export' | 'import' | 'lab' | 'recorder'
>

/** What there is to show. */
export type FoundMock =
  | { readonly state: 'none' }
  | { readonly state: 'starting'; readonly name: string }
  | { readonly state: 'failed'; readonly name: string; readonly message: string }
  | { readonly state: 'running'; readonly name: string; readonly mock: PanelMock }

/**
 * Tells `found` of the newest mock server of this page, now and whenever that changes; with several, the one that was started
 * last. The returned function ends it.
 */
export function followMock(found: (mock: FoundMock) => void): () => void {
  let round = 0
  const look = (): void => {
    round += 1
    const mine = round
    const tell = (mock: FoundMock): void => {
      if (mine === round) found(mock)
    }
    const newest = [...runningServers()].at(-1)
    if (newest === undefined) {
      tell({ state: 'none' })
      return
    }
    const [name, { server }] = newest
    tell({ state: 'starting', name })
    server.then(
      (mock) => tell({ state: 'running', name, mock }),
      (error: unknown) =>
        tell({ state: 'failed', name, message: error instanceof Error ? error.message : String(error) }),
    )
  }
  const unwatch = watchRunning(look)
  look()
  return () => {
    round += 1
    unwatch()
  }
}
