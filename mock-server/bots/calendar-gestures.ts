/** Owns what bots do to events of a calendar: drag, resize, rename, create, delete. */
import type { Scheduler, SchedulerEvent } from '../../client/live-updates/event-store.ts'
import type { Random } from '../../client/ports/ports.ts'
import type { RecordId } from '../../client/protocol/ids.ts'
import { between, happens, oneOf } from './chance.ts'
import { addMinutes, daysBetween, isDate } from './dates.ts'
import { MOST_LEFT } from './plan-view.ts'
import type { Gesture } from './words.ts'

const DAY = 24 * 60
const HALF_HOUR = 30
const NEW_EVENTS = ['Stand-up', 'Interview', 'Design review', 'One to one', 'Planning', 'Retro', 'Demo', 'Bug triage']
const NOTES = ['moved room', 'online', 'optional', 'with guests']

type Timed = SchedulerEvent & { readonly start_date: string; readonly end_date: string }

/** A calendar as one bot sees it. */
export class CalendarView {
  readonly scheduler: Scheduler
  #mine: readonly RecordId[] = []

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler
    scheduler.events.on('change', ({ origin, added }) => {
      if (origin === 'local') this.#mine = [...this.mine(), ...added.map(({ id }) => id)]
    })
  }

  /** What this bot added and nobody has removed, oldest first. */
  mine(): readonly RecordId[] {
    this.#mine = this.#mine.filter((id) => this.scheduler.getEvent(id))
    return this.#mine
  }

  /** Single events with dates: a series, and what stands for one of its days, is left to people. */
  singles(): readonly Timed[] {
    return this.scheduler.events
      .all()
      .filter(
        (event): event is Timed =>
          isDate(event.start_date) && isDate(event.end_date) && !event['rrule'] && !event['recurring_event_id'],
      )
  }

  /** From the first day with an event to the last one: edits stay within it. */
  frame(): { readonly from: string; readonly to: string } {
    const all = this.singles()
    const from = all.map((event) => event.start_date).sort()[0] ?? ''
    const to = all
      .map((event) => event.end_date)
      .sort()
      .at(-1)
    return { from: from.slice(0, 10), to: `${to ?? ''}` }
  }
}

/** Moves an event by days, or within its day by half hours, start and end together. */
export function drag(view: CalendarView, random: Random): Gesture | undefined {
  const event = oneOf(random, view.singles())
  const sign = happens(random, 0.5) ? 1 : -1
  const hours = happens(random, 0.5)
  const steps = between(random, 1, 4) * sign
  if (!event) return undefined
  const { from, to } = view.frame()
  const wholeDays = daysBetween(event.start_date, event.end_date) > 0
  const step = hours && !wholeDays ? HALF_HOUR : DAY
  const fits = (minutes: number): boolean =>
    addMinutes(event.start_date, minutes) >= from &&
    addMinutes(event.end_date, minutes) <= to &&
    (step === DAY ||
      sameDay(event.start_date, addMinutes(event.end_date, minutes), addMinutes(event.start_date, minutes)))
  const minutes = [steps * step, -steps * step, sign * step, -sign * step].find(fits)
  if (minutes === undefined) return undefined
  return {
    text: `moved ${quoted(event)} ${howLong(Math.abs(minutes))} ${minutes > 0 ? 'later' : 'earlier'}`,
    beats: [],
    commit: () =>
      edit(view, event, {
        start_date: addMinutes(event.start_date, minutes),
        end_date: addMinutes(event.end_date, minutes),
      }),
  }
}

/** Pulls the end of an event: half hours of a meeting, days of what lasts for days. */
export function resize(view: CalendarView, random: Random): Gesture | undefined {
  const event = oneOf(random, view.singles())
  const sign = happens(random, 0.5) ? 1 : -1
  const steps = between(random, 1, 2) * sign
  if (!event) return undefined
  const { to } = view.frame()
  const step = daysBetween(event.start_date, event.end_date) > 0 ? DAY : HALF_HOUR
  const fits = (minutes: number): boolean => {
    const end = addMinutes(event.end_date, minutes)
    return addMinutes(event.start_date, step) <= end && end <= to && (step === DAY || sameDay(event.start_date, end))
  }
  const minutes = [steps * step, -steps * step, sign * step, -sign * step].find(fits)
  if (minutes === undefined) return undefined
  return {
    text: `made ${quoted(event)} ${howLong(Math.abs(minutes))} ${minutes > 0 ? 'longer' : 'shorter'}`,
    beats: [],
    commit: () => edit(view, event, { end_date: addMinutes(event.end_date, minutes) }),
  }
}

/** Writes a note behind the text of an event, another one, or takes it off. */
export function rename(view: CalendarView, random: Random): Gesture | undefined {
  const event = oneOf(random, view.singles())
  const note = oneOf(random, NOTES)
  if (!event) return undefined
  const before = event.text ?? ''
  const bare = NOTES.reduce(
    (text, other) => (text.endsWith(`, ${other}`) ? text.slice(0, -other.length - 2) : text),
    before,
  )
  const text = before === bare || happens(random, 0.5) ? `${bare}, ${note}` : bare
  if (text === before) return undefined
  return {
    text: `renamed ${quoted(event)} to ${quoted({ ...event, text })}`,
    beats: [],
    commit: () => edit(view, event, { text }),
  }
}

/** Adds an hour on the day of another event. A bot that has left enough of them deletes instead. */
export function create(view: CalendarView, random: Random): Gesture | undefined {
  if (view.mine().length >= MOST_LEFT) return remove(view)
  const beside = oneOf(random, view.singles())
  const text = oneOf(random, NEW_EVENTS) ?? ''
  const hour = between(random, 9, 16)
  if (!beside) return undefined
  const start_date = `${beside.start_date.slice(0, 10)} ${String(hour).padStart(2, '0')}:00`
  return {
    text: `added “${text}”`,
    beats: [],
    commit() {
      view.scheduler.addEvent({ text, start_date, end_date: addMinutes(start_date, 60) })
      return true
    },
  }
}

/** Deletes an event that this bot has added, never anybody else's. */
export function remove(view: CalendarView): Gesture | undefined {
  const id = view.mine()[0]
  const event = id === undefined ? undefined : view.scheduler.getEvent(id)
  if (!event) return undefined
  return {
    text: `deleted ${quoted(event)}`,
    beats: [],
    commit() {
      if (!view.scheduler.getEvent(event.id)) return false
      view.scheduler.deleteEvent(event.id)
      return true
    },
  }
}

function edit({ scheduler }: CalendarView, { id }: SchedulerEvent, fields: Partial<Omit<Timed, 'id'>>): boolean {
  if (!scheduler.getEvent(id)) return false
  scheduler.updateEvent(id, fields)
  return true
}

/** The dates lie on one day; an end at midnight belongs to the next one. */
function sameDay(...dates: readonly string[]): boolean {
  return new Set(dates.map((date) => date.slice(0, 10))).size === 1
}

function quoted(event: SchedulerEvent): string {
  const text = event.text ?? String(event.id)
  return `“${text.length > 40 ? `${text.slice(0, 39)}…` : text}”`
}

function howLong(minutes: number): string {
  if (minutes >= DAY) return minutes === DAY ? 'a day' : `${minutes / DAY} days`
  return minutes === 60 ? 'an hour' : minutes > 60 ? `${minutes / 60} hours` : `${minutes} minutes`
}
