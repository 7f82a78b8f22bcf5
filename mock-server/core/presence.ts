/**
 * Owns who looks at what in one project: told to the others who were granted the extension, never stored, gone with the
 * client or when it is not said again for a while.
 */
import type { Cancel, Clock } from '../../client/ports/ports.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { BOUNDS } from './defaults.ts'
import type { ChannelMember } from './project-channel.ts'

interface Shown {
  readonly state: Fields
  readonly expire: Cancel
}

/** The presence of everybody in one project. */
export class Presence {
  readonly #clock: Clock
  readonly #listeners = new Set<ChannelMember>()
  readonly #shown = new Map<ChannelMember, Shown>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A client with the extension came: it hears of everybody who shows something. Harmless for one that is there. */
  joined(member: ChannelMember): void {
    this.#listeners.add(member)
    for (const [other, { state }] of this.#shown) if (other !== member) this.#say(member, other, state)
  }

  left(member: ChannelMember): void {
    this.#listeners.delete(member)
    this.#forget(member)
  }

  /** A client shows what it looks at; `null`: nothing any more. What is too long is not shown. */
  show(member: ChannelMember, state: Fields | null, length: number): void {
    if (length > BOUNDS.presenceLength || !this.#listeners.has(member)) return
    if (state === null) {
      this.#forget(member)
      return
    }
    this.#shown.get(member)?.expire()
    const expire = this.#clock.after(BOUNDS.presenceMs, () => this.#forget(member))
    this.#shown.set(member, { state, expire })
    this.#tell(member, state)
  }

  #forget(member: ChannelMember): void {
    const shown = this.#shown.get(member)
    if (!shown) return
    shown.expire()
    this.#shown.delete(member)
    this.#tell(member, null)
  }

  #tell(about: ChannelMember, state: Fields | null): void {
    for (const listener of this.#listeners) if (listener !== about) this.#say(listener, about, state)
  }

  #say(listener: ChannelMember, { clientId, userName }: ChannelMember, state: Fields | null): void {
    if (clientId === undefined) return
    listener.send(listener.codec.encode({ type: 'presence', client: clientId, userName, state }))
  }
}
