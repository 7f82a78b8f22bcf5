/**
 * Owns what a room remembers of requests that carried an `Idempotency-Key`: one that comes again gets the answer that it
 * got before and changes nothing. Answers to writes are part of their log entry, and the newest of them of every snapshot, so
 * they are known after a restart, whatever the log has dropped; refusals, which changed nothing, are not.
 *
 * A request is found by its key alone: its sender may come back with another token, as when one expires between a lost
 * answer and the retry. Keys are therefore to be such as nobody else makes.
 *
 * Invariant: bounded for each sender, so that one with many keys makes nobody else's forgotten, and as a whole.
 */

/** Answered requests remembered of one sender. */
const MOST_PER_SENDER = 1000
/** Length of all of them, in UTF-16 code units. */
const MOST_LENGTH = 16_777_216
/** Answered writes that a snapshot holds, and their length: as many as may be retried, few enough to be written often. */
const MOST_STORED = 1000
const MOST_STORED_LENGTH = 1_048_576

/** A request and the answer that it got, as a log entry holds it. */
export interface AnsweredRequest {
  /** Who sent it first, and whose share of the memory it takes: a print of the token, empty without one. */
  readonly sender: string
  /** The key as sent. */
  readonly key: string
  /** A print of method, path and body, which tells another request under the same key. */
  readonly print: string
  readonly status: number
  readonly body: string
  readonly etag?: string
}

/** An answered request, and the revision up to which the log must be durable before it is answered again. */
export interface Remembered {
  readonly request: AnsweredRequest
  readonly revision: number
}

/** The answered requests of one room. */
export class RequestMemory {
  readonly #known = new Map<string, Remembered>()
  /** Keys by sender, each with the oldest first. The sender heard of last comes last: when it gets too much, others go first. */
  readonly #senders = new Map<string, Set<string>>()
  #length = 0

  /** The request with this key, if it is still remembered. */
  find(key: string): Remembered | undefined {
    return this.#known.get(key)
  }

  remember(request: AnsweredRequest, revision: number): void {
    const { sender, key } = request
    this.#forget(key)
    const keys = this.#senders.get(sender) ?? new Set<string>()
    this.#senders.delete(sender)
    this.#senders.set(sender, keys.add(key))
    this.#known.set(key, { request, revision })
    this.#length += lengthOf(request)
    while (keys.size > MOST_PER_SENDER) this.#forgetOldest(keys)
    while (this.#length > MOST_LENGTH) {
      const [oldest] = this.#senders.values()
      if (!oldest || (oldest === keys && keys.size <= 1)) break
      this.#forgetOldest(oldest)
    }
  }

  /** The newest answers to writes, oldest first, for a snapshot. */
  newest(): readonly Remembered[] {
    const newest: Remembered[] = []
    let length = 0
    for (const remembered of [...this.#known.values()].reverse()) {
      // A refusal is at no revision.
      if (remembered.revision === 0) continue
      length += lengthOf(remembered.request)
      if (newest.length === MOST_STORED || length > MOST_STORED_LENGTH) break
      newest.push(remembered)
    }
    return newest.reverse()
  }

  #forgetOldest(keys: ReadonlySet<string>): void {
    const [oldest] = keys
    if (oldest !== undefined) this.#forget(oldest)
  }

  #forget(key: string): void {
    const found = this.#known.get(key)
    if (!found) return
    const { sender } = found.request
    const keys = this.#senders.get(sender)
    this.#known.delete(key)
    keys?.delete(key)
    if (keys?.size === 0) this.#senders.delete(sender)
    this.#length -= lengthOf(found.request)
  }
}

/** What an entry costs at least counts too, so that many short ones are bounded as well. */
function lengthOf({ key, body }: AnsweredRequest): number {
  return 200 + key.length + body.length
}
