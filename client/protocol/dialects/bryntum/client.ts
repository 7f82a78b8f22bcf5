/** Owns what a client says and hears in the Bryntum dialects. The envelope around it is each dialect's own. */
import {
  eachAt,
  extraOf,
  fieldsAt,
  type Given,
  idAt,
  isUnsafe,
  listAt,
  optionalIdAt,
  optionalTextAt,
  type Readers,
  readFields,
  textAt,
} from '../../guards.ts'
import type {
  ClientRevision,
  Dataset,
  Downstream,
  DownstreamOf,
  ProjectDialectName,
  ProjectInfo,
  ServerRevision,
  Upstream,
  UpstreamOf,
} from '../../messages.ts'
import { recordsAt } from '../../record-guards.ts'
import type { Fields, PlainRecord } from '../../records.ts'
import { EXTENSION_KEY } from '../../version.ts'
import { unsupported } from '../unsupported.ts'
import { readChanges, writeChanges, writeInput } from './changes.ts'
import { readChangeset, readCode, readGrant, readLost, readOrder, readPosition, readPresence } from './extension.ts'
import { type Body, commandOf, onlyRevision, typeOfCommand } from './names.ts'
import { flattenTree, isTree } from './tree.ts'

/** The command and the fields of an upstream message. Throws `invalid-argument` for a message that the dialect does not have. */
export function writeUpstream(message: Upstream, dialect: ProjectDialectName): Body {
  const command = commandOf(message.type, dialect)
  const { extra } = message
  switch (message.type) {
    case 'change':
      return { command, fields: { ...extra, project: message.project, ...writeRevisions(message, dialect) } }
    case 'custom':
      return { command: message.command, fields: { ...extra, ...message.payload } }
    case 'subscribe':
    case 'unsubscribe':
    case 'call':
      throw unsupported(dialect, message.type)
    case 'loadVersionContent':
      return { command, fields: { ...extra, project: message.project, versionId: message.versionId } }
    case 'login': {
      const { login, password, extension } = message
      return { command, fields: { ...extra, login, password, [EXTENSION_KEY]: extension } }
    }
    case 'dataset':
      return { command, fields: { ...extra, project: message.project, [EXTENSION_KEY]: message.resume } }
    case 'presence':
      return { command, fields: { ...extra, [EXTENSION_KEY]: { state: message.state } } }
    default:
      return { command, fields: { ...extra, project: 'project' in message ? message.project : undefined } }
  }
}

function writeRevisions({ revisions }: UpstreamOf<'change'>, dialect: ProjectDialectName): Fields {
  if (dialect === 'bryntum-revisions') return { revisions: revisions.map(writeRevision), client: revisions[0]?.client }
  const revision = onlyRevision(revisions)
  return { changes: writeChanges(revision.changes), [EXTENSION_KEY]: writeKey(revision) }
}

function writeRevision(written: ClientRevision): Fields {
  const { localRevision, client, conflictResolutionFor, changes, extra } = written
  const key = writeKey(written)
  return {
    ...extra,
    revision: localRevision,
    clientId: client,
    conflictResolutionFor,
    // A server with the extension makes what each listener needs; any other passes on what it hears.
    changes: (key ? writeChanges : writeInput)(changes),
    [EXTENSION_KEY]: key,
  }
}

/** The idempotency key: the own counter, or the whole key of another client's changeset. */
function writeKey({ changeset, counter }: ClientRevision): Fields | undefined {
  if (changeset !== undefined) return { changeset }
  return counter === undefined ? undefined : { counter }
}

const CHANGE_KEYS = ['command', EXTENSION_KEY, 'project', 'revisions', 'changes']

/** The message of a command and its fields. Throws a `Misfit` for what cannot be one. */
export function readDownstream(command: string, body: Fields, dialect: ProjectDialectName): Downstream {
  const request = typeOfCommand(command)
  const isError = command === 'error' || (body.error ?? undefined) !== undefined
  // Most frames are changes: nothing that only others need is made for them.
  if (request === 'change' && !isError) return readChanged(body)

  const extension = body[EXTENSION_KEY]
  /** The message of a type: its fields by the readers, those given, and `extra` without the `known` keys. */
  const message = <T extends Downstream['type']>(
    type: T,
    readers: Readers<DownstreamOf<T>>,
    given: Given<DownstreamOf<T>> = {},
    ...known: string[]
  ): DownstreamOf<T> =>
    readFields<DownstreamOf<T>>(body, '', readers, ['command', EXTENSION_KEY, ...known], { ...given, type } as Given<
      DownstreamOf<T>
    >)

  if (isError) {
    const error = reasonOf(body.error ?? body.message ?? body.data)
    const known = command === 'error' ? ['error', 'message', 'data'] : ['error']
    return message(
      'refused',
      { project: optionalIdAt },
      { command, error, changeset: readChangeset(extension), code: readCode(extension), request },
      ...known,
    )
  }

  switch (request ?? command) {
    case 'login': {
      const grant = readGrant(extension)
      const somebody = dialect === 'bryntum-flat' && !grant && (body.userName ?? undefined) !== undefined
      return somebody
        ? message('joined', { userName: textAt })
        : message('loginAccepted', { client: optionalTextAt, userName: optionalTextAt }, { extension: grant })
    }
    case 'join':
      return message('joined', { userName: textAt })
    case 'logout':
      return (body.userName ?? undefined) === undefined
        ? message('loggedOut', {}, {}, 'userName')
        : message('left', { userName: textAt })
    case 'users':
      return message('users', { users: readUsers })
    case 'version':
      return message('version', { version: (value, path) => optionalTextAt(value, path) ?? '' })
    case 'projects':
      return message('projects', { projects: (value, path) => eachAt(value, path, readProject) })
    case 'dataset': {
      const read = { position: readPosition(extension), lost: readLost(extension) }
      return readDataset(body, message('dataset', { project: optionalIdAt }, read, 'dataset', 'projectMeta'))
    }
    case 'reset':
      return message('resetBy', { userName: textAt, project: optionalIdAt })
    case 'versionAutoSaveOK':
      return message('versionAutoSaveOK', { project: optionalIdAt })
    case 'loadVersionContent': {
      const alias = command === commandOf('loadVersionContent', dialect) ? undefined : command
      return message(
        'versionContent',
        { project: optionalIdAt, versionId: idAt, content: (value) => value },
        { command: alias },
      )
    }
    case 'ack':
    case 'caughtUp': {
      const position = readPosition(extension)
      if (position) return message(command === 'ack' ? 'ack' : 'caughtUp', { project: idAt }, { position })
      break
    }
    case 'presence': {
      const presence = readPresence(extension)
      if (presence) return message('presence', {}, presence)
    }
  }
  const { command: _, ...payload } = body
  return { type: 'custom', command, payload }
}

function reasonOf(error: unknown): string {
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? '')
}

/** The 2022 server lists sockets that have not logged in as null. */
function readUsers(value: unknown, path: string): readonly string[] {
  const users = listAt(value, path).filter((name) => name !== null)
  return eachAt(users, path, (name, at) => textAt(name, `${path}[${at}]`))
}

function readProject(value: unknown, at: number): ProjectInfo {
  const path = `projects[${at}]`
  const project = fieldsAt(value, path)
  return { ...project, id: idAt(project.id, `${path}.id`), name: textAt(project.name, `${path}.name`) }
}

function readChanged(body: Fields): DownstreamOf<'changed'> {
  const revisions =
    body.revisions === undefined ? [readFlatRevision(body)] : eachAt(body.revisions, 'revisions', readRevision)
  const project = optionalIdAt(body.project, 'project')
  const { extra } = extraOf(body, CHANGE_KEYS)
  const changed =
    project === undefined
      ? ({ type: 'changed', revisions } as const)
      : ({ type: 'changed', revisions, project } as const)
  return extra ? { ...changed, extra } : changed
}

function readFlatRevision(body: Fields): ServerRevision {
  const order = readOrder(body[EXTENSION_KEY])
  const changes = readChanges(body.changes, 'changes')
  return order ? { changes, order } : { changes }
}

function readRevision(value: unknown, at: number): ServerRevision {
  const path = `revisions[${at}]`
  const revision = fieldsAt(value, path)
  return readFields<ServerRevision>(
    revision,
    `${path}.`,
    {
      changes: readChanges,
      revision: optionalTextAt,
      localRevision: optionalTextAt,
      client: optionalTextAt,
      conflictResolutionFor: optionalTextAt,
    },
    [EXTENSION_KEY],
    { order: readOrder(revision[EXTENSION_KEY]) },
  )
}

/** Lists of `<store>Data`, trees flattened; the project's own fields from wherever the server keeps them. Other keys go into `extra.dataset`. */
function readDataset(body: Fields, message: DownstreamOf<'dataset'>): DownstreamOf<'dataset'> {
  const wire = fieldsAt(body.dataset, 'dataset')
  const stores: Record<string, readonly PlainRecord[]> = {}
  const unknown: Record<string, unknown> = {}
  for (const key in wire) {
    const path = `dataset.${key}`
    const store = key.endsWith('Data') ? key.slice(0, -4) : ''
    if (isUnsafe(store)) continue
    if (store) {
      const list = listAt(wire[key], path)
      stores[store] = isTree(store)
        ? flattenTree(list, path, store === 'tasks' ? 'all' : 'nested')
        : recordsAt(list, path)
    } else if (key !== 'project' && key !== 'projectMeta') {
      unknown[key] = wire[key]
    }
  }
  const meta = fieldsAt(wire.projectMeta ?? wire.project ?? body.projectMeta ?? {}, 'projectMeta')
  const dataset: Dataset = { stores, meta }
  return Object.keys(unknown).length === 0
    ? { ...message, dataset }
    : { ...message, dataset, extra: { ...message.extra, dataset: unknown } }
}
