/** What a project model says that its user did, as edits of the client: one transaction, and only what differs from what the model held. */
import type { ProjectCore } from '../../project/project-core.ts'
import { idKey, isRecordId, type RecordId } from '../../protocol/ids.ts'
import type { Fields, PlainRecord } from '../../protocol/records.ts'
import { META_ID, META_STORE } from '../../store/operations.ts'
import { isPhantomId } from '../../store/phantom-ids.ts'
import { REFERENCE_FIELDS, rewriteReferences } from '../../store/references.ts'
import { COMPUTED_META, type Mirror } from './mirror.ts'
import { entriesOf, givenId, placedTasks } from './model-changes.ts'
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
 * what its user did.
 */
export function makeEdits(target: EditTarget, changes: object, computed: boolean): void {
  target.core.run(
    () => {
      for (const [store, part] of Object.entries(changes)) {
        if (store === PROJECT) {
          editMeta(target, fieldsOf(part), computed)
        } else if (!computed || store !== 'changelogs') {
          editStore(target, store, fieldsOf(part))
          if (store === 'tasks' && !computed) editOrder(target, placedTasks(fieldsOf(part)))
        }
      }
    },
    computed ? 'forgotten' : 'edit',
    {},
  )
}

function editStore(target: EditTarget, store: string, part: Fields): void {
  const { core, mirror } = target
  for (const entry of entriesOf(part['added'])) {
    const given = givenId(entry)
    if (!isRecordId(given)) continue
    const id = mirror.clientId(store, given)
    // Told whole, as long as the model has no real id; if it is gone here, somebody removed it, and the removal wins.
    if (core.record(store, id) || mirror.known(store, id)) editRecord(target, store, id, entry)
    else addRecord(target, store, given, entry)
  }
  for (const entry of entriesOf(part['updated'])) {
    const given = entry['id']
    if (isRecordId(given)) editRecord(target, store, mirror.clientId(store, given), entry)
  }
  const removed = entriesOf(part['removed']).flatMap(({ id }) => (isRecordId(id) ? mirror.clientId(store, id) : []))
  for (const id of removed) mirror.learn(store, core.record(store, id)?.id ?? id, undefined)
  if (removed.length > 0) core.store(store).remove(removed)
}

/** Makes the edits of tasks that stand elsewhere among their siblings in the model; none if they do not. */
export function makeOrderEdits(target: EditTarget, tasks: readonly RecordId[]): void {
  target.core.run(() => editOrder(target, tasks), 'edit', {})
}

/** Where the user put something among its siblings: the model's numbers may be others than the records', its order counts. */
function editOrder(target: EditTarget, tasks: readonly RecordId[]): void {
  const { core, mirror } = target
  const parents = new Set<RecordId | null>()
  for (const given of tasks) {
    const id = core.record('tasks', mirror.clientId('tasks', given))?.id
    if (id !== undefined) parents.add(core.tree.parent(id)?.id ?? null)
  }
  for (const parent of parents) {
    const wanted = orderInModel(target, parent)
    for (const [parentIndex, { id }] of wanted.entries()) {
      mirror.learn('tasks', id, { parentIndex })
      if (core.record('tasks', id)?.['parentIndex'] === parentIndex) continue
      core.store('tasks').update(id, { parentIndex })
    }
  }
}

/** The children of a task in the model's order; none if the client has them in the same. */
export function orderInModel(
  { core, mirror, childrenInModel }: EditTarget,
  parent: RecordId | null,
): readonly PlainRecord[] {
  const wanted = childrenInModel(parent).flatMap((id) => core.record('tasks', mirror.clientId('tasks', id)) ?? [])
  const there = new Set(wanted.map(({ id }) => idKey(id)))
  const now = core.tree.children(parent).filter(({ id }) => there.has(idKey(id)))
  return now.every(({ id }, at) => wanted[at] && idKey(wanted[at].id) === idKey(id)) ? [] : wanted
}

/** An undone removal comes back under the id that the record had, which the server may not give again: it is a new record. */
function addRecord(target: EditTarget, store: string, given: RecordId, entry: Fields): void {
  const { core, mirror } = target
  const fields = cleaned(target, store, entry)
  if (endsOf(store, { id: given, ...fields }).some(([, end]) => end === undefined)) {
    // What the model has left of a link whose task went: it is to go from there, too.
    mirror.learn(store, given, {})
    return
  }
  const id = isPhantomId(given) ? given : core.newId(store)
  core.operate(store, { type: 'add', id, fields })
  mirror.learn(store, given, { ...fields, ...asGiven(fields, entry) })
  if (id !== given) mirror.rename(store, given, id)
}

function editRecord(target: EditTarget, store: string, id: RecordId, entry: Fields): void {
  const { core, mirror } = target
  const record = core.record(store, id)
  // Somebody else removed it: the removal wins, and the model is told of it.
  if (!record) {
    mirror.touch(store, id)
    return
  }
  const known = mirror.known(store, record.id)
  const edit = Object.entries(cleaned(target, store, entry)).filter(
    ([field, value]) => !sameField(value, known?.[field]),
  )
  if (edit.length === 0) return
  const fields = Object.fromEntries(edit)
  mirror.learn(store, record.id, { ...fields, ...asGiven(fields, entry) })
  const news = edit.filter(([field, value]) => !sameField(value, record[field]))
  if (news.length > 0) core.store(store).update(record.id, Object.fromEntries(news))
}

function editMeta({ core, mirror }: EditTarget, fields: Fields, computed: boolean): void {
  const known = mirror.knownMeta()
  const edit = Object.entries(fields).flatMap(([field, value]): [string, unknown][] =>
    field === 'id' || sameField(value, known[field]) || (computed && COMPUTED_META.has(field))
      ? []
      : [[field, toWallClock(value)]],
  )
  if (edit.length === 0) return
  mirror.learnMeta(Object.fromEntries(edit))
  core.operate(META_STORE, { type: 'update', id: META_ID, fields: Object.fromEntries(edit) })
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
