/** What both faces of the live updates have in common: the vendor's entry points, events, transactions, the end. */
import { hasIndexedDb } from '../adapters/has-indexed-db.ts'
import { announce } from '../ports/client-hook.ts'
import type { Cancel } from '../ports/ports.ts'
import { type DateRules, readDate } from '../protocol/dialects/dhtmlx/date-rules.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { ConnectionState } from '../sync/connection.ts'
import type { OutboxPorts } from '../sync/keeper.ts'
import { type Later, later, made } from '../sync/later.ts'
import type { WaitOptions } from '../sync/sync-waiters.ts'
import { type LivePorts, livePorts, type TokenSource } from './live-ports.ts'
import { type LiveFlavour, type LiveOutboxStart, LiveStore } from './live-store.ts'
import type { LiveRecordStatus, LiveStoreEvents } from './live-voice.ts'
import { RemoteEvents, type RemoteHandlers } from './remote-events.ts'
import type { DataProcessorOptions } from './rest-client.ts'
import type { DateOptions } from './widget-dates.ts'

/** Settings of a live store: other ports than the platform's, and where edits are kept. */
export interface LiveClientOptions extends Partial<LivePorts>, DateOptions {
  /**
   * Keeps edits that the server has not stored beyond the life of the tab, filed by the URL to save to and `account`.
   * Default: IndexedDB in a page, none elsewhere; false: they live in memory.
   */
  readonly outbox?: OutboxPorts | false
}

/** `ext.liveUpdates` of the vendor's widgets. */
export interface LiveUpdatesExtension {
  /** {@link RemoteEvents} with the ports of this store. */
  readonly RemoteEvents: new (
    url: string,
    token: TokenSource,
  ) => RemoteEvents
  /** Handlers that feed this store: `remoteEvents.on(remoteUpdates)`. */
  readonly remoteUpdates: RemoteHandlers
}

/** A data processor: the way of own changes to a REST server. */
export interface DataProcessor {
  /** How many records have changes that the server has not confirmed. */
  readonly pendingCount: number
  /** How far the changes of a record have come. */
  status(store: string, id: RecordId): LiveRecordStatus
  /** Tries again what waits for a better token, reads too; everything else is retried by itself. */
  retry(): void
}

/** What is loaded beside a store that keeps its edits. */
export const liveKeeping: Later<typeof import('./live-keeping.ts')> = later(() => import('./live-keeping.ts'))

/** A live store with the vendor's entry points. */
export class LiveClient {
  /** `ext.liveUpdates`, as the vendor's widgets have it. */
  readonly ext: { readonly liveUpdates: LiveUpdatesExtension }
  protected readonly live: LiveStore
  /** How dates travel and what they mean. */
  readonly dateRules: DateRules

  constructor(flavour: LiveFlavour, options: LiveClientOptions) {
    const ports = livePorts(options)
    this.dateRules = flavour.dates
    this.live = new LiveStore(flavour, ports, outboxOf(options))
    const Bound = class extends RemoteEvents {
      constructor(url: string, token: TokenSource) {
        super(url, token, ports)
      }
    }
    this.ext = { liveUpdates: { RemoteEvents: Bound, remoteUpdates: this.live.remoteUpdates } }
    announce(this)
  }

  /**
   * Says where own changes are saved. Until then they wait, visible and counted as pending. What an earlier tab could not
   * save comes back. Error `changes-pending` when `account` changes while something is pending.
   */
  createDataProcessor(options: DataProcessorOptions): DataProcessor {
    const { live } = this
    live.saveTo(options)
    return {
      get pendingCount() {
        return live.pendingCount
      },
      status: (store, id) => live.status(store, id),
      retry: () => live.retry(),
    }
  }

  /** How many records have changes that the server has not confirmed. */
  get pendingCount(): number {
    return this.live.pendingCount
  }

  /** Where the connection of the RemoteEvents in use stands; `idle` without one. */
  get connection(): ConnectionState {
    return this.live.connection
  }

  /**
   * The `Date` that the text of a record means on this user's clock; undefined for what is no date.
   * @example
   * const start = scheduler.toDate(event.start_date)
   */
  toDate(text: unknown): Date | undefined {
    return readDate(text, this.dateRules.zone)
  }

  /** Several edits as one: listeners hear of them once, the server gets one request per record. Edits made before a throw stand. */
  transact<R>(edits: () => R): R {
    return this.live.transact(edits)
  }

  /** Reads again whatever was loaded. */
  reload(): void {
    this.live.reload()
  }

  /** Resolves when nothing is pending any more; rejects with `closed` when the store is closed before, `timeout` after `timeoutMs`, and with the signal's reason. */
  whenSynced(options: WaitOptions = {}): Promise<void> {
    return this.live.whenSynced(options)
  }

  /** Calls `listener` on each event of that name until the returned function is called. */
  on<Name extends keyof LiveStoreEvents>(name: Name, listener: (payload: LiveStoreEvents[Name]) => void): Cancel {
    return this.live.events.on(name, listener)
  }

  /** Stops everything but the RemoteEvents in use, which others may share: `close()` those too. Idempotent. */
  close(): void {
    this.live.close()
  }
}

function outboxOf({ outbox: given }: LiveClientOptions): LiveOutboxStart | undefined {
  if (given === false || (!given && !hasIndexedDb())) return undefined
  return (runner, clock, failed) => made(liveKeeping, (code) => code.outboxOf(runner, clock, failed, given))
}

/** Handlers that feed a live store: what `store.ext.liveUpdates.remoteUpdates` is. */
export function remoteUpdates(client: LiveClient): RemoteHandlers {
  return client.ext.liveUpdates.remoteUpdates
}
