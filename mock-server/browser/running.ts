/**
 * Owns which mock servers a page runs: kept at the window, so that they outlive a hot reload of the modules and tools of another
 * bundle find them.
 */
import type { MockServerConfig } from '../core/config.ts'
import type { BrowserMockServer } from './index.ts'

/** A server of this page. */
export interface Running {
  /** The page started it once more, with this configuration. */
  offer(config: MockServerConfig): void
  readonly server: Promise<BrowserMockServer>
}

const RUNNING: unique symbol = Symbol.for('planwire.running-mock-servers')
const CHANGED = 'planwire-running-mock-servers'
declare global {
  interface Window {
    [RUNNING]?: Map<string, Running>
  }
}

/** The servers of this page by name, oldest first. */
export function runningServers(): ReadonlyMap<string, Running> {
  return window[RUNNING] ?? new Map()
}

/** Puts a server on the page; the returned function takes it away, unless another one has its name by then. */
export function putRunning(name: string, running: Running): () => void {
  const servers = (window[RUNNING] ??= new Map())
  servers.set(name, running)
  dispatchEvent(new Event(CHANGED))
  return () => {
    if (servers.get(name) !== running) return
    servers.delete(name)
    dispatchEvent(new Event(CHANGED))
  }
}

/** Calls back when a server was put on this page or taken away; the returned function ends that. */
export function watchRunning(changed: () => void): () => void {
  addEventListener(CHANGED, changed)
  return () => removeEventListener(CHANGED, changed)
}
