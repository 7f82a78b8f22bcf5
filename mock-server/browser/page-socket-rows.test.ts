import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROWS } from './page-socket-rows.contract.ts'

test('the documented table of the emulated WebSocket says row by row what the tests hold it to', () => {
  const page = readFileSync(new URL('../../docs/browser-host.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('## The emulated WebSocket')
  const documented = [...section.matchAll(/^\| (?!what \| \||---)(.+?) \| (.+?) \|$/gm)].map(([, what, how]) => [
    what,
    how,
  ])
  expect(documented).toEqual(
    ROWS.map(({ subject, differs }) => [subject, differs === undefined ? 'same' : `differs: ${differs}`]),
  )
})
