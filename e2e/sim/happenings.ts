/** What befell fleets, counted: a campaign proves something about a fault only if it happened. */

/** Everything that a campaign must have lived through. */
export const HAPPENINGS = [
  'lines cut',
  'lines cut between a change and its ack',
  'lines dead without a word',
  'frames heard twice',
  'machines asleep',
  'tabs offline',
  'edits made offline',
  'clocks wrong by more than a minute',
  'resets',
  'resets amid the edits of others',
  'servers restarted',
  'servers restarted without their memory',
  'servers restarted with a lost tail',
  'tabs away while the others went on after a restart',
  'tabs reloaded',
  'tabs crashed',
  'tabs crashed with edits',
  'tabs duplicated',
  'changesets taken back by a reloaded tab',
  'changesets adopted from another tab',
  'logins as somebody else',
  'projects read again',
  'undone',
  'redone',
  'conflicts told',
  'rejections told',
] as const

/** One of them. */
export type Happening = (typeof HAPPENINGS)[number]

/** How often each happened. */
export type Happenings = Map<Happening, number>

/** Counts one more, or more at once. */
export function happened(counts: Happenings, what: Happening, times = 1): void {
  if (times > 0) counts.set(what, (counts.get(what) ?? 0) + times)
}
