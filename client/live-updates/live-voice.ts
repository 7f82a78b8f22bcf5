/**
 * What a live store tells. Owns the order in which the app hears: first everything an input asks for is done, then the
 * listeners are told of it, one input after the other; what a listener causes is told after it.
 */

import type { Logger } from '../ports/ports.ts'
import type { ChangeBatch } from '../project/change-batch.ts'
import type { StoreEvent } from '../project/record-store.ts'
import { assertNever, PlanwireError } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import type { ConnectionState } from '../sync/connection.ts'
import { Emitter } from '../sync/emitter.ts'
import type { LiveConflict, LiveEvent, LiveRejection } from './live-state.ts'
import { type Verdict, Verdicts } from './verdicts.ts'

/** What a store tells. */
export interface LiveStoreEvents {
  /** Visible records changed; one batch per transaction, frame, answer or load. */
  readonly change: ChangeBatch
  /** How many records have changes that the server has not confirmed. */
  readonly pending: number
  readonly connection: ConnectionState
  readonly error: PlanwireError
  readonly rejected: LiveRejection
  readonly conflict: LiveConflict
  readonly saved: { readonly store: string; readonly id: RecordId; readonly operation: Operation['type'] }
  /**
   * The answer to an insert was lost, and this record, which says the same, is taken for it. Should somebody else have made
   * it at the same moment, there is one record for two: without keys no server can tell.
   */
  readonly presumed: { readonly store: string; readonly id: RecordId }
}

/**
 * `synced`: nothing of mine is under way. `pending`: not handed over or not answered. `unconfirmed`: nobody knows whether it
 * was stored, or the own frame is still to come. `rejected`: the server refused my last edit. `conflict`: somebody removed the record under it.
 */
export type LiveRecordStatus = 'synced' | 'pending' | 'unconfirmed' | Verdict

/** The voice of one store. */
export class LiveVoice {
  readonly stores: Emitter<{ [store: string]: StoreEvent<PlainRecord> }>
  readonly events: Emitter<LiveStoreEvents>
  readonly verdicts: Verdicts = new Verdicts()
  readonly #logger: Logger
  readonly #told: (() => void)[] = []
  #telling = false
  #closed = false

  constructor(logger: Logger) {
    this.#logger = logger
    const failed = (cause: unknown, event: PropertyKey): void => this.#listenerFailed(cause, String(event))
    this.events = new Emitter(failed)
    this.stores = new Emitter(failed)
  }

  /** Has something to say, when {@link flush} is called. */
  say(tell: () => void): void {
    this.#told.push(tell)
  }

  change(batch: ChangeBatch): void {
    this.say(() => {
      for (const [store, part] of Object.entries(batch.stores))
        this.stores.emit(store, { ...part, origin: batch.origin })
      this.events.emit('change', batch)
    })
  }

  event(event: LiveEvent): void {
    this.say(() => this.#emit(event))
  }

  error(error: PlanwireError): void {
    this.say(() => this.#report(error))
  }

  /** Tells the listeners, in order. */
  flush(): void {
    if (this.#telling) return
    this.#telling = true
    try {
      for (let tell = this.#told.shift(); tell; tell = this.#told.shift()) if (!this.#closed) tell()
    } finally {
      this.#telling = false
    }
  }

  /** Says nothing more. */
  close(): void {
    this.#closed = true
    this.events.emit('connection', { state: 'closed' })
    this.events.clear()
    this.stores.clear()
  }

  #emit(event: LiveEvent): void {
    switch (event.type) {
      case 'error':
        this.#report(event.error)
        return
      case 'rejected':
        this.verdicts.note(event.rejection.store, event.rejection.id, 'rejected')
        this.events.emit('rejected', event.rejection)
        this.#report(event.rejection.error)
        return
      case 'conflict': {
        const { store, id } = event.conflict
        this.verdicts.note(store, id, 'conflict')
        if (!this.events.has('conflict')) this.#logger('warn', 'A record with unsaved edits was removed', { store, id })
        this.events.emit('conflict', event.conflict)
        return
      }
      case 'presumed':
        this.events.emit('presumed', { store: event.store, id: event.id })
        return
      case 'saved':
        this.events.emit('saved', { store: event.store, id: event.id, operation: event.operation })
        return
      default:
        assertNever(event)
    }
  }

  #report(error: PlanwireError): void {
    if (!this.events.has('error')) this.#logger('warn', error.message, { code: error.code, ...error.details })
    this.events.emit('error', error)
  }

  #listenerFailed(cause: unknown, event: string): void {
    const error = new PlanwireError('handler-failed', `A listener of "${event}" threw`, 'fatal', { event }, { cause })
    this.#logger('error', error.message, { cause })
    if (event !== 'error') this.events.emit('error', error)
  }
}
