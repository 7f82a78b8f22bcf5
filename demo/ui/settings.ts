/** What a page's address says: which server, as whom, which project. */

/** Dialects that can be named in the address. */
export const DIALECTS = ['auto', 'bryntum-flat', 'bryntum-revisions'] as const
/** One of {@link DIALECTS}. */
export type Dialect = (typeof DIALECTS)[number]

/** Settings of a page. */
export interface Settings {
  /** `browser`: the mock server in this browser; else the address of a server, `ws(s)://` or `http(s)://`. */
  readonly server: string
  readonly dialect: Dialect
  /** Id of the project to show: a number if it looks like one. */
  readonly project: string | number
  /** Undefined: a guest of a name of our choice. */
  readonly login: string | undefined
  readonly password: string | undefined
  /** Token of the live updates. */
  readonly token: string
  /** `wrapped`: REST bodies as `{ event: {...} }`, for servers written from the vendor's document; `bare`: as the widget sends them. */
  readonly bodies: 'bare' | 'wrapped'
  /** What a time of the calendar means in another time zone: the same clock, or the same moment. */
  readonly times: 'wall-clock' | 'instant'
  /** Name of the backend in this browser; different names know nothing of each other. */
  readonly name: string
  /** True in a pane of the split view. */
  readonly embedded: boolean
  /** True in a pane of the guided minute: its own small plan, no toolbar. */
  readonly stage: boolean
  /** Whether the first page opens with its guided minute; `first`: unless this browser has seen it. */
  readonly guide: 'first' | 'on' | 'off'
}

/** Reads the query of an address. Anything that makes no sense is the default. */
export function readSettings(search: string): Settings {
  const query = new URLSearchParams(search)
  const dialect = DIALECTS.find((name) => name === query.get('dialect')) ?? 'auto'
  const project = query.get('project') || '1'
  const guide = query.get('guide')
  return {
    server: isAddress(query.get('server')) ?? 'browser',
    dialect,
    project: /^\d+$/.test(project) ? Number(project) : project,
    login: query.get('login') || undefined,
    password: query.get('password') || undefined,
    token: query.get('token') || 'token',
    bodies: query.get('bodies') === 'wrapped' ? 'wrapped' : 'bare',
    times: query.get('times') === 'instant' ? 'instant' : 'wall-clock',
    name: query.get('name') || 'planwire-demo',
    embedded: query.get('embed') === '1',
    stage: query.get('stage') === '1',
    guide: guide === 'on' || guide === 'off' ? guide : 'first',
  }
}

/** The address if it is one of a server, else undefined. */
export function isAddress(text: string | null | undefined): string | undefined {
  if (!text || !/^(wss?|https?):\/\/[^/\s]+/.test(text)) return undefined
  return URL.canParse(text) ? text : undefined
}

/** An address as people type it: `localhost:8080` means its socket. */
export function typedAddress(text: string): string | undefined {
  return isAddress(text) ?? (/^[\w.-]+:\d+(\/|$)/.test(text) ? isAddress(`ws://${text}`) : undefined)
}

/** The address of another page, or of this one with other settings; what is not named stays as it is. Passwords are never written. */
export function withSettings(
  page: string,
  search: string,
  changes: { readonly [key: string]: string | number | undefined },
): string {
  const query = new URLSearchParams(search)
  query.delete('password')
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(key)
    else query.set(key, String(value))
  }
  const text = query.toString()
  return text === '' ? page : `${page}?${text}`
}

/** The address of the REST side of a server: `ws://host/x` becomes `http://host`. Without a slash at the end. */
export function httpOrigin(server: string): string {
  return new URL(server.replace(/^ws/, 'http')).origin
}
