/**
 * Reads what clients hold, in this process or in a page. Owns the form in which test kits compare clients with each other and
 * with a server.
 */
import { CLIENT_HOOK } from '../ports/client-hook.ts'
import type { PlainRecord } from '../protocol/records.ts'

/** Records by store. */
export type StoreRecords = Readonly<Record<string, readonly PlainRecord[]>>

/** What one client holds. Plain JSON. */
export interface ClientReading {
  /** What is compared with what: `project 1`, `events`, `tasks+links`. */
  readonly of: string
  /** Where its connection stands. */
  readonly connection: string
  /** It is connected, loaded, and nothing of its own waits for the server. */
  readonly settled: boolean
  /** Own changes that wait for the server. */
  readonly pending: number
  /** Of the server's log; where client and server know one. */
  readonly revision?: number
  /** The ranges of dates that were loaded, if not everything was. */
  readonly ranges?: string
  readonly stores: StoreRecords
}

/** Something of an app's own that holds records, for example a widget that another library keeps current. */
export interface RecordSource {
  /** What it is compared with: sources of one name in all tabs, `events` of a calendar and the server's collection of that name, `project 1`. */
  readonly of: string
  /** Its records by store. They need an `id`. */
  stores(): StoreRecords
  /** False while something of its own waits for the server. Default: it never does. */
  settled?(): boolean
}

/**
 * Shows records of the app's own to the test kit that drives this page. planwire's clients are seen without it. Outside of a
 * kit it does nothing.
 * @example
 * exposeForTests({ of: 'events', stores: () => ({ events: scheduler.getEvents() }) })
 */
export function exposeForTests(source: RecordSource): void {
  const list: unknown = Reflect.get(globalThis, CLIENT_HOOK)
  if (Array.isArray(list)) list.push(source)
}

/** What to read. */
export interface ReadRequest {
  /** Default: what this page has announced. */
  readonly clients?: readonly unknown[]
  /** Stores to read besides those that clients have as properties: an app's own collections. */
  readonly stores?: readonly string[]
}

/**
 * Reads clients, closed ones left out; undefined when nobody listens for them in this page. Sent into pages as text: it may
 * name nothing outside of itself.
 */
export async function readClients(asked: ReadRequest): Promise<ClientReading[] | undefined> {
  interface Store {
    readonly name: string
    all(): readonly PlainRecord[]
  }
  const isStore = (value: unknown): value is Store =>
    typeof value === 'object' && value !== null && 'all' in value && 'name' in value && typeof value.all === 'function'
  const member = (owner: object, name: string): unknown => Reflect.get(owner, name, owner)
  const call = (owner: object, name: string, ...args: readonly unknown[]): unknown => {
    const method = member(owner, name)
    return typeof method === 'function' ? Reflect.apply(method, owner, args) : undefined
  }
  /** A client that has nothing to wait for says so within a few turns of the microtask queue. */
  const isSynced = async (client: object): Promise<boolean> => {
    let giveUp = (): void => {}
    const signal = {
      aborted: false,
      reason: 'asked for the state of now',
      addEventListener: (_event: 'abort', aborted: () => void): void => {
        giveUp = aborted
      },
      removeEventListener: (): void => {},
    }
    let synced = false
    void Promise.resolve(call(client, 'whenSynced', { signal })).then(
      () => {
        synced = true
      },
      () => {},
    )
    for (let turn = 0; turn < 20; turn++) await null
    giveUp()
    return synced
  }
  const read = async (client: object): Promise<ClientReading | undefined> => {
    if (typeof member(client, 'stores') === 'function') {
      const settled = call(client, 'settled') !== false
      const stores = JSON.parse(JSON.stringify(call(client, 'stores') ?? {}))
      return {
        of: String(member(client, 'of')),
        connection: 'open',
        settled,
        pending: settled ? 0 : 1,
        stores,
      }
    }
    const connection = String(Reflect.get(Object(member(client, 'connection')), 'state'))
    if (connection === 'closed') return undefined
    const own = Object.values(client).filter(isStore)
    const project = member(client, 'wsProjectId')
    const others =
      project === undefined
        ? []
        : (asked.stores ?? []).map((name) => call(client, 'store', name)).filter((store) => isStore(store))
    // Read before anybody is waited for: what is compared belongs to one moment.
    const stores: Record<string, readonly PlainRecord[]> = {}
    for (const store of [...own, ...others]) stores[store.name] = [...store.all()]
    const revision = member(client, 'revision')
    const ranges = member(client, 'loadedRanges')
    const pending = Number(member(client, 'pendingCount') ?? 0) + Number(member(client, 'unconfirmedCount') ?? 0)
    const online = connection === 'open' || (connection === 'idle' && !('wsAddress' in client))
    return {
      of: 'wsProjectId' in client ? `project ${project ?? '(none)'}` : own.map(({ name }) => name).join('+'),
      connection,
      settled: (await isSynced(client)) && online,
      pending,
      ...(typeof revision === 'number' ? { revision } : {}),
      ...(Array.isArray(ranges) && ranges.length > 0 ? { ranges: JSON.stringify(ranges) } : {}),
      stores,
    }
  }
  const announced: unknown = asked.clients ?? Reflect.get(globalThis, Symbol.for('planwire.clients'))
  if (!Array.isArray(announced)) return undefined
  const readings: ClientReading[] = []
  for (const client of announced) {
    const reading = await read(client)
    if (reading) readings.push(reading)
  }
  return readings
}
