/** Owns bots that plan a project: their client, and which gesture stands behind each kind of edit. */
import { webSocketTransport } from '../../client/adapters/web-socket-transport.ts'
import type { Random } from '../../client/ports/ports.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import type { PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { Credentials } from '../../client/sync/session-types.ts'
import { drag, progress, rename, resize, type Show } from './bar-gestures.ts'
import { createBots } from './bots.ts'
import { Line } from './line.ts'
import { PlanView } from './plan-view.ts'
import { assign, create, link, nest, redo, remove, reorder, undo } from './tree-gestures.ts'
import type { BotOptions, BotPresence, Bots, Desk, DeskParts, Gesture, Mix } from './words.ts'

/** Kinds of edit that need a plan. */
type PlanEditKind =
  | 'drag'
  | 'resize'
  | 'progress'
  | 'rename'
  | 'nest'
  | 'reorder'
  | 'link'
  | 'assign'
  | 'create'
  | 'delete'
  | 'undo'
  | 'redo'

/** What bots do to a project. `delete` deletes what the bot has added; `link` and `assign` take their own back as well. */
export type ProjectEditKind = PlanEditKind | 'offline'

/** Where bots plan, and how. */
export interface ProjectBotOptions extends BotOptions<ProjectEditKind> {
  /** Address of the server's project socket. */
  readonly wsAddress: string
  readonly project: ProjectId
  /** Who logs in for a bot. Default: its name without a password, as which the mock server lets anybody in. */
  readonly credentials?: (name: string) => Credentials
}

const MIX: Mix<ProjectEditKind> = {
  drag: 30,
  resize: 12,
  progress: 14,
  rename: 8,
  nest: 4,
  reorder: 5,
  link: 6,
  assign: 6,
  create: 5,
  delete: 4,
  undo: 4,
  // Only right after an undo there is something to redo.
  redo: 20,
  offline: 1,
}

const GESTURES: Readonly<Record<PlanEditKind, (view: PlanView, random: Random, show: Show) => Gesture | undefined>> = {
  drag,
  resize,
  progress,
  rename,
  nest,
  reorder,
  link,
  assign,
  create,
  delete: remove,
  undo,
  redo,
}

/**
 * Collaborators on a project, each with a client of its own: they plan like people, in bursts, and show what they look at
 * and drag as presence ({@link BotPresence}). What they add they delete again, so a plan stays as large as it is. Error
 * `invalid-argument` for settings that cannot be.
 * @example
 * const bots = startBots({ wsAddress: mock.url, project: 1, count: 3, seed: 7, rate: 20 })
 * bots.onEdit(({ by, text }) => console.log(by, text)) // Mia moved “Code freeze” 2 days later
 */
export function startBots(options: ProjectBotOptions): Bots<ProjectEditKind> {
  return createBots(options, MIX, (parts) => new ProjectDesk(options, parts))
}

class ProjectDesk implements Desk<PlanEditKind> {
  readonly #client: ProjectClient
  readonly #view: PlanView
  readonly #line: Line
  readonly #shown: BotPresence
  #loaded = false

  constructor(options: ProjectBotOptions, { name, color, clock, random, changed, lost }: DeskParts) {
    this.#line = new Line(options.transport ?? webSocketTransport())
    this.#client = new ProjectClient({
      transport: this.#line.transport,
      wakeups: this.#line.wakeups,
      clock,
      random,
      // The panel and the log of a page are not the place for the troubles of somebody made up.
      logger: () => {},
      outbox: false,
      credentials: options.credentials?.(name) ?? { login: name },
    })
    this.#view = new PlanView(this.#client)
    this.#shown = { bot: true, name, color, task: null }
    this.#client.on('connection', changed)
    this.#client.on('rejected', lost)
    this.#client.on('conflict', lost)
    this.#client.on('dataset', () => {
      this.#loaded = true
      changed()
    })
    this.rest()
    this.#client.wsProjectId = options.project
    this.#client.wsAddress = options.wsAddress
  }

  get connection(): 'connecting' | 'open' | { readonly refused: PlanwireError } {
    const { connection } = this.#client
    if (connection.state === 'auth-required') return { refused: connection.error }
    return connection.state === 'open' && this.#loaded ? 'open' : 'connecting'
  }

  plan(kind: PlanEditKind, random: Random): Gesture | undefined {
    return GESTURES[kind](this.#view, random, (task, drag) =>
      this.#show({ ...this.#shown, task, ...(drag ? { drag } : {}) }),
    )
  }

  rest(): void {
    this.#show(this.#shown)
  }

  setOnline(online: boolean): void {
    this.#line.setOnline(online)
  }

  close(): void {
    this.#client.close()
  }

  #show(presence: BotPresence): void {
    this.#client.setPresence({ ...presence })
  }
}
