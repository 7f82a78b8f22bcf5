/** Owns the words of bots: what they do, what they show, and what they tell. Shared by plans and calendars. */
import type { Cancel, Clock, Random, Transport } from '../../client/ports/ports.ts'
import type { PlanwireError } from '../../client/protocol/errors.ts'
import type { RecordId } from '../../client/protocol/ids.ts'

/** How often each kind of edit comes up, as weights of any scale; 0: never. */
export type Mix<Kind extends string> = Readonly<Record<Kind, number>>

/** How bots work. */
export interface BotSettings<Kind extends string> {
  /** Edits per minute of each bot, on average, from 0 to 1,200. Default 12. */
  readonly rate?: number
  /** Weights in place of the defaults; kinds that are not named keep theirs. */
  readonly mix?: Partial<Mix<Kind>>
  /** True: nobody does anything but {@link Bots.step}. Default false. */
  readonly paused?: boolean
}

/** What bots of either kind may be given. */
export interface BotOptions<Kind extends string> extends BotSettings<Kind> {
  /** How many to begin with, from 0 to 50. Default 2. */
  readonly count?: number
  /** Names of the first ones. Default: first names of a list. */
  readonly names?: readonly string[]
  /** The same seed, server and clock: the same edits. Default 1. */
  readonly seed?: number | string
  /** Default: the platform's. `ManualClock` of `planwire/testing` fits. */
  readonly clock?: Clock
  /** Ids of clients and new records. Default: the platform's, since a server must never see an id twice; the seed decides everything else. */
  readonly random?: Random
  readonly transport?: Transport
}

/** An edit that a bot made. */
export interface BotEdit<Kind extends string = string> {
  /** Number among the edits of all bots, from 1. */
  readonly n: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Name of the bot. */
  readonly by: string
  readonly kind: Kind
  /** What follows the name: `moved "Code freeze" 2 days later`. */
  readonly text: string
}

/** What a bot is at. */
export type BotActivity =
  /** On its way to the server, also after a lost connection. It edits nothing. */
  | { readonly state: 'connecting' }
  /** Between two edits. */
  | { readonly state: 'thinking' }
  /** In the middle of an edit. */
  | { readonly state: 'editing'; readonly text: string }
  /** Off the network by its own will: it works on, and what it does arrives when it is back. */
  | { readonly state: 'offline'; readonly backAtMs: number }
  /** The server does not let it in; it does nothing until it is removed and added again. */
  | { readonly state: 'refused'; readonly error: PlanwireError }

/** A bot as others see it: the same object until something in it changes. */
export interface BotPerson {
  readonly name: string
  /** `#rrggbb`, dark enough for white text on it. */
  readonly color: string
  readonly activity: BotActivity
  /** Edits made so far. */
  readonly edits: number
  /** How many of them the server refused, or others removed the record of. */
  readonly lost: number
}

/** Everything about a group of bots: the same object until something in it changes. */
export interface BotsState<Kind extends string = string> {
  readonly rate: number
  readonly mix: Mix<Kind>
  readonly paused: boolean
  readonly people: readonly BotPerson[]
  /** Edits made so far by all, those who left included. */
  readonly edits: number
  /** The last 50 edits, oldest first. */
  readonly recent: readonly BotEdit<Kind>[]
}

/** A group of bots at work. */
export interface Bots<Kind extends string = string> {
  readonly state: BotsState<Kind>
  readonly people: readonly BotPerson[]
  /** Changes how they work, at once. Error `invalid-argument`. */
  set(settings: BotSettings<Kind>): void
  /** One more. Error `invalid-argument` for a name that is taken, for the 51st, and after {@link close}. */
  add(name?: string): BotPerson
  /** Sends one home; what it has not sent is lost. An unknown name is passed over. */
  remove(name: string): void
  /** Calls `listener` whenever {@link state} is another. Both fit `useSyncExternalStore`. */
  subscribe(listener: () => void): Cancel
  /** Calls `listener` for each edit, when it is made. */
  onEdit(listener: (edit: BotEdit<Kind>) => void): Cancel
  /** The next bot in turn edits at once, also while paused. Undefined if nobody can: not connected, or nothing there to edit. */
  step(): BotEdit<Kind> | undefined
  /** Sends everybody home. Idempotent. */
  close(): void
}

/** The presence of a bot in a project, as `peer.state` of the other clients shows it. */
export interface BotPresence {
  readonly bot: true
  readonly name: string
  readonly color: string
  /** The task it looks at; null: none. */
  readonly task: RecordId | null
  /** Where a bar is being dragged to, a few times a second, until the edit is made. */
  readonly drag?: { readonly task: RecordId; readonly startDate: string; readonly endDate: string }
}

/** A piece of work: what others see of it on the way, and the edit at its end. */
export interface Gesture {
  readonly text: string
  /** What is shown, one after the other, a moment each. */
  readonly beats: readonly (() => void)[]
  /** Makes the edit. False if it has become impossible meanwhile. */
  readonly commit: () => boolean
}

/** What a bot sits at: a client, and how to work with it; `Kind` are the kinds of edit that need one. */
export interface Desk<Kind extends string> {
  readonly connection: 'connecting' | 'open' | { readonly refused: PlanwireError }
  /** A gesture of a kind on what is there now; undefined where nothing fits. */
  plan(kind: Kind, random: Random): Gesture | undefined
  /** Hands off: nothing is selected or dragged. */
  rest(): void
  setOnline(online: boolean): void
  close(): void
}

/** What a desk is made of. */
export interface DeskParts {
  readonly name: string
  readonly color: string
  readonly clock: Clock
  readonly random: Random
  /** The connection is another than before. */
  readonly changed: () => void
  /** An edit was refused, or its record removed by others. */
  readonly lost: () => void
}
