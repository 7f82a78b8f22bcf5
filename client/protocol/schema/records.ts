/** Owns what is known of records, changesets and datasets. Fields that are not named here belong to the app or the vendor and travel untouched. */
import {
  count,
  field,
  fields,
  flag,
  list,
  map,
  maybe,
  nullable,
  number,
  type ObjectShape,
  object,
  recordId,
  ref,
  text,
} from './shape.ts'

const name = maybe(text)

/** Records, as they travel and as they are kept. */
export const RECORDS: readonly ObjectShape[] = [
  {
    name: 'PlainRecord',
    doc: 'Any record on the wire or in a store: an id and whatever else the app keeps in it. Never mutated: edits replace it.',
    fields: { id: field(recordId) },
    open: 'field',
  },
  {
    name: 'Task',
    doc: 'A task of the plan (Bryntum names). Dates are `YYYY-MM-DD` or `YYYY-MM-DDTHH:mm:ss`; `duration` counts `durationUnit`s (default `day`).',
    base: 'PlainRecord',
    fields: {
      name,
      parentId: maybe(nullable(recordId)),
      parentIndex: maybe(count, 'Place among the siblings, from 0.'),
      startDate: maybe(nullable(text)),
      endDate: maybe(nullable(text)),
      duration: maybe(nullable(number)),
      durationUnit: maybe(text),
      percentDone: maybe({ kind: 'number', from: 0, to: 100 }, '0 to 100.'),
      expanded: maybe(flag),
    },
  },
  {
    name: 'Resource',
    doc: 'A person or thing that work is assigned to.',
    base: 'PlainRecord',
    fields: { name },
  },
  {
    name: 'Dependency',
    doc: 'A link between two tasks; `type` 0 start-start, 1 start-finish, 2 finish-start, 3 finish-finish.',
    base: 'PlainRecord',
    fields: {
      from: maybe(recordId),
      to: maybe(recordId),
      type: maybe({ kind: 'number', from: 0, to: 3 }),
      lag: maybe(number),
    },
  },
  {
    name: 'Assignment',
    doc: 'A resource at work on a task; `units` in percent.',
    base: 'PlainRecord',
    fields: { event: maybe(recordId), resource: maybe(recordId), units: maybe(number) },
  },
  {
    name: 'Calendar',
    doc: 'A working-time calendar. planwire moves it and never computes with it.',
    base: 'PlainRecord',
    fields: { name },
  },
  {
    name: 'Version',
    doc: 'A saved version of a project; its `content` stays on the server until asked for.',
    base: 'PlainRecord',
    fields: { name, savedAt: maybe(text), isAutosave: maybe(flag) },
  },
  { name: 'Changelog', doc: 'A line of the change log.', base: 'PlainRecord', fields: {} },
]

/** The stores of a Bryntum project, in the order in which a dataset lists them, and what each holds. */
export const STORES: { readonly [store: string]: string } = {
  tasks: 'Task',
  resources: 'Resource',
  dependencies: 'Dependency',
  assignments: 'Assignment',
  calendars: 'Calendar',
  versions: 'Version',
  changelogs: 'Changelog',
}

export const DATASET: ObjectShape = {
  name: 'Dataset',
  doc: "A whole project as it travels: flat lists per store (tasks carry `parentId`), and the project's own fields.",
  fields: {
    stores: field(map(list(ref('PlainRecord')), 'store')),
    meta: field(
      fields,
      '`projectMeta` of the documents, `dataset.project` of the 2025 server: start date, calendar, hours per day.',
    ),
  },
}

const lists = {
  added: maybe(list(ref('AddedRecord'))),
  updated: maybe(list(ref('UpdatedRecord'))),
  removed: maybe(list(ref('RemovedRecord'))),
}

/** What one transaction did. */
export const CHANGES: readonly ObjectShape[] = [
  {
    name: 'AddedRecord',
    doc: 'A new record. `$PhantomId` is the temporary id its author gave it; the server answers with the same record and the real `id`. `$PhantomParentId` repeats a `parentId` that is itself temporary.',
    base: 'Fields',
    fields: { id: maybe(recordId), $PhantomId: maybe(recordId), $PhantomParentId: maybe(recordId) },
  },
  {
    name: 'UpdatedRecord',
    doc: 'An edit: the id and only the fields that changed.',
    base: 'Fields',
    fields: { id: field(recordId) },
  },
  { name: 'RemovedRecord', doc: 'A removal, by id.', base: 'Fields', fields: { id: field(recordId) } },
  {
    name: 'StoreChanges',
    doc: 'Changes of one store. `$input` (2025 dialect) is what the user did, beside what the scheduling engine made of it; carried along untouched but for ids.',
    fields: { ...lists, $input: maybe(object(lists)) },
  },
]

export const PROJECT_CHANGES: ObjectShape = {
  name: 'ProjectChanges',
  doc: "A changeset plus the project's own fields, as it travels. The codec lifts `changes.project` out, so that every key of `stores` is a store.",
  fields: {
    stores: field(map(ref('StoreChanges'), 'store')),
    meta: maybe(fields, "New values of the project's own fields, if any changed."),
  },
}
