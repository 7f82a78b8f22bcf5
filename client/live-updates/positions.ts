/**
 * How far a client has heard of each entity: positions that a planwire server gives with its frames (extension), by which it
 * tells after a lost connection what was missed. Other servers give none, and nothing here ever happens.
 */

import type { LiveDownstream } from '../protocol/dialects/dhtmlx/client.ts'
import { isObject } from '../protocol/guards.ts'
import type { Fields } from '../protocol/records.ts'

/** Positions by entity. */
export type Positions = Map<string, string>

/** What a planwire server adds to something it says: `{ planwire: {...} }`. Empty elsewhere. */
export function addedTo(said: unknown): Fields {
  const added = isObject(said) ? said['planwire'] : undefined
  return isObject(added) ? added : {}
}

/** What a subscription says beyond its name. */
export function since(heard: Positions, name: string): { readonly extra?: Fields } {
  return heard.has(name) ? { extra: { planwire: { since: heard.get(name) } } } : {}
}

/** An event was heard. One of several of a commit counts when the last of them came. */
export function noteEvent(heard: Positions, { name, extra }: Extract<LiveDownstream, { type: 'event' }>): void {
  const added = addedTo(extra?.['body'])
  if (added['more'] !== true) note(heard, name, added)
}

/** Notes where an entity stands. */
export function note(heard: Positions, name: string, { position }: Fields): void {
  if (typeof position === 'string') heard.set(name, position)
}
