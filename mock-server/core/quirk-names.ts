/**
 * Owns the names of the quirks: faults that the vendors' servers show, which `quirks` of a configuration switches on. The
 * ids are those of `docs/known-faults.md`; what each does is written in `quirks.ts`.
 */

/** Name of a quirk. */
export type QuirkName =
  | 'late-commits'
  | 'no-ack'
  | 'lost-parents'
  | 'stack-traces'
  | 'missed-events'
  | 'forgotten-replays'
  | 'lost-content'
  | 'both-parents'
  | 'lingering-names'
  | 'unknown-names'

/** Each quirk and what it does. */
export const QUIRKS: { readonly [name in QuirkName]: string } = {
  'late-commits': 'Changes are committed 1 to 4 ms after they arrive, and later requests are answered before them.',
  'no-ack': 'The planwire extension is not granted: a flat client hears nothing of changes that add no records (BO4).',
  'lost-parents': 'A new child of a new parent stands at the root in the dataset (BS1).',
  'stack-traces': 'Errors are told with a stack trace and paths (BS7).',
  'missed-events': 'Every fifth change does not reach one of the other clients (BC2).',
  'forgotten-replays': 'A changeset that is sent again is committed again (BS14).',
  'lost-content': 'The content of saved versions is not kept (BS4).',
  'both-parents': 'A task that was moved comes back under both parents (BO5).',
  'lingering-names': 'Users who left stay in the list of users (C1).',
  'unknown-names': 'Only the names of commands that the 2025 server knows are understood, others are ignored (BS15).',
}
