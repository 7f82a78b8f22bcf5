/**
 * Owns projects whose content lies elsewhere: `file` and `url` of a configuration. The core does no I/O, so a host hands in
 * how it reads; one that cannot read a kind of source says so in an error.
 */
import { PlanwireError } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { MockServerConfig, ProjectConfig } from './config.ts'
import { checkConfig, checkContent, invalid } from './config-check.ts'

/** Where the content of a project lies. */
export type ProjectSource =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'url'; readonly url: string }

/** Reads a source as text. Rejects when it cannot be had. */
export type ReadSource = (source: ProjectSource) => Promise<string>

/** Where the content of a project lies; undefined for one that is inline. */
export function sourceOf({ file, url }: ProjectConfig): ProjectSource | undefined {
  if (file !== undefined) return { type: 'file', file }
  return url === undefined ? undefined : { type: 'url', url }
}

/**
 * The configuration with the content of every project in it. Rejects with `invalid-argument`, whose path names the project,
 * for a source that cannot be read or holds no project. What stands inline beside `file` or `url` goes before it.
 * @example
 * const whole = await withProjectSources(config, async (source) => readFile(source.file, 'utf8'))
 */
export async function withProjectSources(config: MockServerConfig, read: ReadSource): Promise<MockServerConfig> {
  checkConfig(config)
  const { projects } = config
  if (!projects?.some(sourceOf)) return config
  return { ...config, projects: await Promise.all(projects.map((project, at) => withContent(project, at, read))) }
}

async function withContent(project: ProjectConfig, at: number, read: ReadSource): Promise<ProjectConfig> {
  const source = sourceOf(project)
  if (!source) return project
  const { file, url, ...inline } = project
  const path = `projects[${at}].${source.type}`
  const name = file ?? url ?? ''
  let text: string
  try {
    text = await read(source)
  } catch (cause) {
    throw invalid(
      path,
      `${path}: ${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    )
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw invalid(path, `${path}: ${name} is not JSON`, cause)
  }
  checkContent(content, path)
  return { ...(isObject(content) ? content : {}), ...inline }
}

/** Reads `url` through `fetch`; refuses files, which no browser can read. */
export function readByFetch(
  fetch: (url: string) => Promise<{ ok: boolean; status: number; text(): Promise<string> }>,
): ReadSource {
  return async (source) => {
    if (source.type === 'file') {
      throw new PlanwireError('invalid-argument', 'files can be read in Node only: use url', 'fatal')
    }
    const answer = await fetch(source.url)
    if (!answer.ok) throw new PlanwireError('not-found', `the answer is ${answer.status}`, 'fatal')
    return answer.text()
  }
}
