/** Owns what every fuzz run watches beside the answers: prototypes, and the heap after garbage collection. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const PROTOTYPES: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Map.prototype,
]

/** Counts the properties of prototypes now; the answer throws when there are others later. */
export function watchPrototypes(rule: string): () => void {
  const properties = PROTOTYPES.map((each) => Reflect.ownKeys(each).length)
  return () => {
    for (const [at, each] of PROTOTYPES.entries())
      if (Reflect.ownKeys(each).length !== properties[at]) throw new Error(`${rule}: a prototype has a new property`)
  }
}

setFlagsFromString('--expose_gc')
const collectGarbage: unknown = runInNewContext('gc')

/** The heap in megabytes, garbage collected. */
export function heapMb(): number {
  if (typeof collectGarbage === 'function') collectGarbage()
  return process.memoryUsage().heapUsed / 1_048_576
}
