/** Owns what bots do to single tasks: drag, resize, progress, new names. */
import type { Random } from '../../client/ports/ports.ts'
import type { RecordId } from '../../client/protocol/ids.ts'
import type { Task } from '../../client/protocol/records.ts'
import { between, happens, oneOf } from './chance.ts'
import { addDays, daysBetween } from './dates.ts'
import type { Dated, PlanView } from './plan-view.ts'
import type { BotPresence, Gesture } from './words.ts'

/** Shows others what the bot is at. */
export type Show = (task: RecordId, drag?: BotPresence['drag']) => void

/** What people write behind a name while a plan is alive. */
const NOTES = ['draft', 'in review', 'on hold', 'at risk', 'to be confirmed', 'agreed']

/** Moves a bar, start and end together, within the plan around it. */
export function drag(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const bar = oneOf(random, view.bars())
  const far = between(random, 1, 6) * (happens(random, 0.5) ? 1 : -1)
  const frame = bar && view.frame(bar)
  if (!bar || !frame) return undefined
  const fits = (days: number): boolean =>
    addDays(bar.startDate, days) >= frame.from && addDays(bar.endDate, days) <= frame.to
  const days = [far, -far, Math.sign(far), -Math.sign(far)].find(fits)
  if (days === undefined) return undefined
  return {
    text: `moved ${view.quoted(bar)} ${howLong(days)} ${days > 0 ? 'later' : 'earlier'}`,
    beats: onTheWay(days).map(
      (by) => () =>
        show(bar.id, { task: bar.id, startDate: addDays(bar.startDate, by), endDate: addDays(bar.endDate, by) }),
    ),
    commit: () =>
      edit(view, bar, { startDate: addDays(bar.startDate, days), endDate: addDays(bar.endDate, days) }, 'move'),
  }
}

/** Pulls the end of a bar: shorter or longer by some days, a day at least. */
export function resize(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const bars = view.bars().filter((bar) => bar.startDate < bar.endDate && daysOf(bar) !== undefined)
  const bar = oneOf(random, bars)
  const far = between(random, 1, 4) * (happens(random, 0.5) ? 1 : -1)
  const frame = bar && view.frame(bar)
  const inDays = bar && daysOf(bar)
  if (!bar || !frame || inDays === undefined) return undefined
  const span = daysBetween(bar.startDate, bar.endDate)
  // A duration in working days is shorter than its span: neither may run out.
  const fits = (days: number): boolean =>
    Math.min(span, inDays) + days >= 1 && (days < 0 || addDays(bar.endDate, days) <= frame.to)
  const days = [far, -far, Math.sign(far), -Math.sign(far)].find(fits)
  if (days === undefined) return undefined
  const { duration } = bar
  return {
    text: `made ${view.quoted(bar)} ${howLong(days)} ${days > 0 ? 'longer' : 'shorter'}`,
    beats: onTheWay(days).map(
      (by) => () => show(bar.id, { task: bar.id, startDate: bar.startDate, endDate: addDays(bar.endDate, by) }),
    ),
    commit: () =>
      edit(
        view,
        bar,
        {
          endDate: addDays(bar.endDate, days),
          ...(typeof duration === 'number' ? { duration: (duration / inDays) * (inDays + days) } : {}),
        },
        'resize',
      ),
  }
}

/** Reports progress; what is done is now and then opened again. */
export function progress(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const task = oneOf(random, view.leaves())
  const step = between(random, 1, 6) * 5
  if (!task) return undefined
  const before = typeof task.percentDone === 'number' ? task.percentDone : 0
  const percentDone = before >= 100 ? 100 - 2 * step : Math.min(100, before + step)
  return {
    text: `set ${view.quoted(task)} to ${percentDone} %`,
    beats: [() => show(task.id)],
    commit: () => edit(view, task, { percentDone }, 'progress'),
  }
}

/** Writes a note behind a name, another one, or takes it off. */
export function rename(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const task = oneOf(random, view.leaves())
  const note = oneOf(random, NOTES)
  if (!task) return undefined
  const before = String(task.name ?? '')
  const bare = NOTES.reduce(
    (name, other) => (name.endsWith(` (${other})`) ? name.slice(0, -other.length - 3) : name),
    before,
  )
  const name = before === bare ? `${bare} (${note})` : happens(random, 0.5) ? bare : `${bare} (${note})`
  if (name === before) return undefined
  return {
    text: `renamed ${view.quoted(task)} to ${view.quoted({ ...task, name })}`,
    beats: [() => show(task.id), () => show(task.id)],
    commit: () => edit(view, task, { name }, 'rename'),
  }
}

/** One edit of a task, if it is still there. */
function edit(view: PlanView, { id }: Task, fields: Partial<Omit<Task, 'id'>>, label: string): boolean {
  const { tasks } = view.client
  if (!tasks.has(id)) return false
  view.client.transact(() => tasks.update(id, fields), { label })
  return true
}

/** How many days a duration means; undefined for units that are no multiple of a day or of which nothing is known here. */
function daysOf({ duration, durationUnit = 'day', startDate, endDate }: Dated): number | undefined {
  if (typeof duration !== 'number') return daysBetween(startDate, endDate)
  const days = /^d(ays?)?$/.test(durationUnit) ? duration : undefined
  return days !== undefined && days > 0 ? days : undefined
}

/** Where a drag passes, in days, the end included. */
function onTheWay(days: number): number[] {
  return Array.from({ length: Math.max(2, Math.abs(days)) }, (_, at) =>
    Math.abs(days) === 1 ? at * days : (at + 1) * Math.sign(days),
  )
}

function howLong(days: number): string {
  return Math.abs(days) === 1 ? 'a day' : `${Math.abs(days)} days`
}
