/** What a page shows to the split view around it, and to the console: `window.demo`. */

/** A page as its neighbour in the split view sees it. */
export interface Pane {
  /** Everything the page holds, as text in which equal data is equal. */
  snapshot(): string
  /** How many records there are. */
  count(): number
  /** Own changes that wait for the server. */
  pending(): number
  /** Calls back after every change. */
  onChange(listener: () => void): void
}

declare global {
  interface Window {
    /** The parts of this page, for the console and for tests. */
    demo?: { readonly pane?: Pane; readonly [part: string]: unknown }
  }
}

/** Records as text: ordered by id, fields by name. */
export function snapshotOf(stores: { readonly [store: string]: readonly { readonly id: string | number }[] }): string {
  return JSON.stringify(
    Object.entries(stores).map(([store, records]) => [
      store,
      [...records]
        .sort((a, b) => String(a.id).localeCompare(String(b.id)))
        .map((record) =>
          Object.entries(record)
            .filter(([, value]) => value !== undefined && value !== null)
            .sort(),
        ),
    ]),
  )
}
