import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EXTENSION_VERSION } from './version.ts'

/** What the canonical messages are made of. */
const SCHEMA = ['messages.ts', 'changeset.ts', 'records.ts']

/** The types without comments and layout, so that only a change of meaning changes the hash. */
function schemaHash(): string {
  const hash = createHash('sha256')
  for (const file of SCHEMA) {
    const source = readFileSync(new URL(`./${file}`, import.meta.url), 'utf8')
    hash.update(source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import .*$/gm, '').replace(/[\s,;]+/g, ' '))
  }
  return hash.digest('hex').slice(0, 16)
}

it('the canonical messages change only together with their version and a line of its history', () => {
  // A change of what a released version sends is a new version: raise EXTENSION_VERSION, add its line in version.ts, pin the new hash.
  expect({ version: EXTENSION_VERSION, schema: schemaHash() }).toEqual({ version: 1, schema: '333f46d70ae202f3' })
})
