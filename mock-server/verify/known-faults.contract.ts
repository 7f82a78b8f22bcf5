/**
 * The table that proves the suite: every weakness that the vendors' servers were seen to have, a server that has it, and the
 * clauses that fail because of it, and no others. What cannot be seen from outside stands here too, with the reason.
 */
import type { BryntumFault, SchedulerFault } from '../../e2e/servers/faults.ts'
import type { LineFault } from './faulty-line.contract.ts'

/** A server of the table, with a fault or without. */
export type TableServer =
  | { readonly server: 'bryntum-flat' | 'bryntum-revisions'; readonly fault?: BryntumFault }
  | { readonly server: 'dhtmlx'; readonly fault?: SchedulerFault }
  /** planwire's own server, behind a line that takes something away. */
  | { readonly server: 'planwire bryntum-flat' | 'planwire bryntum-revisions'; readonly line?: LineFault }

/** A weakness. */
export interface Weakness {
  /** As in the reports, with a name of its own where one weakness shows in several ways. */
  readonly id: string
  readonly happens: string
}

/** A weakness, a server that has it, and every clause that fails because of it. */
export type SeenFault = Weakness & TableServer & { readonly failing: readonly string[] }

/** A weakness that nothing shows on the line. */
export interface UnseenFault extends Weakness {
  readonly unseen: string
}

/** A weakness and what becomes of it. */
export type KnownFault = SeenFault | UnseenFault

const revisions = (fault: BryntumFault, happens: string, ...failing: readonly string[]): KnownFault => ({
  id: fault,
  happens,
  server: 'bryntum-revisions',
  fault,
  failing,
})

const flat = (fault: BryntumFault, happens: string, ...failing: readonly string[]): KnownFault => ({
  id: fault,
  happens,
  server: 'bryntum-flat',
  fault,
  failing,
})

const scheduler = (fault: SchedulerFault, happens: string, ...failing: readonly string[]): KnownFault => ({
  id: fault,
  happens,
  server: 'dhtmlx',
  fault,
  failing,
})

/** BS: the Bryntum server of 2025. BO: that of 2022. DS: the DHTMLX demo server. */
export const knownFaults: readonly KnownFault[] = [
  revisions('BS1', 'A new child of a new parent is stored at the top.', 'add.new-parent'),
  revisions(
    'BS2',
    'Temporary ids are one table for all clients: a second record of the same name replaces the first.',
    'add.private-phantoms',
  ),
  revisions('BS3', 'A new record without a temporary id replaces the one before it.', 'add.without-phantom'),
  revisions('BS4', 'The content of a version is lost, and the answer has no envelope.', 'versions.content'),
  revisions('BS5', 'A reset keeps the table of temporary ids: what is added again is lost.', 'reset.forgets-phantoms'),
  revisions(
    'BS6',
    'Of a frame with a bad revision the ones before it are stored, and nobody hears of them.',
    'edit.atomic',
  ),
  revisions('BS7', 'Errors are answered with a stack trace.', 'errors.opaque'),
  revisions('BS8', 'Names of Object.prototype pass for users and break the session.', 'login.builtin-names'),
  revisions('BS9', 'Unknown names read and write without a password.', 'login.unknown-name'),
  revisions('BS10', 'Rights survive a second login on the same socket.', 'login.again'),
  {
    id: 'BS11',
    happens: 'What was missed cannot be asked for.',
    server: 'planwire bryntum-revisions',
    line: 'drops resume points',
    failing: ['extension.catch-up'],
  },
  {
    id: 'BS12',
    happens: 'Every revision is kept for ever.',
    unseen: 'memory of the server; it shows under load and in weeks, not in frames',
  },
  revisions('BS13', 'An edit of a removed record is told to everybody.', 'edit.stale'),
  revisions('BS14', 'A revision that is sent again is a new one.', 'edit.sent-again'),
  revisions('BS15', 'The documented names are ignored in silence.', 'names.documented'),
  revisions('BS16', 'A broadcast ends at the first socket that is gone.', 'edit.survives-a-lost-client'),
  flat('BO1', 'New records get ids that other records have.', 'add.fresh-ids'),
  flat(
    'BO2',
    'A child before its parent, or below none, makes the dataset fail.',
    'add.child-first',
    'add.unknown-parent',
  ),
  flat('BO3', 'Removing a parent by its id alone makes the dataset fail.', 'tree.parent-removed'),
  {
    id: 'BO4',
    happens: 'The author of an edit hears nothing.',
    server: 'planwire bryntum-flat',
    line: 'drops acks',
    failing: ['extension.ack'],
  },
  flat('BO5-both-parents', 'A moved task is in the dataset under both parents.', 'tree.moved-once'),
  flat('BO5-comes-back', 'A task that was moved and then removed is still in the dataset.', 'tree.removed-after-move'),
  flat('BO5-old-below-new', 'An old task below a new one makes the dataset fail.', 'tree.old-below-new'),
  flat(
    'BO5-half-a-change',
    'Of a change with an unknown store half is stored, and nobody hears of it.',
    'edit.atomic',
    'edit.told-is-stored',
  ),
  {
    id: 'BO5-sent-again',
    happens: 'New records that are sent again are there twice.',
    server: 'planwire bryntum-flat',
    line: 'drops counters',
    failing: ['extension.sent-again'],
  },
  scheduler('DS1', 'No token is checked.', 'handshake.token', 'rest.token', 'rest.token-missing', 'socket.token'),
  scheduler('DS2', 'Sockets are taken at any path.', 'socket.path'),
  scheduler('DS3', 'Dates are loaded as {}.', 'load.dates'),
  scheduler('DS4', 'A range of dates brings nothing.', 'load.range'),
  scheduler('DS5', 'An edit of an unknown event is answered 200 and told to everybody.', 'update.unknown'),
  scheduler('DS6', 'A removal of an unknown event is answered 500 with a stack trace.', 'delete.unknown'),
  scheduler('DS7', 'A malformed body is answered with a stack trace.', 'rest.malformed'),
  scheduler('DS8', 'A stale whole record overwrites newer fields of others.', 'update.stale'),
  scheduler('DS9', 'Fields of one record reach others.', 'rest.hostile-fields'),
  {
    id: 'DS10',
    happens: 'A socket may subscribe without limit.',
    unseen: 'memory of the server; unknown names are never told of, with a limit or without',
  },
  scheduler('DS11', 'A deleted occurrence is told as delete-event: others see it again.', 'series.occurrence-deleted'),
  scheduler('DS12', 'Occurrences that go with an edit of their series are told to nobody.', 'series.edited'),
]
