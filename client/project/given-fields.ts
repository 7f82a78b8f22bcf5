/** What an app may give as the fields of a record: owns the refusal of what would not travel, before anything changes. */
import { invalidArgument } from '../protocol/errors.ts'
import { isUnsafe } from '../protocol/guards.ts'
import type { Fields } from '../protocol/records.ts'

/** Nested deeper than this, a value is a mistake, and would exhaust the stack of whoever reads it. */
const DEEPEST = 100

/**
 * Fields without `id` and without undefined values. Error `invalid-argument` for anything that JSON loses or cannot say:
 * it would be one thing here and another, or nothing, everywhere else. `call` is the app's, for the message.
 */
export function givenFields(fields: unknown, call: string): Fields {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw invalidArgument(`${call} takes an object of fields`)
  const given: Record<string, unknown> = {}
  for (const field of Object.keys(fields)) {
    const value: unknown = (fields as Fields)[field]
    // Nobody takes an unsafe key from the wire.
    if (field === 'id' || value === undefined || isUnsafe(field)) continue
    checkTravels(value, field, call)
    // JSON says 0 for -0: it is 0 here as well, so that what comes back is what was given.
    given[field] = value === 0 ? 0 : value
  }
  return given
}

/** Error `invalid-argument` for a value that JSON loses or cannot say; `path` leads to it. */
export function checkTravels(value: unknown, path: string, call: string, within: readonly object[] = []): void {
  const wrong = whyNot(value, within)
  if (wrong !== undefined) throw invalidArgument(`${call}: ${path} is ${wrong}, which cannot be sent`, { path })
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return
  for (const [key, part] of Object.entries(value)) checkTravels(part, `${path}.${key}`, call, [...within, value])
}

function whyNot(value: unknown, within: readonly object[]): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : String(value)
    case 'function':
    case 'symbol':
    case 'bigint':
      return `a ${typeof value}`
    case 'object':
      if (value === null) return undefined
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no valid date' : undefined
      if (within.includes(value) || within.length > DEEPEST) return 'nested without end'
      return Symbol.iterator in value && !Array.isArray(value) ? 'a collection that is no array' : undefined
    default:
      return undefined
  }
}
