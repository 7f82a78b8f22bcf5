/**
 * Owns one socket between its host and the core. While no lab runs it hands everything on within the call; otherwise what
 * travels goes through a lane for each direction.
 *
 *     host's socket ◀── down lane ── core        #client: the host's end, until it is gone
 *                   ── up lane ────▶ core        #server: the core's end, until it was told
 */
import type { Clock } from '../../client/ports/ports.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { ServerSocket, ServerSocketListener } from '../core/contract.ts'
import { queryParameter } from '../core/routes.ts'
import { sendAll } from '../core/safe-socket.ts'
import type { Party } from './active-fault.ts'
import { Lane } from './lane.ts'
import type { Direction } from './script.ts'

/** What a line asks of the lab. */
export interface LineTraffic {
  /** True while nothing is wrong with anybody. */
  readonly isIdle: boolean
  readonly clock: Clock
  /** A name that no other open line has: `ann`, then `ann#2`. */
  takeName(base: string): string
  giveName(name: string): void
  /** A frame sets out. */
  up(line: Line, text: string): void
  down(line: Line, text: string): void
  /** The server closes the line: the closure sets out behind the frames. */
  closing(line: Line, arrive: () => void): void
  /** Who it is became known, or another logged in. */
  identified(line: Line): void
  /** It is over at the server's end. */
  left(line: Line): void
}

/** Clients write the command first or last. A text that looks like a login is parsed; one that is none names nobody. */
const LOGIN = /"command"\s*:\s*"login"/
/** Most frames are changes and presence, and begin so. */
const CHANGE = '{"command":"pr'
/** Logins are short: longer frames are changes. */
const LONGEST_LOGIN = 65_536

/** A socket under the lab's hand. */
export class Line implements ServerSocket, ServerSocketListener {
  readonly url: string
  /** Nothing arrives any more, and nobody was told. */
  isDead = false
  readonly #traffic: LineTraffic
  #party: Party
  #client: ServerSocket | undefined
  #server: ServerSocketListener | undefined
  /** What the server says from now on is lost. */
  #isMute = false
  #lanes: { readonly up: Lane; readonly down: Lane } | undefined

  constructor(socket: ServerSocket, traffic: LineTraffic) {
    this.url = socket.url
    this.#client = socket
    this.#traffic = traffic
    const path = pathOf(socket.url)
    this.#party = {
      via: 'socket',
      path,
      token: queryParameter(socket.url, 'token'),
      tab: socket.tab,
      key: traffic.takeName(path),
    }
  }

  get party(): Party {
    return this.#party
  }

  /** True until both ends know that it is over. */
  get isOpen(): boolean {
    return this.#client !== undefined || this.#server !== undefined
  }

  /** The core took the socket. */
  accepted(listener: ServerSocketListener): void {
    this.#server = listener
  }

  // What the host tells of the client.

  frame(text: string): void {
    if (this.isDead || this.#client === undefined) return
    if (text.length <= LONGEST_LOGIN && !text.startsWith(CHANGE) && LOGIN.test(text)) this.#login(text)
    // Behind what is still on its way, also when nothing is wrong any more.
    if (this.#lanes === undefined && this.#traffic.isIdle) this.#server?.frame(text)
    else this.#traffic.up(this, text)
  }

  closed(): void {
    if (this.#client === undefined) return
    this.#client = undefined
    this.#lanes?.down.clear()
    // Over a dead line the server does not hear of it.
    if (this.isDead) return
    if (this.#lanes === undefined || this.#lanes.up.isEmpty) this.#endServer()
    else this.#lanes.up.send(0, 0, 0, () => this.#endServer())
  }

  // What the core does.

  send(text: string): void {
    if (this.isDead || this.#isMute || this.#client === undefined) return
    if (this.#lanes === undefined && this.#traffic.isIdle) this.#client.send(text)
    else this.#traffic.down(this, text)
  }

  sendAll(frames: readonly string[]): void {
    if (this.isDead || this.#isMute || this.#client === undefined) return
    if (this.#lanes === undefined && this.#traffic.isIdle) sendAll(this.#client, frames)
    else for (const frame of frames) this.send(frame)
  }

  close(code?: number, reason?: string): void {
    if (this.isDead || this.#isMute) return
    const arrive = (): void => this.#client?.close(code, reason)
    if (this.#lanes === undefined && this.#traffic.isIdle) arrive()
    else this.#traffic.closing(this, arrive)
  }

  // What the lab does.

  lane(direction: Direction): Lane {
    this.#lanes ??= { up: new Lane(this.#traffic.clock), down: new Lane(this.#traffic.clock) }
    return this.#lanes[direction]
  }

  /** A frame arrives at the server; `last`: its answer never arrives, and the line breaks. */
  arriveUp(text: string, last: boolean): void {
    if (this.isDead) return
    if (last) this.#isMute = true
    this.#server?.frame(text)
    if (last) this.end(1006)
  }

  arriveDown(text: string): void {
    if (!this.isDead) this.#client?.send(text)
  }

  /** Holds both directions back, or lets them go; returns how many frames that is. */
  hold(held: boolean): number {
    if (this.#lanes === undefined && !held) return 0
    return this.lane('up').hold(held) + this.lane('down').hold(held)
  }

  /** Dies without a word. */
  die(): void {
    this.isDead = true
    this.#lanes?.up.clear()
    this.#lanes?.down.clear()
  }

  /** Ends at both ends: closed with a code, or broken (1006). What is on its way is lost. */
  end(code: number, reason = ''): void {
    const client = this.#client
    this.#client = undefined
    this.#lanes?.up.clear()
    this.#lanes?.down.clear()
    if (client !== undefined) {
      if (code !== 1006) client.close(code === 1005 ? undefined : code, reason)
      else if (client.cut) client.cut()
      else client.close(1006, '')
    }
    this.#endServer()
  }

  /** What is on its way in a direction arrives now. */
  flush(direction: Direction): void {
    this.#lanes?.[direction].flush()
  }

  /** From now on nothing is delayed. Nothing is on its way any more. */
  straighten(): void {
    this.#lanes = undefined
  }

  /** Tells the host how to refuse it: with this status, or without an answer (0). */
  refuse(status: number): void {
    this.#client?.refuse?.(status)
  }

  /** Nobody took it. */
  refused(): void {
    this.#client = undefined
    this.#endServer()
  }

  #endServer(): void {
    const server = this.#server
    this.#server = undefined
    this.#traffic.giveName(this.#party.key)
    this.#traffic.left(this)
    server?.closed()
  }

  #login(text: string): void {
    const { user, client } = loginOf(text)
    if (user === undefined || (user === this.#party.user && client === this.#party.client)) return
    this.#traffic.giveName(this.#party.key)
    this.#party = { ...this.#party, user, client, key: this.#traffic.takeName(user) }
    this.#traffic.identified(this)
  }
}

/** The path of a path and query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? ''
}

/** Who logs in, in either dialect. Never throws: what is no login is the core's affair. */
function loginOf(text: string): { readonly user?: string; readonly client?: string } {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return {}
  }
  if (!isObject(frame) || frame['command'] !== 'login') return {}
  const inner = isObject(frame['data']) ? frame['data'] : {}
  const user = frame['login'] ?? inner['login']
  const extension = frame['planwire'] ?? inner['planwire']
  const client = isObject(extension) ? extension['client'] : undefined
  return {
    ...(typeof user === 'string' && { user: user.slice(0, 200) }),
    ...(typeof client === 'string' && { client: client.slice(0, 200) }),
  }
}
