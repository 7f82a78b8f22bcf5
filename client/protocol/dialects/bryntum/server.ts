/** Owns what a server hears and says in the Bryntum dialects. The envelope around it is each dialect's own. */
import { assertNever } from '../../errors.ts'
import {
  clean,
  countAt,
  eachAt,
  extraOf,
  fieldsAt,
  type Given,
  idAt,
  isObject,
  optionalIdAt,
  optionalTextAt,
  type Readers,
  readFields,
  textAt,
} from '../../guards.ts'
import type { ChangesetId } from '../../ids.ts'
import type {
  ClientRevision,
  Downstream,
  DownstreamOf,
  ExtensionRequest,
  ProjectDialectName,
  ResumePoint,
  ServerRevision,
  Upstream,
  UpstreamOf,
} from '../../messages.ts'
import type { Fields } from '../../records.ts'
import { EXTENSION_KEY, EXTENSION_VERSION } from '../../version.ts'
import { unsupported } from '../unsupported.ts'
import { readChanges, writeChanges, writeInput } from './changes.ts'
import { readChangeset } from './extension.ts'
import { type Body, commandOf, onlyRevision, typeOfCommand } from './names.ts'
import { nestTree } from './nest.ts'
import { isTree } from './tree.ts'

const CHANGE_KEYS = ['command', 'project', 'changes', 'revisions', 'client', EXTENSION_KEY]

/** The message of a command and its fields. Throws a `Misfit` for what cannot be one. */
export function readUpstream(command: string, body: Fields, dialect: ProjectDialectName): Upstream {
  /** The message of a type: its fields by the readers, those given, and `extra` without the `known` keys. */
  const message = <T extends Upstream['type']>(
    type: T,
    readers: Readers<UpstreamOf<T>>,
    given: Given<UpstreamOf<T>> = {},
    ...known: string[]
  ): UpstreamOf<T> =>
    readFields<UpstreamOf<T>>(body, '', readers, ['command', EXTENSION_KEY, ...known], { ...given, type } as Given<
      UpstreamOf<T>
    >)

  const type = typeOfCommand(command)
  switch (type) {
    case 'login':
      // `data` is the other half of a combined login.
      return message(
        'login',
        { login: textAt, password: optionalTextAt },
        { extension: readRequest(body[EXTENSION_KEY]) },
        'data',
      )
    case 'logout':
    case 'version':
    case 'projects':
      return message(type, {})
    case 'dataset':
      return message('dataset', { project: optionalIdAt }, { resume: readResume(body[EXTENSION_KEY]) })
    case 'reset':
    case 'requestVersionAutoSave':
      return message<'reset' | 'requestVersionAutoSave'>(type, { project: optionalIdAt })
    case 'presence': {
      const { state } = fieldsAt(body[EXTENSION_KEY], EXTENSION_KEY)
      return message(
        'presence',
        {},
        { state: state === null ? null : clean(fieldsAt(state, `${EXTENSION_KEY}.state`)) },
      )
    }
    case 'loadVersionContent': {
      const alias = command === commandOf(type, dialect) ? undefined : command
      return message(type, { project: optionalIdAt, versionId: idAt }, { command: alias })
    }
    case 'change': {
      // Most frames are changes.
      const project = optionalIdAt(body.project, 'project')
      return {
        type,
        ...(project === undefined ? {} : { project }),
        revisions: readRevisions(body),
        ...extraOf(body, CHANGE_KEYS),
      }
    }
    default: {
      const { command: _, ...payload } = body
      return { type: 'custom', command, payload }
    }
  }
}

function readRequest(value: unknown): ExtensionRequest | undefined {
  if (!isObject(value) || value.version !== EXTENSION_VERSION) return undefined
  return { version: EXTENSION_VERSION, client: textAt(value.client, `${EXTENSION_KEY}.client`) }
}

function readResume(value: unknown): ResumePoint | undefined {
  if (!isObject(value)) return undefined
  const { epoch, revision, run, counter } = value
  return {
    epoch: textAt(epoch, `${EXTENSION_KEY}.epoch`),
    ...(revision === undefined ? {} : { revision: countAt(revision, `${EXTENSION_KEY}.revision`) }),
    ...(run === undefined ? {} : { run: textAt(run, `${EXTENSION_KEY}.run`) }),
    counter: countAt(counter, `${EXTENSION_KEY}.counter`),
  }
}

/** The idempotency key of a revision; none for clients without the extension. */
function readKey(value: unknown, path: string): { readonly counter?: number; readonly changeset?: ChangesetId } {
  const changeset = readChangeset(value)
  if (changeset !== undefined) return { changeset }
  return isObject(value) && value.counter !== undefined ? { counter: countAt(value.counter, `${path}.counter`) } : {}
}

/** A flat frame is one revision without a number. */
function readRevisions(body: Fields): readonly ClientRevision[] {
  if (body.revisions === undefined) {
    const changes = readChanges(body.changes, 'changes')
    return [{ changes, ...readKey(body[EXTENSION_KEY], EXTENSION_KEY) }]
  }
  const client = optionalTextAt(body.client, 'client')
  return eachAt(body.revisions, 'revisions', (value, at) => {
    const path = `revisions[${at}]`
    const revision = fieldsAt(value, path)
    return readFields<ClientRevision>(
      revision,
      `${path}.`,
      { changes: readChanges, conflictResolutionFor: optionalTextAt },
      ['revision', 'clientId', EXTENSION_KEY],
      {
        localRevision: optionalTextAt(revision.revision, `${path}.revision`),
        client: optionalTextAt(revision.clientId, `${path}.clientId`) ?? client,
        ...readKey(revision[EXTENSION_KEY], `${path}.${EXTENSION_KEY}`),
      },
    )
  })
}

/** The command and the fields of a downstream message. Throws `invalid-argument` for a message that the dialect does not have. */
export function writeDownstream(message: Downstream, dialect: ProjectDialectName): Body {
  const flat = dialect === 'bryntum-flat'
  const { extra } = message
  switch (message.type) {
    case 'loginAccepted': {
      const { client, userName, extension } = message
      // Flat: a user name would make it the broadcast of somebody's login.
      return {
        command: 'login',
        fields: { ...extra, ...(flat ? {} : { client, userName }), [EXTENSION_KEY]: extension },
      }
    }
    case 'joined':
      return { command: flat ? 'login' : 'join', fields: { ...extra, userName: message.userName } }
    case 'left':
      return { command: 'logout', fields: { ...extra, userName: message.userName } }
    case 'loggedOut':
      return { command: 'logout', fields: { ...extra } }
    case 'users':
      return { command: 'users', fields: { ...extra, users: message.users } }
    case 'version':
      return { command: 'version', fields: { ...extra, version: message.version } }
    case 'projects':
      return { command: 'projects', fields: { ...extra, projects: message.projects } }
    case 'dataset':
      return { command: 'dataset', fields: writeDataset(message, flat) }
    case 'changed':
      return {
        command: commandOf('change', dialect),
        fields: { ...extra, project: message.project, ...writeRevisions(message, flat) },
      }
    case 'ack':
    case 'caughtUp':
      return {
        command: message.type,
        fields: { ...extra, project: message.project, [EXTENSION_KEY]: message.position },
      }
    case 'presence': {
      const { client, userName, state } = message
      return { command: 'presence', fields: { ...extra, [EXTENSION_KEY]: { client, userName, state } } }
    }
    case 'resetBy':
      return { command: 'reset', fields: { ...extra, userName: message.userName, project: message.project } }
    case 'versionAutoSaveOK':
      return { command: message.type, fields: { ...extra, project: message.project } }
    case 'versionContent': {
      const { project, versionId, content, command } = message
      return {
        command: command ?? commandOf('loadVersionContent', dialect),
        fields: { ...extra, project, versionId, content },
      }
    }
    case 'refused': {
      const { project, changeset, code, error } = message
      const extension = changeset === undefined && code === undefined ? undefined : { changeset, code }
      const fields = { ...extra, project, [EXTENSION_KEY]: extension }
      return {
        command: commandOf(message.command, dialect),
        fields,
        beside: message.command === 'error' ? { message: error } : { error },
      }
    }
    case 'custom':
      return { command: message.command, fields: { ...extra, ...message.payload } }
    case 'start':
    case 'event':
    case 'result':
      throw unsupported(dialect, message.type)
    default:
      return assertNever(message)
  }
}

function writeRevisions({ revisions }: DownstreamOf<'changed'>, flat: boolean): Fields {
  if (!flat) return { revisions: revisions.map(writeRevision) }
  const { changes, order } = onlyRevision(revisions)
  return { changes: writeChanges(changes), [EXTENSION_KEY]: order }
}

function writeRevision({
  extra,
  revision,
  localRevision,
  client,
  conflictResolutionFor,
  changes,
  order,
}: ServerRevision): Fields {
  return {
    ...extra,
    revision,
    localRevision,
    client,
    conflictResolutionFor,
    changes: (order ? writeChanges : writeInput)(changes),
    [EXTENSION_KEY]: order,
  }
}

/** The project's own fields stand where each dialect's clients look: `projectMeta` as documented, `project` as the 2025 server sends. */
function writeDataset(message: DownstreamOf<'dataset'>, flat: boolean): Fields {
  const { dataset: unknown, ...extra } = message.extra ?? {}
  const { stores, meta } = message.dataset
  const lists: Record<string, unknown> = {}
  for (const [store, records] of Object.entries(stores))
    lists[`${store}Data`] = isTree(store) ? nestTree(records) : records
  return {
    ...extra,
    project: message.project,
    dataset: { ...(isObject(unknown) ? unknown : {}), ...lists, [flat ? 'projectMeta' : 'project']: meta },
    [EXTENSION_KEY]: message.position && { ...message.position, lost: message.lost },
  }
}
