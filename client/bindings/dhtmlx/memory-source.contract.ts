/** A source in memory for the suites of the binding: records in the widget's shape, every edit written down. */
import { idKey, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { GanttChange, GanttFields, GanttPlace, GanttSource } from './gantt-source.ts'

interface Row {
  readonly id: RecordId
  readonly fields: GanttFields
  readonly parent: RecordId | null
}

const nothing = { tasks: [], branches: [], links: [], rekeyedTasks: [], rekeyedLinks: [] }

/** A {@link GanttSource} that tests change as "somebody else" and whose transactions they read. */
export class MemorySource implements GanttSource {
  readonly dateOrder = 'year-first'
  /** What the chart handed over, one list of words per transaction. */
  readonly transactions: string[][] = []
  readonly #tasks = new Map<RecordKey, Row>()
  readonly #order = new Map<RecordKey, RecordId[]>()
  readonly #links = new Map<RecordKey, { id: RecordId; fields: GanttFields }>()
  readonly #listeners = new Set<(change: GanttChange) => void>()
  #open: string[] | undefined
  #next = 1
  refuse: Error | undefined

  /** Adds a task without telling anybody. */
  seed(id: RecordId, fields: GanttFields, parent: RecordId | null = null): this {
    this.#tasks.set(idKey(id), { id, fields, parent })
    this.#branch(parent).push(id)
    return this
  }

  seedLink(id: RecordId, source: RecordId, target: RecordId): this {
    this.#links.set(idKey(id), { id, fields: { source, target, type: '0' } })
    return this
  }

  task(id: RecordId): GanttFields | undefined {
    return this.#tasks.get(idKey(id))?.fields
  }

  children(parent: RecordId | null): readonly RecordId[] {
    return this.#branch(parent)
  }

  parent(id: RecordId): RecordId | null {
    return this.#tasks.get(idKey(id))?.parent ?? null
  }

  links(): readonly RecordId[] {
    return [...this.#links.values()].map((link) => link.id)
  }

  link(id: RecordId): GanttFields | undefined {
    return this.#links.get(idKey(id))?.fields
  }

  transact(run: () => void): void {
    if (this.refuse) throw this.refuse
    this.#open = []
    run()
    if (this.#open.length > 0) this.transactions.push(this.#open)
    this.#open = undefined
  }

  addTask(fields: GanttFields, place: GanttPlace): RecordId {
    const id = `new-${this.#next++}`
    this.#say(`add ${id} ${String(fields['text'])} @${place.parent ?? 'top'}:${place.index}`)
    this.#tasks.set(id, { id, fields, parent: place.parent })
    this.#branch(place.parent).splice(place.index, 0, id)
    this.tell({ tasks: [id], branches: [place.parent] })
    return id
  }

  updateTask(id: RecordId, fields: GanttFields): void {
    this.#say(`update ${id} ${Object.keys(fields).sort().join(',')}`)
    this.edit(id, fields)
  }

  moveTask(id: RecordId, place: GanttPlace): void {
    this.#say(`move ${id} @${place.parent ?? 'top'}:${place.index}`)
    this.place(id, place.parent, place.index)
  }

  removeTask(id: RecordId): void {
    this.#say(`remove ${id}`)
    this.drop(id)
  }

  addLink(fields: GanttFields): RecordId {
    const id = `new-${this.#next++}`
    this.#say(`link ${id} ${String(fields['source'])}>${String(fields['target'])}`)
    this.#links.set(id, { id, fields })
    this.tell({ links: [id] })
    return id
  }

  updateLink(id: RecordId, fields: GanttFields): void {
    this.#say(`relink ${id} ${Object.keys(fields).sort().join(',')}`)
    this.#links.set(idKey(id), { id, fields: { ...this.link(id), ...fields } })
    this.tell({ links: [id] })
  }

  removeLink(id: RecordId): void {
    this.#say(`unlink ${id}`)
    this.dropLink(id)
  }

  onChange(listener: (change: GanttChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get listening(): boolean {
    return this.#listeners.size > 0
  }

  // What others do.

  create(id: RecordId, fields: GanttFields, parent: RecordId | null = null): void {
    this.seed(id, fields, parent)
    this.tell({ tasks: [id], branches: [parent] })
  }

  edit(id: RecordId, fields: GanttFields): void {
    const row = this.#tasks.get(idKey(id))
    if (row) this.#tasks.set(idKey(id), { ...row, fields: { ...row.fields, ...fields } })
    this.tell({ tasks: [id] })
  }

  place(id: RecordId, parent: RecordId | null, index: number): void {
    const row = this.#tasks.get(idKey(id))
    if (!row) return
    this.#takeOut(row)
    this.#tasks.set(idKey(id), { ...row, parent })
    this.#branch(parent).splice(index, 0, row.id)
    this.tell({ tasks: [id], branches: [row.parent, parent] })
  }

  drop(id: RecordId): void {
    const gone: RecordId[] = []
    const visit = (at: RecordId): void => {
      gone.push(at)
      for (const child of [...this.#branch(at)]) visit(child)
    }
    visit(id)
    const row = this.#tasks.get(idKey(id))
    if (row) this.#takeOut(row)
    for (const one of gone) this.#tasks.delete(idKey(one))
    const links = [...this.#links.values()].filter(({ fields }) =>
      gone.some((one) => sameId(fields['source'], one) || sameId(fields['target'], one)),
    )
    for (const link of links) this.#links.delete(idKey(link.id))
    this.tell({ tasks: gone, branches: [row?.parent ?? null], links: links.map((link) => link.id) })
  }

  connect(id: RecordId, source: RecordId, target: RecordId): void {
    this.seedLink(id, source, target)
    this.tell({ links: [id] })
  }

  dropLink(id: RecordId): void {
    this.#links.delete(idKey(id))
    this.tell({ links: [id] })
  }

  /** The server named a record. */
  name(from: RecordId, to: RecordId): void {
    const row = this.#tasks.get(idKey(from))
    if (row) {
      this.#tasks.delete(idKey(from))
      this.#tasks.set(idKey(to), { ...row, id: to })
      const branch = this.#branch(row.parent)
      branch.splice(branch.indexOf(from), 1, to)
    }
    const children = this.#branch(from)
    this.#order.delete(idKey(from))
    this.#order.set(idKey(to), children)
    for (const child of children) {
      const below = this.#tasks.get(idKey(child))
      if (below) this.#tasks.set(idKey(child), { ...below, parent: to })
    }
    this.tell({ rekeyedTasks: [{ from, to }] })
  }

  /** Another plan took the place of this one, or this one was read anew. */
  replace(sameProject: boolean, seed: (source: this) => void): void {
    this.#tasks.clear()
    this.#order.clear()
    this.#links.clear()
    seed(this)
    for (const listener of this.#listeners) listener({ type: 'everything', sameProject })
  }

  tell(change: Partial<Omit<Extract<GanttChange, { type: 'records' }>, 'type'>>): void {
    for (const listener of this.#listeners) listener({ type: 'records', ...nothing, ...change })
  }

  #say(word: string): void {
    this.#open?.push(word)
  }

  #branch(parent: RecordId | null): RecordId[] {
    const key = parent === null ? '' : idKey(parent)
    let branch = this.#order.get(key)
    if (!branch) this.#order.set(key, (branch = []))
    return branch
  }

  #takeOut(row: Row): void {
    const branch = this.#branch(row.parent)
    const at = branch.findIndex((id) => sameId(id, row.id))
    if (at !== -1) branch.splice(at, 1)
  }
}
