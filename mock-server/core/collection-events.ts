/** Owns the live updates of a collection: one `add-`, `update-` or `delete-` event per record that a commit changed. */
import { recordEvent } from '../../client/protocol/dialects/dhtmlx/entities.ts'
import { idKey } from '../../client/protocol/ids.ts'
import type { EventValue } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import type { LiveUpdates } from './live-updates.ts'
import type { Outcome, Replacement, Room, RoomListener } from './room.ts'
import type { Touched } from './room-state.ts'

/** The event that tells of a record, whose `before` and `after` are as the widgets read them. */
export function eventOf(
  collection: string,
  before: PlainRecord | undefined,
  after: PlainRecord | undefined,
): EventValue {
  if (after) return recordEvent(before ? 'update' : 'add', collection, after)
  return recordEvent('delete', collection, before ? { id: before.id } : {})
}

/** Turns what happens in a collection's room into events. */
export class CollectionEvents implements RoomListener {
  readonly #name: string
  readonly #room: Room
  readonly #live: LiveUpdates

  constructor(name: string, room: Room, live: LiveUpdates) {
    this.#name = name
    this.#room = room
    this.#live = live
    room.listen(this)
  }

  committed(outcomes: readonly Outcome[]): void {
    if (!this.#live.hasSubscribers(this.#name)) return
    for (const outcome of outcomes) {
      if (outcome.type === 'committed') for (const touched of outcome.touched) this.#publish(touched)
    }
  }

  replaced(_why: Replacement, before: Tables): void {
    if (!this.#live.hasSubscribers(this.#name)) return
    for (const touched of differences(this.#name, before, this.#room.tables)) this.#publish(touched)
  }

  durable(): void {}

  #publish({ before, after }: Touched): void {
    this.#live.publish(this.#name, eventOf(this.#name, before, after))
  }
}

/** What changed in a store when its content was replaced: removals first, then the new content in its order. */
export function differences(store: string, before: Tables, after: Tables): readonly Touched[] {
  const [old, now] = [before.get(store), after.get(store)]
  const touched: Touched[] = []
  for (const [key, record] of old ?? []) if (!now?.has(key)) touched.push({ store, before: record, after: undefined })
  for (const record of now?.values() ?? []) {
    const earlier = old?.get(idKey(record.id))
    if (earlier !== record) touched.push({ store, before: earlier, after: record })
  }
  return touched
}
