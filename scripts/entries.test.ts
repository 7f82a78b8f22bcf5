import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root, sourceEntries } from './entries.js'

it('gives tests and demo the sources of exactly the entries that are shipped', () => {
  const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const shipped = Object.entries<string | { types: string; default: string }>(exports).flatMap(([path, file]) =>
    typeof file === 'string' ? [] : [[name + path.slice(1), file]],
  )
  const built = sourceEntries().map(([entry, source]) => {
    const stem = `./dist/${source.replace(/\.ts$/, '')}`
    return [entry, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  })
  expect(shipped).toEqual(built)
})
