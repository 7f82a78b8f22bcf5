/**
 * Owns the words in which the protocol is described: shapes, fields and named objects, as plain data. From them come the types
 * (`records.ts`, `changeset.ts`, `messages.ts`), the guards of records, the AsyncAPI document, the tables of the protocol
 * reference and random frames for tests. Nothing that is shipped imports this folder: `node scripts/protocol.js` writes what follows from it.
 */

/** What may stand at a place. */
export type Shape =
  | { readonly kind: 'flag' | 'unknown' | 'fields' }
  /** `as`: the name that `ids.ts` gives it. */
  | { readonly kind: 'text'; readonly as?: string; readonly pattern?: string }
  | { readonly kind: 'id'; readonly as: string }
  /** A whole number from 0. */
  | { readonly kind: 'count' }
  | { readonly kind: 'number'; readonly from?: number; readonly to?: number }
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'list'; readonly of: Shape }
  /** An object with the same under any key; `key` says what its keys are. */
  | { readonly kind: 'map'; readonly of: Shape; readonly key: string }
  /** A named object. */
  | { readonly kind: 'ref'; readonly to: string }
  | { readonly kind: 'nullable'; readonly of: Shape }
  /** An object without a name. */
  | { readonly kind: 'object'; readonly fields: Shapes }

/** What the two dialects of the project socket and the live updates are called on the wire. */
export type Dialect = 'bryntum-flat' | 'bryntum-revisions' | 'dhtmlx'

/** A field of an object. */
export interface FieldShape {
  readonly shape: Shape
  readonly optional: boolean
  /** What it means, where the name does not say it. */
  readonly doc?: string
  /** The one dialect that carries it. */
  readonly only?: Dialect
}

/** The fields of an object by name. */
export interface Shapes {
  readonly [field: string]: FieldShape
}

/** An object that has a name. */
export interface ObjectShape {
  readonly name: string
  readonly doc: string
  readonly fields: Shapes
  /** The object whose fields it has besides. */
  readonly base?: string
  /** Any further field may stand in it; the word is what such a field is called. */
  readonly open?: string
}

export const text: Shape = { kind: 'text' }
export const flag: Shape = { kind: 'flag' }
export const count: Shape = { kind: 'count' }
export const number: Shape = { kind: 'number' }
export const unknown: Shape = { kind: 'unknown' }
export const fields: Shape = { kind: 'fields' }
export const recordId: Shape = { kind: 'id', as: 'RecordId' }
export const projectId: Shape = { kind: 'id', as: 'ProjectId' }
export const clientId: Shape = { kind: 'text', as: 'ClientId' }
export const epoch: Shape = { kind: 'text', as: 'Epoch' }
export const changesetId: Shape = { kind: 'text', as: 'ChangesetId', pattern: '^[^]+:(0|[1-9][0-9]{0,14})$' }
export const list = (of: Shape): Shape => ({ kind: 'list', of })
export const map = (of: Shape, key: string): Shape => ({ kind: 'map', of, key })
export const ref = (to: string): Shape => ({ kind: 'ref', to })
export const nullable = (of: Shape): Shape => ({ kind: 'nullable', of })
export const literal = (value: string | number): Shape => ({ kind: 'literal', value })
export const object = (of: Shapes): Shape => ({ kind: 'object', fields: of })

/** A field that is always there. */
export function field(shape: Shape, doc?: string): FieldShape {
  return { shape, optional: false, ...(doc === undefined ? {} : { doc }) }
}

/** A field that may be missing. */
export function maybe(shape: Shape, doc?: string): FieldShape {
  return { ...field(shape, doc), optional: true }
}

/** A field that may be missing, and that only the revisions dialect carries. */
export function inRevisions(shape: Shape, doc?: string): FieldShape {
  return { ...maybe(shape, doc), only: 'bryntum-revisions' }
}
