/**
 * Owns the question which Chromium the tests drive and how it is started: looked for here by every configuration,
 * fetched by `scripts/install-chromium.js`.
 */
import { accessSync, constants } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { chromium } from 'playwright'

/** Of the browser without windows. For pages it is the whole one, at three fifths of the processor time (two Gantt pages: 1.7 s of 2.9). */
const SHELL_NAMES = ['chromium-headless-shell', 'chrome-headless-shell']
const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MAC_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * Quiet, offline but for this machine: a test that asks a foreign host for anything (a web font, say) fails at once.
 * Root needs `--no-sandbox`.
 */
export const chromiumArguments = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
]

/**
 * Path of the Chromium to use: `PLANWIRE_CHROMIUM`, else the system's without windows, else the one Playwright installed, else the
 * system's.
 * @returns {string | undefined} undefined when there is none
 */
export function findChromium() {
  return process.env['PLANWIRE_CHROMIUM'] || onPath(SHELL_NAMES).find(isExecutable) || findWholeChromium()
}

/**
 * The same for a test of what only a browser with windows has, such as the back/forward cache.
 * @returns {string | undefined} undefined when there is none
 */
export function findWholeChromium() {
  const wanted = process.env['PLANWIRE_CHROMIUM']
  if (wanted && !SHELL_NAMES.includes(basename(wanted))) return wanted
  return [chromium.executablePath(), ...onPath(SYSTEM_NAMES), ...MAC_PATHS].find(isExecutable)
}

/** @param {readonly string[]} names @returns {string[]} */
function onPath(names) {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
}

/**
 * What Playwright and Vitest pass to the browser. Without a Chromium the path is left out, so that the runner itself says what is missing.
 * @returns {{ executablePath?: string, args: string[] }}
 */
export function chromiumLaunchOptions() {
  const executablePath = findChromium()
  return executablePath ? { executablePath, args: chromiumArguments } : { args: chromiumArguments }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
