/** Owns which paths are the mock's: pure, so that a host can decide synchronously what to take and what to let pass. */
import type { MockServerConfig } from './config.ts'
import { type PathSettings, pathSettingsOf } from './paths.ts'

/** What lives at a path. */
export type Route =
  | { readonly type: 'handshake' }
  | { readonly type: 'collection'; readonly name: string; readonly id?: string }
  | { readonly type: 'gantt' }
  | { readonly type: 'gantt-item'; readonly store: 'tasks' | 'links'; readonly id?: string }

/** Which sockets belong to the mock. */
export type SocketRoute = 'project' | 'live-updates'

/** The paths of one configuration. All functions take a path with or without its query. */
export interface Routes {
  /** Paths that take a socket. */
  readonly socketPaths: readonly string[]
  /** Paths that answer requests; ids follow `<path>/`. */
  readonly httpPaths: readonly string[]
  socket(url: string): SocketRoute | undefined
  http(url: string): Route | undefined
}

/**
 * The paths that belong to the mock with this configuration, which has been checked (`settingsOf`).
 * @example
 * routesOf({}).http('/events/7?x=1') // { type: 'collection', name: 'events', id: '7' }
 * routesOf({}).socket('/src/main.ts') // undefined: not ours, let it pass
 */
export function routesOf(config: MockServerConfig): Routes {
  return routesOfSettings(pathSettingsOf(config))
}

/** {@link routesOf} for a configuration whose defaults are filled in. */
export function routesOfSettings(settings: PathSettings): Routes {
  const { ganttPath, liveUpdatesPath, projectPaths, websocket } = settings
  const lists = new Map<string, Route>([[liveUpdatesPath, { type: 'handshake' }]])
  for (const name of Object.keys(settings.collections)) lists.set(`/${name}`, { type: 'collection', name })
  if (settings.ganttProject !== undefined) {
    lists.set(ganttPath, { type: 'gantt' })
    lists.set(`${ganttPath}/task`, { type: 'gantt-item', store: 'tasks' })
    lists.set(`${ganttPath}/link`, { type: 'gantt-item', store: 'links' })
  }
  return {
    socketPaths: websocket ? [...projectPaths, liveUpdatesPath] : projectPaths,
    httpPaths: [...lists.keys()],
    socket(url) {
      const path = pathOf(url)
      if (websocket && path === liveUpdatesPath) return 'live-updates'
      return projectPaths.includes(path) ? 'project' : undefined
    },
    http(url) {
      const path = pathOf(url)
      const list = lists.get(decoded(path))
      if (list) return list
      const slash = path.lastIndexOf('/')
      const id = path.slice(slash + 1)
      const parent = lists.get(decoded(path.slice(0, slash)))
      if (id === '' || !parent || (parent.type !== 'collection' && parent.type !== 'gantt-item')) return undefined
      return { ...parent, id: decoded(id) }
    },
  }
}

/** The path of a URL's path and query. */
function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/**
 * A parameter of a URL's query. Vendor clients send their token without encoding it, so text that is no valid encoding
 * is taken as it stands.
 */
export function queryParameter(url: string, name: string): string | undefined {
  const start = url.indexOf('?')
  if (start < 0) return undefined
  for (const pair of url
    .slice(start + 1)
    .split('#', 1)[0]
    ?.split('&') ?? []) {
    const equals = pair.indexOf('=')
    if (equals >= 0 && pair.slice(0, equals) === name) return decoded(pair.slice(equals + 1))
  }
  return undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
