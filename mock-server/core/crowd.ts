/**
 * Owns who is connected to the project socket, and that everybody hears who comes and goes. What goes to many is made once per
 * dialect. Every login and every end is told at once, as the documents have it; the list of users follows it at once while
 * few are there. In a crowd that would grow with the square of it, so there the list waits a moment:
 *
 *     800 people there, 50 more log in within 100 ms     joined   50 × 800, each at once
 *                                                        users    50 × 1 (each newcomer its own), then 1 × 850 instead of 50 × 850
 */
import type { Cancel, Clock } from '../../client/ports/ports.ts'
import type { ServerCodec } from '../../client/protocol/dialects/codec.ts'
import type { Downstream } from '../../client/protocol/messages.ts'

/** A session as the crowd sees it. */
export interface CrowdMember {
  /** Undefined before the login. */
  readonly userName: string | undefined
  readonly codec: ServerCodec
  /** Never throws. */
  sendFrame(frame: string): void
}

/** Sessions from which on a list of users waits for others that follow. */
const CROWD = 50
/** How long it waits at most. */
const WAIT_MS = 100

/** The sessions of one server. */
export class Crowd<Member extends CrowdMember> {
  readonly #clock: Clock
  readonly #inTurn: (run: () => void) => void
  readonly #members = new Set<Member>()
  #waiting: Cancel | undefined

  /** `inTurn` runs what comes late when nothing else is running. */
  constructor(clock: Clock, inTurn: (run: () => void) => void) {
    this.#clock = clock
    this.#inTurn = inTurn
  }

  add(member: Member): void {
    this.#members.add(member)
  }

  delete(member: Member): void {
    this.#members.delete(member)
  }

  /** Takes everybody out. */
  clear(): readonly Member[] {
    const all = [...this.#members]
    this.#members.clear()
    this.#waiting?.()
    this.#waiting = undefined
    return all
  }

  /** Tells everybody else who is logged in. */
  toOthers(teller: Member, message: Downstream): void {
    this.#tell(message, (member) => member !== teller)
  }

  /** Tells everybody who is logged in who is there, `newcomer` at once. */
  tellUsers(newcomer?: Member): void {
    if (this.#members.size < CROWD) {
      this.#waiting?.()
      this.#waiting = undefined
      this.#tellUsers()
      return
    }
    if (newcomer) this.#tellUsers((member) => member === newcomer)
    this.#waiting ??= this.#clock.after(WAIT_MS, () =>
      this.#inTurn(() => {
        this.#waiting = undefined
        this.#tellUsers()
      }),
    )
  }

  #tellUsers(to: (member: Member) => boolean = () => true): void {
    this.#tell({ type: 'users', users: this.#names() }, to)
  }

  /** Each name once, however many tabs somebody has, in the order in which they came. */
  #names(): readonly string[] {
    const names = new Set<string>()
    for (const { userName } of this.#members) if (userName !== undefined) names.add(userName)
    return [...names]
  }

  #tell(message: Downstream, to: (member: Member) => boolean): void {
    const frames = new Map<ServerCodec, string>()
    for (const member of this.#members) {
      if (member.userName === undefined || !to(member)) continue
      let frame = frames.get(member.codec)
      if (frame === undefined) frames.set(member.codec, (frame = member.codec.encode(message)))
      member.sendFrame(frame)
    }
  }
}
