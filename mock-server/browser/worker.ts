/** The SharedWorker of the mock server: one authority, named after the server, for all tabs of an origin. */
import { createSharedAuthority } from './authority-host.ts'

declare const self: SharedWorkerGlobalScope

const authority = createSharedAuthority(serverName(self.name))

self.onconnect = ({ ports }) => {
  for (const port of ports) authority.connect(port)
}

/** The name of the worker is `planwire-mock:` and the name of the server. */
function serverName(workerName: string): string {
  return workerName.slice(workerName.indexOf(':') + 1)
}
