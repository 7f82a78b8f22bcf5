/**
 * What a model of revisions holds and never tells. While it applies a revision, its own one included, it records nothing:
 * what its user does in that moment stays in the model and becomes part of no revision. The stores' events name what was
 * touched; when the model is at rest, that is compared with what it was given and has said.
 */
import type { Cancel } from '../../ports/ports.ts'
import type { RecordId } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'
import { isPhantomId } from '../../store/phantom-ids.ts'
import { SCHEDULED } from './computed.ts'
import { type EditTarget, orderInModel } from './edits.ts'
import { PLACE } from './model-changes.ts'
import {
  type BryntumProject,
  type BryntumRecord,
  cancelOf,
  fieldsOf,
  isRecord,
  recordOf,
  storesOf,
} from './project-model.ts'
import { sameField, toWallClock } from './wall-clock.ts'

/** The engine's own, or said by another field as well (`event`, `from`). */
const NEVER = new Set(['id', 'children', 'fromEvent', 'toEvent', 'eventId', 'resourceId', 'quantity', 'cost'])

interface Part {
  readonly added: Fields[]
  readonly updated: Fields[]
  readonly removed: Fields[]
}

/** Changes in the model's own shape: what its user did, and fields that its engine may have computed. */
export interface UntoldChanges {
  readonly edits: { readonly [store: string]: Part }
  readonly computed: { readonly [store: string]: { readonly updated: Fields[] } }
}

/** What was touched and may be untold: never more than the records of the model, and those that left it since the last look. */
export class Untold {
  readonly #project: BryntumProject
  readonly #touched = new Map<string, Map<BryntumRecord, Set<string>>>()
  readonly #stops: Cancel[]

  constructor(project: BryntumProject) {
    this.#project = project
    this.#stops = [...storesOf(project)].map(([name, store]) =>
      cancelOf(store.on?.({ change: (event: unknown) => this.#note(name, fieldsOf(event)) })),
    )
  }

  /** True if there is something to compare. */
  get some(): boolean {
    return this.#touched.size > 0
  }

  /** Everything was loaded. */
  clear(): void {
    this.#touched.clear()
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }

  /** What the model at rest holds and has not told. Places among siblings wait until it was shown everything (`shown`). */
  take(target: EditTarget, shown: boolean): UntoldChanges {
    const { core, mirror } = target
    const outOfOrder = (id: RecordId): boolean => orderInModel(target, core.tree.parent(id)?.id ?? null).length > 0
    const edits: Record<string, Part> = {}
    const computed: Record<string, { updated: Fields[] }> = {}
    const touched = [...this.#touched]
    this.#touched.clear()
    const models = storesOf(this.#project)
    for (const [store, records] of touched) {
      const part: Part = { added: [], updated: [], removed: [] }
      const engine: Fields[] = []
      for (const [{ id }, fields] of records) {
        const record = recordOf(models.get(store), id)
        const now = mirror.clientId(store, id)
        const known = mirror.known(store, now)
        const held = fieldsOf(record?.persistableData)
        if (!record) {
          if (known) part.removed.push({ id })
        } else if (!known) {
          // Under a real id it is what others removed: that is repeated.
          if (isPhantomId(id)) part.added.push({ ...entryOf(held, Object.keys(held)), $PhantomId: id })
          else mirror.learn(store, id, {})
        } else {
          const differs = [...fields].filter(
            (field) => field in held && !PLACE.includes(field) && !sameField(toWallClock(held[field]), known[field]),
          )
          const own = differs.filter((field) => !SCHEDULED.includes(field))
          // What the stored record leaves to the engine stays the engine's.
          const scheduled = differs.filter((field) => SCHEDULED.includes(field) && known[field] !== undefined)
          if (scheduled.length > 0) engine.push({ ...entryOf(held, scheduled), id })
          const moved = fields.has('parentId') && !sameField(held['parentId'] ?? null, known['parentId'] ?? null)
          const placed = fields.has('parentIndex')
          if (!moved && placed && !shown) this.#touch(store, record, PLACE)
          const place = moved ? PLACE : placed && shown && outOfOrder(now) ? ['parentIndex'] : []
          const entry = entryOf(held, [...own, ...place])
          if (Object.keys(entry).length > 0) part.updated.push({ ...entry, id })
        }
      }
      if (part.added.length + part.updated.length + part.removed.length > 0) edits[store] = part
      if (engine.length > 0) computed[store] = { updated: engine }
    }
    return { edits, computed }
  }

  #note(store: string, { records, allRecords, changes, action }: Fields): void {
    const list = Array.isArray(allRecords) ? allRecords : Array.isArray(records) ? records : []
    const fields = action === 'update' ? Object.keys(fieldsOf(changes)) : PLACE
    const root = storesOf(this.#project).get(store)?.rootNode
    for (const record of list) if (isRecord(record) && record !== root) this.#touch(store, record, fields)
  }

  #touch(store: string, record: BryntumRecord, fields: readonly string[]): void {
    let records = this.#touched.get(store)
    if (!records) this.#touched.set(store, (records = new Map()))
    const touched = records.get(record)
    if (touched) for (const field of fields) touched.add(field)
    else records.set(record, new Set(fields))
  }
}

function entryOf(held: Fields, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => (field in held && !NEVER.has(field) ? [[field, toWallClock(held[field])]] : [])),
  )
}
