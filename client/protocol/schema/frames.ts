/**
 * Owns how each dialect writes the messages: the command, and the fields beside it (`bryntum-flat`), inside `data`
 * (`bryntum-revisions`) or beside `action` (`dhtmlx`). What a message does not say here stands under its canonical name.
 */
import { DOWNSTREAM, type MessageShape, UPSTREAM } from './messages.ts'
import { STORES } from './records.ts'
import {
  changesetId,
  count,
  type Dialect,
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
  recordId,
  ref,
  type Shapes,
  text,
  unknown,
} from './shape.ts'

/** Objects that occur in frames only. */
export const FRAME_PARTS: readonly ObjectShape[] = [
  {
    name: 'WireChanges',
    doc: "`changes`: a store to what happened in it, and under `project` the project's own fields.",
    fields: { project: maybe(fields), ...each(Object.keys(STORES), maybe(ref('StoreChanges'))) },
    open: 'store',
  },
  {
    name: 'WireTask',
    doc: 'A task of a dataset, with those below it.',
    base: 'Task',
    fields: { children: maybe(list(ref('WireTask'))) },
  },
  {
    name: 'WireDataset',
    doc: "`dataset`: a list per store under its name and `Data`, tasks nested by `children` or flat with `parentId`; the project's own fields under `projectMeta` (flat) or `project` (revisions).",
    fields: {
      ...Object.fromEntries(
        Object.entries(STORES).map(([store, type]) => [
          `${store}Data`,
          maybe(list(ref(store === 'tasks' ? 'WireTask' : type))),
        ]),
      ),
      projectMeta: maybe(fields),
      project: maybe(fields),
    },
    open: 'key',
  },
  {
    name: 'ChangesetKey',
    doc: "The idempotency key of a change: the own counter, or the whole key of another client's changeset.",
    fields: { counter: maybe(count), changeset: maybe(changesetId) },
  },
  {
    name: 'DatasetPosition',
    doc: 'What a dataset shows.',
    base: 'LogPosition',
    fields: { lost: maybe(flag, 'Some of what this client heard in the same epoch is gone.') },
  },
  {
    name: 'Refusal',
    doc: 'What a refusal is about.',
    fields: { changeset: maybe(changesetId), code: maybe(literal('client-expired')) },
  },
  { name: 'PresenceState', doc: 'What this client is looking at; null: nothing any more.', fields: stateOf('up') },
  { name: 'PeerPresence', doc: 'What another client is looking at; null: it left.', fields: stateOf('down') },
  {
    name: 'WireClientRevision',
    doc: 'A revision of `project_change` on its way up.',
    fields: {
      revision: maybe(text, "The author's own number, such as `local-2`."),
      clientId: maybe(text),
      conflictResolutionFor: maybe(text),
      changes: field(ref('WireChanges')),
      planwire: maybe(ref('ChangesetKey')),
    },
  },
  {
    name: 'WireServerRevision',
    doc: 'A revision of `project_change` on its way down.',
    fields: {
      revision: maybe(text, "The server's number, such as `server-2`."),
      localRevision: maybe(text),
      client: maybe(text),
      conflictResolutionFor: maybe(text),
      changes: field(ref('WireChanges')),
      planwire: maybe(ref('CommitOrder')),
    },
  },
  {
    name: 'EventBody',
    doc: 'What happened to an entity.',
    fields: { name: field(text), value: field(ref('EventValue')) },
  },
  {
    name: 'WireCall',
    doc: 'A remote call: `name` is `service.method`.',
    fields: { id: field(recordId), name: field(text), args: maybe(list(unknown)) },
  },
  {
    name: 'WireResult',
    doc: 'The answer to a call; a truthy `error` rejects it.',
    fields: { id: field(recordId), error: maybe(unknown), data: maybe(unknown) },
  },
]

function each(names: readonly string[], as: FieldShape): Shapes {
  return Object.fromEntries(names.map((name) => [name, as]))
}

function stateOf(way: 'up' | 'down'): Shapes {
  const message = (way === 'up' ? UPSTREAM : DOWNSTREAM).find(({ type }) => type === 'presence')
  return message?.fields ?? {}
}

/** A message as one dialect writes it. */
export interface FrameShape {
  /** The canonical message. */
  readonly type: string
  readonly doc: string
  /** What stands in `command` or `action`; `*`: any word that is no other message's. */
  readonly command: string
  /** Under another command it means the same; planwire does not write it so. */
  readonly alias?: string
  readonly fields: Shapes
  /** Fields that stand beside the command in every dialect. */
  readonly beside?: Shapes
  /** At least one of these fields is there. */
  readonly either?: readonly string[]
  /** The 2025 server forgets `data` and puts the fields beside the command. */
  readonly bare?: true
  /** Only sent to who asked for the extension, or in order to. */
  readonly extension?: true
}

/** A dialect: the two ways. */
export interface DialectShape {
  readonly name: Dialect
  readonly doc: string
  readonly up: readonly FrameShape[]
  readonly down: readonly FrameShape[]
}

type Written = Partial<Omit<FrameShape, 'type' | 'doc'>>
interface Writing {
  readonly [type: string]: Written | 'absent'
}

const project = maybe({ kind: 'id', as: 'ProjectId' })
const extension = (name: string): Shapes => ({ planwire: maybe(ref(name)) })
const needed = (name: string): Shapes => ({ planwire: field(ref(name)) })
const absent = 'absent'

const PROJECT_UP: Writing = {
  login: { fields: { login: field(text), password: maybe(text), ...extension('ExtensionRequest') } },
  dataset: { fields: { project, ...extension('ResumePoint') } },
  loadVersionContent: { fields: { project, versionId: field(recordId) } },
  presence: { fields: needed('PresenceState'), extension: true },
  custom: { command: '*', fields: {} },
  subscribe: absent,
  unsubscribe: absent,
  call: absent,
}

const PROJECT_DOWN: Writing = {
  loginAccepted: {
    command: 'login',
    fields: { client: inRevisions(text), userName: inRevisions(text), ...extension('ExtensionGrant') },
  },
  version: { fields: { version: maybe(text) } },
  users: { fields: { users: field(list(nullable(text)), 'Null: a socket that has not logged in (2022 server).') } },
  left: { command: 'logout' },
  loggedOut: { command: 'logout' },
  dataset: { fields: { project, dataset: field(ref('WireDataset')), ...extension('DatasetPosition') } },
  ack: { fields: { project: field({ kind: 'id', as: 'ProjectId' }), ...needed('LogPosition') }, extension: true },
  caughtUp: { fields: { project: field({ kind: 'id', as: 'ProjectId' }), ...needed('LogPosition') }, extension: true },
  presence: { fields: needed('PeerPresence'), extension: true },
  resetBy: { command: 'reset' },
  refused: {
    command: '*',
    fields: { project, ...extension('Refusal') },
    beside: { error: field(text, 'Under the command `error` it is called `message`.') },
  },
  custom: { command: '*', fields: {} },
  start: absent,
  event: absent,
  result: absent,
}

const FLAT_CHANGES = field(ref('WireChanges'))
const LIVE_ONLY = new Set(['subscribe', 'unsubscribe', 'call', 'start', 'event', 'result', 'custom'])

/** A message that is written under its own name unless the dialect says otherwise. */
function written(messages: readonly MessageShape[], dialect: Dialect, ...writings: readonly Writing[]): FrameShape[] {
  return messages.flatMap(({ type, doc, fields: canonical }) => {
    const said = writings.map((writing) => writing[type])
    if (said.includes('absent') || (dialect === 'dhtmlx' && !LIVE_ONLY.has(type))) return []
    const own: Written = Object.assign({}, ...said)
    return [{ type, doc, command: type, ...own, fields: carried(own.fields ?? canonical, dialect) }]
  })
}

/** The fields that a dialect carries. */
function carried(shapes: Shapes, dialect: Dialect): Shapes {
  return Object.fromEntries(Object.entries(shapes).filter(([, { only }]) => only === undefined || only === dialect))
}

/** What planwire speaks. */
export const DIALECTS: readonly DialectShape[] = [
  {
    name: 'bryntum-flat',
    doc: 'The documented protocol of Bryntum: every field stands beside `command`.',
    up: written(UPSTREAM, 'bryntum-flat', PROJECT_UP, {
      change: {
        command: 'projectChange',
        alias: 'projectChanges',
        fields: { project, changes: FLAT_CHANGES, ...extension('ChangesetKey') },
      },
    }),
    down: written(DOWNSTREAM, 'bryntum-flat', PROJECT_DOWN, {
      joined: { command: 'login' },
      changed: { command: 'projectChange', fields: { project, changes: FLAT_CHANGES, ...extension('CommitOrder') } },
      versionContent: {
        command: 'loadVersionContent',
        fields: { project, versionId: field(recordId), content: maybe(unknown) },
      },
    }),
  },
  {
    name: 'bryntum-revisions',
    doc: "The protocol of Bryntum's demo server of 2025: `{ command, data }`, changes as numbered revisions.",
    up: written(UPSTREAM, 'bryntum-revisions', PROJECT_UP, {
      change: {
        command: 'project_change',
        fields: { project, revisions: field(list(ref('WireClientRevision'))), client: maybe(text) },
      },
      requestVersionAutoSave: { command: 'request_version_autosave', alias: 'requestVersionAutoSave' },
      loadVersionContent: {
        command: 'load_version_content',
        alias: 'loadVersionContent',
        fields: { project, versionId: field(recordId) },
      },
    }),
    down: written(DOWNSTREAM, 'bryntum-revisions', PROJECT_DOWN, {
      joined: { command: 'join' },
      changed: { command: 'project_change', fields: { project, revisions: field(list(ref('WireServerRevision'))) } },
      versionContent: {
        command: 'load_version_content',
        bare: true,
        alias: 'loadVersionContent',
        fields: { project, versionId: field(recordId), content: maybe(unknown) },
      },
    }),
  },
  {
    name: 'dhtmlx',
    doc: 'The live updates of DHTMLX Scheduler and Gantt: `action` and `body`. Records go by REST.',
    up: written(UPSTREAM, 'dhtmlx', {
      unsubscribe: {
        either: ['name', 'key'],
        fields: { name: maybe(text), key: maybe(text, 'In place of `name`: as the widget sends it.') },
      },
      call: { fields: { body: field(list(ref('WireCall'))) } },
      custom: { command: '*', fields: {} },
    }),
    down: written(DOWNSTREAM, 'dhtmlx', {
      start: { fields: { body: maybe(unknown, 'The id of the connection, which no client needs.') } },
      event: { fields: { body: field(ref('EventBody')) } },
      result: { fields: { body: field(list(ref('WireResult'))) } },
      custom: { command: '*', fields: {} },
    }),
  },
]
