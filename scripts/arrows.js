/** Owns the layers of the project: which folder may import which. `scripts/check-arrows.js` enforces it. */

/**
 * A layer: a folder (or a file) and what its files may import besides each other.
 * @typedef {object} Layer
 * @property {string} at folder or file, relative to the root
 * @property {string[]} imports folders and files that it may import
 * @property {string[]} [forTests] what only its `*.test.ts` and `*.contract.ts` may import besides
 * @property {boolean} [pure] true: no packages and no `node:` modules, except in tests
 * @property {true | string[]} [entries] true: may import `planwire/...` by name; else these alone
 */

const neutral = ['client/protocol', 'client/store', 'client/ports']
const engine = [...neutral, 'client/sync']
const forTests = ['client/testing', 'package.json']
/** What holds for every host of the mock server, and the client that its tests drive. */
const hostContracts = [
  'mock-server/host.contract.ts',
  'mock-server/live-host.contract.ts',
  'mock-server/vendor-faults.contract.ts',
  'mock-server/lab-host.contract.ts',
  'mock-server/recorder-host.contract.ts',
  'mock-server/peer.contract.ts',
]
/**
 * What a host of the mock server may import of the client: time and randomness of the platform, which are the same at both ends
 * and have nothing to do with how either keeps its records.
 */
const host = [
  ...neutral,
  'client/adapters/system.ts',
  'mock-server/core',
  'mock-server/lab',
  'mock-server/recorder',
  'mock-server/doctor',
  'mock-server/fixtures',
]
const hostTests = [...forTests, ...hostContracts]

/**
 * Arrows point left: `protocol <- store <- sync <- { project, live-updates } <- bindings <- index` in the client, where the
 * two faces (project, live-updates) join the pure engine to the adapters of the platform; `core <- { browser, node, testing }`
 * in the mock server, which shares the protocol and the changeset algebra with the client but never its engine: two ends
 * that share an engine share its bugs.
 * @type {readonly Layer[]}
 */
export const layers = [
  { at: 'client/protocol', imports: [], forTests: [...forTests, 'client/protocol/schema'], pure: true },
  // What the protocol's types, documents and random frames are made from. Nothing that is shipped may need it.
  { at: 'client/protocol/schema', imports: ['client/protocol'] },
  { at: 'client/ports', imports: ['client/protocol'], forTests, pure: true },
  { at: 'client/store', imports: ['client/protocol'], forTests, pure: true },
  { at: 'client/sync', imports: neutral, forTests, pure: true },
  { at: 'client/adapters', imports: ['client/protocol', 'client/ports'], forTests },
  { at: 'client/testing', imports: neutral, forTests: ['client', 'mock-server'], pure: true },
  { at: 'client/project', imports: [...engine, 'client/adapters'], forTests, pure: true },
  // The states of the engine's connection, without the rest of it.
  { at: 'client/connection', imports: [...engine, 'client/adapters'], forTests, pure: true },
  // Both faces hand out the same kind of store.
  {
    at: 'client/live-updates',
    imports: [...engine, 'client/adapters', 'client/project/record-store.ts', 'client/project/change-batch.ts'],
    forTests,
    pure: true,
  },
  {
    at: 'client/bindings',
    imports: [...engine, 'client/adapters/system.ts', 'client/project', 'client/live-updates'],
    forTests,
  },
  {
    at: 'client/index.ts',
    imports: [
      ...engine,
      'client/adapters',
      'client/connection',
      'client/project',
      'client/live-updates',
      'client/bindings',
    ],
    forTests,
  },

  { at: 'mock-server/core', imports: neutral, forTests, pure: true },
  // Faults between a host and the core, by time and chance of their own.
  {
    at: 'mock-server/lab',
    imports: [...neutral, 'client/testing/seeded-random.ts', 'mock-server/core'],
    forTests: [...forTests, 'mock-server/core', ...hostContracts],
    pure: true,
  },
  // What crossed the wire: kept in a file, replayed against a fresh core by a clock of its own, cut down to what matters.
  {
    at: 'mock-server/recorder',
    imports: [...neutral, 'client/testing', 'mock-server/core', 'mock-server/lab'],
    forTests: [...forTests, ...hostContracts, 'mock-server/doctor'],
    pure: true,
  },
  // Findings on what crosses the wire.
  { at: 'mock-server/doctor', imports: [...neutral, 'mock-server/recorder'], forTests, pure: true },
  { at: 'mock-server/fixtures', imports: ['client/protocol', 'mock-server/core'] },
  ...hostContracts.map((at) => ({
    at,
    imports: [...neutral, 'mock-server/core', 'mock-server/lab', 'mock-server/recorder'],
    forTests: hostTests,
  })),
  { at: 'mock-server/browser', imports: host, forTests: hostTests },
  // The command line of every tool.
  { at: 'mock-server/node', imports: [...host, 'mock-server/verify'], forTests: hostTests },
  { at: 'mock-server/testing', imports: host, forTests: hostTests },
  // A judge of servers shares no engine with what it judges; its tests let it judge the hosts, and foreign servers with faults.
  {
    at: 'mock-server/verify',
    imports: [...neutral, 'client/adapters/system.ts'],
    forTests: [...forTests, 'mock-server', 'e2e/servers'],
    pure: true,
  },

  // Tools on top. Bots are users of the public client; the panel and the kit for Playwright drive whole servers.
  { at: 'mock-server/bots', imports: ['client'], forTests: [...forTests, 'mock-server'] },
  {
    at: 'mock-server/panel',
    imports: [
      ...neutral,
      'mock-server/browser',
      'mock-server/core',
      'mock-server/lab',
      'mock-server/recorder',
      'mock-server/doctor',
      'mock-server/bots',
    ],
    forTests: [...forTests, 'client', 'mock-server'],
  },
  {
    at: 'mock-server/playwright',
    imports: [
      ...neutral,
      'mock-server/core',
      'mock-server/lab',
      'mock-server/recorder',
      'mock-server/doctor',
      'mock-server/browser',
      'mock-server/node',
      'client/testing',
    ],
    forTests: [...forTests, 'client', 'mock-server'],
  },

  { at: 'demo', imports: [], entries: true },
  { at: 'e2e/sim', imports: ['client', 'mock-server'], entries: true },
  // Pages and tests with the vendor's widgets: a package of its own, whose GPL nothing else may touch.
  { at: 'e2e/vendor', imports: ['scripts'], entries: true, forTests: ['client'] },
  // The pages that e2e/browser-host.spec.ts builds.
  { at: 'e2e/browser-host', imports: ['scripts'], entries: true },
  // What the guide for tests shows.
  { at: 'e2e/guide', imports: [], entries: true },
  // The specs drive built pages, by the kit that users have.
  { at: 'e2e', imports: ['scripts/chromium.js'], entries: ['planwire/playwright'] },
  { at: 'bench', imports: ['client', 'mock-server', 'scripts'], entries: true },
  // The simulation is run, and broken on purpose, by scripts of its own.
  { at: 'scripts', imports: ['e2e/sim'], forTests: ['mock-server/node', 'client/protocol'] },
]

/** True for files that only tests load. @param {string} file */
export function isTestFile(file) {
  return /\.(test|contract)\.[jt]sx?$/.test(file)
}

/**
 * The layer of a file: the longest that holds it.
 * @param {string} file relative to the root
 */
export function layerOf(file) {
  return layers.filter(({ at }) => within(file, at)).sort((a, b) => b.at.length - a.at.length)[0]
}

/**
 * Why a file may not import a target, or undefined if it may.
 * @param {string} file relative to the root
 * @param {string} target a file relative to the root, or the name of a package or a built-in module
 * @param {'file' | 'package'} kind
 * @returns {string | undefined}
 */
export function whyForbidden(file, target, kind) {
  const layer = layerOf(file)
  if (!layer) return 'the file lies in no layer: name its folder in scripts/arrows.js'
  const test = isTestFile(file)
  if (kind === 'package') {
    if (/^planwire(\/|$)/.test(target)) {
      return layer.entries === true || layer.entries?.includes(target)
        ? undefined
        : `${layer.at} may not import ${target} by name: see \`entries\` in scripts/arrows.js`
    }
    return layer.pure && !test ? `${layer.at} is pure: no packages, no built-in modules` : undefined
  }
  if (isTestFile(target) && !test) return 'tests and contracts may be imported by tests only'
  const allowed = [layer.at, ...layer.imports, ...((test && layer.forTests) || [])]
  // `e2e` holds the layer `e2e/sim`: within one's own layer the innermost one decides.
  const fine = allowed.some((at) => within(target, at) && (at !== layer.at || layerOf(target) === layer))
  return fine ? undefined : `${layer.at} may import ${allowed.join(', ')}`
}

/** @param {string} file @param {string} folder */
function within(file, folder) {
  return file === folder || file.startsWith(`${folder}/`)
}
