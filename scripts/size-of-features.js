/**
 * `npm run build && node scripts/size-of-features.js`: what each feature of `ProjectClient` costs an app: by how much the minified,
 * gzipped first load shrinks when the feature's own code is left out of it. What features share is in none of them.
 */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { gzipSync } from 'node:zlib'
import { bundled } from './bundled.js'
import { root } from './entries.js'

/** Features, each as modules of `dist/client`, or as functions and methods of one: `module: names`. @type {[string, string[]][]} */
const FEATURES = [
  ['tree of tasks: order, cycles, moves', ['store/task-tree', 'project/task-store']],
  [
    'servers that acknowledge nothing: fence, read-back, adds that come twice',
    [
      'sync/lives',
      'sync/datasets: fencePassed resetCrossed readBackJudged shows storedAdds',
      'sync/arrivals: isAgain pendingOfEcho',
      'sync/asking: readBackSoon readPlanned',
      'sync/delivery: refersToUnresolved addedBefore localRevision hasAdds',
    ],
  ],
  [
    'commands that wait for an answer',
    ['sync/requests', 'project/commands', 'sync/abort', 'sync/live-session: request', 'sync/session: request refusal'],
  ],
  [
    'edits that cannot travel refused, schemas of the app',
    ['project/given-fields', 'project/validation', 'project/project-core: #check #checkArrived'],
  ],
  [
    'an outbox that loads beside it, and what it gives back',
    [
      'sync/later',
      'adapters/has-indexed-db',
      'project/project-core: outboxOf',
      'sync/live-session: #keep',
      'sync/session: restored remembered keepNothing',
      'sync/copies: copyToRestore takeRestored handedOver',
    ],
  ],
  [
    'conflicts told, fields that merge as a group',
    ['store/field-groups', 'sync/replica: crossingsOf brokenReferences', 'sync/datasets: editsOfKnown'],
  ],
  ['nested datasets', ['protocol/dialects/bryntum/tree']],
  [
    'undo that loads beside it',
    ['project/late-history', 'project/project-core: #closeStep #tellHistory turnBack #checkEpoch #checkUser'],
  ],
  [
    'the second dialect, and finding out which a server speaks',
    [
      'protocol/dialects/bryntum-revisions/client',
      'protocol/dialects/detect',
      'protocol/dialects/unsupported',
      'protocol/dialects/bryntum/envelope: openEnvelope closeEnvelope',
      'protocol/dialects/bryntum/client: readRevision writeRevision',
      'protocol/dialects/bryntum/changes: writeInput',
    ],
  ],
  [
    'several projects, servers and users in one client',
    [
      'sync/net-changes',
      'sync/copies: switchCopy ownCopies isIdle',
      'sync/login: moveTo changeUser',
      'sync/session: selectProject',
    ],
  ],
  ['status of each record', ['project/record-status']],
  [
    'signs of life, waking up, sleeping tabs',
    [
      'sync/liveness',
      'adapters/wakeups',
      'sync/session: wake',
      'sync/login: lineLost',
      'sync/live-session: #open #openNow',
    ],
  ],
  ['presence', ['sync/presence', 'protocol/dialects/bryntum/extension: readPresence']],
  ['`whenSynced`', ['sync/sync-waiters', 'project/project-core: #checkSynced whenSynced']],
  [
    'credentials refused, renewed, asked of a function',
    [
      'sync/login: authRefused noCredentials',
      'sync/session: sessionForgotten loginWanted',
      'sync/live-session: #provide',
    ],
  ],
  ['records that hang on a removed one', ['store/hanging']],
]

/** What is left without them, by the first that fits. @type {[string, RegExp][]} */
const REST = [
  ['records: confirmed, pending, rebased', /^(sync\/replica|store\/|protocol\/(ids|changeset))/],
  ['frames of the flat dialect, read and written', /^protocol\//],
  ['the session: login, dataset, changes in order, acks', /^sync\//],
  ['the face: stores, events, transactions', /^project\//],
  ['socket, clock, console', /./],
]

/** @typedef {{ file: string, line: number, text: string }} Piece a stretch of minified code, and where it is from */

/** @returns {Promise<Piece[]>} */
async function firstLoad() {
  /** @type {Piece[]} */
  const pieces = []
  for (const part of await bundled(`${root}dist/client/index.js`, true, ['ProjectClient'], true)) {
    if (part.type !== 'chunk' || !part.isEntry) continue
    const map = new SourceMap(JSON.parse(String(part.map)))
    part.code.split('\n').forEach((text, line) => {
      for (let at = 0; at < text.length; at++) {
        const entry = map.findEntry(line, at)
        const from = 'originalSource' in entry ? entry : { originalSource: '', originalLine: -1 }
        const file = from.originalSource.replace(/^.*?client\//, '').replace(/\.js$/, '')
        const last = pieces.at(-1)
        if (last?.file === file && last.line === from.originalLine) last.text += text[at]
        else pieces.push({ file, line: from.originalLine, text: text[at] ?? '' })
      }
    })
  }
  return pieces
}

/**
 * Whether a piece is of a module, or of functions of it.
 * @param {string} part
 * @returns {(piece: Piece) => boolean}
 */
function within(part) {
  const [file = '', names] = part.split(': ')
  const lines = readFileSync(`${root}dist/client/${file}.js`, 'utf8').split('\n')
  if (!names) return (piece) => piece.file === file
  const ranges = names.split(' ').map((name) => {
    const from = lines.findIndex((line) =>
      new RegExp(`^(?:(?:export )?(?:async )?function |    (?:async )?)${name}\\(`).test(line),
    )
    if (from < 0) throw new Error(`size-of-features: there is no ${name} in ${file} any more`)
    const end = lines[from]?.startsWith(' ') ? '    }' : '}'
    return [from, lines.indexOf(end, from)]
  })
  return (piece) => piece.file === file && ranges.some(([from = 0, to = 0]) => piece.line >= from && piece.line <= to)
}

/** @param {Piece[]} pieces */
const bytes = (pieces) => gzipSync(pieces.map(({ text }) => text).join(''), { level: 9 }).length
/** @param {string} what @param {number} size */
const row = (what, size) => console.log(`| ${what} | ${(size / 1000).toFixed(2)} |`)

const all = await firstLoad()
const features = FEATURES.map(([name, parts]) => ({ name, parts: parts.map(within) }))
row('**first load**', bytes(all))
for (const { name, parts } of features)
  row(name, bytes(all) - bytes(all.filter((piece) => !parts.some((part) => part(piece)))))
const rest = all.filter((piece) => !features.some(({ parts }) => parts.some((part) => part(piece))))
row('**without any of these**', bytes(rest))
for (const [name, fits] of REST) {
  const own = (/** @type {Piece} */ { file }) => REST.find(([, other]) => other.test(file))?.[1] === fits
  row(name, bytes(rest) - bytes(rest.filter((piece) => !own(piece))))
}
