/** Owns the checks that a recording can be cut down for, without a line of code: what must still be wrong in what is left. */
import { isObject } from '../../client/protocol/guards.ts'
import { sameId } from '../../client/protocol/ids.ts'
import type { ServerState } from '../core/state-file.ts'
import type { RecordChange } from '../recorder/player.ts'
import type { Recording } from '../recorder/recording.ts'
import { cellOf } from './data-model.ts'
import { kindOf } from './entry-kind.ts'

/** What to look for. */
export type Wrong =
  /** A server says no: an error frame, or an answer of 400 and above. */
  | { readonly kind: 'error' }
  /** A message holds this text. */
  | { readonly kind: 'text'; readonly text: string }
  /** A record ends with these values in these fields; undefined: it is not there at the end. */
  | {
      readonly kind: 'record'
      readonly change: RecordChange
      readonly end: { readonly [field: string]: unknown } | undefined
    }

/** True if a recording still shows it. */
export function shows(wrong: Wrong, { entries, end }: Pick<Recording, 'entries' | 'end'>): boolean {
  switch (wrong.kind) {
    case 'error':
      return entries.some((entry) =>
        entry.type === 'answer' ? entry.status >= 400 : entry.type === 'frame' && saysNo(entry.text, kindOf(entry)),
      )
    case 'text':
      return entries.some(
        (entry) =>
          (entry.type === 'frame' && entry.text.includes(wrong.text)) ||
          ('body' in entry && entry.body.includes(wrong.text)),
      )
    case 'record': {
      const record = end === undefined ? undefined : recordIn(end, wrong.change)
      if (record === undefined || wrong.end === undefined) return end !== undefined && record === wrong.end
      const last = wrong.end
      return wrong.change.fields.every((field) => cellOf(record[field]) === cellOf(last[field]))
    }
  }
}

function saysNo(text: string, kind: string): boolean {
  return kind === 'error' || /^\{[^{]{0,200}"error"\s*:\s*"/.test(text)
}

/** The record of a change in a state; undefined where it is not there. */
export function recordIn(
  state: ServerState,
  { room, store, id }: RecordChange,
): { readonly [field: string]: unknown } | undefined {
  const [kind, name] = [room.slice(0, room.indexOf('/')), room.slice(room.indexOf('/') + 1)]
  if (kind === 'collection') return state.collections[name]?.find((record) => isObject(record) && record['id'] === id)
  const project = state.projects.find((each) => sameId(each.id, name))
  if (project === undefined) return undefined
  if (store === '') return project.projectMeta
  const rows: unknown = Object.entries(project).find(([key]) => key === `${store}Data`)?.[1]
  return Array.isArray(rows) ? rows.filter(isObject).find((record) => record['id'] === id) : undefined
}
