/**
 * Owns the code blocks of the documents (`README.md`, `CONTRIBUTING.md`, `docs/`), so that a test can compile and run them. What stands
 * behind the language of a block says more: `ts run` is run, `ts test` is a Vitest file, which the packed package has to pass,
 * `ts more` goes on where the block before it ended, `json config` is a configuration of the mock server. A comment
 * `<!-- given: … -->` right above a block declares what it takes from its reader's app.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { root } from './entries.js'

/**
 * A code block.
 * @typedef {object} Block
 * @property {string} document relative to the root
 * @property {number} line where its code begins
 * @property {string} language
 * @property {readonly string[]} marks what stands behind the language
 * @property {string} given declarations of what comes from elsewhere
 * @property {string} code
 */

/** Every document that people read; the reports in `docs/api` are for a comparison. @returns {string[]} */
export function documents() {
  const docs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/^(api|tools)\//.test(name))
    .map((name) => `docs/${name}`)
  return ['README.md', 'CONTRIBUTING.md', ...docs].filter((name) => existsSync(root + name)).sort()
}

const BLOCK = /(?:^<!-- given: ([^\n]*) -->\n+)?^```([a-z]+)([^\n]*)\n(.*?)^```$/gms

/** The code blocks of a document. @param {string} document @returns {Block[]} */
export function blocksOf(document) {
  const text = readFileSync(root + document, 'utf8')
  return [...text.matchAll(BLOCK)].map((match) => {
    const [whole, given = '', language = '', marks = '', code = ''] = match
    const line = text.slice(0, match.index + whole.indexOf('```')).split('\n').length + 1
    return { document, line, language, marks: marks.split(' ').filter((mark) => mark !== ''), given, code }
  })
}

/** A file made of a block and those that continue it. @typedef {{ name: string, kind: 'run' | 'test' | 'compile', code: string }} Module */

/** The programs that the blocks of some documents are. @param {readonly string[]} from @returns {Module[]} */
export function modulesOf(from) {
  /** @type {Module[]} */
  const modules = []
  for (const document of from) {
    for (const { line, language, marks, given, code } of blocksOf(document)) {
      if (!/^(ts|tsx|js)$/.test(language)) continue
      const before = modules.at(-1)
      if (marks.includes('more') && before) before.code += `\n${given}\n${code}`
      else {
        const name = `${document.replace(/\.md$/, '').replaceAll('/', '-')}-${line}.${language}`
        const kind = marks.includes('run') ? 'run' : marks.includes('test') ? 'test' : 'compile'
        modules.push({ name, kind, code: given ? `${given}\n${code}` : code })
      }
    }
  }
  return modules
}

/** Where the test writes them: within the repository, so that they find its packages. */
export const folder = `${root}.cache/documents/`

/** Writes modules, and the tsconfig of the program that they are, into an empty folder. @param {readonly Module[]} modules */
export function writeModules(modules) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { name, code } of modules) {
    writeFileSync(folder + name, /^(import|export) /m.test(code) ? code : `${code}\nexport {}\n`)
  }
  const tsconfig = {
    extends: ['../../tsconfig.base.json', '../../tsconfig.entries.json'],
    compilerOptions: {
      lib: ['ES2022', 'DOM', 'DOM.Iterable'],
      types: ['node'],
      jsx: 'react-jsx',
      allowJs: true,
      declaration: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
    },
    include: ['.', '../../e2e/package-app/vendors.d.ts'],
  }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(tsconfig))
}
