import { existsSync, readFileSync } from 'node:fs'
import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' }
import Ajv from 'ajv'
import { expect, it } from 'vitest'
import { GENERATED } from './generated.ts'
import { asyncApi } from './to-asyncapi.ts'

const root = new URL('../../../', import.meta.url)

it.each(Object.keys(GENERATED))('%s follows from the schema; `node scripts/protocol.js` writes it', (file) => {
  expect(existsSync(new URL(file, root))).toBe(true)
  const text = readFileSync(new URL(file, root), 'utf8')
  expect(text).toBe(GENERATED[file]?.(text))
})

it('the AsyncAPI document is valid by the official schema of AsyncAPI 3', () => {
  // The official schema holds its own copy of the schema of schemas.
  const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
  const fits = ajv.compile(asyncApiSchema)
  expect(fits(asyncApi()), ajv.errorsText(fits.errors)).toBe(true)
  expect(fits({ ...asyncApi(), operations: { said: { action: 'shout' } } })).toBe(false)
})
