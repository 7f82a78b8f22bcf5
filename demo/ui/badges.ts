/** What a badge on a record says: one sign, one name and one sentence each. */
import { h, type IconName, icon } from './dom.ts'

/** What a user has to know of a record; `synced` needs no badge. */
export type BadgeName = 'pending' | 'unconfirmed' | 'rejected' | 'conflict'

/** Name and meaning of each badge, in the order of the legend. */
const BADGES: { readonly [name in BadgeName]: { readonly icon: IconName; name: string; meaning: string } } = {
  pending: {
    icon: 'clock',
    name: 'Waiting',
    meaning: 'Your edit is shown and kept, also after a reload. The server has not stored it yet.',
  },
  unconfirmed: {
    icon: 'question',
    name: 'Unconfirmed',
    meaning: 'Sent to a server that answers nothing. The next reading of the plan will tell.',
  },
  rejected: {
    icon: 'cross',
    name: 'Refused',
    meaning: 'The server refused your edit; what it holds is shown again. Your next edit takes this off.',
  },
  conflict: {
    icon: 'conflict',
    name: 'Conflict',
    meaning: 'Somebody removed a task in here while you were editing it. Click to bring it back or let it go.',
  },
}

/** A badge for a row. Its tooltip says what it means. */
export function badge(name: BadgeName): HTMLSpanElement {
  const { name: title, meaning, icon: sign } = BADGES[name]
  const element = h(
    'span',
    { className: `badge badge-${name}`, role: 'img', title: `${title}: ${meaning}` },
    icon(sign),
  )
  element.setAttribute('aria-label', title)
  return element
}

/** All badges with their meaning. */
export function legend(): HTMLDListElement {
  return h(
    'dl',
    { className: 'badge-legend' },
    ...(['pending', 'unconfirmed', 'rejected', 'conflict'] as const).flatMap((name) => [
      h('dt', {}, icon(BADGES[name].icon), BADGES[name].name),
      h('dd', {}, BADGES[name].meaning),
    ]),
  )
}
