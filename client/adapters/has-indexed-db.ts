/** Owns the question whether the platform can keep anything: asked before the code that does so is loaded. */

/** True where there is IndexedDB. */
export function hasIndexedDb(): boolean {
  return typeof indexedDB !== 'undefined'
}
