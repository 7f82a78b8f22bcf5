/**
 * Gets a Chromium for the tests when the machine has none that runs: Playwright's own download, else, as root on
 * Debian, the packages `chromium` and `chromium-headless-shell`. Says what it does; where nothing helps it prints the command to run.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findChromium } from './chromium.js'

/**
 * A Chromium that answers `--version`, fetched if need be.
 * @returns {string | undefined} its path, or undefined after saying what to do
 */
export function ensureChromium() {
  const found = findChromium()
  if (found && runs(found)) return found
  console.log(found ? `${found} does not run here.` : 'No Chromium found.')
  for (const [what, get] of sources) {
    console.log(`Getting one: ${what}`)
    const path = get()
    if (path && runs(path)) return path
  }
  console.error(
    "No Chromium could be installed. Install one (`npx playwright install --with-deps chromium`, or your system's\n" +
      '`chromium` package), or name one: PLANWIRE_CHROMIUM=/path/to/chromium npm test',
  )
  return undefined
}

/** @type {[what: string, get: () => string | undefined][]} */
const sources = [
  [
    'npx playwright install chromium',
    () => {
      run('npx', ['playwright', 'install', 'chromium'], { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' })
      return findChromium()
    },
  ],
  ...(process.getuid?.() === 0 && existsSync('/etc/debian_version')
    ? [
        /** @type {[string, () => string | undefined]} */ ([
          'apt-get install chromium (this user is root, this system is a Debian)',
          () => {
            run('apt-get', ['update', '-qq'])
            const install = (/** @type {string[]} */ ...packages) =>
              run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
                DEBIAN_FRONTEND: 'noninteractive',
              })
            // Older systems have no package of the second one.
            if (!install('chromium', 'chromium-headless-shell')) install('chromium')
            return ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path))
          },
        ]),
      ]
    : []),
]

/** @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
function run(command, args, env = {}) {
  return spawnSync(command, args, { stdio: 'inherit', timeout: 300_000, env: { ...process.env, ...env } }).status === 0
}

/** True if the browser starts: a downloaded one may lack libraries of the system. @param {string} path */
function runs(path) {
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0
}

if (process.argv[1] === import.meta.filename) {
  const path = ensureChromium()
  if (path) console.log(path)
  else process.exitCode = 1
}
