/**
 * The version of a record, named by its content: what `ETag` and `If-Match` carry between our own ends. Loads and frames
 * need no key of their own for it, since whoever holds a record can name its version.
 */
import type { Fields } from '../../records.ts'

/**
 * A strong entity tag. The order of the fields and the id do not count: vendors repeat ids as another JSON type.
 * @example
 * recordTag({ id: 7, text: 'Freeze' }) === recordTag({ text: 'Freeze', id: '7' }) // true
 */
export function recordTag(record: Fields): string {
  const fields = Object.entries(record)
    .filter(([field, value]) => field !== 'id' && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `"${hash(JSON.stringify(fields), 0x811c9dc5)}${hash(JSON.stringify(fields), 0x2f0b4a27)}"`
}

/** FNV-1a of UTF-16 code units, with a last mix so that the two halves differ in more than their start. */
function hash(text: string, seed: number): string {
  let value = seed
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 15), seed | 1)
  return (value >>> 0).toString(16).padStart(8, '0')
}
