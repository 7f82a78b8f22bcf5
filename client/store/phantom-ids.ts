/** Phantom ids: the temporary ids of records that the server has not named yet, in the form that Bryntum clients send. */

/** A new phantom id for a record of a store, for example `_generatedtasks_1f0c…`. */
export function phantomId(store: string, unique: string): string {
  return `_generated${store}_${unique}`
}

/** True for ids that a client made: ours, Bryntum's (`_generatedModel1`), and those of DHTMLX widgets are numbers and never phantom here. */
export function isPhantomId(id: unknown): id is string {
  return typeof id === 'string' && id.startsWith('_generated')
}
