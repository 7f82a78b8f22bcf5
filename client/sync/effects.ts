/** Owns how the session tells the app of something: events as effects. */
import type { ChangesetId } from '../protocol/ids.ts'
import type { Effect, SessionEvent } from './session-types.ts'

/** An event, if anything changed in what the app sees. */
export function view(
  origin: 'local' | 'remote' | 'dataset',
  changes: Extract<SessionEvent, { type: 'view' }>['changes'],
  own?: ChangesetId,
): Effect[] {
  if (changes.length === 0 && origin !== 'dataset') return []
  return [emit({ type: 'view', origin, changes, ...(own === undefined ? {} : { own }) })]
}

/** Wraps an event as an effect. */
export function emit(event: SessionEvent): Effect {
  return { type: 'emit', event }
}
