/**
 * Owns what a room remembers of requests that carried an `Idempotency-Key`: one that comes again gets the answer that it
 * got before and changes nothing. Answers to writes are part of their log entry, so they are known after a restart as far
 * back as the log goes; refusals, which changed nothing, are not.
 *
 * Invariant: bounded for each sender, so that one with many keys makes nobody else's forgotten, and as a whole.
 */

/** Answered requests remembered of one sender. */
const MOST_PER_SENDER = 1000
/** Length of all of them, in UTF-16 code units. */
const MOST_LENGTH = 16_777_216

/** A request and the answer that it got, as a log entry holds it. */
export interface AnsweredRequest {
  /** Whose it is: a print of the token, empty without one. */
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
  readonly #senders = new Map<string, Map<string, Remembered>>()
  #length = 0

  /** The request with this key of this sender, if it is still remembered. */
  find(sender: string, key: string): Remembered | undefined {
    return this.#senders.get(sender)?.get(key)
  }

  remember(request: AnsweredRequest, revision: number): void {
    const keys = this.#senders.get(request.sender) ?? new Map<string, Remembered>()
    // The sender heard of last comes last: when it gets too much, others go first.
    this.#senders.delete(request.sender)
    this.#senders.set(request.sender, keys)
    this.#forget(keys, request.key)
    keys.set(request.key, { request, revision })
    this.#length += lengthOf(request)
    while (keys.size > MOST_PER_SENDER) this.#forgetOldest(keys)
    while (this.#length > MOST_LENGTH) {
      const [oldest] = this.#senders
      if (!oldest || (oldest[1] === keys && keys.size <= 1)) break
      this.#forgetOldest(oldest[1])
      if (oldest[1].size === 0) this.#senders.delete(oldest[0])
    }
  }

  #forgetOldest(keys: Map<string, Remembered>): void {
    const { value } = keys.keys().next()
    if (value !== undefined) this.#forget(keys, value)
  }

  #forget(keys: Map<string, Remembered>, key: string): void {
    const found = keys.get(key)
    if (found && keys.delete(key)) this.#length -= lengthOf(found.request)
  }
}

/** What an entry costs at least counts too, so that many short ones are bounded as well. */
function lengthOf({ key, body }: AnsweredRequest): number {
  return 200 + key.length + body.length
}
