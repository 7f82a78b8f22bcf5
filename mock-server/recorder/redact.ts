/**
 * Owns what of the wire may be kept: passwords, tokens and their like become `secret-1`, `secret-2`. The same secret gets the
 * same word wherever it stands, in the configuration as on the wire, so that a replay still logs in, or is still refused.
 */
import type { MockServerConfig } from '../core/config.ts'

const KEYS =
  'password|passwd|pwd|passphrase|secret|client_?secret|token|remote-?token|access_?token|refresh_?token|id_?token|api_?key|authorization|cookie'
const IN_JSON = new RegExp(`("(?:${KEYS})"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"|-?\\d[\\d.eE+-]*)`, 'gi')
const IN_QUERY = new RegExp(`([?&](?:${KEYS})=)([^&#]*)`, 'gi')
const REDACTED = /^secret-\d+$/

/** Headers that are kept as they are: what the server goes by, and what tells how the request was made. */
const KEPT = new Set([
  'accept',
  'access-control-request-headers',
  'access-control-request-method',
  'content-type',
  'etag',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'origin',
  'planwire-position',
  'retry-after',
  'x-requested-with',
])
const SECRET_HEADER = /token|secret|auth|cookie|session|api-?key|password/

/** Different secrets told apart. */
const MOST = 10_000

/** Takes the secrets out of the traffic of one server. */
export class Redactor {
  readonly #words = new Map<string, string>()
  #count = 0

  /** What the configuration leaves to its defaults is in every document, and stays readable. */
  constructor({ users, tokens }: MockServerConfig) {
    if (users === undefined) for (const word of ['admin', 'user']) this.#words.set(word, word)
    if (tokens === undefined) this.#words.set('token', 'token')
  }

  /** A frame, a body, or other JSON as text. */
  text(text: string): string {
    return text.replace(IN_JSON, (_, key: string, value: string) => key + this.#literal(value))
  }

  /** A path and query. */
  url(url: string): string {
    return url.replace(IN_QUERY, (_, key: string, value: string) => key + this.#word(decoded(value)))
  }

  /** The headers worth keeping: of those that hold secrets only that they were there. */
  headers(headers: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
    const kept: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) continue
      const lower = name.toLowerCase()
      if (KEPT.has(lower)) kept[lower] = value
      else if (SECRET_HEADER.test(lower)) kept[lower] = this.#word(value)
    }
    return kept
  }

  /** A JSON value. */
  value<T>(value: T): T {
    const text = JSON.stringify(value)
    const redacted = text === undefined ? undefined : this.text(text)
    return redacted === text ? value : JSON.parse(redacted ?? 'null')
  }

  /** A configuration: without its functions, which are no JSON. */
  config({ api: _, commands: __, tokens, ...rest }: MockServerConfig): MockServerConfig {
    const words = tokens?.map((token) => (typeof token === 'string' ? this.#word(token) : token))
    return this.value({ ...rest, ...(words && { tokens: words }) })
  }

  #literal(literal: string): string {
    let value: unknown
    try {
      value = JSON.parse(literal)
    } catch {
      // No JSON after all: what looked like a secret is treated as one.
      value = literal
    }
    return JSON.stringify(this.#word(String(value)))
  }

  #word(secret: string): string {
    if (secret === '' || REDACTED.test(secret)) return secret
    let word = this.#words.get(secret)
    if (word === undefined) {
      if (this.#words.size < MOST) this.#count += 1
      word = `secret-${this.#count}`
      if (this.#words.size < MOST) this.#words.set(secret, word)
    }
    return word
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
