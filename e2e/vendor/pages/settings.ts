/** What a page is asked for by its address. */
import { demoConfig, startMockServer } from 'planwire/mock-server'

const query = new URLSearchParams(location.search)

/** `vendor`: the widget with its own data processor and live updates. `ours`: with planwire's. */
export const client: string = query.get('client') ?? 'vendor'
/** Dates on the wire are UTC. */
export const utc: boolean = query.has('utc')
/** A viewer: no data processor, no edits. */
export const readOnly: boolean = query.has('readonly')
/** Token of the live updates. */
export const TOKEN = 'token'

/** Where the server is: another origin, the mock in this browser (`backend` names it), or this origin. Wait for it before any request. */
export async function openServer(): Promise<string> {
  const backend = query.get('backend')
  if (backend !== null) await startMockServer({ ...demoConfig(), name: backend })
  return query.get('server') ?? ''
}

/** Fields of a record that a test gives or reads. */
export interface Row {
  id?: string | number
  [field: string]: unknown
}

/** What every page offers to a test: the widget by the same words, whoever keeps it current. */
export interface Desk {
  /** What the widget holds, dates as ISO instants, in the order of ids. */
  rows(): Row[]
  /** The text of one record. */
  text(id: string | number): unknown
  add(fields: Row): unknown
  change(id: string | number, fields: Row): void
  remove(id: string | number): void
  openForm(id: string | number): void
  formOpen(): boolean
  /** Fields of the widget's own that a record of the server's brought along. */
  internals(id: string | number): string[]
  /** What the page was told about edits that met a removal. */
  readonly told: string[]
  /** Takes the handlers of the live updates off. */
  detach(): void
  /** Calls a remote method and notes how it ends in {@link ended}. */
  call(name: string): void
  readonly ended: string[]
  /** Where our connection stands; undefined on a vendor page. */
  connection(): string | undefined
  /** Resolves when no edit of the page is under way, and everything is painted. */
  synced(): Promise<unknown>
}

declare global {
  interface Window {
    desk: Desk
  }
}

/** A record with its dates as instants and the widget's own fields left out. */
export function plainRow(record: object): Row {
  const row: Row = {}
  for (const [field, value] of Object.entries(record)) {
    if (/^[_$!]/.test(field) || value === undefined || typeof value === 'function') continue
    row[field] = value instanceof Date ? value.toISOString() : value
  }
  return row
}

/** Puts a widget's style sheet on the page without its web font: a test asks nobody for anything. */
export function dress(skin: string): void {
  const style = document.createElement('style')
  style.textContent = skin.replaceAll(/@font-face\s*\{[^}]*\}/g, '').replaceAll(/@import[^;]*;/g, '')
  document.head.append(style)
}

/** Two frames: the one that paints, and one to be sure that it is over. */
export async function painted(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise((done) => requestAnimationFrame(done))
}

/** Waits until the vendor's data processor has nothing under way. */
export async function idle(processor: { getSyncState(): boolean } | undefined): Promise<void> {
  do await painted()
  while (processor && !processor.getSyncState())
}

/** Names of the fields that a hostile record tries to set. */
export function internalsOf(record: object): string[] {
  return Object.keys(record)
    .filter((field) => field === '$new' || field === '_dhx_changed')
    .sort()
}

/** Rows in the order of their ids. */
export function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => String(a.id).localeCompare(String(b.id)))
}
