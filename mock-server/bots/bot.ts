/**
 * Owns one bot's day: when it edits what, its way through an edit, and its trips off the network.
 *
 *     connecting ──> thinking ──gap over──> editing (a beat, a beat, …, the edit) ──> thinking ──> …
 *                       └── trip ──> offline: edits go on, and leave when it is back
 */
import type { Cancel, Clock, Random } from '../../client/ports/ports.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { between, weighted } from './chance.ts'
import { Rhythm } from './rhythm.ts'
import type { BotActivity, BotPerson, Desk, DeskParts, Gesture, Mix } from './words.ts'

/** Time between two positions of a drag, in milliseconds, where the rate leaves it. */
const BEAT_MS = 120
/** A trip off the network, in seconds. */
const [SHORTEST_TRIP, LONGEST_TRIP] = [6, 20]

/** What a bot is told, and whom it tells. */
export interface BotWorld<Kind extends string> {
  readonly clock: Clock
  readonly seed: string
  /** Average gap in milliseconds; Infinity: it edits nothing by itself. */
  gapMs(): number
  mix(): Mix<Kind>
  edited(by: string, kind: Kind, text: string): void
  changed(): void
}

interface Work<Kind> {
  readonly kind: Kind
  readonly gesture: Gesture
  beat: number
}

/** One bot. */
export class Bot<Kind extends string> {
  readonly name: string
  readonly color: string
  readonly #world: BotWorld<Kind | 'offline'>
  readonly #desk: Desk<Kind>
  readonly #rhythm: Rhythm
  /** How many edits were begun: each has a randomness of its own, so that what one draws changes none that follow. */
  #begun = 0
  #beganAtMs: number
  #edits = 0
  #lost = 0
  #work: Work<Kind> | undefined
  #backAtMs: number | undefined
  #timer: Cancel | undefined
  #trip: Cancel | undefined
  #person: BotPerson | undefined

  constructor(
    name: string,
    color: string,
    world: BotWorld<Kind | 'offline'>,
    desk: (parts: DeskParts) => Desk<Kind>,
    ids: Random,
  ) {
    this.name = name
    this.color = color
    this.#world = world
    this.#beganAtMs = world.clock.now()
    this.#rhythm = new Rhythm(this.#chance('rhythm'))
    const pauses = this.#chance('client')
    this.#desk = desk({
      name,
      color,
      clock: world.clock,
      random: { next: () => pauses.next(), id: () => ids.id() },
      changed: () => this.#changed(),
      lost: () => {
        this.#lost += 1
        this.#changed()
      },
    })
    this.resume()
  }

  /** The bot as others see it. */
  get person(): BotPerson {
    const { name, color } = this
    this.#person ??= { name, color, activity: this.#activity(), edits: this.#edits, lost: this.#lost }
    return this.#person
  }

  /** The pace is another: the pause that runs begins anew. An edit under way is brought to its end. */
  resume(): void {
    if (this.#work) return
    this.#timer?.()
    this.#timer = undefined
    const gapMs = this.#world.gapMs()
    if (gapMs === Number.POSITIVE_INFINITY) return
    // From one beginning to the next: what an edit took is part of its gap.
    const sinceMs = this.#world.clock.now() - this.#beganAtMs
    this.#after(Math.max(0, gapMs * this.#rhythm.next() - sinceMs), () => this.#act())
  }

  /** Edits at once, or ends the edit under way. False if there is nothing to do. */
  step(): boolean {
    const work = this.#work ?? this.#begin()
    if (work === 'trip') return true
    if (!work) return false
    this.#timer?.()
    const done = this.#commit(work)
    this.resume()
    return done
  }

  close(): void {
    this.#timer?.()
    this.#trip?.()
    this.#desk.close()
  }

  #activity(): BotActivity {
    const { connection } = this.#desk
    if (typeof connection === 'object') return { state: 'refused', error: connection.refused }
    if (this.#backAtMs !== undefined) return { state: 'offline', backAtMs: this.#backAtMs }
    if (connection === 'connecting') return { state: 'connecting' }
    return this.#work ? { state: 'editing', text: this.#work.gesture.text } : { state: 'thinking' }
  }

  #act(): void {
    this.#beganAtMs = this.#world.clock.now()
    const work = this.#begin()
    if (work && work !== 'trip') this.#beat(work)
    else this.resume()
  }

  /** Finds something to do. Nobody edits what they cannot see: without a connection only who left it on purpose works on. */
  #begin(): Work<Kind> | 'trip' | undefined {
    const away = this.#backAtMs !== undefined
    if (this.#desk.connection !== 'open' && !away) return undefined
    const chance = this.#chance(this.#begun++)
    for (const kind of weighted(chance, this.#world.mix())) {
      if (kind === 'offline') {
        if (away) continue
        this.#leave(between(chance, SHORTEST_TRIP, LONGEST_TRIP))
        return 'trip'
      }
      const gesture = this.#desk.plan(kind, chance)
      if (!gesture) continue
      this.#work = { kind, gesture, beat: 0 }
      this.#changed()
      return this.#work
    }
    return undefined
  }

  #beat(work: Work<Kind>): void {
    const { beats } = work.gesture
    const beat = beats[work.beat]
    if (!beat) {
      this.#commit(work)
      this.resume()
      return
    }
    work.beat += 1
    beat()
    this.#after(Math.min(BEAT_MS, this.#world.gapMs() / (2 * beats.length)), () => this.#beat(work))
  }

  #commit({ kind, gesture }: Work<Kind>): boolean {
    this.#work = undefined
    const done = gesture.commit()
    this.#desk.rest()
    if (done) this.#did(kind, gesture.text)
    else this.#changed()
    return done
  }

  #leave(seconds: number): void {
    this.#backAtMs = this.#world.clock.now() + seconds * 1000
    this.#desk.setOnline(false)
    this.#trip = this.#world.clock.after(seconds * 1000, () => {
      this.#backAtMs = undefined
      this.#desk.setOnline(true)
      this.#changed()
    })
    this.#did('offline', `went offline for ${seconds} s`)
  }

  #did(kind: Kind | 'offline', text: string): void {
    this.#edits += 1
    this.#changed()
    this.#world.edited(this.name, kind, text)
  }

  #changed(): void {
    this.#person = undefined
    this.#world.changed()
  }

  #after(delayMs: number, run: () => void): void {
    this.#timer = this.#world.clock.after(delayMs, run)
  }

  #chance(what: string | number): Random {
    return seededRandom(`${this.#world.seed}/${this.name}/${what}`)
  }
}
