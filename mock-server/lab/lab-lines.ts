/** Owns every socket of a server under the lab's hand: what faults do to the frames on it, and to the line itself. */
import type { Clock } from '../../client/ports/ports.ts'
import type { MockCore, ServerSocket, ServerSocketListener } from '../core/contract.ts'
import type { ActiveFault, Party } from './active-fault.ts'
import { Line, type LineTraffic } from './line.ts'
import type { NetworkLab } from './network-lab.ts'
import type { Direction } from './script.ts'

/** UTF-16 code units that may wait for one client, as much as the host in Node allows. */
const MOST_WAITING = 16_777_216
const CHANGE = /"command":"project_?[cC]hange/

/** The sockets. */
export class LabLines implements LineTraffic {
  readonly clock: Clock
  readonly #lab: NetworkLab
  readonly #lines = new Set<Line>()
  readonly #names = new Set<string>()

  constructor(lab: NetworkLab, clock: Clock) {
    this.#lab = lab
    this.clock = clock
  }

  get isIdle(): boolean {
    return this.#lab.isIdle
  }

  /** Takes a socket for a core, or refuses it. */
  accept(core: MockCore, socket: ServerSocket): ServerSocketListener | undefined {
    const line = new Line(socket, this)
    if (!this.#lab.isIdle) {
      this.#lab.saw({ event: 'connect', party: line.party })
      const refused = this.#refusal(line)
      if (refused !== 'none') {
        line.refused()
        // Like a wrong token, one that expired is told once the socket is open.
        return refused === 'opened' ? { frame() {}, closed() {} } : undefined
      }
    }
    const listener = core.accept(line)
    if (listener === undefined) {
      line.refused()
      return undefined
    }
    line.accepted(listener)
    this.#lines.add(line)
    if (!this.#lab.isIdle) this.identified(line)
    return line
  }

  /** Every line ends, as when the process does. */
  endAll(code: number, reason: string): void {
    for (const line of [...this.#lines]) line.end(code, reason)
  }

  /** Nothing is delayed any more. What the server says to the last frames that arrive stays behind what it said before. */
  straighten(): void {
    const lines = [...this.#lines]
    for (const direction of ['down', 'up', 'down'] as const) for (const line of lines) line.flush(direction)
    for (const line of lines) line.straighten()
  }

  // What faults do when they begin and end.

  began(fault: ActiveFault): void {
    for (const line of [...this.#lines]) if (fault.isFor(line.party)) this.#befall(fault, line)
  }

  ended(fault: ActiveFault): void {
    const { fault: name } = fault.step
    if (name === 'half-open') {
      for (const line of [...this.#lines]) {
        if (!line.isDead || this.#lab.for('half-open', line.party).length > 0) continue
        line.end(1006)
        this.#lab.tell(fault, line.party.key, { type: 'closed', code: 1006 })
      }
    }
    if (name !== 'pause') return
    for (const line of [...this.#lines]) {
      if (!fault.isFor(line.party) || this.#lab.for('pause', line.party).length > 0) continue
      const frames = line.hold(false)
      if (frames > 0) this.#lab.tell(fault, line.party.key, { type: 'released', frames })
    }
  }

  drop(fault: ActiveFault, code: number, reason: string | undefined): void {
    for (const line of [...this.#lines]) if (fault.isFor(line.party)) this.#close(fault, line, code, reason)
  }

  // What lines tell.

  takeName(base: string): string {
    let name = base
    for (let number = 2; this.#names.has(name); number += 1) name = `${base}#${number}`
    this.#names.add(name)
    return name
  }

  giveName(name: string): void {
    this.#names.delete(name)
  }

  identified(line: Line): void {
    for (const name of ['pause', 'half-open', 'offline'] as const)
      for (const { fault } of this.#lab.for(name, line.party)) this.#befall(fault, line)
  }

  left(line: Line): void {
    this.#lines.delete(line)
  }

  up(line: Line, text: string): void {
    if (line.isDead || !line.isOpen) return
    const { party } = line
    this.#lab.saw({ event: 'frame', party, direction: 'up', text })
    for (const { fault, step } of this.#lab.for('lose-before-commit', party)) {
      if (!fault.strikes(step, party, text, CHANGE.test(text))) continue
      this.#lab.tell(fault, party.key, { type: 'lost', what: commandOf(text) })
      line.end(1006)
      return
    }
    let last = false
    for (const { fault, step } of this.#lab.for('lose-ack', party)) {
      if (last || !fault.strikes(step, party, text, CHANGE.test(text))) continue
      this.#lab.tell(fault, party.key, { type: 'ack-lost', what: commandOf(text) })
      last = true
    }
    this.#send(line, 'up', text, () => line.arriveUp(text, last))
  }

  down(line: Line, text: string): void {
    const { party } = line
    this.#lab.saw({ event: 'frame', party, direction: 'down', text })
    this.#send(line, 'down', text, () => line.arriveDown(text))
  }

  closing(line: Line, arrive: () => void): void {
    const { delayMs } = paceOf(this.#lab, line.party, 'down', 0)
    line.lane('down').send(0, 0, delayMs, arrive)
  }

  #send(line: Line, direction: Direction, text: string, arrive: () => void): void {
    const { busyMs, delayMs } = paceOf(this.#lab, line.party, direction, text.length === 0 ? 0 : bytesOf(text))
    const lane = line.lane(direction)
    if (lane.waiting + text.length > MOST_WAITING) {
      const [held] = [...this.#lab.for('slow-consumer', line.party), ...this.#lab.for('pause', line.party)]
      if (held) this.#lab.tell(held.fault, line.party.key, { type: 'overflowed', characters: lane.waiting })
      line.end(1006)
      return
    }
    lane.send(text.length, busyMs, delayMs, arrive)
  }

  /** `unopened`: the handshake was refused; `opened`: the socket was closed at once. */
  #refusal(line: Line): 'none' | 'unopened' | 'opened' {
    const { party } = line
    const tell = (fault: ActiveFault, status: number): 'unopened' => {
      fault.touched += 1
      line.refuse(status)
      this.#lab.tell(fault, party.key, { type: 'refused', status })
      return 'unopened'
    }
    for (const { fault } of this.#lab.for('offline', party)) return tell(fault, 0)
    for (const { fault, step } of this.#lab.for('refuse-handshake', party)) return tell(fault, step.status ?? 403)
    for (const { fault, step } of this.#lab.for('expired-token', party)) {
      if (party.token === undefined || (step.token ?? party.token) !== party.token) continue
      this.#close(fault, line, 1008, 'Token expired')
      return 'opened'
    }
    return 'none'
  }

  #befall(fault: ActiveFault, line: Line): void {
    const { step } = fault
    switch (step.fault) {
      case 'pause':
        fault.touched += 1
        line.hold(true)
        return
      case 'half-open':
        if (line.isDead) return
        fault.touched += 1
        line.die()
        this.#lab.tell(fault, line.party.key, { type: 'silenced' })
        return
      case 'offline':
        this.#close(fault, line, 1006)
        return
      case 'expired-token':
        if (step.token === undefined || step.token === line.party.token) this.#close(fault, line, 1008, 'Token expired')
        return
      default:
        return
    }
  }

  #close(fault: ActiveFault, line: Line, code: number, reason?: string): void {
    fault.touched += 1
    const { key } = line.party
    line.end(code, reason)
    this.#lab.tell(fault, key, { type: 'closed', code })
  }
}

/** How long something keeps the wire busy and how long it travels, by the faults of the moment. */
export function paceOf(
  lab: NetworkLab,
  party: Party,
  direction: Direction,
  bytes: number,
): { readonly busyMs: number; readonly delayMs: number } {
  let [busyMs, delayMs] = [0, 0]
  for (const { fault, step } of lab.for('latency', party)) {
    if (step.direction !== undefined && step.direction !== direction) continue
    fault.touched += 1
    delayMs += step.ms + (step.jitterMs ? Math.round(fault.next(party) * step.jitterMs) : 0)
  }
  for (const { fault, step } of lab.for('bandwidth', party)) {
    if (step.direction !== undefined && step.direction !== direction) continue
    fault.touched += 1
    busyMs = Math.max(busyMs, (bytes / step.bytesPerSecond) * 1000)
  }
  if (direction === 'up' || party.via === 'request') return { busyMs, delayMs }
  for (const { fault, step } of lab.for('slow-consumer', party)) {
    fault.touched += 1
    busyMs = Math.max(busyMs, 1000 / step.framesPerSecond)
  }
  return { busyMs, delayMs }
}

/** Length of a text in UTF-8. */
export function bytesOf(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    // Each half of a surrogate pair counts two of the four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** What a frame asks for, for the log. */
function commandOf(text: string): string {
  return /"(?:command|action)":"([\w.-]{1,60})"/.exec(text)?.[1] ?? 'frame'
}
