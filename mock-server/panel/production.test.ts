import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, createServer } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
let app = ''

/**
 * An app with planwire as its package.json describes it: the same conditions and the same word about side effects, for the sources
 * that the shipped files are made from.
 */
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'app-'))
  const home = join(app, 'node_modules/planwire')
  mkdirSync(home, { recursive: true })
  const shipped = readFileSync(`${root}package.json`, 'utf8').replaceAll(
    /"\.\/dist\/([^"]+?)(?<!\.d)\.js"/g,
    '"./$1.ts"',
  )
  writeFileSync(join(home, 'package.json'), shipped)
  for (const folder of ['client', 'mock-server']) symlinkSync(join(root, folder), join(home, folder))
  for (const name of ['panel', 'panel/always']) {
    const file = name.replace('/', '-')
    writeFileSync(join(app, `${file}.js`), `import 'planwire/${name}'\ndocument.title = 'An app'\n`)
  }
})
afterAll(() => rmSync(app, { recursive: true, force: true }))

const settings = { configFile: false, logLevel: 'silent', resolve: { preserveSymlinks: true } } as const

/** Every piece of code of a build, by mode. */
async function built(entry: string, mode: string): Promise<string> {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = mode
  try {
    const output = await build({
      ...settings,
      root: app,
      mode,
      // The panel's own code is asked for late: what counts is whether it is asked for.
      build: { write: false, minify: false, rolldownOptions: { input: join(app, entry), external: [/panel\.ts$/] } },
    })
    if (!('output' in output)) throw new Error('one build gives one output')
    return output.output.map((part) => (part.type === 'chunk' ? part.code : String(part.source))).join('\n')
  } finally {
    process.env['NODE_ENV'] = before
  }
}

describe('the panel in builds of an app that imports planwire/panel', () => {
  it('a production build holds nothing of it', async () => {
    const code = await built('panel.js', 'production')
    expect(code).toContain('An app')
    expect(code).not.toMatch(/planwire/)
  })

  it('a build for development has it, although the package is free of side effects otherwise', async () => {
    expect(await built('panel.js', 'development')).toMatch(/planwire-panel/)
  })

  it('planwire/panel/always is in a production build too', async () => {
    expect(await built('panel-always.js', 'production')).toMatch(/planwire-panel/)
  })

  it('a dev server serves it', async () => {
    const server = await createServer({
      ...settings,
      root: app,
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true },
    })
    try {
      const found = await server.environments.client.pluginContainer.resolveId('planwire/panel', join(app, 'panel.js'))
      expect(found?.id).toMatch(/panel\/index\.ts$/)
    } finally {
      await server.close()
    }
  })
})
