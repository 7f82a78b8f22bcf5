/** What became of records' edits that the user has to be told of: kept until the user has seen it or edits the record again. */
import { idKey, type RecordId } from '../protocol/ids.ts'

/** `rejected`: the server refused the last edit. `conflict`: somebody removed the record under it. */
export type Verdict = 'rejected' | 'conflict'

/** Verdicts that are remembered; of more, the oldest are forgotten. */
const MOST = 1_000

/** Verdicts by record. */
export class Verdicts {
  readonly #known = new Map<string, Verdict>()

  of(store: string, id: RecordId): Verdict | undefined {
    return this.#known.get(keyOf(store, id))
  }

  note(store: string, id: RecordId, verdict: Verdict): void {
    const key = keyOf(store, id)
    this.#known.delete(key)
    this.#known.set(key, verdict)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest)
  }

  drop(store: string, id: RecordId): void {
    this.#known.delete(keyOf(store, id))
  }
}

function keyOf(store: string, id: RecordId): string {
  return `${store} ${idKey(id)}`
}
