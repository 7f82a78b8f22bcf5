/** The SharedWorker of the mock server: one authority, named after the server, for all tabs of an origin. */
import { createSharedAuthority } from './authority-host.ts'

declare const self: SharedWorkerGlobalScope

/**
 * The tabs that hear of a commit need the processor while it is being stored: with two cores they have it 0.15 ms earlier
 * (of 1.8) when the log waits. In a worker only: timers of a hidden tab are late by up to a minute.
 */
const LOG_PAUSE_MS = 1

const authority = createSharedAuthority(serverName(self.name), {}, LOG_PAUSE_MS)

self.onconnect = ({ ports }) => {
  for (const port of ports) authority.connect(port)
}

/** The name of the worker is `planwire-mock:` and the name of the server. */
function serverName(workerName: string): string {
  return workerName.slice(workerName.indexOf(':') + 1)
}
