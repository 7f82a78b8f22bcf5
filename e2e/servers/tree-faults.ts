/** What the flat server of 2022 was seen to do to the tree of tasks: datasets that fail, tasks that are there twice. */
import type { BryntumFault } from './faults.ts'
import type { Json } from './listen.ts'
import { isId, type Row, rowsIn } from './plan.ts'

/** The faults of one plan's tree; without any it changes nothing. */
export class TreeFaults {
  readonly #faults: ReadonlySet<BryntumFault>
  /** Tasks that make the dataset fail as long as they are there. */
  readonly #fatal = new Set<string>()
  /** Where moved tasks were, and the rows as they were there. */
  readonly #former = new Map<string, Row>()

  constructor(faults: ReadonlySet<BryntumFault>) {
    this.#faults = faults
  }

  /** Looks at a change of the tasks before it is applied. */
  before(rows: ReadonlyMap<string, Row>, change: Json): void {
    const placed = new Set(rows.keys())
    const added = new Set(rowsIn(change, 'added').map(({ id }) => String(id)))
    for (const row of rowsIn(change, 'added')) {
      if (this.#faults.has('BO2') && isId(row['parentId']) && !placed.has(String(row['parentId']))) {
        this.#fatal.add(String(row['id']))
      }
      placed.add(String(row['id']))
    }
    for (const fields of rowsIn(change, 'updated')) {
      const row = rows.get(String(fields['id']))
      if (!row || !('parentId' in fields) || String(fields['parentId']) === String(row['parentId'])) continue
      if (this.#faults.has('BO5-old-below-new') && added.has(String(fields['parentId'])))
        this.#fatal.add(String(row.id))
      this.#former.set(String(row.id), row)
    }
    for (const { id } of rowsIn(change, 'removed')) {
      if (!this.#faults.has('BO5-comes-back')) this.#former.delete(String(id))
      if (this.#faults.has('BO3'))
        this.#orphan(rows, id, new Set(rowsIn(change, 'removed').map((row) => String(row['id']))))
    }
  }

  /** The dataset's tasks; throws where the vendor's server does. */
  shown(tasks: readonly Row[], nested: (rows: readonly Row[]) => Row[]): Row[] {
    const ids = new Set(tasks.map((task) => String(task.id)))
    for (const id of this.#fatal) if (ids.has(id)) throw new TypeError('Cannot read the children of undefined')
    const ghosts = [...this.#former].flatMap(([id, row]) => {
      if (ids.has(id)) return this.#faults.has('BO5-both-parents') ? [row] : []
      return this.#faults.has('BO5-comes-back') ? [row] : []
    })
    return nested([...tasks, ...ghosts])
  }

  /** A reset took the tasks away. */
  forget(): void {
    this.#fatal.clear()
    this.#former.clear()
  }

  #orphan(rows: ReadonlyMap<string, Row>, parent: unknown, removed: ReadonlySet<string>): void {
    if (!isId(parent)) return
    for (const row of rows.values()) {
      if (String(row['parentId']) === String(parent) && !removed.has(String(row.id))) this.#fatal.add(String(row.id))
    }
  }
}
