/**
 * Owns the place where test kits and tools hear of clients: a list that a kit puts on the global object before the app starts.
 * Without one, which is always so outside of tests, a client looks for it once and goes on.
 */

/** Where the list is to be found. */
export const CLIENT_HOOK: unique symbol = Symbol.for('planwire.clients')

interface Hooked {
  readonly [CLIENT_HOOK]?: unknown[]
}

/** Puts a client on the list, if there is one. */
export function announce(client: object): void {
  ;(globalThis as Hooked)[CLIENT_HOOK]?.push(client)
}
