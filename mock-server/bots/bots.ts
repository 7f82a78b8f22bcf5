/** Owns a group of bots: who belongs to it, how they are told to work, and what they have done. */
import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Cancel } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { Bot } from './bot.ts'
import { freeColor, freeName } from './people.ts'
import type { BotEdit, BotOptions, BotPerson, BotSettings, Bots, BotsState, Desk, DeskParts, Mix } from './words.ts'

const MOST_BOTS = 50
const FASTEST_RATE = 1_200
const RECENT = 50
const MINUTE_MS = 60_000

/** Bots of any kind. `desk` gives each its client; `defaults` are the weights of the kinds of edit that it knows. */
export function createBots<Work extends string>(
  options: BotOptions<Work | 'offline'>,
  defaults: Mix<Work | 'offline'>,
  desk: (parts: DeskParts) => Desk<Work>,
): Bots<Work | 'offline'> {
  type Kind = Work | 'offline'
  const {
    seed = 1,
    names = [],
    count = Math.max(2, names.length),
    clock = systemClock,
    random = systemRandom,
  } = options
  checkNumber('count', count, MOST_BOTS)
  const start = Math.floor(seededRandom(`${seed}/people`).next() * 1000)
  const bots: Bot<Work>[] = []
  const listeners = new Set<() => void>()
  const editListeners = new Set<(edit: BotEdit<Kind>) => void>()
  let pace = paceOf(options, { rate: 12, mix: defaults, paused: false })
  let recent: readonly BotEdit<Kind>[] = []
  let edits = 0
  let turn = 0
  let state: BotsState<Kind> | undefined
  let closed = false

  const changed = (): void => {
    state = undefined
    for (const listener of [...listeners]) listener()
  }
  const world = {
    clock,
    seed: String(seed),
    gapMs: () => (pace.paused || pace.rate === 0 ? Number.POSITIVE_INFINITY : MINUTE_MS / pace.rate),
    mix: () => pace.mix,
    changed,
    edited(by: string, kind: Kind, text: string): void {
      const edit: BotEdit<Kind> = { n: ++edits, at: clock.now(), by, kind, text }
      recent = [...recent, edit].slice(-RECENT)
      changed()
      for (const listener of [...editListeners]) listener(edit)
    },
  }
  const taken = (name: string): boolean => bots.some((bot) => bot.name === name)
  const group: Bots<Kind> = {
    get state() {
      state ??= { ...pace, people: bots.map(({ person }) => person), edits, recent }
      return state
    },
    get people() {
      return group.state.people
    },
    set(settings) {
      pace = paceOf(settings, pace)
      for (const bot of bots) bot.resume()
      changed()
    },
    add(given): BotPerson {
      if (closed) throw invalid('These bots are closed: start others')
      if (bots.length >= MOST_BOTS) throw invalid(`There are ${MOST_BOTS} bots: remove one before you add another`)
      if (given !== undefined && (given === '' || taken(given)))
        throw invalid(`A bot needs a name of its own, not "${given}"`)
      const name = given ?? freeName(taken, start)
      const color = freeColor(
        bots.map((bot) => bot.color),
        start,
      )
      const bot = new Bot<Work>(name, color, world, desk, random)
      bots.push(bot)
      changed()
      return bot.person
    },
    remove(name) {
      const at = bots.findIndex((bot) => bot.name === name)
      if (at === -1) return
      for (const bot of bots.splice(at, 1)) bot.close()
      changed()
    },
    subscribe: (listener) => heardBy(listeners, listener),
    onEdit: (listener) => heardBy(editListeners, listener),
    step() {
      for (let tries = 0; tries < bots.length; tries += 1) {
        const bot = bots[turn++ % bots.length]
        const before = edits
        if (bot?.step() && edits > before) return recent.at(-1)
      }
      return undefined
    },
    close() {
      closed = true
      for (const bot of bots.splice(0)) bot.close()
      changed()
      listeners.clear()
      editListeners.clear()
    },
  }
  for (let at = 0; at < count; at += 1) group.add(names[at])
  return group
}

function heardBy<Listener>(listeners: Set<Listener>, listener: Listener): Cancel {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function paceOf<Kind extends string>(
  settings: BotSettings<Kind>,
  before: { readonly rate: number; readonly mix: Mix<Kind>; readonly paused: boolean },
): { readonly rate: number; readonly mix: Mix<Kind>; readonly paused: boolean } {
  const rate = settings.rate ?? before.rate
  checkNumber('rate', rate, FASTEST_RATE)
  for (const [kind, weight] of Object.entries(settings.mix ?? {})) {
    if (!Object.hasOwn(before.mix, kind))
      throw invalid(`mix: there is no kind "${kind}", but ${Object.keys(before.mix).join(', ')}`)
    checkNumber(`mix.${kind}`, weight, Number.MAX_SAFE_INTEGER)
  }
  return { rate, mix: { ...before.mix, ...settings.mix }, paused: settings.paused ?? before.paused }
}

function checkNumber(what: string, value: unknown, most: number): void {
  if (typeof value === 'number' && value >= 0 && value <= most) return
  throw invalid(`${what} must be a number from 0 to ${most}, not ${JSON.stringify(value)}`)
}

function invalid(text: string): PlanwireError {
  return new PlanwireError('invalid-argument', `Bots: ${text}`, 'fatal')
}
