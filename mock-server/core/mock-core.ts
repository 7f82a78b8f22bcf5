/** Owns the mock server without a host: which socket and which request goes where, and its end. */

import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from './config.ts'
import { invalid } from './config-check.ts'
import type { CorePorts, MockCore, RestAnswer, ServerSocketListener } from './contract.ts'
import { settingsOf, thingOfEntity } from './defaults.ts'
import { openHub } from './hub.ts'
import { sourceOf } from './project-sources.ts'
import { createRest } from './rest.ts'
import { queryParameter, routesOfSettings } from './routes.ts'
import { safeSocket } from './safe-socket.ts'
import { exportState, readState } from './state-file.ts'

/**
 * Makes a mock server: rooms as the log remembers them, else as configured. Rejects with `invalid-argument` for a
 * configuration that cannot be.
 * @example
 * const core = await createMockCore({ projects: [{ id: 1, name: 'Plan' }] }, { clock, random, log: createMemoryLog(), logger })
 * const listener = core.accept({ url: '/', send: console.log, close() {} })
 * listener?.frame('{"command":"login","login":"user","password":"user"}')
 */
export async function createMockCore(config: MockServerConfig, ports: CorePorts): Promise<MockCore> {
  const settings = settingsOf(config)
  for (const [at, project] of settings.projects.entries()) {
    const source = sourceOf(project)
    if (source) throw invalid(`projects[${at}].${source.type}`, `this host does not read a ${source.type}`)
  }
  const routes = routesOfSettings(settings)
  const hub = await openHub(settings, ports)
  const rest = createRest(hub)
  let closing: Promise<void> | undefined

  /** A listener whose calls wait for their turn. */
  const inTurn = (listener: ServerSocketListener): ServerSocketListener => ({
    frame: (text) => hub.turns.take(() => listener.frame(text)),
    closed: () => hub.turns.take(() => listener.closed()),
  })

  const close = async (): Promise<void> => {
    hub.close()
    await flushed()
    await ports.log.close()
  }
  const flushed = async (): Promise<void> => {
    await Promise.all(hub.rooms.map((room) => room.flushed()))
  }
  return {
    accept(socket) {
      const route = routes.socket(socket.url)
      if (route === undefined || closing) return undefined
      const safe = safeSocket(socket, ports.logger)
      if (route === 'project') return inTurn(hub.accept(safe))
      const token = queryParameter(socket.url, 'token')
      const rights = hub.auth.token(token)
      if (token !== undefined && rights) {
        const mayHear = (entity: string): boolean => {
          const thing = thingOfEntity(settings, entity)
          return thing === undefined || rights.mayRead(thing)
        }
        const extended = queryParameter(socket.url, 'planwire') === '1'
        return inTurn(hub.live.accept(safe, { token, extended, mayHear }))
      }
      safe.close(1008, 'Unauthorized')
      return { frame() {}, closed() {} }
    },
    http(request) {
      const route = routes.http(request.url)
      if (!route || closing) return undefined
      return new Promise<RestAnswer>((resolve) => hub.turns.take(() => resolve(rest(route, request))))
    },
    async reset(project) {
      const channel = project === undefined ? undefined : hub.channel(project)
      if (project !== undefined && !channel) {
        throw new PlanwireError('not-found', `No project ${String(project)}`, 'fatal', { project })
      }
      hub.turns.take(() => {
        for (const room of channel ? [channel.room] : hub.rooms) room.reset('Server')
      })
      await flushed()
    },
    export: () => exportState(hub),
    async import(state) {
      const rooms = readState(hub, state)
      hub.turns.take(() => {
        for (const [room, content] of rooms) room.reset('Server', content)
      })
      await flushed()
    },
    publish(entity, action, value) {
      if (!closing) hub.publish(entity, action, value)
    },
    snapshots: () => new Map(hub.rooms.map((room) => [room.name, room.snapshot()])),
    flushed,
    close: () => (closing ??= close()),
  }
}
