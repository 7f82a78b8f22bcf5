/**
 * Owns the table of error codes in `docs/errors.md`: made from the comments of `ErrorCode`, so that the type, what editors show
 * and the document say the same. `node scripts/protocol.js` writes it, a test holds it to the calls that make errors.
 */
import { readFileSync } from 'node:fs'
import { root } from './entries.js'

export const ERRORS = 'docs/errors.md'
const CODE = /\/\*\* (.*)\. \(((?:`[a-z-]+`(?:, )?)+)\) \*\/\n {2}\| '([a-z-]+)'/g

/** @typedef {{ readonly code: string, readonly means: string, readonly recoveries: readonly string[] }} Code */

/** @returns {Code[]} */
export function errorCodes() {
  const text = readFileSync(`${root}client/protocol/errors.ts`, 'utf8')
  return [...text.matchAll(CODE)].map(([, means = '', recoveries = '', code = '']) => ({
    code,
    means,
    recoveries: recoveries.replaceAll('`', '').split(', '),
  }))
}

/** The document with the table of today. @param {string} before @returns {string} */
export function errorReference(before) {
  const rows = errorCodes().map(
    ({ code, means, recoveries }) =>
      `| \`${code}\` | ${means} | ${recoveries.map((name) => `\`${name}\``).join(', ')} |`,
  )
  const table = ['| Code | What happened | Recovery |', '| --- | --- | --- |', ...rows].join('\n')
  return before.replace(
    /(<!-- generated: codes -->\n).*(\n<!-- end: codes -->)/s,
    (_, begin, end) => `${begin}\n${table}\n${end}`,
  )
}
