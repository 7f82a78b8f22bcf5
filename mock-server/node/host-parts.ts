/**
 * What every server of this folder is built from, on a port of its own or on a dev server's: the log, and a host's defaults.
 */
import { systemClock } from '../../client/adapters/system.ts'
import type { Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { CoreHostOptions } from './core-host.ts'
import { type DiskLog, openDiskLog } from './disk-log.ts'
import { withCause } from './log-line.ts'
import type { Origins } from './origins.ts'
import type { NodeServerOptions } from './start.ts'

/** What a host is told of the options. */
export function hostOptions(
  { connections = 10_000, bufferedBytes = 16_777_216, pingMs = 30_000 }: NodeServerOptions,
  origins: Origins,
  logger: Logger,
): Pick<CoreHostOptions, 'connections' | 'bufferedBytes' | 'pingMs' | 'origins' | 'clock' | 'logger'> {
  return { connections, bufferedBytes, pingMs, origins, clock: systemClock, logger }
}

/** The log in the directory of the options; undefined without one. What it had to mend is told even where nothing else is. */
export async function openLog(
  { data, fsync = false, logger = processWarning }: NodeServerOptions,
  history: number,
): Promise<DiskLog | undefined> {
  if (data !== undefined) return openDiskLog({ directory: data, fsync, history, logger })
  if (!fsync) return undefined
  throw new PlanwireError('invalid-argument', 'fsync needs data, the directory to write to', 'fatal')
}

/** Reports as warnings of the Node process. */
export const processWarning: Logger = (_level, message, details) => {
  process.emitWarning(withCause(message, details), 'PlanwireWarning')
}
