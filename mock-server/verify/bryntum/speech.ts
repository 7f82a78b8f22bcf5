/** Owns the form of Bryntum frames in both dialects: where the fields stand, what a change is called, what one brings. */
import { isObject } from '../../../client/protocol/guards.ts'
import type { Fields } from '../../../client/protocol/records.ts'

/** The Bryntum dialects. */
export type BryntumDialect = 'bryntum-flat' | 'bryntum-revisions'

/** Something that a Bryntum server said. */
export type Said =
  | { readonly type: 'change'; readonly change: HeardChange }
  | { readonly type: 'word'; readonly command: string; readonly fields: Fields; readonly error: string | undefined }

/** A change as a server tells it; in the revisions dialect, one revision. */
export interface HeardChange {
  readonly changes: Fields
  readonly project: unknown
  readonly revision: unknown
  readonly localRevision: unknown
  readonly client: unknown
  /** What stands under `planwire`, the extension's key. */
  readonly extension: unknown
}

/** What a change is called. */
export function changeCommand(dialect: BryntumDialect): string {
  return dialect === 'bryntum-flat' ? 'projectChange' : 'project_change'
}

/** A frame of the dialect. */
export function frameOf(dialect: BryntumDialect, command: string, fields: Fields): Fields {
  return dialect === 'bryntum-flat' ? { ...fields, command } : { command, data: fields }
}

/** What a frame says: a frame of several revisions says several things. */
export function readFrame(dialect: BryntumDialect, frame: Fields): readonly Said[] {
  const command = String(frame['command'])
  const flat = dialect === 'bryntum-flat'
  const { data } = frame
  const fields: Fields = flat ? frame : isObject(data) ? data : {}
  const error = errorOf(frame)
  if (command !== changeCommand(dialect) || error !== undefined) return [{ type: 'word', command, fields, error }]
  const list: readonly unknown[] = flat ? [frame] : Array.isArray(fields['revisions']) ? fields['revisions'] : []
  return list.filter(isObject).map((revision) => ({
    type: 'change',
    change: {
      changes: isObject(revision['changes']) ? revision['changes'] : {},
      project: fields['project'],
      revision: revision['revision'],
      localRevision: revision['localRevision'],
      client: revision['client'],
      extension: revision['planwire'],
    },
  }))
}

/** Errors stand beside the command as `error`; those of unreadable frames have the command `error` and a `message`. */
function errorOf({ command, error, message }: Fields): string | undefined {
  if (typeof error === 'string') return error
  if (error !== undefined && error !== null && error !== false) return JSON.stringify(error)
  if (command === 'error') return typeof message === 'string' ? message : 'error'
  return undefined
}
