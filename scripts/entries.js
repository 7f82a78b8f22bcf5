/** Owns the way from a public entry (`planwire/dhtmlx`) to its source file: `tsconfig.entries.json` is the one table. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root of the repository, with a slash at the end. */
export const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * Every public entry and its source file, relative to the root.
 * @returns {[entry: string, source: string][]}
 */
export function sourceEntries() {
  const { compilerOptions } = JSON.parse(readFileSync(`${root}tsconfig.entries.json`, 'utf8'))
  return Object.entries(compilerOptions.paths).map(([entry, [source]]) => [entry, source.replace(/^\.\//, '')])
}
