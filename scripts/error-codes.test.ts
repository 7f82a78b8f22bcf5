/** The table of error codes is that of the type, and the type tells what the code does. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { ErrorCode } from '../client/protocol/errors.ts'
import { root } from './entries.js'
import { ERRORS, errorCodes, errorReference } from './error-codes.js'

it('the table in docs/errors.md is the one of today; `node scripts/protocol.js` writes it', () => {
  const text = readFileSync(root + ERRORS, 'utf8')
  expect(text).toBe(errorReference(text))
  expect(text).toContain('| `outbox-full` |')
})

it('every code of the type says what happened and what to do', () => {
  const type = readFileSync(`${root}client/protocol/errors.ts`, 'utf8')
    .split('export type ErrorCode')[1]
    ?.split('\n\n')[0]
  const codes = [...(type ?? '').matchAll(/\| '([a-z-]+)'/g)].map(([, code]) => code)
  expect(errorCodes().map(({ code }) => code)).toEqual(codes)
  expect(codes).toContain('wrong-credentials' satisfies ErrorCode)
})

/** Where errors are made with a code and a recovery that are both named in the call. */
function madeErrors(): { at: string; code: string; recovery: string }[] {
  const files = ['client', 'mock-server'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ts$/.test(name) && !/\.(test|contract)\.ts$/.test(name))
      .map((name) => `${folder}/${name}`),
  )
  return files.flatMap((at) => {
    const text = readFileSync(root + at, 'utf8')
    const calls = text.matchAll(
      /new PlanwireError\(\s*'([a-z-]+)',(?:(?!PlanwireError)[^;])*?'(retry|reauthenticate|resync|drop-changeset|fatal)'/g,
    )
    return [...calls].map(([, code = '', recovery = '']) => ({ at, code, recovery }))
  })
}

it('no error is made with a recovery that the table does not name', () => {
  const table = new Map(errorCodes().map(({ code, recoveries }) => [code, recoveries]))
  const made = madeErrors()
  expect(made.length).toBeGreaterThan(80)
  expect(made.filter(({ code, recovery }) => !table.get(code)?.includes(recovery))).toEqual([])
})
