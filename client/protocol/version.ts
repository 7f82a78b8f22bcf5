/**
 * The version of planwire's canonical messages and of its extension, with a line of history for each.
 *
 * 1 (0.1.0): login request and grant, position of datasets, order of changes, counter of changesets, ack; resume and
 *   `caughtUp`, expired clients, adopted changesets, presence; runs, and what a server lost.
 */
export const EXTENSION_VERSION = 1

/** The key of a vendor frame under which everything of the extension travels. */
export const EXTENSION_KEY = 'planwire'
