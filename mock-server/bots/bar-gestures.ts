/** Owns what bots do to single tasks: drag, resize, progress, new names. */
import type { Random } from '../../client/ports/ports.ts'
import type { RecordId } from '../../client/protocol/ids.ts'
import type { Task } from '../../client/protocol/records.ts'
import { between, happens, oneOf } from './chance.ts'
import { addDays, daysBetween } from './dates.ts'
import { type Dated, isDated, type PlanView } from './plan-view.ts'
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
      edit(view, bar, 'move', (now) =>
        isDated(now) ? { startDate: addDays(now.startDate, days), endDate: addDays(now.endDate, days) } : undefined,
      ),
  }
}

/** Pulls the end of a bar: shorter or longer by some days, a day at least. */
export function resize(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const bars = view.bars().filter((bar) => bar.startDate < bar.endDate && daysLeft(bar) !== undefined)
  const bar = oneOf(random, bars)
  const far = between(random, 1, 4) * (happens(random, 0.5) ? 1 : -1)
  const frame = bar && view.frame(bar)
  const left = bar && daysLeft(bar)
  if (!bar || !frame || left === undefined) return undefined
  const fits = (days: number): boolean => left + days >= 1 && (days < 0 || addDays(bar.endDate, days) <= frame.to)
  const days = [far, -far, Math.sign(far), -Math.sign(far)].find(fits)
  if (days === undefined) return undefined
  return {
    text: `made ${view.quoted(bar)} ${howLong(days)} ${days > 0 ? 'longer' : 'shorter'}`,
    beats: onTheWay(days).map(
      (by) => () => show(bar.id, { task: bar.id, startDate: bar.startDate, endDate: addDays(bar.endDate, by) }),
    ),
    commit: () =>
      edit(view, bar, 'resize', (now) => {
        const left = isDated(now) ? daysLeft(now) : undefined
        if (!isDated(now) || left === undefined || left + days < 1) return undefined
        const duration = typeof now.duration === 'number' ? { duration: now.duration + days } : {}
        return { endDate: addDays(now.endDate, days), ...duration }
      }),
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
    commit: () => edit(view, task, 'progress', () => ({ percentDone })),
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
    commit: () => edit(view, task, 'rename', () => ({ name })),
  }
}

/** One edit of a task as it is by now: somebody else may have moved or removed it meanwhile. */
function edit(
  view: PlanView,
  { id }: Task,
  label: string,
  change: (now: Task) => Partial<Omit<Task, 'id'>> | undefined,
): boolean {
  const { tasks } = view.client
  const now = tasks.get(id)
  const fields = now && change(now)
  if (!fields) return false
  view.client.transact(() => tasks.update(id, fields), { label })
  return true
}

/** How many days a bar could lose, and one more; undefined for durations in other units than days. */
function daysLeft({ duration, durationUnit = 'day', startDate, endDate }: Dated): number | undefined {
  const span = daysBetween(startDate, endDate)
  if (typeof duration !== 'number') return span
  // A duration in working days is shorter than its span: neither may run out.
  return /^d(ays?)?$/.test(durationUnit) ? Math.min(span, duration) : undefined
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
