/**
 * Owns the way from `unknown` to typed values: one pass over what arrived, no copy unless something must be dropped.
 * Readers throw a {@link Misfit} that names the place; {@link parsed} turns it into an error, so decoders never throw.
 */
import { type Parsed, PlanwireError, type Recovery } from './errors.ts'
import { isRecordId, type RecordId } from './ids.ts'
import type { Fields } from './records.ts'

/** A value that is not what the protocol says. Leaves this folder only as a {@link PlanwireError}. */
export class Misfit extends Error {
  /** Where in the frame, for example `changes.tasks.updated[3].id`. */
  readonly path: string

  constructor(path: string, expected: string, found: unknown) {
    super(`${path} must be ${expected}, not ${kindOf(found)}`)
    this.path = path
  }
}

/** Kind of a value, in words; never the value, which may be long or a secret. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `of type ${typeof value}`
}

/**
 * Reads a frame or a body. Fails with `malformed-json` or `malformed-message` and the given recovery; `details` hold the
 * `path` and, if the frame had one, the `command`.
 */
export function parsed<T>(frame: string, recovery: Recovery, read: (json: unknown) => T): Parsed<T> {
  let json: unknown
  try {
    json = JSON.parse(frame)
  } catch (cause) {
    return { ok: false, error: new PlanwireError('malformed-json', 'Not JSON', recovery, {}, { cause }) }
  }
  try {
    return { ok: true, message: read(json) }
  } catch (cause) {
    const command = isObject(json) ? (json.command ?? json.action) : undefined
    const details = {
      ...(cause instanceof Misfit ? { path: cause.path } : {}),
      ...(typeof command === 'string' ? { command } : {}),
    }
    const reason = cause instanceof Error ? cause.message : 'unreadable'
    return { ok: false, error: new PlanwireError('malformed-message', reason, recovery, details, { cause }) }
  }
}

/** True for a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for a key that must never be copied from the wire: assigning it would reach an object's prototype. */
export function isUnsafe(key: string): boolean {
  return key === '__proto__' || key === 'constructor'
}

/** The object without unsafe keys: the same one when it has none. */
export function clean<T extends Fields>(object: T): T {
  if (!Object.hasOwn(object, '__proto__') && !Object.hasOwn(object, 'constructor')) return object
  const safe = Object.entries(object).filter(([key]) => !isUnsafe(key))
  // Fewer optional keys, none of them named by a type of this project.
  return Object.fromEntries(safe) as T
}

/** An object, unsafe keys dropped. */
export function fieldsAt(value: unknown, path: string): Fields {
  if (!isObject(value)) throw new Misfit(path, 'an object', value)
  return clean(value)
}

/** A list. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Misfit(path, 'a list', value)
  return value
}

/** A string. */
export function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Misfit(path, 'a string', value)
  return value
}

/** A string, or a number taken as one; undefined when missing or null. */
export function optionalTextAt(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' ? String(value) : textAt(value, path)
}

/** A non-empty string or a finite number. */
export function idAt(value: unknown, path: string): RecordId {
  if (!isRecordId(value)) throw new Misfit(path, 'an id (a non-empty string or a finite number)', value)
  return value
}

/** An id; undefined when missing or null. */
export function optionalIdAt(value: unknown, path: string): RecordId | undefined {
  return value === undefined || value === null ? undefined : idAt(value, path)
}

/** A whole number from 0. */
export function countAt(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Misfit(path, 'a whole number', value)
  return value
}

/** Reads each entry of a list: the same list when the reader gave every entry back as it was. */
export function eachAt<T>(value: unknown, path: string, read: (entry: unknown, at: number) => T): readonly T[] {
  const list = listAt(value, path)
  let copy: T[] | undefined
  for (let at = 0; at < list.length; at++) {
    const entry = read(list[at], at)
    if (!copy && entry !== list[at]) copy = list.slice(0, at) as T[]
    copy?.push(entry)
  }
  // Every entry went through `read`, which gave it back unchanged.
  return copy ?? (list as readonly T[])
}

/** Keys of a frame that its dialect does not know, as the `extra` of a message; nothing when there are none. */
export function extraOf(frame: Fields, known: readonly string[], alsoKnown: object = {}): { extra?: Fields } {
  let extra: Record<string, unknown> | undefined
  for (const key in frame) {
    if (known.includes(key) || Object.hasOwn(alsoKnown, key) || isUnsafe(key)) continue
    extra ??= {}
    extra[key] = frame[key]
  }
  return extra ? { extra } : {}
}

/** How the fields of a message are read: undefined leaves one out. */
export type Readers<T> = { readonly [K in keyof T]?: (value: unknown, path: string) => T[K] | undefined }

/** Fields that were read elsewhere. */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined }

/**
 * Reads the fields of an object that stand there under their own names, adds the `given` ones that are not undefined, and puts
 * what is left but for the `known` keys into `extra`.
 */
export function readFields<T extends object>(
  source: Fields,
  prefix: string,
  readers: Readers<T>,
  known: readonly string[],
  given: Given<T>,
): T {
  // Set one by one: deleting what is undefined afterwards would make every message a slow object.
  const read: Record<string, unknown> = { ...extraOf(source, known, readers) }
  for (const key in given) if (given[key] !== undefined) read[key] = given[key]
  for (const key in readers) {
    const value = readers[key]?.(source[key], prefix + key)
    if (value !== undefined) read[key] = value
  }
  // Readers and given fields together are what the caller's type asks for.
  return read as T
}
