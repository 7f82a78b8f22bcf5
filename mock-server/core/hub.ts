/** Owns what lives in one mock server and is shared by its sessions: rooms, settings, ids, and where a socket begins. */

import type { Clock, Logger } from '../../client/ports/ports.ts'
import { flatServer, flatServerMetaBeside } from '../../client/protocol/dialects/bryntum-flat/server.ts'
import { revisionsServer } from '../../client/protocol/dialects/bryntum-revisions/server.ts'
import type { ServerCodec } from '../../client/protocol/dialects/codec.ts'
import { dialectOfFirstFrame } from '../../client/protocol/dialects/detect.ts'
import { idKey, type ProjectId, type RecordKey } from '../../client/protocol/ids.ts'
import type { ProjectDialectName, ProjectInfo } from '../../client/protocol/messages.ts'
import { type Auth, createAuth, type User } from './auth.ts'
import { CollectionEvents } from './collection-events.ts'
import type { CorePorts, ServerSocketListener } from './contract.ts'
import { Crowd } from './crowd.ts'
import type { Settings } from './defaults.ts'
import { Deliveries } from './deliveries.ts'
import { IdAllocator } from './id-allocator.ts'
import { IdleReset } from './idle-reset.ts'
import { LiveUpdates } from './live-updates.ts'
import { openRoom } from './open-room.ts'
import { ProjectChannel } from './project-channel.ts'
import { createQuirks, type Quirks } from './quirks.ts'
import { repairedDataset } from './repair.ts'
import type { Room, RoomOptions } from './room.ts'
import type { SafeSocket } from './safe-socket.ts'
import { collectionSeed, projectSeed } from './seeds.ts'
import { Services } from './services.ts'
import { Session, type SessionHub } from './session.ts'
import { Turns } from './turns.ts'

/** Everything that lives in one mock server. Made by {@link openHub}. */
export class Hub implements SessionHub {
  readonly settings: Settings
  readonly auth: Auth
  readonly clock: Clock
  readonly logger: Logger
  readonly ids: IdAllocator
  readonly live: LiveUpdates
  readonly services: Services
  readonly frameLength: number
  readonly turns: Turns = new Turns()
  readonly deliveries: Deliveries
  readonly quirks: Quirks
  readonly crowd: Crowd<Session>
  readonly #codecs: { readonly [dialect in ProjectDialectName]: ServerCodec }
  readonly #channels = new Map<RecordKey, ProjectChannel>()
  readonly #collections = new Map<string, Room>()
  readonly #autoSaves = new Map<RecordKey, number>()
  /** Marks the client ids of this run: a tab that was `client-1` before a restart is not the new `client-1`. */
  readonly #run: string
  #clients = 0

  constructor(settings: Settings, ports: CorePorts, ids: IdAllocator) {
    this.settings = settings
    this.auth = createAuth(settings)
    this.clock = ports.clock
    this.logger = ports.logger
    this.ids = ids
    this.frameLength = settings.limits.frameLength
    const inTurn = (run: () => void): void => this.turns.take(run)
    const { atTurnEnd } = ports
    this.deliveries = new Deliveries(ports.logger, atTurnEnd && ((run) => atTurnEnd(() => inTurn(run))))
    this.quirks = createQuirks(settings.quirks, ports.clock, inTurn)
    this.crowd = new Crowd(ports.clock, inTurn)
    this.#codecs = {
      'bryntum-flat': settings.projectMeta === 'beside' ? flatServerMetaBeside : flatServer,
      'bryntum-revisions': revisionsServer,
    }
    this.#run = ports.random.id().replace(/[^\w]/g, '').slice(0, 8)
    const { frameLength, subscriptions } = settings.limits
    const { clock, logger, random } = ports
    const publish = (entity: string, action: string, value: unknown): void => this.publish(entity, action, value)
    this.services = new Services(settings.api, { clock, logger, frameLength, publish })
    this.live = new LiveUpdates({ random, logger, frameLength, subscriptions, services: this.services })
  }

  /** Takes a project's room. */
  addProject(project: ProjectId, room: Room): void {
    const idle = new IdleReset(this.clock, this.settings.resetDelayMs, () =>
      this.turns.take(() => room.reset('Server')),
    )
    const quirks = this.quirks.ofProject()
    this.#channels.set(
      idKey(project),
      new ProjectChannel(project, room, { clock: this.clock, idle, deliveries: this.deliveries, quirks }),
    )
  }

  /** Takes a collection's room. */
  addCollection(name: string, room: Room): void {
    this.#collections.set(name, room)
    new CollectionEvents(name, room, this.live)
  }

  get rooms(): readonly Room[] {
    return [...[...this.#channels.values()].map(({ room }) => room), ...this.#collections.values()]
  }

  /** Sends a custom message of the live updates, when those under way are out. Throws `invalid-argument`. */
  publish(entity: string, action: string, value: unknown): void {
    const send = this.live.message(entity, action, value)
    this.turns.take(send)
  }

  channel(project: ProjectId): ProjectChannel | undefined {
    return this.#channels.get(idKey(project))
  }

  collection(name: string): Room | undefined {
    return this.#collections.get(name)
  }

  /** Takes a socket of the project protocol. */
  accept(socket: SafeSocket): ServerSocketListener {
    const session = new Session(this, socket)
    this.crowd.add(session)
    return session
  }

  codecOf(frame: string): ServerCodec {
    const { dialect } = this.settings
    return this.#codecs[dialect === 'auto' ? dialectOfFirstFrame(frame) : dialect]
  }

  newClient(): string {
    this.#clients += 1
    return `client-${this.#clients}-${this.#run}`
  }

  projects(user: User): readonly ProjectInfo[] {
    const allowed = this.settings.projects.filter(({ id }) => user.mayRead(id))
    return allowed.map(({ id, name }) => ({ id, name }))
  }

  grantAutoSave(project: ProjectId): boolean {
    const key = idKey(project)
    const now = this.clock.now()
    const last = this.#autoSaves.get(key)
    if (last !== undefined && now - last < this.settings.autoSaveMs) return false
    this.#autoSaves.set(key, now)
    return true
  }

  /** Closes every socket. */
  close(): void {
    for (const { idle } of this.#channels.values()) idle.stop()
    // Nobody is told who leaves: everybody does.
    for (const session of this.crowd.clear()) session.close(1001, 'Server closed')
    this.live.close(1001, 'Server closed')
  }
}

/** Opens every room of the settings, from the log or from their seeds. */
export async function openHub(settings: Settings, ports: CorePorts): Promise<Hub> {
  const ids = new IdAllocator()
  const hub = new Hub(settings, ports, ids)
  const options = (name: string, kind: RoomOptions['kind'], seed: RoomOptions['seed']): RoomOptions => {
    // Seeds claim their ids before any room opens: a restored room must not hand out what a reset elsewhere brings back.
    for (const store in seed.stores) for (const { id } of seed.stores[store] ?? []) ids.claim(id)
    return { name, kind, seed, ids, history: settings.limits.history, inTurn: (run) => hub.turns.take(run) }
  }
  const projects = settings.projects.map((project, at) => {
    const seed = projectSeed(project, at)
    const { dataset, damage } = repairedDataset(seed.dataset, seed.configured)
    if (damage)
      ports.logger('warn', 'A configured project was not whole and is repaired', { project: project.id, ...damage })
    return { id: project.id, options: options(`project/${idKey(project.id)}`, 'project', dataset) }
  })
  const collections = Object.entries(settings.collections).map(([name, records]) => ({
    name,
    options: options(`collection/${name}`, 'collection', collectionSeed(name, records)),
  }))
  for (const { id, options: of } of projects) hub.addProject(id, await openRoom(of, ports))
  for (const { name, options: of } of collections) hub.addCollection(name, await openRoom(of, ports))
  return hub
}
