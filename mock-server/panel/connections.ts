/** Owns who is connected, as far as the wire tells: each socket with its party and its pace, and who looks at what. */
import { isObject } from '../../client/protocol/guards.ts'
import { bytesOf } from '../lab/lab-lines.ts'
import type { EarlierSocket, WireEntry } from '../recorder/recording.ts'

/** Seconds of the pace that are kept. */
export const PACE_SECONDS = 30
/** Characters from which a frame is long. */
const LONG = 65_536
/** Closed connections that are remembered, and open ones that are counted. */
const CLOSED = 20
const MOST = 2000

/** One socket. */
export interface Connection {
  readonly socket: number
  party: string
  /** Id of its browser tab. */
  readonly tab: string | undefined
  /** Path and query; undefined for one that was open before anybody listened. */
  readonly url: string | undefined
  /** Milliseconds since the epoch: when it opened, or was first heard of. */
  readonly since: number
  closed: { readonly at: number; readonly code: number | undefined; readonly by: 'client' | 'server' } | undefined
  /** Its newest word about what it looks at, unparsed, and when that came. */
  presence: { readonly at: number; readonly text: string } | undefined
  readonly up: Flow
  readonly down: Flow
}

type Caller = Pick<WireEntry & { readonly type: 'open' }, 'socket' | 'party' | 'tab' | 'at'>

/** What went one way. */
export class Flow {
  frames = 0
  bytes = 0
  readonly #frames = new Uint32Array(PACE_SECONDS)
  readonly #bytes = new Float64Array(PACE_SECONDS)
  #second = 0

  add(at: number, bytes: number): void {
    this.frames += 1
    this.bytes += bytes
    const slot = this.#turnTo(at)
    this.#frames[slot] = (this.#frames[slot] ?? 0) + 1
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes
  }

  /** Frames and bytes in the last whole second. */
  pace(now: number): { readonly frames: number; readonly bytes: number } {
    this.#turnTo(now)
    const slot = (this.#second + PACE_SECONDS - 1) % PACE_SECONDS
    return { frames: this.#frames[slot] ?? 0, bytes: this.#bytes[slot] ?? 0 }
  }

  /** Frames of each of the last whole seconds, oldest first. */
  history(now: number): readonly number[] {
    this.#turnTo(now)
    return Array.from(
      { length: PACE_SECONDS - 1 },
      (_, at) => this.#frames[(this.#second + 1 + at) % PACE_SECONDS] ?? 0,
    )
  }

  /** The slot of a moment; those that were skipped are emptied. A moment of the past counts to the present. */
  #turnTo(at: number): number {
    const second = Math.floor(at / 1000)
    if (second > this.#second) {
      const from = Math.max(this.#second + 1, second - PACE_SECONDS + 1)
      for (let each = from; each <= second; each += 1) {
        this.#frames[each % PACE_SECONDS] = 0
        this.#bytes[each % PACE_SECONDS] = 0
      }
      this.#second = second
    }
    return this.#second % PACE_SECONDS
  }
}

/** Somebody who shows what they look at. */
export interface Person {
  readonly party: string
  readonly state: { readonly [key: string]: unknown }
}

/** The server forgets what is not said again for so long. */
const PRESENCE_MS = 60_000
const PRESENCE = /"command"\s*:\s*"presence"/

export class Connections {
  readonly #open = new Map<number, Connection>()
  #closed: Connection[] = []

  /** Open ones in the order in which they came, then those that closed last. */
  get all(): readonly Connection[] {
    return [...this.#open.values(), ...this.#closed]
  }

  get open(): number {
    return this.#open.size
  }

  /** Who shows what they look at; those who left, or said nothing for a minute, show nothing. Parses what each said last. */
  people(now: number): readonly Person[] {
    return [...this.#open.values()].flatMap(({ party, presence }) => {
      const state = presence === undefined || now - presence.at >= PRESENCE_MS ? undefined : presenceOf(presence.text)
      return state === undefined ? [] : [{ party, state }]
    })
  }

  take(entry: WireEntry): void {
    switch (entry.type) {
      case 'open':
        this.#add(entry, entry.url)
        return
      case 'frame': {
        const connection = this.#open.get(entry.socket) ?? this.#add(entry, undefined)
        // Who it is becomes known with the login.
        connection.party = entry.party
        connection[entry.direction].add(entry.at, sizeOf(entry.text))
        if (entry.direction === 'up' && PRESENCE.test(entry.text.slice(0, 200))) connection.presence = entry
        return
      }
      case 'close': {
        const connection = this.#open.get(entry.socket)
        if (connection === undefined) return
        this.#open.delete(entry.socket)
        connection.closed = { at: entry.at, code: entry.code, by: entry.by }
        this.#closed = [connection, ...this.#closed].slice(0, CLOSED)
        return
      }
      default:
    }
  }

  /** Sockets that were open before anybody listened, and what they show. */
  found(sockets: readonly EarlierSocket[], now: number): void {
    for (const earlier of sockets) {
      const known = this.#open.get(earlier.socket) ?? this.#add({ ...earlier, at: now }, earlier.url)
      known.presence ??= earlier.presence
    }
  }

  clear(): void {
    this.#open.clear()
    this.#closed = []
  }

  #add({ socket, party, tab, at }: Caller, url: string | undefined): Connection {
    const connection: Connection = {
      socket,
      party,
      tab,
      url,
      since: at,
      closed: undefined,
      presence: undefined,
      up: new Flow(),
      down: new Flow(),
    }
    if (this.#open.size < MOST) this.#open.set(socket, connection)
    return connection
  }
}

/** Bytes of a frame; of long ones the characters, which are counted already: their pace is read in thousands anyway. */
const sizeOf = (text: string): number => (text.length > LONG ? text.length : bytesOf(text))

/** The state of a presence frame, in either dialect; undefined for one that shows nothing. */
function presenceOf(text: string): Person['state'] | undefined {
  try {
    const frame: unknown = JSON.parse(text)
    if (!isObject(frame)) return undefined
    const extension = frame['planwire'] ?? (isObject(frame['data']) ? frame['data']['planwire'] : undefined)
    const state = isObject(extension) ? extension['state'] : undefined
    return isObject(state) ? state : undefined
  } catch {
    return undefined
  }
}
