/**
 * Owns the parts of a configuration that are functions: answers to custom commands and remote services. They live where
 * the server lives, so a configuration that holds some cannot come from a JSON file or travel to a worker.
 */
import type { ProjectChanges } from '../../client/protocol/changeset.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { Dataset, Fields } from '../../client/protocol/records.ts'

/** Who sent a custom command. */
export interface CommandUser {
  readonly name: string
  /** True for names that the configuration does not know. */
  readonly anonymous: boolean
}

/** What the function of a custom command can do. All of it is harmless after the client has gone. */
export interface CommandContext {
  readonly user: CommandUser
  /** The project that the client has loaded; undefined when it has loaded none. */
  readonly project: ProjectId | undefined
  /** Sends to this client, under the command's own name unless another is given. */
  reply(fields: Fields, command?: string): void
  /** Sends to every other client that has loaded this project, under the command's own name unless another is given. */
  broadcast(fields: Fields, command?: string): void
  /** The loaded project as it is now. Throws `invalid-argument` when none is loaded. */
  dataset(): Dataset
  /**
   * Commits to the loaded project, in the server's own name: everybody hears of it, this client too. Throws
   * `invalid-argument` when none is loaded, `malformed-message` or `rejected` for changes that cannot be committed.
   */
  changes(changes: ProjectChanges['stores']): void
}

/**
 * Answers a custom command of a client that is logged in. Fields that it returns, or resolves to, are the reply. One that
 * throws, or rejects, is answered by an error: `PlanwireError` with its message, anything else with `Internal error`.
 */
export type CommandHandler = (payload: Fields, context: CommandContext) => unknown

/** What a method of a remote service finds as `this`, unless it is an arrow function. */
export interface ServiceContext {
  /** The token that the caller showed; whose it is, the app knows. */
  readonly token: string
  /** Id of the caller's socket, as `start` told it; undefined for calls by POST. */
  readonly connection: string | undefined
  /**
   * Sends a custom message to every subscriber of an entity: handlers of `calendars` get `{ type: action, value }`. Throws
   * `invalid-argument` for a value that is no JSON.
   */
  publish(entity: string, action: string, value?: unknown): void
}

/**
 * A method of a remote service. What it returns, or resolves to within 10 seconds, is the answer; what it throws rejects
 * the call, of an error the first line of its message.
 */
export type ServiceMethod = { call(this: ServiceContext, ...args: readonly unknown[]): unknown }['call']

/** Remote services of the live updates: `{ svc: { add: (a: number, b: number) => a + b } }` answers `svc.add`. */
export interface ServicesConfig {
  readonly [service: string]: { readonly [method: string]: ServiceMethod }
}
