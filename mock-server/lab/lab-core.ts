/**
 * A core with a network lab in front of it: hosts put it where the core was. Owns the seam, and the restart: one core after
 * another on the same log.
 *
 *     host ── accept, http ──▶ lab (lines, requests) ──▶ core, replaced by a restart
 */
import type { Clock, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockCore, RevisionLog } from '../core/contract.ts'
import type { Routes } from '../core/routes.ts'
import type { StepOf } from './active-fault.ts'
import type { Lab } from './lab.ts'
import { LabRequests, noAnswer } from './lab-requests.ts'
import { NetworkLab } from './network-lab.ts'

/** What a host gives. */
export interface LabCorePorts {
  readonly clock: Clock
  readonly logger: Logger
  /** Where rooms keep their history; closed when the whole is closed, and not by a restart. */
  readonly log: RevisionLog
  readonly routes: Routes
  /** Starts a core on this log: once, and again for each restart. */
  start(log: RevisionLog): Promise<MockCore>
}

/** A core that can be restarted, and its lab. */
export interface LabCore extends MockCore {
  readonly lab: Lab
}

/**
 * Starts a core with a lab. While no lab runs, a frame costs a comparison more and a request two. Rejects as `start` does.
 * @example
 * const core = await createLabCore({ clock, logger, log, routes, start: (log) => createMockCore(config, { clock, random, log, logger }) })
 * core.lab.run('hotel-wifi', { seed: 7 })
 */
export async function createLabCore(ports: LabCorePorts): Promise<LabCore> {
  const { clock, logger } = ports
  let closing: Promise<void> | undefined
  /** Undefined while the server is down. */
  let core: MockCore | undefined
  /** The newest restart that is under way; the next one waits for it. */
  let restarting: Promise<void> | undefined
  /** How often the lab was stopped: a restart that was asked for before does not wait. */
  let stops = 0
  let hurry = (): void => {}

  const lab = new NetworkLab({
    clock,
    logger,
    restart(step) {
      const asked = stops
      const restarted = restarting === undefined ? restart(step, asked) : restarting.then(() => restart(step, asked))
      const settled = restarted
        .catch(() => {})
        .then(() => {
          if (restarting === settled) restarting = undefined
        })
      restarting = settled
      return restarted
    },
    stopped() {
      stops += 1
      hurry()
    },
  })
  const requests = new LabRequests(lab, ports.routes)

  const start = (memory: 'kept' | 'lost'): Promise<MockCore> =>
    ports.start(sharedLog(ports.log, memory, () => lab.saw({ event: 'commit' })))

  /** Down within the call. */
  async function restart({ memory, downMs = 0, code = 1001 }: StepOf<'restart'>, asked: number): Promise<void> {
    const old = core
    core = undefined
    lab.lines.endAll(code, code === 1006 ? '' : 'Server restarts')
    const pause = asked === stops && downMs > 0 ? down(downMs) : undefined
    await old?.close()
    await pause
    if (closing === undefined) core = await start(memory)
  }

  /** Resolves after `ms`, or when the lab is stopped. */
  function down(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      hurry = () => {
        cancel()
        resolve()
      }
    })
  }

  const running = (): MockCore => {
    if (core !== undefined) return core
    throw new PlanwireError('server-error', 'The mock server is down: a restart of the network lab', 'retry')
  }

  core = await start('kept')
  const close = async (): Promise<void> => {
    lab.stop()
    await restarting
    try {
      await core?.close()
    } finally {
      await ports.log.close()
    }
  }
  return {
    lab,
    accept(socket) {
      if (core !== undefined) return lab.lines.accept(core, socket)
      if (ports.routes.socket(socket.url) !== undefined) socket.refuse?.(0)
      return undefined
    },
    http(request) {
      if (core === undefined) return ports.routes.http(request.url) && Promise.reject(noAnswer())
      if (lab.isIdle) return core.http(request)
      // The core of the moment at which it arrives: it may travel through a restart.
      return requests.carry(request, (arrived) => core?.http(arrived))
    },
    reset: async (project) => running().reset(project),
    publish: (entity, action, value) => running().publish(entity, action, value),
    export: () => running().export(),
    import: async (state) => running().import(state),
    snapshots: () => running().snapshots(),
    flushed: async () => core?.flushed(),
    close: () => (closing ??= close()),
  }
}

/** The log as one core has it: closed by none of them. Without memory every room is as if it had never been. */
function sharedLog(log: RevisionLog, memory: 'kept' | 'lost', committed: () => void): RevisionLog {
  return {
    load: async (room) => (memory === 'kept' ? log.load(room) : undefined),
    append(room, expectedRevision, entry, stores) {
      if (entry.type === 'changes') committed()
      return log.append(room, expectedRevision, entry, stores)
    },
    read: (room, since) => log.read(room, since),
    saveSnapshot: (...args) => log.saveSnapshot(...args),
    watch: (room, changed) => log.watch(room, changed),
    async close() {},
  }
}
