/** Owns the live updates of a collection: one `add-`, `update-` or `delete-` event per record that a commit changed. */
import { recordEvent } from '../../client/protocol/dialects/dhtmlx/entities.ts'
import { idKey } from '../../client/protocol/ids.ts'
import type { EventValue, LogPosition, ResumePoint } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import type { LiveSource } from './live-session.ts'
import type { LiveUpdates } from './live-updates.ts'
import { type MissedRecord, missedSince } from './missed-events.ts'
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

/** The events that tell of a record that was missed; `shown` is a record as the widgets read it. */
export function eventsOfMissed(
  name: string,
  { id, wasThere, now, came }: MissedRecord,
  shown: (record: PlainRecord) => PlainRecord,
): readonly EventValue[] {
  const before = wasThere ? { id } : undefined
  if (!came) return [eventOf(name, before, now && shown(now))]
  return [eventOf(name, undefined, shown(came)), eventOf(name, { id }, undefined)]
}

/** Turns what happens in a collection's room into events. */
export class CollectionEvents implements RoomListener, LiveSource {
  readonly #name: string
  readonly #room: Room
  readonly #live: LiveUpdates

  constructor(name: string, room: Room, live: LiveUpdates) {
    this.#name = name
    this.#room = room
    this.#live = live
    room.listen(this)
    live.source(name, this)
  }

  get position(): LogPosition {
    return this.#room.position
  }

  missed(point: ResumePoint): readonly EventValue[] | 'lost' {
    const records = missedSince(this.#room, this.#name, point)
    if (records === 'lost') return 'lost'
    return records.flatMap((record) => eventsOfMissed(this.#name, record, (shown) => shown))
  }

  committed(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.type === 'committed') this.#publish(outcome.touched, outcome.commit.revision)
    }
  }

  replaced(why: Replacement, before: Tables): void {
    // A new epoch is news for clients that know epochs; the records are the same.
    if (why.type === 'lost') this.#live.moved([this.#name])
    else this.#publish(differences(this.#name, before, this.#room.tables), this.#room.position.revision)
  }

  durable(): void {}

  #publish(touched: readonly Touched[], revision: number): void {
    if (!this.#live.hasSubscribers(this.#name)) return
    const events = touched.map(({ before, after }) => ({ name: this.#name, value: eventOf(this.#name, before, after) }))
    this.#live.publish(events, { ...this.#room.position, revision })
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
