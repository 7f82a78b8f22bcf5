/** Connects a Bryntum ProjectModel to a project socket: what the vendor's document describes and its package does not contain. */
import { consoleLogger, systemClock, systemRandom } from '../../adapters/system.ts'
import type { Cancel } from '../../ports/ports.ts'
import { coreOf, ProjectClient, type ProjectClientOptions } from '../../project/project-client.ts'
import { invalidArgument } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/guards.ts'
import { isRecordId, type ProjectId, sameId } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'
import { SyncWaiters, type WaitOptions } from '../../sync/sync-waiters.ts'
import type { BryntumProject } from './project-model.ts'
import { storesOf } from './project-model.ts'
import { Pump } from './pump.ts'

/** Settings of {@link connectProject}: those of a `ProjectClient`, and a few of the connection itself. */
export interface ConnectProjectOptions extends ProjectClientOptions {
  /** A client that the app has already; the settings of a client are ignored then, and it is not closed at the end. */
  readonly client?: ProjectClient
  /** Shows changes of others and sends none: what is edited is taken back. Default false. */
  readonly readOnly?: boolean
  /** How date fields travel: `wall-clock` without an offset, as datasets hold them; `as-is`, as the model's format has them. Default `wall-clock`. */
  readonly dates?: 'wall-clock' | 'as-is'
  /** An edit could not be handed over, or the model did not take a change; it shows the stored plan again. Default: reported to the page. */
  readonly onError?: (error: unknown) => void
}

/** What a project has besides its own members while it is connected. */
export interface ProjectSocket {
  /** Address of the server; setting it connects. */
  wsAddress: string | undefined
  /** The project to work on; setting it loads it. */
  wsProjectId: ProjectId | undefined
  /** Sends a command, at once or as soon as there is a connection. Settles with the answer; a rejection is an event of the client as well and needs no handler. */
  wsSend: ProjectClient['wsSend']
}

/** A connected project. */
export interface BryntumConnection<P extends BryntumProject = BryntumProject> {
  /** The same project, with `wsAddress`, `wsProjectId` and `wsSend`. */
  readonly project: P & ProjectSocket
  /** Events, presence, status of the connection and of every record. */
  readonly client: ProjectClient
  /** Resolves when every edit of the model so far is stored, and the model shows what the client does. Rejects as that of `ProjectClient` does. */
  whenSynced(options?: WaitOptions): Promise<void>
  /** Leaves the project as it is, with no listener left behind. Idempotent. */
  disconnect(): void
}

/**
 * Makes a ProjectModel live: it loads from the socket, its user's changes are sent, others' changes are applied. Where
 * its `stm` was configured with `revisionsEnabled`, revisions are used. Edits made offline are kept and sent later.
 * Error `invalid-argument` for a project that is connected already.
 * @example
 * const { project } = connectProject(new ProjectModel(), { wsAddress: 'ws://localhost:8080' })
 * project.wsSend('login', { login: 'user' })
 * project.wsProjectId = 1
 */
export function connectProject<P extends BryntumProject>(
  project: P,
  options: ConnectProjectOptions = {},
): BryntumConnection<P> {
  if (connected.has(project)) throw invalidArgument('This project is connected already: disconnect it first')
  connected.add(project)
  const logger = options.logger ?? consoleLogger
  const { client, given } = clientOf(project, options)
  if (project.loadUrl || project.syncUrl || project.autoSync) {
    const text =
      'The project has a transport of its own (loadUrl, syncUrl, autoSync) beside the socket. Use one of them: the two would overwrite each other'
    logger('warn', text, {})
  }

  const types = new Map<string, boolean>()
  const pump = new Pump({
    project,
    client,
    core: coreOf(client),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger,
    readOnly: options.readOnly ?? false,
    isDate: (store, field) => {
      if (options.dates === 'as-is') return false
      const key = `${store}.${field}`
      if (!types.has(key)) types.set(key, holdsDates(project, store, field))
      return types.get(key) ?? false
    },
    failed: options.onError ?? ((error) => reportError(error)),
  })

  let shown = client.wsProjectId
  const look = (): void => {
    const now = client.wsProjectId
    if (shown !== undefined && sameId(shown, now)) return
    shown = now
    pump.reload()
  }
  const cleanUp: Cancel[] = [
    client.on('change', look),
    client.on('dataset', () => {
      look()
      pump.wake()
    }),
    client.on('reset', () => pump.forgetUndo()),
    client.on('versionAutoSaveOK', (answer) => project.trigger('wsVersionAutoSaveOK', answer)),
    extend(project, client),
  ]
  pump.wake()

  return {
    // `extend` has given it these members.
    project: project as P & ProjectSocket,
    client,
    whenSynced(waitOptions = {}) {
      const waiters = new SyncWaiters(options.clock ?? systemClock)
      const synced = waiters.wait(waitOptions)
      const way = async (): Promise<void> => {
        await pump.settled()
        await client.whenSynced(waitOptions)
        await pump.settled()
      }
      way().then(
        () => waiters.done(),
        (error: unknown) => waiters.failed(error),
      )
      return synced
    },
    disconnect() {
      if (!connected.delete(project)) return
      pump.stop()
      for (const cancel of cleanUp.splice(0).reverse()) cancel()
      if (!given) client.close()
    },
  }
}

/** Projects that are connected now. */
const connected = new WeakSet<BryntumProject>()

/** The client to use. The vendor's document sets address and project in the configuration of the model, which keeps them as they are. */
function clientOf(project: BryntumProject, options: ConnectProjectOptions): { client: ProjectClient; given: boolean } {
  if (options.client) return { client: options.client, given: true }
  const { client: _, readOnly: __, dates: ___, onError: ____, ...settings } = options
  const wsAddress = settings.wsAddress ?? Reflect.get(project, 'wsAddress')
  const wsProjectId = settings.wsProjectId ?? Reflect.get(project, 'wsProjectId')
  return {
    client: new ProjectClient({
      ...settings,
      ...(typeof wsAddress === 'string' ? { wsAddress } : {}),
      ...(isRecordId(wsProjectId) ? { wsProjectId } : {}),
    }),
    given: false,
  }
}

/** Gives the project the members of {@link ProjectSocket} until the returned function is called. */
function extend(project: BryntumProject, client: ProjectClient): Cancel {
  const names = ['wsAddress', 'wsProjectId', 'wsSend'] as const
  const before = names.map((name) => Object.getOwnPropertyDescriptor(project, name))
  const accessor = (name: 'wsAddress' | 'wsProjectId'): PropertyDescriptor => ({
    configurable: true,
    enumerable: true,
    get: () => client[name],
    set: (value: unknown) => {
      if (name === 'wsAddress' && typeof value === 'string') client.wsAddress = value
      else if (name === 'wsProjectId' && isRecordId(value)) client.wsProjectId = value
    },
  })
  Object.defineProperty(project, 'wsAddress', accessor('wsAddress'))
  Object.defineProperty(project, 'wsProjectId', accessor('wsProjectId'))
  Object.defineProperty(project, 'wsSend', {
    configurable: true,
    writable: true,
    value: (command: string, data?: Fields, sendOptions?: Parameters<ProjectClient['wsSend']>[2]) => {
      // The Versions feature names the project by whatever it holds of it.
      const sent = client.wsSend(command, isRecordId(data?.['project']) ? data : withoutProject(data), sendOptions)
      sent.then(
        (answer) => {
          if (command === 'loadVersionContent' && isObject(answer)) tellContent(project, answer)
        },
        () => undefined,
      )
      return sent
    },
  })
  return () => {
    for (const [at, name] of names.entries()) {
      const descriptor = before[at]
      Reflect.deleteProperty(project, name)
      if (descriptor) Object.defineProperty(project, name, descriptor)
    }
  }
}

/** The Versions feature waits for this event of the project. */
function tellContent(model: BryntumProject, { project, versionId, content }: Fields): void {
  model.trigger('loadVersionContent', { project, versionId, content })
}

function withoutProject(data: Fields | undefined): Fields {
  const { project: _, ...rest } = data ?? {}
  return rest
}

/** Fields that are dates in every Bryntum project, for stores that do not say. */
const DATES = new Set(['startDate', 'endDate', 'constraintDate', 'deadlineDate'])
/** Fields that hold dates inside. */
const WITH_DATES = new Set(['baselines', 'segments'])

function holdsDates(project: BryntumProject, store: string, field: string): boolean {
  if (WITH_DATES.has(field)) return true
  const model: unknown = Reflect.get(storesOf(project).get(store) ?? {}, 'modelClass')
  const definition: unknown =
    typeof model === 'function' && 'getFieldDefinition' in model && typeof model.getFieldDefinition === 'function'
      ? model.getFieldDefinition(field)
      : undefined
  return isObject(definition) && definition['type'] !== undefined ? definition['type'] === 'date' : DATES.has(field)
}
