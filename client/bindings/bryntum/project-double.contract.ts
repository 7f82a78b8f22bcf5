/**
 * A double of Bryntum's ProjectModel 7.3 without a screen, which does what the recordings and trials of the real one show:
 * changes by store with `$PhantomId` for what is new, `hasChanges` with every edit, a refused child without its parent,
 * places of known records left as they are, an engine that moves what waits for others, revisions that take `$input` alone,
 * silence about what its user does while one of its own revisions is confirmed: it is kept, and part of no revision. A
 * revision of others that fails leaves the undo machinery restoring for ever, without a word of what is edited from then on.
 */
import { idKey, type RecordId } from '../../protocol/ids.ts'
import { schedule } from './engine-double.contract.ts'
import type { BryntumProject, BryntumRevisionInfo } from './project-model.ts'
import { StoreDouble, type Values } from './store-double.contract.ts'

/** In so many turns an own revision is confirmed: the real one takes it back and repeats it, over some frames. */
const CONFIRM_TURNS = 6

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
  /** The next revision is told as the answer to this one. */
  resolving: string | undefined
  /** So often what can be undone was forgotten. */
  undoResets = 0
  /** Revisions that were taken, in order. */
  readonly taken: BryntumRevisionInfo[] = []
  readonly #handlers = new Map<string, Set<(event: never) => unknown>>()
  /** Own revisions that are not confirmed: repeated on top of what others did. */
  readonly #local: { readonly id: string; readonly changes: object }[] = []
  readonly #waiting: (() => void)[] = []
  #ids = 0
  #revisions = 0
  #applying = false
  #deaf = false
  #recording = false
  #restoring = false
  readonly #clientId: string[] = []

  constructor(options: { readonly revisionsEnabled?: boolean } = {}) {
    const { revisionsEnabled = false } = options
    const project = this
    for (const store of Object.values(this.stores)) store.tellsPhantoms = revisionsEnabled
    let disabled = !revisionsEnabled
    this.stm = {
      get disabled() {
        return disabled
      },
      revisionsEnabled,
      get isRecording() {
        return project.#recording
      },
      get isRestoring() {
        return project.#restoring
      },
      enable: () => {
        disabled = false
      },
      disable: () => {
        project.#notWhileRestoring()
        disabled = true
      },
      resetQueue: () => {
        project.#notWhileRestoring()
        // The real one forgets revisions that are not confirmed, too, and fails to confirm them.
        project.#local.length = 0
        project.undoResets += 1
      },
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
    const own = [...this.#handlers.values()].reduce((sum, set) => sum + set.size, 0)
    return Object.values(this.stores).reduce((sum, { listeners }) => sum + listeners.size, own)
  }

  trigger(event: string, payload?: object): void {
    this.triggered.push([event, payload])
    this.#raise(event, payload)
  }

  #raise(event: string, payload?: object): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) handler(payload as never)
  }

  /** A revision that failed half-way leaves the undo machinery as it was then, for ever. */
  #notWhileRestoring(): void {
    if (this.#restoring) throw new Error('Method cannot be called at this state!')
  }

  #touched(): void {
    if (this.#applying || this.#deaf || this.#restoring) return
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
    schedule(this.taskStore, this.dependencyStore)
    if (this.stm.revisionsEnabled && !this.#deaf && !this.#recording && this.#clientId.length > 0) this.#record()
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
        for (const entry of entries) {
          // The real one goes on with the objects that it is given, and writes to them.
          if (store.name === 'dependencies') Object.assign(entry, { fromEvent: entry['from'], toEvent: entry['to'] })
          const { id, children, ...values } = entry
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
    schedule(this.taskStore, this.dependencyStore)
  }

  async applyProjectChanges(changes: object): Promise<void> {
    await undefined
    this.#applying = true
    try {
      this.#take(changes)
    } finally {
      this.#applying = false
    }
    schedule(this.taskStore, this.dependencyStore)
  }

  initRevisions(clientId: string): void {
    this.#clientId[0] = clientId
    this.#local.length = 0
    this.acceptChanges()
  }

  async applyRevisions(revisions: BryntumRevisionInfo[]): Promise<void> {
    await undefined
    if (this.#restoring) throw new Error('Abstract method call!')
    for (const revision of revisions) {
      this.taken.push(revision)
      if (revision.clientId === this.#clientId[0]) {
        const first = this.#local.shift()
        if (first === undefined) throw new Error("Cannot read properties of undefined (reading 'title')")
        if (first.id !== revision.localRevisionId)
          throw new Error(`Cannot commit revision because it is preceded by an uncommitted rev id ${first.id}`)
        await this.#confirm()
        continue
      }
      // Others' revisions wait for the end of an undo step; what was edited since is a revision before this one.
      if (this.#recording) await new Promise<void>((done) => this.#waiting.push(done))
      this.#record()
      this.#applying = true
      try {
        this.#take(inputOf(revision.changes))
        for (const { changes } of this.#local) this.#take(onlyUpdates(changes))
      } catch (error) {
        this.#restoring = true
        throw error
      } finally {
        this.#applying = false
      }
      schedule(this.taskStore, this.dependencyStore)
      this.#record(true)
    }
  }

  /** True while an own revision is confirmed. */
  get confirming(): boolean {
    return this.#deaf
  }

  /** What is edited meanwhile stays, and is told by no event. */
  async #confirm(): Promise<void> {
    if (this.#recording) return
    this.#record()
    this.#deaf = true
    for (let turn = 0; turn < CONFIRM_TURNS; turn++) await undefined
    schedule(this.taskStore, this.dependencyStore)
    if (!this.#recording) this.acceptChanges()
    this.#deaf = false
  }

  /** Undo steps end by themselves, and are revisions then. */
  #recordSoon(): void {
    queueMicrotask(() => {
      if (this.#applying || this.#deaf || this.#recording || this.#clientId.length === 0) return
      schedule(this.taskStore, this.dependencyStore)
      this.#record()
    })
  }

  /** Tells what was edited as a revision; the real one marks what the user did, and not always. */
  #record(computed = false): void {
    const { changes } = this
    if (!changes || this.#restoring || this.stm.disabled) return
    this.acceptChanges()
    this.#revisions += 1
    const localRevisionId = `local-${this.#revisions}`
    this.#local.push({ id: localRevisionId, changes })
    const told = computed
      ? changes
      : Object.fromEntries(Object.entries(changes).map(([store, part]) => [store, { ...part, $input: { ...part } }]))
    const answer = this.resolving === undefined ? {} : { conflictResolutionFor: this.resolving }
    this.resolving = undefined
    this.#raise('revisionNotification', { localRevisionId, ...answer, clientId: this.#clientId[0], changes: told })
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
          for (const field of Object.keys(values)) delete known.given[field]
        } else if (!store.getById(id as RecordId))
          store.put(id as RecordId, values, String(id).startsWith('_generated'))
      }
      for (const { id, parentId, parentIndex: _, ...values } of updated) {
        const record = store.getById(id as RecordId)
        if (!record) continue
        Object.assign(record.values, values)
        for (const field of Object.keys(values)) delete record.given[field]
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

  /** A link holds its tasks, not their ids: what it says of them is new, what it was given (`get`) is not. */
  #follow(from: RecordId, to: RecordId, target: string): void {
    const fields = target === 'tasks' ? ['from', 'to', 'event'] : target === 'resources' ? ['resource'] : []
    for (const record of [...this.dependencyStore.records, ...this.assignmentStore.records])
      for (const field of fields)
        if (record.values[field] === from) {
          record.values[field] = to
          record.given[field] ??= from
        }
  }
}

function onlyUpdates(changes: object): object {
  return Object.fromEntries(Object.entries(changes).map(([store, { updated = [] }]) => [store, { updated }]))
}

/** What is taken of a revision: nothing if no store says what the user did; else that, and all of stores that do not say. */
function inputOf(changes: object): object {
  const parts: [string, { readonly $input?: object }][] = Object.entries(changes)
  if (!parts.some(([, part]) => part.$input)) return {}
  return Object.fromEntries(parts.map(([store, part]) => [store, part.$input ?? part]))
}
