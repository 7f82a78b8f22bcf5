/** Owns the commands that the configuration answers by functions of its own: what such a function can reach, and its failures. */

import type { ProjectChanges } from '../../client/protocol/changeset.ts'
import { readChanges } from '../../client/protocol/dialects/bryntum/changes.ts'
import { type Parsed, PlanwireError } from '../../client/protocol/errors.ts'
import { isObject, parsed } from '../../client/protocol/guards.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Author } from './author.ts'
import type { CommandContext, CommandHandler, CommandUser } from './config-functions.ts'
import { isTooDeep } from './depth.ts'
import type { ProjectChannel } from './project-channel.ts'

/** What a custom command reaches of the session that sent it. */
export interface CommandCaller {
  readonly user: CommandUser
  readonly author: Author
  readonly channel: ProjectChannel | undefined
  /** Sends to the client, as long as it is the same one. */
  reply(command: string, payload: Fields): void
  /** Sends to the others of the project. */
  broadcast(command: string, payload: Fields): void
  /** Something outside of a turn of the hub begins one. */
  inTurn<T>(run: () => T): T
  /** Refuses the command. */
  refuse(error: string): void
  failed(cause: unknown): void
}

/** Runs the function of a command; its answer may come later. Never throws. */
export function runCustomCommand(
  command: string,
  payload: Fields,
  handler: CommandHandler,
  caller: CommandCaller,
): void {
  const answer = (result: unknown): void => {
    if (isObject(result)) caller.reply(command, result)
  }
  const fail = (cause: unknown): void => {
    if (!(cause instanceof PlanwireError)) caller.failed(cause)
    caller.refuse(cause instanceof PlanwireError ? cause.message : 'Internal error')
  }
  try {
    const result = handler(payload, contextOf(command, caller))
    if (isObject(result) && typeof result['then'] === 'function') Promise.resolve(result).then(answer).catch(fail)
    else answer(result)
  } catch (cause) {
    fail(cause)
  }
}

function contextOf(
  command: string,
  { user, author, channel, reply, broadcast, inTurn }: CommandCaller,
): CommandContext {
  const loaded = (): ProjectChannel => {
    if (channel) return channel
    throw new PlanwireError('invalid-argument', 'Subscription to project is required. Load project first', 'fatal')
  }
  return {
    user: { name: user.name, anonymous: user.anonymous },
    project: channel?.project,
    reply: (fields, as = command) => reply(as, fields),
    broadcast: (fields, as = command) => broadcast(as, fields),
    dataset: () => loaded().room.dataset(),
    changes(stores) {
      const { room } = loaded()
      const text = JSON.stringify(stores) ?? ''
      if (isTooDeep(text)) throw new PlanwireError('malformed-message', 'changes are nested too deeply', 'fatal')
      const read = readStores(text)
      if (!read.ok) throw read.error
      const by: Author = { key: undefined, client: 'server', clientId: undefined, ids: author.ids }
      const outcome = inTurn(() => room.commit([{ changes: read.message }], by, text.length))
      if (outcome instanceof PlanwireError) throw outcome
    },
  }
}

/** Changes of a configured function are read as those of a client are: a mistake in them must not reach the room. */
function readStores(text: string): Parsed<ProjectChanges> {
  return parsed(text, 'fatal', (json) => readChanges(json, 'changes'))
}
