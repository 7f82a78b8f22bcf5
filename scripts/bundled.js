/** Owns how the sizes are bundled: as in an app, minified. */
import { readFileSync } from 'node:fs'
import { build } from 'vite'
import { root } from './entries.js'

/** What apps bring themselves. */
const peers = Object.keys(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).peerDependencies)
const taken = 'virtual:taken'

/**
 * @param {string} file a built entry
 * @param {boolean} plain true for what starts no worker: bundled without Vite's helper for late chunks, which an app has once
 * @param {string[]} [names] what is taken of it; default: everything
 * @param {boolean} [sourcemap]
 */
export async function bundled(file, plain, names, sourcemap = false) {
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    worker: { format: 'es' },
    plugins: [
      {
        name: 'taken',
        resolveId: (id) => (id === taken ? id : undefined),
        load: (id) => (id === taken ? `export { ${names?.join(', ')} } from ${JSON.stringify(file)}` : undefined),
      },
    ],
    ...(plain ? { ssr: { target: 'node', noExternal: true, external: peers } } : {}),
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      ssr: plain,
      sourcemap,
      // As in an app, whose own chunk may give more than its entry does to what is loaded later.
      rolldownOptions: { external: peers, input: names ? taken : file, preserveEntrySignatures: 'allow-extension' },
    },
  })
  if (Array.isArray(built) || !('output' in built)) throw new Error(`unexpected result of bundling ${file}`)
  return built.output
}
