/** Owns what `/health` says: whether the server does its work, and how much of it there is. */
import type { Clock } from '../../client/ports/ports.ts'
import { SERVER_VERSION } from '../core/defaults.ts'
import type { Health } from './core-host.ts'
import type { WatchedLog } from './watched-log.ts'

/** What a report is made of. */
export interface HealthSources {
  readonly clock: Clock
  readonly projects: number
  readonly kind: 'memory' | 'disk'
  readonly failing: WatchedLog['failing']
}

/** Reports of a server that starts now. A log that cannot be written makes it `failing`: nothing is acknowledged any more. */
export function healthReports({ clock, projects, kind, failing }: HealthSources): (connections: number) => Health {
  const started = clock.now()
  return (connections) => {
    const state = failing() ? 'failing' : 'ok'
    const uptimeSeconds = Math.floor((clock.now() - started) / 1000)
    const log = { kind, state }
    return {
      healthy: state === 'ok',
      body: { status: state, version: SERVER_VERSION, uptimeSeconds, projects, connections, log },
    }
  }
}
