/**
 * Breaks in the engine that the simulation must notice: a piece of source and what takes its place. `kinds`: where it
 * should show first; the others follow.
 */

/**
 * @typedef {{
 *   name: string,
 *   file: string,
 *   find: string,
 *   replace: string,
 *   kinds?: readonly string[],
 * }} Mutant
 */

const DELIVERY = 'client/sync/delivery.ts'
const ARRIVALS = 'client/sync/arrivals.ts'
const DATASETS = 'client/sync/datasets.ts'
const ASKING = 'client/sync/asking.ts'
const LIVES = 'client/sync/lives.ts'
const REPLICA = 'client/sync/replica.ts'
const SESSION = 'client/sync/session.ts'
const LOGIN = 'client/sync/login.ts'
const COPIES = 'client/sync/copies.ts'
const ROOM = 'mock-server/core/room.ts'

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  {
    name: 'skip the undo step of rebase',
    file: REPLICA,
    find: 'for (const key of noted.keys()) rebase(this.#replica, store, key)',
    replace: '',
  },
  {
    name: 'ack out of order: any ack is for everything',
    file: ARRIVALS,
    find: 'if (at.revision <= message.position.revision) copy.ordered.delete(id)',
    replace: 'if (at) copy.ordered.delete(id)',
    kinds: ['core'],
  },
  {
    name: 'forget the phantom map',
    file: REPLICA,
    find: 'rename(replica, (id) => ids.get(idKey(id)), view, replica.pending)\n}',
    replace: '}',
  },
  {
    name: 'resend under a new id',
    file: DELIVERY,
    find: '{ counter: counterOf(pending) }',
    replace: '{ counter: counterOf(pending) + 1000 * state.generation }',
    kinds: ['core'],
  },
  {
    name: 'trust the fence on a late server',
    file: 'client/project/project-core.ts',
    find: "serial: flatServer === 'serial'",
    replace: 'serial: true',
    kinds: ['late'],
  },
  {
    name: 'ignore the epoch',
    file: ARRIVALS,
    find: 'if (!at || order.epoch !== at.epoch)',
    replace: 'if (!at)',
    kinds: ['core'],
  },
  {
    name: 'take a revision for the same in every run',
    file: ROOM,
    find: 'run !== this.#runs.at(revision)',
    replace: 'false',
    kinds: ['core', 'core-revisions-extension'],
  },
  {
    name: 'keep what the server lost in the same epoch',
    file: DELIVERY,
    find: '!gone && at.epoch === position.epoch',
    replace: 'at.epoch === position.epoch',
    kinds: ['core', 'core-revisions-extension'],
  },
  {
    name: 'ignore a gap',
    file: ARRIVALS,
    find: "if (order.revision > at.revision + 1) return { type: 'gap' }",
    replace: '',
    kinds: ['core'],
  },
  {
    name: 'apply a duplicate again',
    file: ARRIVALS,
    find: "return own ? { type: 'contained', pending: own } : { type: 'duplicate' }",
    replace: "return own ? { type: 'contained', pending: own } : { type: 'remote' }",
    kinds: ['core'],
  },
  {
    name: 'apply an own echo twice',
    file: ARRIVALS,
    find: "if (own) return { type: 'own', pending: own }",
    replace: "if (own) return { type: 'remote' }",
    kinds: ['revisions'],
  },
  {
    name: 'drop the outbox on reconnect',
    file: COPIES,
    find: "pending.delivery = { status: 'waiting', sentBefore: true }",
    replace: 'copy.replica.pending.splice(0)',
  },
  {
    name: 'forget that a change was sent before',
    file: COPIES,
    find: "pending.delivery = { status: 'waiting', sentBefore: true }",
    replace: "pending.delivery = { status: 'waiting', sentBefore: false }",
    kinds: ['faulty', 'revisions'],
  },
  {
    name: 'send before the project was read',
    file: DELIVERY,
    find: "if (!copy?.loaded || !copy.restored || !state.login || state.connection.state !== 'open') return",
    replace: "if (!copy || !state.login || state.connection.state !== 'open') return",
  },
  {
    name: 'send what refers to an id that the server does not know',
    file: DELIVERY,
    find: 'if (!state.login.extension && refersToUnresolved(copy, pending)) break',
    replace: '',
    kinds: ['document', 'faulty'],
  },
  {
    name: 'wait for a name that nobody will give',
    file: DELIVERY,
    find: ' && addedBefore(copy, pending, operation.id)) return true',
    replace: ') return true',
    kinds: ['faulty'],
  },
  {
    name: 'lose what the server lost with its tail',
    file: DELIVERY,
    find: '      lost.push(pending)',
    replace: '',
    kinds: ['core'],
  },
  {
    name: 'let go of a change when a dataset shows it, not at its ack',
    file: ARRIVALS,
    find: "  if (revision.order) copy.ordered.set(pending.id, { pending, at: revision.order })\n  show(state, 'remote', settle(",
    replace: "  show(state, 'remote', settle(",
    kinds: ['core-revisions-extension', 'core'],
  },
  {
    name: 'look at nothing when others cross a silent change',
    file: ARRIVALS,
    find: "if (delivery?.status === 'unconfirmed') look = true\n    // Crossed",
    replace: '// Crossed',
    kinds: ['late', 'document'],
  },
  {
    name: 'believe the fence in spite of a crossing',
    file: DATASETS,
    find: "if (pending.delivery?.status === 'unconfirmed') readBack(state)\n  else {",
    replace: '{',
    kinds: ['document-serial'],
  },
  {
    name: 'judge by a dataset that was asked for before',
    file: DATASETS,
    find: 'if (state.reading?.earlier || delivery.sentAt > (state.reading?.at ?? state.handedOver)) return',
    replace: '',
    kinds: ['document-serial', 'document'],
  },
  {
    name: 'take the server at its first word',
    file: DATASETS,
    find: '!shown && !state.serial && reads < READ_BACK_TRIES',
    replace: '!shown && delivery.reads > 9',
    kinds: ['late'],
  },
  {
    name: 'give up what the server is still coming to',
    file: DATASETS,
    find: 'judging.advanced ? 1 : delivery.reads + 1',
    replace: 'delivery.reads + 1',
    kinds: ['late'],
  },
  {
    name: 'believe in an add below what is gone',
    file: LIVES,
    find: 'again ||= !referencesOf(entry, store).every(isThere)',
    replace: '',
    kinds: ['revisions'],
  },
  {
    name: 'say nothing of edits whose records a dataset no longer has',
    file: DATASETS,
    find: "if (gone && !told) tell('conflict', crossing)",
    replace: '',
  },
  {
    name: 'send again after a gap what may have been stored',
    file: ARRIVALS,
    find: 'state.login?.extension\n      ? { status',
    replace: 'state.login\n      ? { status',
    kinds: ['revisions'],
  },
  {
    name: 'send adds again that a dataset shows',
    file: DATASETS,
    find: 'if (delivery.sentBefore) storedAdds(state, copy, pending)',
    replace: '',
    kinds: ['faulty'],
  },
  {
    name: 'take an adopted change for an own one',
    file: DELIVERY,
    find: 'isOwnId(state, pending) ? counterOf(pending) : pending.id}',
    replace: 'counterOf(pending)}',
    kinds: ['revisions', 'core-revisions'],
  },
  {
    name: 'reject at a reset what is on its way',
    file: SESSION,
    find: "delivery?.status === 'waiting')",
    replace: "delivery?.status !== 'draft')",
    kinds: ['revisions', 'document'],
  },
  {
    name: 'believe the fence in spite of a reset',
    file: SESSION,
    find: '    resetCrossed(state, copy)\n',
    replace: '',
    kinds: ['document-serial', 'core-flat-serial'],
  },
  {
    name: 'do not ask again for a dataset that failed',
    file: SESSION,
    find: "if (type === 'dataset' && error.code === 'rejected') readBackSoon(state)\n    else if",
    replace: 'if',
    kinds: ['faulty'],
  },
  {
    name: 'wait for ever for the answer to a login',
    file: 'client/sync/liveness.ts',
    find: "if (state.connection.state === 'connecting' || state.connection.state === 'authenticating')",
    replace: 'if (state.generation < 0)',
  },
  {
    name: 'let another user take over the connection',
    file: SESSION,
    find: "if (connection === 'open' && state.login && state.user !== login) changeUser(state)\n  else if",
    replace: 'if',
    kinds: ['late', 'document'],
  },
  {
    name: 'forget who is logged in while logging in again',
    file: LOGIN,
    find: '  state.credentials = credentials\n  const extension',
    replace: '  state.credentials = credentials\n  state.login = undefined\n  const extension',
    kinds: ['revisions', 'core-revisions'],
  },
  {
    name: 'take the login of another tab for the own one',
    file: SESSION,
    find: "&& dialect !== 'bryntum-revisions' && !login?.extension",
    replace: '',
    kinds: ['core-revisions-extension', 'core'],
  },
  {
    name: 'stop listening while the project is read again',
    file: ASKING,
    find: 'if (state.login.extension && !whole) copy.loaded = false',
    replace: 'copy.loaded = false',
    kinds: ['late', 'revisions'],
  },
  {
    name: 'take every dataset at its word about what was removed',
    file: DATASETS,
    find: 'expected ? withoutRemoved(copy, message.dataset) : message.dataset',
    replace: 'message.dataset',
    kinds: ['faulty'],
  },
  {
    name: 'take an add that was sent again for a new one',
    file: ARRIVALS,
    find: 'if (again) readBackSoon(state)\n',
    replace: '',
    kinds: ['revisions'],
  },
  {
    name: 'bring back a removed record that is edited',
    file: 'client/store/operations.ts',
    find: 'return record && merged(record, operation.fields)',
    replace: 'return merged(record ?? { id: operation.id }, operation.fields)',
  },
]
