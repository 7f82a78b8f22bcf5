/** Loads the simulation into a script, as it is or with a piece of the engine replaced. */
import { runnerImport } from 'vite'
import { root } from './entries.js'

/** @typedef {typeof import('../e2e/sim/campaign.ts')} Simulation */

/**
 * The simulation's modules, made anew for each call.
 * @param {import('vite').Plugin[]} plugins
 * @param {string} base folder of the project, with a slash at its end
 * @returns {Promise<Simulation>}
 */
export async function loadSimulation(plugins = [], base = root) {
  /** @type {{ module: Simulation }} */
  const { module } = await runnerImport(`${base}e2e/sim/campaign.ts`, {
    configFile: false,
    root: base,
    logLevel: 'error',
    plugins,
  })
  return module
}
