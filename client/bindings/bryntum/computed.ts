/**
 * What the model's scheduling engine made of others' changes. planwire does not schedule, so what crossed may not fit
 * together: an end that its start moved away from. A tab that takes part writes the engine's result back at once, others
 * after a moment, and only what nobody has written by then.
 */
import type { Cancel, Clock, Logger, Random } from '../../ports/ports.ts'
import type { ProjectClient } from '../../project/project-client.ts'
import { idKey, type RecordId } from '../../protocol/ids.ts'
import type { Fields, PlainRecord } from '../../protocol/records.ts'
import { type EditTarget, makeEdits } from './edits.ts'
import type { Busy, Delta } from './mirror.ts'
import { entriesOf } from './model-changes.ts'
import { type BryntumProject, fieldsOf, recordOf, storesOf } from './project-model.ts'
import { sameField, toWallClock } from './wall-clock.ts'

/** Fields that the engine may refuse to take as they are. */
export const SCHEDULED: readonly string[] = ['startDate', 'endDate', 'duration', 'percentDone', 'effort', 'active']
/** After an edit a tab takes part for so long, and as long as it has something pending. */
const TAKES_PART_MS = 5_000
/** Others wait at least so long, and up to three times of it. */
const WAIT_MS = 1_000
/** So often a record is written back between two edits of the user; two engines that disagree would never end. */
const MOST = 5

interface Held {
  readonly store: string
  readonly id: RecordId
  readonly fields: Record<string, unknown>
  /** The values that the engine did not keep. */
  readonly instead: Fields
}

/** What it needs of its pump. */
interface Parts {
  readonly project: BryntumProject
  readonly client: ProjectClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly readOnly: boolean
}

/** The engine's word on others' changes. */
export class Computed {
  readonly #target: EditTarget
  readonly #parts: Parts
  readonly #held = new Map<string, Held>()
  readonly #written = new Map<string, number>()
  #editedAt = Number.NEGATIVE_INFINITY
  #timer: Cancel | undefined
  #warned = false

  constructor(target: EditTarget, parts: Parts) {
    this.#target = target
    this.#parts = parts
  }

  /** The user did something. */
  edited(): void {
    this.#editedAt = this.#parts.clock.now()
    this.#written.clear()
  }

  /** The model says what its engine made of what it was given. New and removed records are its user's: they are not held back. */
  said(changes: object): void {
    if (this.#parts.readOnly) return
    const whole: Record<string, unknown> = {}
    for (const [store, part] of Object.entries(changes)) {
      const { added, removed, updated } = fieldsOf(part)
      for (const entry of entriesOf(updated)) this.#hold(store, entry)
      const rest = {
        ...(Array.isArray(added) && added.length > 0 ? { added } : {}),
        ...(Array.isArray(removed) && removed.length > 0 ? { removed } : {}),
      }
      if (Object.keys(rest).length > 0) whole[store] = rest
    }
    if (Object.keys(whole).length > 0) makeEdits(this.#target, whole, true)
    this.#plan()
  }

  /** What is about to be given replaces what was made of earlier values. */
  given({ stores }: Delta): void {
    for (const [store, { updated = [], removed = [] }] of Object.entries(stores)) {
      for (const { id } of removed) this.#held.delete(`${store} ${idKey(id)}`)
      for (const { id, ...fields } of updated) {
        const held = this.#held.get(`${store} ${idKey(id)}`)
        for (const field of held ? Object.keys(fields) : []) delete held?.fields[field]
      }
    }
  }

  /** Looks for values that the engine did not keep, which no event tells, and for links that would close a circle. */
  overruled({ stores }: Delta, busy: Busy): void {
    if (this.#parts.readOnly) return
    const { project } = this.#parts
    const { mirror } = this.#target
    const models = storesOf(project)
    for (const [store, { updated = [] }] of Object.entries(stores)) {
      for (const { id, ...fields } of updated) {
        const record = recordOf(models.get(store), id)
        const known = mirror.known(store, id)
        const edited = busy(store, id)
        if (!record || !known || edited === 'removed') continue
        const entry: Record<string, unknown> = {}
        for (const field of SCHEDULED) {
          if (!(field in fields) || (edited && field in edited)) continue
          const value = toWallClock(record.get(field) ?? null)
          if (!sameField(value, known[field])) entry[field] = value
        }
        if (Object.keys(entry).length > 0) this.#hold(store, { ...entry, id })
      }
    }
    this.#plan()
  }

  clear(): void {
    this.#held.clear()
    this.#timer?.()
    this.#timer = undefined
  }

  stop(): void {
    this.clear()
  }

  get #takesPart(): boolean {
    const { clock, client } = this.#parts
    return clock.now() - this.#editedAt < TAKES_PART_MS || client.pendingCount > 0 || client.unconfirmedCount > 0
  }

  #hold(store: string, entry: Fields): void {
    const given = entry['id']
    if (typeof given !== 'string' && typeof given !== 'number') return
    // The model may not know yet how the server named its record.
    const id = this.#target.mirror.clientId(store, given)
    const key = `${store} ${idKey(id)}`
    const known = this.#target.mirror.known(store, id)
    if (!known) return
    const { id: _, ...fields } = withoutOrder(entry)
    if (Object.keys(fields).length === 0) return
    this.#held.set(key, { store, id, fields: { ...this.#held.get(key)?.fields, ...fields }, instead: known })
  }

  #plan(): void {
    if (this.#held.size === 0 && this.#openCircles.length === 0) return
    if (this.#takesPart) this.#write()
    else
      this.#timer ??= this.#parts.clock.after(WAIT_MS * (1 + 2 * this.#parts.random.next()), () => {
        this.#timer = undefined
        this.#write()
      })
  }

  /** Links that are shown as inactive and are not stored so. */
  get #openCircles(): readonly PlainRecord[] {
    const { dependencies } = this.#parts.client
    return [...this.#target.mirror.cut]
      .flatMap((key) => dependencies.get(key) ?? [])
      .filter((link) => link['active'] !== false)
  }

  #write(): void {
    for (const { id } of this.#openCircles)
      this.#parts.client.store<PlainRecord>('dependencies').update(id, { active: false })
    const changes: Record<string, { updated: Fields[] }> = {}
    for (const [key, { store, id, fields, instead }] of this.#held) {
      const known = this.#target.mirror.known(store, id)
      const times = (this.#written.get(key) ?? 0) + 1
      const left = Object.entries(fields).filter(([field]) => known && sameField(known[field], instead[field]))
      if (left.length === 0) continue
      if (times > MOST) {
        this.#warnOnce(store, id)
        continue
      }
      this.#written.set(key, times)
      changes[store] ??= { updated: [] }
      changes[store].updated.push({ ...Object.fromEntries(left), id })
    }
    this.#held.clear()
    if (Object.keys(changes).length > 0) makeEdits(this.#target, changes, true)
  }

  #warnOnce(store: string, id: RecordId): void {
    if (this.#warned) return
    this.#warned = true
    const text =
      'Two scheduling engines disagree: give every client the same calendars and settings. The stored values stay as they are'
    this.#parts.logger('warn', text, { store, id })
  }
}

/** The places of siblings are the records' to say; a model that takes a new one counts them anew. */
function withoutOrder(entry: Fields): Fields {
  if ('parentId' in entry) return entry
  const { parentIndex: _, orderedParentIndex: __, ...rest } = entry
  return rest
}
