/** Owns what a client says and hears in the Bryntum dialects. The envelope around it is each dialect's own. */
import { assertNever } from '../../errors.ts'
import {
  defined,
  eachAt,
  extraOf,
  fieldsAt,
  idAt,
  isUnsafe,
  listAt,
  optionalIdAt,
  optionalTextAt,
  recordsAt,
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
import type { Fields, PlainRecord } from '../../records.ts'
import { EXTENSION_KEY } from '../../version.ts'
import { unsupported } from '../unsupported.ts'
import { readChanges, writeChanges } from './changes.ts'
import { readChangeset, readGrant, readOrder, readPosition } from './extension.ts'
import { type Body, commandOf, onlyRevision, typeOfCommand } from './names.ts'
import { flattenTree, isTree } from './tree.ts'

/** The command and the fields of an upstream message. Throws `invalid-argument` for a message that the dialect does not have. */
export function writeUpstream(message: Upstream, dialect: ProjectDialectName): Body {
  const command = commandOf(message.type, dialect)
  const { extra } = message
  switch (message.type) {
    case 'login': {
      const { login, password, extension } = message
      return { command, fields: { ...extra, login, password, [EXTENSION_KEY]: extension } }
    }
    case 'logout':
    case 'version':
    case 'projects':
      return { command, fields: { ...extra } }
    case 'dataset':
    case 'reset':
    case 'requestVersionAutoSave':
      return { command, fields: { ...extra, project: message.project } }
    case 'loadVersionContent':
      return { command, fields: { ...extra, project: message.project, versionId: message.versionId } }
    case 'change':
      return { command, fields: { ...extra, project: message.project, ...writeRevisions(message, dialect) } }
    case 'custom':
      return { command: message.command, fields: { ...extra, ...message.payload } }
    case 'subscribe':
    case 'unsubscribe':
    case 'call':
      throw unsupported(dialect, message.type)
    default:
      return assertNever(message)
  }
}

function writeRevisions(message: UpstreamOf<'change'>, dialect: ProjectDialectName): Fields {
  if (dialect === 'bryntum-flat') {
    const { changes, counter } = onlyRevision(message.revisions)
    return { changes: writeChanges(changes), [EXTENSION_KEY]: counter === undefined ? undefined : { counter } }
  }
  return { revisions: message.revisions.map(writeRevision), client: message.revisions[0]?.client }
}

function writeRevision(revision: ClientRevision): Fields {
  const { counter } = revision
  return {
    ...revision.extra,
    revision: revision.localRevision,
    clientId: revision.client,
    conflictResolutionFor: revision.conflictResolutionFor,
    changes: writeChanges(revision.changes),
    [EXTENSION_KEY]: counter === undefined ? undefined : { counter },
  }
}

/** The message of a command and its fields. Throws a `Misfit` for what cannot be one. */
export function readDownstream(command: string, body: Fields, dialect: ProjectDialectName): Downstream {
  const extension = body[EXTENSION_KEY]
  const rest = (...known: string[]) => extraOf(body, ['command', EXTENSION_KEY, ...known])
  const project = () => optionalIdAt(body.project, 'project')

  if (command === 'error' || (body.error !== undefined && body.error !== null)) {
    return defined<DownstreamOf<'refused'>>({
      type: 'refused',
      command,
      error: reasonOf(body.error ?? body.message ?? body.data),
      project: project(),
      changeset: readChangeset(extension),
      request: typeOfCommand(command),
      ...rest('error', 'project', ...(command === 'error' ? ['message', 'data'] : [])),
    })
  }

  switch (typeOfCommand(command) ?? command) {
    case 'login': {
      const userName = optionalTextAt(body.userName, 'userName')
      const grant = readGrant(extension)
      if (dialect === 'bryntum-flat' && userName !== undefined && !grant)
        return { type: 'joined', userName, ...rest('userName') }
      const client = optionalTextAt(body.client, 'client')
      return defined<DownstreamOf<'loginAccepted'>>({
        type: 'loginAccepted',
        client,
        userName,
        extension: grant,
        ...rest('client', 'userName'),
      })
    }
    case 'join':
      return { type: 'joined', userName: textAt(body.userName, 'userName'), ...rest('userName') }
    case 'logout': {
      const userName = optionalTextAt(body.userName, 'userName')
      return userName === undefined
        ? { type: 'loggedOut', ...rest('userName') }
        : { type: 'left', userName, ...rest('userName') }
    }
    case 'users': {
      // The 2022 server lists sockets that have not logged in as null.
      const users = listAt(body.users, 'users').filter((name) => name !== null)
      return {
        type: 'users',
        users: eachAt(users, 'users', (name, at) => textAt(name, `users[${at}]`)),
        ...rest('users'),
      }
    }
    case 'version':
      return { type: 'version', version: optionalTextAt(body.version, 'version') ?? '', ...rest('version') }
    case 'projects':
      return { type: 'projects', projects: eachAt(body.projects, 'projects', readProject), ...rest('projects') }
    case 'dataset': {
      const { dataset, extra } = readDataset(body, rest('project', 'dataset', 'projectMeta'))
      const position = readPosition(extension)
      return defined<DownstreamOf<'dataset'>>({ type: 'dataset', project: project(), dataset, position, ...extra })
    }
    case 'change':
      return defined<DownstreamOf<'changed'>>({
        type: 'changed',
        project: project(),
        revisions:
          body.revisions === undefined ? [readFlatRevision(body)] : eachAt(body.revisions, 'revisions', readRevision),
        ...rest('project', 'revisions', 'changes'),
      })
    case 'reset': {
      const userName = textAt(body.userName, 'userName')
      return defined<DownstreamOf<'resetBy'>>({
        type: 'resetBy',
        userName,
        project: project(),
        ...rest('userName', 'project'),
      })
    }
    case 'versionAutoSaveOK':
      return defined<DownstreamOf<'versionAutoSaveOK'>>({
        type: 'versionAutoSaveOK',
        project: project(),
        ...rest('project'),
      })
    case 'loadVersionContent':
      return defined<DownstreamOf<'versionContent'>>({
        type: 'versionContent',
        project: project(),
        versionId: idAt(body.versionId, 'versionId'),
        content: body.content,
        command: command === commandOf('loadVersionContent', dialect) ? undefined : command,
        ...rest('project', 'versionId', 'content'),
      })
    case 'ack': {
      const position = readPosition(extension)
      if (position) return { type: 'ack', project: idAt(body.project, 'project'), position, ...rest('project') }
      break
    }
  }
  const { command: _, ...payload } = body
  return { type: 'custom', command, payload }
}

function reasonOf(error: unknown): string {
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? '')
}

function readProject(value: unknown, at: number): ProjectInfo {
  const project = fieldsAt(value, `projects[${at}]`)
  idAt(project.id, `projects[${at}].id`)
  textAt(project.name, `projects[${at}].name`)
  // Both fields were checked above; others stay.
  return project as Fields & ProjectInfo
}

function readFlatRevision(body: Fields): ServerRevision {
  const order = readOrder(body[EXTENSION_KEY])
  const changes = readChanges(body.changes, 'changes')
  return order ? { changes, order } : { changes }
}

function readRevision(value: unknown, at: number): ServerRevision {
  const path = `revisions[${at}]`
  const revision = fieldsAt(value, path)
  return defined<ServerRevision>({
    changes: readChanges(revision.changes, `${path}.changes`),
    revision: optionalTextAt(revision.revision, `${path}.revision`),
    localRevision: optionalTextAt(revision.localRevision, `${path}.localRevision`),
    client: optionalTextAt(revision.client, `${path}.client`),
    conflictResolutionFor: optionalTextAt(revision.conflictResolutionFor, `${path}.conflictResolutionFor`),
    order: readOrder(revision[EXTENSION_KEY]),
    ...extraOf(revision, ['changes', 'revision', 'localRevision', 'client', 'conflictResolutionFor', EXTENSION_KEY]),
  })
}

/** Lists of `<store>Data`, trees flattened; the project's own fields from wherever the server keeps them. Other keys go into `extra.dataset`. */
function readDataset(body: Fields, rest: { extra?: Fields }): { dataset: Dataset; extra: { extra?: Fields } } {
  const wire = fieldsAt(body.dataset, 'dataset')
  const stores: Record<string, readonly PlainRecord[]> = {}
  let unknown: Record<string, unknown> | undefined
  for (const key in wire) {
    const path = `dataset.${key}`
    const store = key.endsWith('Data') ? key.slice(0, -4) : ''
    if (store && !isUnsafe(store)) {
      const list = listAt(wire[key], path)
      stores[store] = isTree(store) ? flattenTree(list, path) : recordsAt(list, path)
    } else if (key !== 'project' && key !== 'projectMeta' && !isUnsafe(store)) {
      unknown ??= {}
      unknown[key] = wire[key]
    }
  }
  const meta = wire.projectMeta ?? wire.project ?? body.projectMeta ?? {}
  const extra = unknown ? { extra: { ...rest.extra, dataset: unknown } } : rest
  return { dataset: { stores, meta: fieldsAt(meta, 'projectMeta') }, extra }
}
