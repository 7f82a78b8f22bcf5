/**
 * `node scripts/protocol.js`: writes what follows from `client/protocol/schema`: types, guards, the AsyncAPI document and the
 * tables of the protocol reference. A test (`client/protocol/schema/drift.test.ts`) holds the files to it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { runnerImport } from 'vite'
import { root } from './entries.js'
import { ERRORS, errorReference } from './error-codes.js'

const options = { configFile: /** @type {const} */ (false), root, logLevel: /** @type {const} */ ('error') }
/** @type {{ module: typeof import('../client/protocol/schema/generated.ts') }} */
const { module } = await runnerImport(`${root}client/protocol/schema/generated.ts`, options)
for (const [file, write] of Object.entries({ ...module.GENERATED, [ERRORS]: errorReference })) {
  const before = existsSync(root + file) ? readFileSync(root + file, 'utf8') : ''
  const after = write(before)
  if (after === before) continue
  writeFileSync(root + file, after)
  console.log(`wrote ${file}`)
}
