/**
 * Owns one socket between its host and the lab: everything goes through, and the log hears of it while somebody listens.
 *
 *     host's socket ◀── send, close ── lab        what the client's end sees
 *                   ── frame, closed ▶ lab ──▶ core: `arrived` tells what reached it, and when
 */
import type { ServerSocket, ServerSocketListener } from '../core/contract.ts'
import { BOUNDS } from '../core/defaults.ts'
import { sendAll } from '../core/safe-socket.ts'
import { Line } from '../lab/line.ts'
import type { EarlierSocket } from './recording.ts'
import type { OpenEntry, WireLog } from './wire-log.ts'

/** Longest frame that is looked at for what makes a session: a login, a choice of a project, a subscription. */
const MOST_SETTLING = 4096
const SETTLES = /"(?:command|action)"\s*:\s*"(login|dataset|subscribe|unsubscribe|presence)"/
const PROJECT = /"project"\s*:\s*("[^"]*"|-?\d+)/
/** Frames that a session is rebuilt from. */
const MOST_KEPT = 200
/** Frames that may be under way to the server because a fault holds them back. */
const MOST_HELD = 10_000

type Upward = OpenEntry<'frame'> | OpenEntry<'close'> | OpenEntry<'open'>

/** A socket of a host, tapped. */
export class TappedSocket implements ServerSocket, ServerSocketListener {
  readonly number: number
  readonly url: string
  readonly tab: string | undefined
  readonly #near: ServerSocket
  readonly #log: WireLog
  readonly #gone: (socket: TappedSocket) => void
  #far: ServerSocketListener | undefined
  #party: string
  #isOver = false
  #refused: number | undefined
  #settled: { readonly kind: string; readonly text: string }[] = []
  /** What it said last of what it looks at. */
  #presence: { readonly at: number; readonly text: string } | undefined
  /** The call from the host that is under way, until it reached the core. */
  #underWay: Upward | undefined
  /** What has not reached the core yet, oldest first. */
  readonly #held: { readonly n: number; readonly text: string | undefined }[] = []

  constructor(number: number, near: ServerSocket, log: WireLog, gone: (socket: TappedSocket) => void) {
    this.number = number
    this.url = near.url
    this.tab = near.tab
    this.#near = near
    this.#log = log
    this.#gone = gone
    this.#party = near.url.split('?', 1)[0] ?? ''
  }

  /** Hands it on; `accept` is the lab's. Undefined: refused. */
  open(accept: (socket: ServerSocket) => ServerSocketListener | undefined): ServerSocketListener | undefined {
    const log = this.#log
    if (log.isOn) this.#underWay = log.add('open', { ...this.#who(), url: log.redactor.url(this.url) })
    this.#far = accept(this)
    this.#nameIt()
    this.#settleCall()
    if (this.#far !== undefined) return this
    if (log.isOn && !this.#isOver)
      log.add('close', { ...this.#who(), by: 'server', code: 1006, refused: this.#refused ?? 404 })
    this.#isOver = true
    return undefined
  }

  /** What a recording that begins now has to know of it; undefined for one that is over. */
  get earlier(): EarlierSocket | undefined {
    if (this.#isOver) return undefined
    const { redactor } = this.#log
    const frames = this.#settled.map(({ text }) => redactor.text(text))
    const shown = this.#presence
    const counts = shown !== undefined && this.#log.now() - shown.at < BOUNDS.presenceMs
    return {
      ...this.#who(),
      url: redactor.url(this.url),
      frames,
      ...(counts && { presence: { at: shown.at, text: redactor.text(shown.text) } }),
    }
  }

  // What the host tells of the client.

  frame(text: string): void {
    this.#remember(text)
    const log = this.#log
    const before = this.#underWay
    const entry =
      log.isOn && !this.#isOver
        ? log.add('frame', { ...this.#who(), direction: 'up', text: log.redactor.text(text) })
        : undefined
    this.#underWay = entry
    this.#far?.frame(text)
    this.#nameIt()
    // The frame with a login is that user's already.
    if (entry) entry.party = this.#party
    this.#settleCall(text)
    this.#underWay = before
  }

  closed(): void {
    const before = this.#underWay
    this.#underWay =
      this.#log.isOn && !this.#isOver ? this.#log.add('close', { ...this.#who(), by: 'client' }) : undefined
    this.#isOver = true
    this.#far?.closed()
    this.#gone(this)
    this.#settleCall()
    this.#underWay = before
  }

  // What the lab does to the client.

  send(text: string): void {
    if (this.#log.isOn && !this.#isOver) {
      this.#nameIt()
      this.#log.add('frame', { ...this.#who(), direction: 'down', text: this.#log.redactor.text(text) })
    }
    this.#near.send(text)
  }

  sendAll(frames: readonly string[]): void {
    if (this.#log.isOn && !this.#isOver) for (const frame of frames) this.send(frame)
    else sendAll(this.#near, frames)
  }

  close(code?: number, reason?: string): void {
    this.#end(code ?? 1005, reason)
    this.#near.close(code, reason)
  }

  cut(): void {
    this.#end(1006)
    if (this.#near.cut) this.#near.cut()
    else this.#near.close(1006, '')
  }

  refuse(status: number): void {
    this.#refused = status
    this.#near.refuse?.(status)
  }

  // What reached the core.

  /** A frame, with its text; undefined: the end of the socket. */
  arrived(text?: string): void {
    const call = this.#underWay
    if (call === undefined && this.#held.length === 0 && !this.#log.isOn) return
    if (call !== undefined && (text === undefined ? call.type !== 'frame' : call.type === 'frame')) {
      this.#underWay = undefined
      return
    }
    const at = this.#held.findIndex((held) => held.text === text)
    const held = this.#held[at]
    if (held !== undefined) this.#held.splice(at, 1)
    if (!this.#log.isOn) return
    if (held !== undefined) this.#log.add('arrival', { party: this.#party, ...this.#tab(), of: held.n })
    // On its way already when the log began.
    else if (text !== undefined)
      this.#log.add('frame', { ...this.#who(), direction: 'up', text: this.#log.redactor.text(text) })
  }

  #end(code: number, reason?: string): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#log.isOn) this.#log.add('close', { ...this.#who(), by: 'server', code, ...(reason ? { reason } : {}) })
  }

  /** The call is over: what has not reached the core by now is held back. */
  #settleCall(text?: string): void {
    const call = this.#underWay
    this.#underWay = undefined
    if (call === undefined) return
    call.held = true
    // A handshake that is refused never gets there.
    if (call.type === 'open') return
    this.#held.push({ n: call.n, text })
    if (this.#held.length > MOST_HELD) this.#held.shift()
  }

  /** The lab knows who it is, once it has read the login. */
  #nameIt(): void {
    if (this.#far instanceof Line) this.#party = this.#far.party.key
  }

  #who(): { readonly party: string; readonly tab?: string; readonly socket: number } {
    return { party: this.#party, ...this.#tab(), socket: this.number }
  }

  #tab(): { readonly tab?: string } {
    return this.tab === undefined ? {} : { tab: this.tab }
  }

  /** Most frames are changes, and begin so. */
  #remember(text: string): void {
    if (text.length > MOST_SETTLING || text.startsWith('{"command":"pro')) return
    const kind = SETTLES.exec(text)?.[1]
    if (kind === undefined) return
    if (kind === 'presence') {
      this.#presence = { at: this.#log.now(), text }
      return
    }
    if (kind === 'login') this.#settled = [{ kind, text }]
    else if (kind === 'dataset') {
      const before = this.#settled.find((each) => each.kind === kind)
      // Who goes to another project shows nothing there yet.
      if (before !== undefined && projectOf(before.text) !== projectOf(text)) this.#presence = undefined
      this.#settled = [...this.#settled.filter((each) => each !== before), { kind, text }]
    } else if (this.#settled.length < MOST_KEPT) this.#settled.push({ kind, text })
  }
}

const projectOf = (dataset: string): string | undefined => PROJECT.exec(dataset)?.[1]
