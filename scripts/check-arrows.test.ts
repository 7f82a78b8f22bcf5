import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { forbiddenArrows } from './check-arrows.js'
import { root } from './entries.js'
import { importsOf } from './imports.js'

const trees: string[] = []

/** Lays a source tree and returns its forbidden arrows as `file:line target`. */
function check(files: Readonly<Record<string, string>>): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'planwire-arrows-'))
  trees.push(tree)
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true })
    writeFileSync(join(tree, file), source)
  }
  return forbiddenArrows(`${tree}/`).map(({ file, line, target }) => `${file}:${line} ${target}`)
}

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true })
})

describe('the layers', () => {
  it('hold in this repository', () => {
    expect(forbiddenArrows(root)).toEqual([])
  })

  it('let a layer import what stands left of it', () => {
    expect(
      check({
        'client/index.ts': "export { a } from './project/a.ts'\nexport { b } from './bindings/dhtmlx/b.ts'",
        'client/sync/a.ts':
          "import { tables } from '../store/tables.ts'\nimport type { Clock } from '../ports/ports.ts'",
        'client/sync/a.test.ts': "import { test } from 'vitest'\nimport { clock } from '../testing/clock.ts'",
        'mock-server/node/a.ts': "import { createServer } from 'node:http'\nimport { core } from '../core/core.ts'",
        'demo/a.ts': "import { ProjectClient } from 'planwire'\nimport { b } from './b.ts'",
        'e2e/sim/a.test.ts':
          "import { a } from '../../client/sync/a.ts'\nimport { b } from '../../mock-server/core/b.ts'",
      }),
    ).toEqual([])
  })

  it.each([
    ['the protocol imports the store', 'client/protocol/a.ts', '../store/b.ts', 'client/store/b.ts'],
    ['the engine imports an adapter', 'client/sync/a.ts', '../adapters/b.ts', 'client/adapters/b.ts'],
    ['an adapter imports the engine', 'client/adapters/a.ts', '../sync/b.ts', 'client/sync/b.ts'],
    ['the two faces import each other', 'client/project/a.ts', '../live-updates/b.ts', 'client/live-updates/b.ts'],
    ['a binding imports the index', 'client/bindings/dhtmlx/a.ts', '../../index.ts', 'client/index.ts'],
    ['the engine imports a package', 'client/sync/a.ts', 'idb', 'idb'],
    ['the core imports a built-in module', 'mock-server/core/a.ts', 'node:fs', 'node:fs'],
    ['the core imports the engine', 'mock-server/core/a.ts', '../../client/sync/b.ts', 'client/sync/b.ts'],
    ['the core imports a host', 'mock-server/core/a.ts', '../node/b.ts', 'mock-server/node/b.ts'],
    ['a host imports another', 'mock-server/browser/a.ts', '../node/b.ts', 'mock-server/node/b.ts'],
    ['a host imports the client', 'mock-server/node/a.ts', '../../client/index.ts', 'client/index.ts'],
    ['the demo reaches behind the entries', 'demo/a.ts', '../client/index.ts', 'client/index.ts'],
    ['a spec imports a source', 'e2e/a.spec.ts', '../client/index.ts', 'client/index.ts'],
    ['a spec imports an entry', 'e2e/a.spec.ts', 'planwire', 'planwire'],
    ['shipped code imports test tools', 'client/sync/a.ts', '../testing/clock.ts', 'client/testing/clock.ts'],
    ['shipped code imports a contract', 'client/store/a.ts', './b.contract.ts', 'client/store/b.contract.ts'],
    ['a file lies in no layer', 'client/helpers/a.ts', '../protocol/ids.ts', 'client/protocol/ids.ts'],
  ])('fail when %s', (_, file, specifier, target) => {
    expect(check({ [file]: `\nimport '${specifier}'` })).toEqual([`${file}:2 ${target}`])
  })

  it('see every way to name a module', () => {
    const source = [
      "import type { A } from './a.ts'",
      "export * from './b.ts'",
      "export { c } from './c.ts'",
      "let d: import('./d.ts').D",
      "await import('./e.ts')",
      "new SharedWorker(new URL('./f.ts', import.meta.url))",
      '// import "./comment.ts"',
      'const text = "import \'./text.ts\'"',
    ].join('\n')
    expect(importsOf('x.ts', source).map(({ specifier }) => specifier)).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `./${name}.ts`),
    )
  })
})
