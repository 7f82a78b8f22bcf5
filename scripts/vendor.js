/**
 * Gets the vendor's widgets ready for the tests: installs the private package `e2e/vendor` if it is not there in the
 * locked versions, checks the types of its files, and builds its pages. Where the package cannot be had, for want of a
 * network, it says so and leaves with 0: the tests that need it are left out then. `PLANWIRE_VENDOR=required` makes that a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { root } from './entries.js'
import { compile } from './types.js'

const folder = `${root}e2e/vendor/`

/** @param {string} file @returns {{ packages?: Record<string, { version?: string }> } | undefined} */
function locked(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** True when the widgets are installed in the versions of the lock file. */
export function vendorInstalled() {
  const wanted = locked(`${folder}package-lock.json`)?.packages ?? {}
  const present = locked(`${folder}node_modules/.package-lock.json`)?.packages ?? {}
  return Object.entries(wanted).every(([path, { version }]) => path === '' || present[path]?.version === version)
}

function install() {
  if (vendorInstalled()) return true
  const options = ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1']
  return spawnSync('npm', options, { cwd: folder, stdio: 'inherit' }).status === 0 && vendorInstalled()
}

function build() {
  const vite = `${root}node_modules/vite/bin/vite.js`
  return spawnSync(process.execPath, [vite, 'build', folder], { cwd: folder, stdio: 'inherit' }).status === 0
}

if (process.argv[1] === import.meta.filename) {
  if (!install()) {
    console.error('vendor: the widgets in e2e/vendor could not be installed; the tests with them are left out.')
    console.error('vendor: repeat it with a network: npm ci --prefix e2e/vendor')
    process.exitCode = process.env['PLANWIRE_VENDOR'] === 'required' ? 1 : 0
  } else if (!compile('e2e/vendor/tsconfig.json') || !build()) process.exitCode = 1
}
