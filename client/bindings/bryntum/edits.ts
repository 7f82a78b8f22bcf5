/** What a project model says that its user did, as edits of the client: one transaction, and only what differs from what the model held. */
import type { ProjectCore } from '../../project/project-core.ts'
import { idKey, isRecordId, type RecordId } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'
import { META_ID, META_STORE } from '../../store/operations.ts'
import { isPhantomId } from '../../store/phantom-ids.ts'
import { REFERENCE_FIELDS, rewriteReferences } from '../../store/references.ts'
import { COMPUTED_META, type Mirror } from './mirror.ts'
import { fieldsOf } from './project-model.ts'
import { endsOf } from './shown-plan.ts'
import { sameField, toWallClock } from './wall-clock.ts'

/** The key of a model's changes that holds the project's own fields. */
const PROJECT = 'project'

/** Where edits go. */
export interface EditTarget {
  readonly core: ProjectCore
  readonly mirror: Mirror
  /** Whether a field holds a date, and loses its offset. */
  isDate(store: string, field: string): boolean
  /** Ids of a task's children in the model's order (null: the root's). */
  childrenInModel(parent: RecordId | null): readonly RecordId[]
}

/**
 * Makes the edits of a model's changes. `computed`: they are what the model's engine made of others' changes, not
 * what its user did. Returns whether anything was edited.
 */
export function makeEdits(target: EditTarget, changes: object, computed: boolean): boolean {
  const { core } = target
  let edited = false
  core.run(
    () => {
      for (const [store, part] of Object.entries(changes)) {
        if (store === PROJECT) {
          if (editMeta(target, fieldsOf(part), computed)) edited = true
        } else if (!computed || store !== 'changelogs') {
          if (editStore(target, store, fieldsOf(part))) edited = true
          if (store === 'tasks' && !computed && editOrder(target, placedTasks(fieldsOf(part)))) edited = true
        }
      }
    },
    computed ? 'forgotten' : 'edit',
    {},
  )
  return edited
}

function editStore(target: EditTarget, store: string, part: Fields): boolean {
  const { core, mirror } = target
  let edited = false
  for (const entry of entriesOf(part['added'])) {
    const given = entry['$PhantomId'] ?? entry['id']
    if (!isRecordId(given)) continue
    const id = mirror.clientId(store, given)
    // Told whole, as long as the model has no real id; if it is gone here, somebody removed it, and the removal wins.
    if (core.record(store, id) || mirror.known(store, id)) edited = editRecord(target, store, id, entry) || edited
    else {
      addRecord(target, store, given, entry)
      edited = true
    }
  }
  for (const entry of entriesOf(part['updated'])) {
    const given = entry['id']
    if (isRecordId(given)) edited = editRecord(target, store, mirror.clientId(store, given), entry) || edited
  }
  const removed = entriesOf(part['removed']).flatMap(({ id }) => (isRecordId(id) ? mirror.clientId(store, id) : []))
  for (const id of removed) {
    const record = core.record(store, id)
    mirror.learn(store, record?.id ?? id, undefined)
    if (record) edited = true
  }
  if (removed.length > 0) core.store(store).remove(removed)
  return edited
}

/** Makes the edits of tasks that stand elsewhere among their siblings in the model; none if they do not. */
export function makeOrderEdits(target: EditTarget, tasks: readonly RecordId[]): void {
  target.core.run(() => void editOrder(target, tasks), 'edit', {})
}

function placedTasks(part: Fields): RecordId[] {
  return [...entriesOf(part['added']), ...entriesOf(part['updated'])].flatMap((entry) => {
    const id = entry['$PhantomId'] ?? entry['id']
    return isRecordId(id) && ('parentIndex' in entry || 'parentId' in entry) ? id : []
  })
}

/** Where the user put something among its siblings: the model's numbers may be others than the records', its order counts. */
function editOrder(target: EditTarget, tasks: readonly RecordId[]): boolean {
  const { core, mirror } = target
  const parents = new Set<RecordId | null>()
  for (const given of tasks) {
    const id = core.record('tasks', mirror.clientId('tasks', given))?.id
    if (id !== undefined) parents.add(core.tree.parent(id)?.id ?? null)
  }
  let edited = false
  for (const parent of parents) {
    const wanted = target
      .childrenInModel(parent)
      .flatMap((id) => core.record('tasks', mirror.clientId('tasks', id)) ?? [])
    const there = new Set(wanted.map(({ id }) => idKey(id)))
    const now = core.tree.children(parent).filter(({ id }) => there.has(idKey(id)))
    if (now.every(({ id }, at) => wanted[at] && idKey(wanted[at].id) === idKey(id))) continue
    for (const [parentIndex, { id }] of wanted.entries()) {
      mirror.learn('tasks', id, { parentIndex })
      if (core.record('tasks', id)?.['parentIndex'] === parentIndex) continue
      core.store('tasks').update(id, { parentIndex })
      edited = true
    }
  }
  return edited
}

/** An undone removal comes back under the id that the record had, which the server may not give again: it is a new record. */
function addRecord(target: EditTarget, store: string, given: RecordId, entry: Fields): boolean {
  const { core, mirror } = target
  const fields = cleaned(target, store, entry)
  if (endsOf(store, { id: given, ...fields }).some(([, end]) => end === undefined)) {
    // What the model has left of a link whose task went: it is to go from there, too.
    mirror.learn(store, given, {})
    return false
  }
  const id = isPhantomId(given) ? given : core.newId(store)
  core.operate(store, { type: 'add', id, fields })
  mirror.learn(store, given, { ...fields, ...asGiven(fields, entry) })
  if (id !== given) mirror.rename(store, given, id)
  return true
}

function editRecord(target: EditTarget, store: string, id: RecordId, entry: Fields): boolean {
  const { core, mirror } = target
  const record = core.record(store, id)
  // Somebody else removed it: the removal wins, and the model is told of it.
  if (!record) {
    mirror.touch(store, id)
    return false
  }
  const known = mirror.known(store, record.id)
  const edit = Object.entries(cleaned(target, store, entry)).filter(
    ([field, value]) => !sameField(value, known?.[field]),
  )
  if (edit.length === 0) return false
  const fields = Object.fromEntries(edit)
  mirror.learn(store, record.id, { ...fields, ...asGiven(fields, entry) })
  const news = edit.filter(([field, value]) => !sameField(value, record[field]))
  if (news.length === 0) return false
  core.store(store).update(record.id, Object.fromEntries(news))
  return true
}

function editMeta({ core, mirror }: EditTarget, fields: Fields, computed: boolean): boolean {
  const known = mirror.knownMeta()
  const edit = Object.entries(fields).flatMap(([field, value]): [string, unknown][] =>
    field === 'id' || sameField(value, known[field]) || (computed && COMPUTED_META.has(field))
      ? []
      : [[field, toWallClock(value)]],
  )
  if (edit.length === 0) return false
  mirror.learnMeta(Object.fromEntries(edit))
  core.operate(META_STORE, { type: 'update', id: META_ID, fields: Object.fromEntries(edit) })
  return true
}

/** Fields of a record as they travel: no id and no marks, dates in wall clock time, references to records by the client's ids. */
function cleaned({ core, mirror, isDate }: EditTarget, store: string, entry: Fields): Fields {
  const fields: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(entry))
    if (field !== 'id' && !field.startsWith('$') && value !== undefined)
      fields[field] = isDate(store, field) ? toWallClock(value) : value
  return rewriteReferences(
    fields,
    (id, of) => {
      if (of === undefined) return undefined
      const now = mirror.clientId(of, id)
      // A phantom that the server has named since has its record under another id.
      const real = core.record(of, now)?.id ?? now
      return idKey(real) === idKey(id) ? undefined : real
    },
    store,
  )
}

/** A model goes on to name a record as it was told first, until it is told the new name. */
function asGiven(fields: Fields, entry: Fields): Fields {
  return Object.fromEntries(
    Object.keys(fields).flatMap((field) => (Object.hasOwn(REFERENCE_FIELDS, field) ? [[field, entry[field]]] : [])),
  )
}

function entriesOf(list: unknown): Fields[] {
  return Array.isArray(list) ? list.map(fieldsOf) : []
}
