/**
 * Owns what a client and a server may say to each other, in the canonical vocabulary. How the dialects write it stands in
 * `frames.ts`. A change of what a released version sends is a new version of the extension: see `../version.ts`.
 */
import {
  changesetId,
  clientId,
  count,
  epoch,
  type FieldShape,
  field,
  fields,
  flag,
  inRevisions,
  list,
  literal,
  maybe,
  nullable,
  type ObjectShape,
  projectId,
  recordId,
  ref,
  type Shapes,
  text,
  unknown,
} from './shape.ts'

/** Objects that messages are made of. */
export const PARTS: readonly ObjectShape[] = [
  {
    name: 'Extra',
    doc: "Keys of a frame that its dialect does not know: kept, so that a newer peer's data survives an older one.",
    fields: { extra: maybe(fields) },
  },
  {
    name: 'ExtensionRequest',
    doc: "planwire's extension as the client asks for it: the key `planwire` of a `login` frame. Vendor servers ignore it; a server that grants it answers with the same key.",
    fields: { version: field(literal(1)), client: field(clientId) },
  },
  {
    name: 'ExtensionGrant',
    doc: 'The extension as granted in the answer to `login`.',
    fields: { version: field(literal(1)) },
  },
  {
    name: 'LogPosition',
    doc: "A place in a project's history.",
    fields: {
      epoch: field(epoch),
      revision: field(count, "The room's revision: 0 for a seeded project, one more with each commit."),
      run: maybe(
        text,
        'Which run of the server gave it; missing: the one in which the epoch began. Of changes, only the first of a run names it.',
      ),
    },
  },
  {
    name: 'ResumePoint',
    doc: 'What a client that comes back knows: `dataset` asks for what is missing since then.',
    fields: {
      epoch: field(epoch),
      revision: maybe(
        count,
        'Missing when the client holds no records of that epoch, only changesets that it sent in it.',
      ),
      run: maybe(text, 'The run that gave it.'),
      counter: field(
        count,
        'Highest counter that this client handed over in that epoch; the server checks that it still remembers the client.',
      ),
    },
  },
  {
    name: 'CommitOrder',
    doc: 'Where the server put a changeset, told to clients that were granted the extension.',
    base: 'LogPosition',
    fields: { changeset: maybe(changesetId, "The author's idempotency key, if the author has one.") },
  },
  {
    name: 'ClientRevision',
    doc: 'One transaction on its way up.',
    fields: {
      changes: field(ref('ProjectChanges')),
      localRevision: inRevisions(
        text,
        "Revisions dialect: the author's own number, such as `local-2`; comes back in the echo.",
      ),
      client: inRevisions(text, 'Revisions dialect: id given at login.'),
      conflictResolutionFor: inRevisions(
        text,
        'Revisions dialect: this revision repairs a conflict with that server revision.',
      ),
      counter: maybe(
        count,
        'Extension: counter of the changeset; with the client id of the login, the idempotency key.',
      ),
      changeset: maybe(
        changesetId,
        'Extension, instead of `counter`: the key of a changeset that another client made (an adopted outbox).',
      ),
      extra: inRevisions(fields),
    },
  },
  {
    name: 'ServerRevision',
    doc: 'One committed transaction on its way down, real ids filled in.',
    fields: {
      changes: field(ref('ProjectChanges')),
      revision: inRevisions(text, "Revisions dialect: the server's number, such as `server-2`."),
      localRevision: inRevisions(text),
      client: inRevisions(text),
      conflictResolutionFor: inRevisions(text),
      order: maybe(ref('CommitOrder'), 'Extension: where this stands in the log.'),
      extra: inRevisions(fields),
    },
  },
  {
    name: 'ProjectInfo',
    doc: 'A project as `projects` lists it.',
    fields: { id: field(projectId), name: field(text) },
  },
  {
    name: 'RemoteCall',
    doc: 'A remote call of the live-updates protocol: `name` is `service.method`.',
    fields: { id: field(text), name: field(text), args: field(list(unknown)) },
  },
  {
    name: 'RemoteResult',
    doc: 'The answer to a {@link RemoteCall}; a truthy `error` rejects the call.',
    fields: { id: field(text), error: field(unknown), data: field(unknown) },
  },
  {
    name: 'EventValue',
    doc: "What a handler of `RemoteEvents` receives: `type` (`add-event`, `update-task`, `custom-action`) and a payload under a key of the sender's choice.",
    fields: { type: field(text) },
    open: 'payload',
  },
]

/** A message of either way. */
export interface MessageShape {
  readonly type: string
  readonly doc: string
  readonly fields: Shapes
}

const project: FieldShape = maybe(projectId)

/** What a client says. */
export const UPSTREAM: readonly MessageShape[] = [
  {
    type: 'login',
    doc: 'Who is here. Answered by `loginAccepted`, or `refused`.',
    fields: { login: field(text), password: maybe(text), extension: maybe(ref('ExtensionRequest')) },
  },
  { type: 'logout', doc: 'Ends the session; the socket stays. Answered by `loggedOut`.', fields: {} },
  { type: 'version', doc: "Asks for the server's version.", fields: {} },
  { type: 'projects', doc: 'Asks for the projects.', fields: {} },
  {
    type: 'dataset',
    doc: 'Opens a project. With `resume` (extension) it is answered by the missing changes and `caughtUp`, or by the dataset.',
    fields: { project, resume: maybe(ref('ResumePoint')) },
  },
  {
    type: 'change',
    doc: 'Changes of the open project.',
    fields: { project, revisions: field(list(ref('ClientRevision'))) },
  },
  { type: 'reset', doc: 'Puts the project back to what it was configured as, for everybody.', fields: { project } },
  { type: 'requestVersionAutoSave', doc: 'Asks for leave to save a version now.', fields: { project } },
  {
    type: 'loadVersionContent',
    doc: 'Asks for what a saved version holds.',
    fields: {
      project,
      versionId: field(recordId),
      command: maybe(text, "Wire name of the command if it is not the dialect's own; the answer carries the same."),
    },
  },
  {
    type: 'presence',
    doc: 'Extension: what this client is looking at; `null`: nothing any more. Never stored.',
    fields: { state: field(nullable(fields)) },
  },
  { type: 'subscribe', doc: 'Live updates: hear of an entity.', fields: { name: field(text) } },
  { type: 'unsubscribe', doc: 'Live updates: hear of an entity no more.', fields: { name: field(text) } },
  {
    type: 'call',
    doc: 'Live updates: calls of functions of the server, answered by `result`.',
    fields: { calls: field(list(ref('RemoteCall'))) },
  },
  {
    type: 'custom',
    doc: 'Any command that the protocol does not define.',
    fields: { command: field(text), payload: field(fields) },
  },
]

/** What a server says. */
export const DOWNSTREAM: readonly MessageShape[] = [
  {
    type: 'loginAccepted',
    doc: 'Own login accepted.',
    fields: {
      client: inRevisions(text, 'Revisions dialect: the id that the echo of own changes will carry.'),
      userName: inRevisions(text),
      extension: maybe(ref('ExtensionGrant')),
    },
  },
  {
    type: 'joined',
    doc: 'Somebody (on servers written from the documents: maybe oneself) logged in.',
    fields: { userName: field(text) },
  },
  { type: 'left', doc: 'Somebody logged out or lost the connection.', fields: { userName: field(text) } },
  { type: 'loggedOut', doc: 'Own logout done.', fields: {} },
  { type: 'users', doc: 'Who is logged in, names only.', fields: { users: field(list(text)) } },
  { type: 'version', doc: "The server's version.", fields: { version: field(text) } },
  {
    type: 'projects',
    doc: 'The projects that this user may open.',
    fields: { projects: field(list(ref('ProjectInfo'))) },
  },
  {
    type: 'dataset',
    doc: 'A whole project: the answer to `dataset`, and to everybody after a reset.',
    fields: {
      project: maybe(projectId, "Missing in the documents' reset broadcast: then it is the loaded project."),
      dataset: field(ref('Dataset')),
      position: maybe(ref('LogPosition'), 'Extension: the position that the dataset shows.'),
      lost: maybe(
        flag,
        'Extension: the server has lost some of what this client heard in the same epoch; other commits may stand in its place.',
      ),
    },
  },
  {
    type: 'changed',
    doc: 'Committed changes, to everybody who has the project open, the author too.',
    fields: { project, revisions: field(list(ref('ServerRevision'))) },
  },
  {
    type: 'ack',
    doc: 'Extension: every own changeset up to `position` is durable.',
    fields: { project: field(projectId), position: field(ref('LogPosition')) },
  },
  {
    type: 'caughtUp',
    doc: 'Extension: every change that was missing has been sent; the client stands at `position`.',
    fields: { project: field(projectId), position: field(ref('LogPosition')) },
  },
  {
    type: 'presence',
    doc: 'Extension: what another client of the project is looking at; `null`: it left or its presence expired.',
    fields: { client: field(clientId), userName: field(text), state: field(nullable(fields)) },
  },
  {
    type: 'resetBy',
    doc: 'Who reset the project; follows the `dataset` frame.',
    fields: { userName: field(text), project },
  },
  { type: 'versionAutoSaveOK', doc: 'This client may save a version now.', fields: { project } },
  {
    type: 'versionContent',
    doc: 'What a saved version holds.',
    fields: {
      project,
      versionId: field(recordId),
      content: maybe(unknown, 'Missing on servers that lost it (2025).'),
      command: maybe(text, '`command` of the request.'),
    },
  },
  {
    type: 'refused',
    doc: 'A command was answered with `error`.',
    fields: {
      command: field(
        text,
        "Wire name of the command, as the client sent it. A server may give the upstream message's type instead: the codec names it.",
      ),
      request: maybe(
        { kind: 'text', as: "Upstream['type']" },
        "Decoded only: type of the refused message, if `command` is one of the protocol's.",
      ),
      error: field(text),
      project,
      changeset: maybe(changesetId, 'Extension: which changeset was refused.'),
      code: maybe(
        literal('client-expired'),
        'Extension: the server no longer remembers what it stored of this client (see {@link ResumePoint}).',
      ),
    },
  },
  { type: 'start', doc: 'Live updates: the socket is open.', fields: { connection: field(text) } },
  {
    type: 'event',
    doc: 'Live updates: something happened to an entity that this client has subscribed.',
    fields: { name: field(text), value: field(ref('EventValue')) },
  },
  {
    type: 'result',
    doc: 'Live updates: answers to calls, in any order.',
    fields: { results: field(list(ref('RemoteResult'))) },
  },
  {
    type: 'custom',
    doc: 'Any command that the protocol does not define.',
    fields: { command: field(text), payload: field(fields) },
  },
]
