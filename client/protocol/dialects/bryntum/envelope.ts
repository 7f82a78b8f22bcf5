/** Owns the envelopes: flat, where every field stands beside `command`, and `{ command, data }`, read even where a server forgot it. */
import { fieldsAt, isObject } from '../../guards.ts'
import type { Fields } from '../../records.ts'
import type { Body } from './names.ts'

/** The frame of the flat dialect. */
export function flatFrame({ command, fields, beside }: Body): string {
  return JSON.stringify(Object.assign({ command }, fields, beside, { command }))
}

/** The fields of a frame of the revisions dialect: those of `data` before those beside it, where the 2025 server puts errors and version content. */
export function openEnvelope(json: unknown): Fields {
  const { data, ...beside } = fieldsAt(json, 'frame')
  if (data === undefined) return beside
  return isObject(data) ? { ...beside, ...fieldsAt(data, 'data'), command: beside.command } : { ...beside, data }
}

/** The frame. A refusal that says nothing else has no `data`. */
export function closeEnvelope({ command, fields, beside }: Body): string {
  const bare = beside && Object.values(fields).every((value) => value === undefined)
  return JSON.stringify({ command, ...beside, data: bare ? undefined : fields })
}
