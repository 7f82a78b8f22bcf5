/**
 * Custom validation by any library that speaks Standard Schema (https://standardschema.dev, version 1): Zod, Valibot,
 * ArkType and others. Records are checked, never rewritten: what a schema would coerce or strip stays as it is.
 */
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'

/** The part of the interface that planwire uses. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>
  }
}

type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What is wrong with a record, and where: `path` leads to the field. */
export interface Issue {
  readonly id: RecordId
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Schemas by store name. */
export type Schemas = { readonly [store: string]: StandardSchema | undefined }

/** Everything that the store's schema has against a record. Error `invalid-argument` if it can only tell later. */
export function issuesOf(schemas: Schemas, store: string, record: PlainRecord): Issue[] {
  const schema = Object.hasOwn(schemas, store) ? schemas[store] : undefined
  if (!schema) return []
  const result = schema['~standard'].validate(record)
  if (result instanceof Promise) {
    result.catch(() => {})
    throw invalidArgument(`The schema of ${store} is asynchronous: an edit cannot wait`)
  }
  return (result.issues ?? []).map(({ message, path = [] }) => ({
    id: record.id,
    path: path.map((step) => (typeof step === 'object' ? step.key : step)),
    message,
  }))
}

/** The error of records that do not fit; `details.issues` says where and why. */
export function invalidRecords(
  code: 'invalid-argument' | 'invalid-record',
  what: string,
  store: string,
  issues: readonly Issue[],
): PlanwireError {
  const [first] = issues
  const where = first?.path.length ? `${first.path.map(String).join('.')}: ` : ''
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const recovery = code === 'invalid-argument' ? 'fatal' : 'resync'
  return new PlanwireError(code, `${what}: ${where}${first?.message}${more}`, recovery, { store, issues })
}
