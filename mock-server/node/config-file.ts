/** Owns how a configuration comes out of a file: which file, in which language, and what is wrong with it in words for its author. */
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from '../core/config.ts'
import { checkConfig } from '../core/config-check.ts'

/** What a configuration file is called when nobody names one, first choice first. */
export const CONFIG_FILES: readonly string[] = ['json', 'ts', 'mjs', 'js'].map((ending) => `planwire.config.${ending}`)

/** The configuration file of a directory, absolute; undefined when there is none. */
export function findConfigFile(directory: string): string | undefined {
  return CONFIG_FILES.map((name) => join(directory, name)).find((file) => existsSync(file))
}

/**
 * Reads a configuration: JSON, or a module whose default export is one (or a function that returns one, or a promise of it).
 * A changed module is read anew; what it imports is not. Rejects with `invalid-argument` that names the file, and for a value
 * that cannot be, its path in the file and what is allowed there.
 * @example
 * const config = await readConfigFile('planwire.config.json')
 */
export async function readConfigFile(file: string): Promise<MockServerConfig> {
  const value = extname(file) === '.json' ? await readJson(file) : await readModule(file)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem(file, 'must hold an object such as { "projects": [] }')
  }
  return withFilesBeside(file, checked(file, value))
}

/** Files that a configuration names lie beside it, wherever the server is started. */
function withFilesBeside(config: string, value: MockServerConfig): MockServerConfig {
  if (!value.projects?.some((project) => project.file !== undefined)) return value
  const projects = value.projects.map((project) =>
    project.file === undefined ? project : { ...project, file: resolve(dirname(config), project.file) },
  )
  return { ...value, projects }
}

async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw problem(file, `is not JSON: ${messageOf(cause)}`, cause)
  }
}

async function readModule(file: string): Promise<unknown> {
  const path = resolve(file)
  if (!/\.[cm]?[jt]s$/.test(path)) throw problem(file, 'is no configuration: use a .json, .js, .mjs or .ts file')
  // By now Node says so itself; before 22.18 TypeScript is a syntax error in the middle of somebody's types.
  if (path.endsWith('ts') && !('typescript' in process.features && process.features.typescript)) {
    throw problem(
      file,
      `needs Node 22.18 or later, and this is ${process.version}: write it as .mjs, or as JSON if it holds no functions`,
    )
  }
  let changed: number
  try {
    changed = (await stat(path)).mtimeMs
  } catch (cause) {
    throw unreadable(file, cause)
  }
  try {
    const module: { default?: unknown } = await import(`${pathToFileURL(path).href}?changed=${changed}`)
    const { default: value } = module
    if (value === undefined) throw new Error('it has no default export')
    return typeof value === 'function' ? await value() : value
  } catch (cause) {
    throw problem(file, `cannot be loaded: ${messageOf(cause)}`, cause)
  }
}

function checked(file: string, value: MockServerConfig): MockServerConfig {
  try {
    checkConfig(value)
    return value
  } catch (cause) {
    if (cause instanceof PlanwireError) throw aboutFile(file, cause)
    throw cause
  }
}

/** An error about a value of the configuration, with the file in which it can be put right. */
export function aboutFile(file: string, error: PlanwireError): PlanwireError {
  return new PlanwireError(
    error.code,
    `${file}: ${error.message}`,
    error.recovery,
    { ...error.details, file },
    { cause: error },
  )
}

function unreadable(file: string, cause: unknown): PlanwireError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
  if (!missing) return problem(file, `cannot be read: ${messageOf(cause)}`, cause)
  return new PlanwireError('invalid-argument', `there is no file ${file}`, 'fatal', { file }, { cause })
}

function problem(file: string, what: string, cause?: unknown): PlanwireError {
  return new PlanwireError('invalid-argument', `${file} ${what}`, 'fatal', { file }, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
