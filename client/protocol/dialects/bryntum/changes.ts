/** Owns the `changes` object, which is the same in both Bryntum dialects. */
import { type Changeset, PROJECT_FIELDS, type ProjectChanges, type StoreChanges } from '../../changeset.ts'
import { fieldsAt } from '../../guards.ts'
import { addedAt, recordsAt } from '../../record-guards.ts'
import type { Fields } from '../../records.ts'

/** Reads a `changes` object: `project` is lifted out, so that every other key is a store. */
export function readChanges(value: unknown, path: string): ProjectChanges {
  const changes = fieldsAt(value, path)
  const stores: Record<string, StoreChanges> = {}
  for (const store in changes) {
    if (store !== PROJECT_FIELDS) stores[store] = readStore(changes[store], `${path}.${store}`)
  }
  const meta = changes[PROJECT_FIELDS]
  return meta === undefined ? { stores } : { stores, meta: fieldsAt(meta, `${path}.${PROJECT_FIELDS}`) }
}

function readStore(value: unknown, path: string): StoreChanges {
  const part = readLists(fieldsAt(value, path), path)
  if (part.$input === undefined) return part
  const input = fieldsAt(part.$input, `${path}.$input`)
  const read = readLists(input, `${path}.$input`)
  return read === part.$input ? part : { ...part, $input: read }
}

/** The object itself unless a list had to be copied: keys that are no list of records stay as they are. */
function readLists(part: Fields, path: string): StoreChanges {
  let copy: Record<string, unknown> | undefined
  for (const kind of ['added', 'updated', 'removed']) {
    const list = part[kind]
    if (list === undefined) continue
    const read = (kind === 'added' ? addedAt : recordsAt)(list, `${path}.${kind}`)
    if (read === list) continue
    copy ??= { ...part }
    copy[kind] = read
  }
  // All three lists were read above; `$input` is read by the caller.
  return (copy ?? part) as StoreChanges
}

/** Puts the project's own fields back beside the stores. */
export function writeChanges({ stores, meta }: ProjectChanges): Changeset | Fields {
  return meta ? { ...stores, [PROJECT_FIELDS]: meta } : stores
}

/**
 * The changes of a revision for a ProjectModel 7.x, which takes nothing of a revision of which no store has `$input`: what
 * no scheduling engine made is input, all of it.
 */
export function writeInput(changes: ProjectChanges): Changeset | Fields {
  const parts = Object.entries(changes.stores)
  if (parts.some(([, part]) => part?.$input)) return writeChanges(changes)
  const stores: Record<string, StoreChanges> = {}
  for (const [store, part] of parts) if (part) stores[store] = { ...part, $input: part }
  return writeChanges({ ...changes, stores })
}
