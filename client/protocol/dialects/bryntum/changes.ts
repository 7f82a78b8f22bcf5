/** Owns the `changes` object, which is the same in both Bryntum dialects. */
import { type Changeset, PROJECT_FIELDS, type ProjectChanges, type StoreChanges } from '../../changeset.ts'
import { addedAt, fieldsAt, recordsAt } from '../../guards.ts'
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
export function writeChanges(changes: ProjectChanges): Changeset | Fields {
  return changes.meta ? { ...changes.stores, [PROJECT_FIELDS]: changes.meta } : changes.stores
}
