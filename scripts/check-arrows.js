/** Enforces the layers of `arrows.js`: reads every import of every source file, and fails on one that points right. */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { layers, whyForbidden } from './arrows.js'
import { root } from './entries.js'
import { importsOf } from './imports.js'

/**
 * An import that a layer may not make.
 * @typedef {{ file: string, line: number, target: string, why: string }} ForbiddenArrow
 */

/**
 * Reads all layers below a folder.
 * @param {string} folder the root of a source tree, with a slash at the end
 * @returns {ForbiddenArrow[]} sorted by file and line; empty when every arrow points left
 */
export function forbiddenArrows(folder) {
  return sourceFiles(folder).flatMap((file) => {
    const source = readFileSync(folder + file, 'utf8')
    return importsOf(file, source).flatMap(({ specifier, at }) => {
      const line = source.slice(0, at).split('\n').length
      const local = specifier.startsWith('.')
      const target = local ? posix.join(posix.dirname(file), specifier.replace(/\?.*$/, '')) : specifier
      const why = whyForbidden(file, target, local ? 'file' : 'package')
      return why ? [{ file, line, target, why }] : []
    })
  })
}

/** @param {string} folder */
function sourceFiles(folder) {
  const tops = new Set(layers.map(({ at }) => at.split('/')[0] ?? at))
  return readdirSync(folder)
    .filter((top) => tops.has(top))
    .flatMap((top) =>
      readdirSync(folder + top, { recursive: true, encoding: 'utf8' }).map((name) => posix.join(top, name)),
    )
    .filter(
      (file) => /\.[jt]sx?$/.test(file) && !/(^|\/)node_modules\/|^e2e\/(package-app|vite-app|vendor)\//.test(file),
    )
    .sort()
}

if (process.argv[1] === import.meta.filename) {
  const arrows = forbiddenArrows(root)
  for (const { file, line, target, why } of arrows) console.error(`${file}:${line} -> ${target}\n  ${why}`)
  if (arrows.length > 0) process.exitCode = 1
}
