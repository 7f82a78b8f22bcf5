/** A store of the double of a project, and its records: what is new, edited and removed, the tree, and the model's own numbering of siblings. */
import { idKey, type RecordId, type RecordKey } from '../../protocol/ids.ts'

export type Values = Record<string, unknown>

/** A record. */
export class RecordDouble {
  id: RecordId
  readonly values: Values
  /** Names of others by which `get` goes on, since they were given before the others got new ones. */
  readonly given: Values = {}
  readonly children: RecordDouble[] = []
  isPhantom: boolean
  readonly #store: StoreDouble

  constructor(store: StoreDouble, id: RecordId, values: Values, isPhantom: boolean) {
    this.#store = store
    this.id = id
    this.values = values
    this.isPhantom = isPhantom
  }

  get(field: string): unknown {
    return this.given[field] ?? this.values[field]
  }

  get persistableData(): Values {
    return { ...this.values, id: this.id }
  }

  /** An edit of the user. */
  set(fields: Values): void {
    this.#store.edit(this, fields)
  }

  insertChild(child: RecordDouble, before?: RecordDouble): void {
    this.#store.place(child, this, before)
  }
}

/** A store. */
export class StoreDouble {
  readonly name: string
  readonly root: RecordDouble
  readonly byKey = new Map<RecordKey, RecordDouble>()
  /** What was edited since it was accepted. */
  readonly updated = new Map<RecordKey, Set<string>>()
  readonly added = new Set<RecordDouble>()
  readonly removed = new Map<RecordKey, RecordId>()
  /** By changes the removal of a record that the server has not named is not told, also if the record was. */
  tellsPhantoms = true
  /** Told of whatever becomes different. */
  readonly listeners = new Set<(event: object) => void>()
  readonly #touched: () => void

  constructor(name: string, touched: () => void) {
    this.name = name
    this.#touched = touched
    this.root = new RecordDouble(this, 'root', {}, false)
  }

  on({ change }: { readonly change?: (event: object) => void }): () => void {
    if (change) this.listeners.add(change)
    return () => {
      if (change) this.listeners.delete(change)
    }
  }

  #tell(action: string, record: RecordDouble, changes?: object): void {
    for (const listener of this.listeners) listener({ action, records: [record], ...(changes ? { changes } : {}) })
  }

  get rootNode(): RecordDouble {
    return this.root
  }

  get records(): RecordDouble[] {
    return [...this.byKey.values()]
  }

  getById(id: RecordId): RecordDouble | undefined {
    return this.byKey.get(idKey(id))
  }

  /** The user adds a record. */
  add(values: Values, id: RecordId): RecordDouble {
    const record = this.put(id, values, true)
    this.added.add(record)
    this.#tell('add', record)
    this.#touched()
    return record
  }

  /** The user removes a record; a task goes with those below it. */
  remove(id: RecordId): void {
    const record = this.getById(id)
    if (record) this.take(record, true)
    this.#touched()
  }

  edit(record: RecordDouble, fields: Values): void {
    for (const [field, value] of Object.entries(fields)) {
      if (JSON.stringify(record.values[field] ?? null) === JSON.stringify(value ?? null)) continue
      record.values[field] = value
      this.mark(record, field)
    }
    this.#touched()
  }

  mark(record: RecordDouble, field: string): void {
    const key = idKey(record.id)
    const fields = this.updated.get(key)
    if (fields) fields.add(field)
    else this.updated.set(key, new Set([field]))
    this.#tell('update', record, { [field]: {} })
  }

  place(child: RecordDouble, parent: RecordDouble, before?: RecordDouble): void {
    const old = this.parentOf(child)
    old.children.splice(old.children.indexOf(child), 1)
    parent.children.splice(before ? parent.children.indexOf(before) : parent.children.length, 0, child)
    const parentId = parent === this.root ? null : parent.id
    if ((child.values['parentId'] ?? null) !== parentId) {
      child.values['parentId'] = parentId
      this.mark(child, 'parentId')
    }
    for (const one of new Set([old, parent])) this.renumber(one)
    this.#touched()
  }

  renumber(parent: RecordDouble): void {
    for (const [at, child] of parent.children.entries()) {
      if (child.values['parentIndex'] === at) continue
      child.values['parentIndex'] = at
      this.mark(child, 'parentIndex')
    }
  }

  put(id: RecordId, values: Values, isPhantom: boolean): RecordDouble {
    const record = new RecordDouble(this, id, { ...values }, isPhantom)
    const parentId = values['parentId'] ?? null
    const parent = parentId === null ? this.root : this.getById(parentId as RecordId)
    if (!parent) throw new Error(`Parent node with id ${String(parentId)} not found, cannot add children.`)
    this.byKey.set(idKey(id), record)
    if (this.name === 'tasks') {
      const at = typeof values['parentIndex'] === 'number' ? values['parentIndex'] : parent.children.length
      parent.children.splice(at, 0, record)
      this.renumber(parent)
    }
    return record
  }

  take(record: RecordDouble, byUser: boolean): void {
    for (const child of [...record.children]) this.take(child, true)
    this.byKey.delete(idKey(record.id))
    this.updated.delete(idKey(record.id))
    if (byUser && !this.added.has(record) && (this.tellsPhantoms || !record.isPhantom))
      this.removed.set(idKey(record.id), record.id)
    this.added.delete(record)
    this.#tell('remove', record)
    if (this.name !== 'tasks') return
    const parent = this.parentOf(record)
    parent.children.splice(parent.children.indexOf(record), 1)
    this.renumber(parent)
  }

  rename(record: RecordDouble, id: RecordId): void {
    this.byKey.delete(idKey(record.id))
    const edited = this.updated.get(idKey(record.id))
    this.updated.delete(idKey(record.id))
    record.id = id
    record.isPhantom = String(id).startsWith('_generated')
    this.byKey.set(idKey(id), record)
    if (edited) this.updated.set(idKey(id), edited)
    this.added.delete(record)
    for (const child of record.children) child.values['parentId'] = id
  }

  parentOf(record: RecordDouble): RecordDouble {
    const parentId = record.values['parentId'] ?? null
    return (parentId === null ? undefined : this.getById(parentId as RecordId)) ?? this.root
  }

  get changes(): Values | undefined {
    const added = new Set(this.added)
    const updated: Values[] = []
    for (const [key, fields] of this.updated) {
      const record = this.byKey.get(key)
      if (!record) continue
      // What the server has not named is told whole, however often.
      if (record.isPhantom) added.add(record)
      else
        updated.push({
          ...Object.fromEntries([...fields].map((field) => [field, record.values[field]])),
          id: record.id,
        })
    }
    const all = {
      ...(added.size > 0 ? { added: [...added].map((record) => ({ ...record.values, $PhantomId: record.id })) } : {}),
      ...(updated.length > 0 ? { updated } : {}),
      ...(this.removed.size > 0 ? { removed: [...this.removed.values()].map((id) => ({ id })) } : {}),
    }
    return Object.keys(all).length > 0 ? all : undefined
  }

  accept(): void {
    this.updated.clear()
    this.added.clear()
    this.removed.clear()
  }
}
