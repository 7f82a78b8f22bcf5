import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root, sourceEntries } from './entries.js'

it('gives tests and demo the sources of exactly the entries that are shipped', () => {
  const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const shipped = Object.entries<string | { types: string; default: string; production?: string }>(exports).flatMap(
    ([path, file]) => {
      if (typeof file === 'string') return []
      // What production builds take instead is told by mock-server/panel/production.test.ts.
      const { production: _, ...others } = file
      return [[name + path.slice(1), others]]
    },
  )
  const built = sourceEntries().map(([entry, source]) => {
    const stem = `./dist/${source.replace(/\.ts$/, '')}`
    return [entry, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  })
  expect(shipped).toEqual(built)
})
