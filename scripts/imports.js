/** Owns how the project's scripts find the modules that a source file names. */
import { parseSync, Visitor } from 'vite'

/**
 * Every module that a file names: imports and re-exports, of values or types, dynamic ones, and the
 * workers of `new SharedWorker(new URL('./worker.ts', import.meta.url))`.
 * @param {string} file decides the language by its ending
 * @param {string} source
 * @returns {{ specifier: string, at: number }[]} in the order of the text; `at` is the offset of the literal's opening quote
 */
export function importsOf(file, source) {
  const { program, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  /** @type {{ specifier: string, at: number }[]} */
  const found = []
  /** @param {unknown} node */
  const add = (node) => {
    const literal = /** @type {{ type?: string, value?: unknown, start: number } | null} */ (node)
    if (literal?.type === 'Literal' && typeof literal.value === 'string') {
      found.push({ specifier: literal.value, at: literal.start })
    }
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    NewExpression(node) {
      const [url] = node.arguments
      const starts = node.callee.type === 'Identifier' && /^(Shared)?Worker$/.test(node.callee.name)
      if (starts && url?.type === 'NewExpression') add(url.arguments[0])
    },
  }).visit(program)
  return found.sort((a, b) => a.at - b.at)
}
