/**
 * A double of Bryntum's ProjectModel 7.3 without a screen, which does what the recordings and trials of the real one show:
 * changes by store with `$PhantomId` for what is new, `hasChanges` with every edit, a refused child without its parent,
 * places of known records left as they are, an engine that moves what waits for others, revisions that take `$input` alone.
 */
import { idKey, type RecordId } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'
import type { BryntumProject, BryntumRevisionInfo } from './project-model.ts'

type Values = Record<string, unknown>
const DAY_MS = 86_400_000

/** A record. */
class RecordDouble {
  id: RecordId
  readonly values: Values
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
    return this.values[field]
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
class StoreDouble {
  readonly name: string
  readonly root: RecordDouble
  readonly byKey = new Map<string, RecordDouble>()
  /** What was edited since it was accepted. */
  readonly updated = new Map<string, Set<string>>()
  readonly added = new Set<RecordDouble>()
  readonly removed = new Map<string, RecordId>()
  readonly #touched: () => void

  constructor(name: string, touched: () => void) {
    this.name = name
    this.#touched = touched
    this.root = new RecordDouble(this, 'root', {}, false)
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
    if (byUser && !this.added.has(record)) this.removed.set(idKey(record.id), record.id)
    this.added.delete(record)
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

const STORES = ['calendars', 'resources', 'tasks', 'dependencies', 'assignments'] as const

/** The project. */
export class ProjectDouble implements BryntumProject {
  readonly stores: { readonly [name: string]: StoreDouble } = Object.fromEntries(
    STORES.map((name) => [name, new StoreDouble(name, () => this.#touched())]),
  )
  readonly taskStore: StoreDouble = this.#store('tasks')
  readonly resourceStore: StoreDouble = this.#store('resources')
  readonly dependencyStore: StoreDouble = this.#store('dependencies')
  readonly assignmentStore: StoreDouble = this.#store('assignments')
  readonly crudStores = STORES.map((storeId) => ({ storeId, store: this.#store(storeId) }))
  readonly stm: BryntumProject['stm']
  ignoreRemoteChangesInSTM = false
  loadUrl: string | undefined
  /** Events that were triggered from outside, by name. */
  readonly triggered: [event: string, payload: unknown][] = []
  /** Revisions that were taken, in order. */
  readonly taken: BryntumRevisionInfo[] = []
  readonly #handlers = new Map<string, Set<(event: never) => unknown>>()
  /** Own revisions that are not confirmed: repeated on top of what others did. */
  readonly #local: { readonly id: string; readonly changes: object }[] = []
  readonly #waiting: (() => void)[] = []
  #ids = 0
  #revisions = 0
  #applying = false
  #recording = false
  readonly #clientId: string[] = []

  constructor(options: { readonly revisionsEnabled?: boolean } = {}) {
    const { revisionsEnabled = false } = options
    const project = this
    this.stm = {
      disabled: !revisionsEnabled,
      revisionsEnabled,
      get isRecording() {
        return project.#recording
      },
      enable: () => {},
      disable: () => {},
      resetQueue: () => {},
      on: (listeners) => this.on(listeners),
    }
  }

  #store(name: string): StoreDouble {
    const store = this.stores[name]
    if (!store) throw new Error(`No store ${name}`)
    return store
  }

  on(listeners: object | string): () => void {
    const stops = Object.entries(listeners).flatMap(([name, handler]) => {
      if (typeof handler !== 'function') return []
      const set = this.#handlers.get(name) ?? new Set()
      this.#handlers.set(name, set)
      set.add(handler)
      return [() => set.delete(handler)]
    })
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** How many listeners there are. */
  get listeners(): number {
    return [...this.#handlers.values()].reduce((sum, set) => sum + set.size, 0)
  }

  trigger(event: string, payload?: object): void {
    this.triggered.push([event, payload])
    this.#raise(event, payload)
  }

  #raise(event: string, payload?: object): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) handler(payload as never)
  }

  #touched(): void {
    if (this.#applying) return
    this.#raise('hasChanges')
    if (this.stm.revisionsEnabled && !this.#recording) this.#recordSoon()
  }

  /** A new record's id, as the real one makes them. */
  phantom(model: string): string {
    this.#ids += 1
    return `_generated${model}_${this.#ids}-${Math.abs(this.#seed)}`
  }

  #seed = 0

  /** Makes phantom ids differ from those of other projects. */
  seed(value: number): this {
    this.#seed = value
    return this
  }

  /** The user has a form open, until the returned function is called. */
  openForm(): () => void {
    this.#recording = true
    return () => {
      this.#recording = false
      this.#raise('recordingStop')
      for (const go of this.#waiting.splice(0)) go()
      if (this.stm.revisionsEnabled) this.#recordSoon()
    }
  }

  get changes(): object | null {
    const all = Object.entries(this.stores).flatMap(([name, store]) => {
      const { changes } = store
      return changes ? [[name, changes] as const] : []
    })
    return all.length > 0 ? Object.fromEntries(all) : null
  }

  acceptChanges(): void {
    for (const store of Object.values(this.stores)) store.accept()
  }

  async commitAsync(): Promise<void> {
    await undefined
    this.#schedule()
    if (this.stm.revisionsEnabled && !this.#recording && this.#clientId.length > 0) this.#record()
  }

  async loadInlineData(data: object): Promise<void> {
    await undefined
    this.#applying = true
    for (const store of Object.values(this.stores)) {
      store.byKey.clear()
      store.root.children.length = 0
      store.accept()
      const list: unknown = Reflect.get(data, store.name)
      const put = (entries: readonly Values[], parentId: RecordId | null): void => {
        for (const { id, children, ...values } of entries) {
          store.put(
            id as RecordId,
            store.name === 'tasks' ? { ...values, parentId } : values,
            String(id).startsWith('_generated'),
          )
          if (Array.isArray(children)) put(children, id as RecordId)
        }
      }
      if (Array.isArray(list)) put(list, null)
    }
    this.#applying = false
    this.#schedule()
  }

  async applyProjectChanges(changes: object): Promise<void> {
    await undefined
    this.#applying = true
    try {
      this.#take(changes)
    } finally {
      this.#applying = false
    }
    this.#schedule()
  }

  initRevisions(clientId: string): void {
    this.#clientId[0] = clientId
    this.#local.length = 0
    this.acceptChanges()
  }

  async applyRevisions(revisions: BryntumRevisionInfo[]): Promise<void> {
    await undefined
    for (const revision of revisions) {
      this.taken.push(revision)
      if (revision.clientId === this.#clientId[0]) {
        const first = this.#local.shift()
        if (first === undefined) throw new Error("Cannot read properties of undefined (reading 'title')")
        if (first.id !== revision.localRevisionId)
          throw new Error(`Cannot commit revision because it is preceded by an uncommitted rev id ${first.id}`)
        continue
      }
      // Others' revisions wait for the end of an undo step; what was edited since is a revision before this one.
      if (this.#recording) await new Promise<void>((done) => this.#waiting.push(done))
      this.#record()
      this.#applying = true
      try {
        const inputs = Object.entries(revision.changes).map(([store, part]) => [
          store,
          (part as { $input?: object }).$input ?? {},
        ])
        this.#take(Object.fromEntries(inputs))
        for (const { changes } of this.#local) this.#take(onlyUpdates(changes))
      } finally {
        this.#applying = false
      }
      this.#schedule()
      this.#record(true)
    }
  }

  /** Undo steps end by themselves, and are revisions then. */
  #recordSoon(): void {
    queueMicrotask(() => {
      if (this.#applying || this.#recording || this.#clientId.length === 0) return
      this.#schedule()
      this.#record()
    })
  }

  /** Tells what was edited as a revision; the real one marks what the user did, and not always. */
  #record(computed = false): void {
    const { changes } = this
    if (!changes) return
    this.acceptChanges()
    this.#revisions += 1
    const localRevisionId = `local-${this.#revisions}`
    this.#local.push({ id: localRevisionId, changes })
    const told = computed
      ? changes
      : Object.fromEntries(Object.entries(changes).map(([store, part]) => [store, { ...part, $input: { ...part } }]))
    this.#raise('revisionNotification', { localRevisionId, clientId: this.#clientId[0], changes: told })
  }

  #take(changes: object): void {
    for (const [name, part] of Object.entries(changes)) {
      const store = this.stores[name]
      if (!store) {
        if (name !== 'project') throw new Error(`No store ${name}`)
        continue
      }
      const before = [...store.updated].map(([key, fields]) => ({
        record: store.byKey.get(key),
        fields: new Set(fields),
      }))
      const {
        added = [],
        updated = [],
        removed = [],
      } = part as { added?: Values[]; updated?: Values[]; removed?: Values[] }
      for (const { $PhantomId: phantom, $PhantomParentId: _, id, ...values } of added) {
        const known = phantom === undefined ? undefined : store.getById(phantom as RecordId)
        if (known) {
          this.#follow(known.id, id as RecordId, name)
          store.rename(known, id as RecordId)
          Object.assign(known.values, values)
        } else if (!store.getById(id as RecordId))
          store.put(id as RecordId, values, String(id).startsWith('_generated'))
      }
      for (const { id, parentId, parentIndex: _, ...values } of updated) {
        const record = store.getById(id as RecordId)
        if (!record) continue
        Object.assign(record.values, values)
        const parent = parentId === null ? store.root : store.getById((parentId ?? 'none') as RecordId)
        if (parentId !== undefined && parent && parent !== store.parentOf(record)) store.place(record, parent)
      }
      for (const { id } of removed) {
        const record = store.getById(id as RecordId)
        if (record) store.take(record, false)
      }
      // The new numbers of siblings are nobody's edit.
      store.updated.clear()
      for (const { record, fields } of before)
        if (record && store.getById(record.id) === record) store.updated.set(idKey(record.id), fields)
    }
  }

  /** A link holds its tasks, not their ids. */
  #follow(from: RecordId, to: RecordId, target: string): void {
    const fields = target === 'tasks' ? ['from', 'to', 'event'] : target === 'resources' ? ['resource'] : []
    for (const record of [...this.dependencyStore.records, ...this.assignmentStore.records])
      for (const field of fields) if (record.values[field] === from) record.values[field] = to
  }

  /** The engine: what waits for another task starts when that one ends, and an end follows from start and duration. */
  #schedule(): void {
    const tasks = this.taskStore
    for (let round = 0; round < 30; round++) {
      let moved = false
      const put = (record: RecordDouble, fields: Fields): void => {
        for (const [field, value] of Object.entries(fields)) {
          if (record.values[field] === value) continue
          record.values[field] = value
          tasks.mark(record, field)
          moved = true
        }
      }
      for (const link of this.dependencyStore.records) {
        const from = tasks.getById((link.values['from'] ?? '') as RecordId)
        const to = tasks.getById((link.values['to'] ?? '') as RecordId)
        const end = from?.values['endDate']
        if (
          from &&
          to &&
          link.values['active'] !== false &&
          typeof end === 'string' &&
          dayOf(to.values['startDate']) < dayOf(end)
        )
          put(to, { startDate: end })
      }
      for (const record of tasks.records) {
        const { startDate, duration } = record.values
        if (typeof startDate === 'string' && typeof duration === 'number')
          put(record, { endDate: dateOf(dayOf(startDate) + duration) })
      }
      if (!moved) return
    }
  }
}

function dayOf(date: unknown): number {
  return typeof date === 'string'
    ? Math.round(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS)
    : Number.NEGATIVE_INFINITY
}

function dateOf(day: number): string {
  return `${new Date(day * DAY_MS).toISOString().slice(0, 10)}T00:00:00`
}

function onlyUpdates(changes: object): object {
  return Object.fromEntries(Object.entries(changes).map(([store, { updated = [] }]) => [store, { updated }]))
}
