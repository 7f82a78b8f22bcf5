/**
 * What the command prints while it serves: lines for people, JSON for programs, or next to nothing. Owns that no secret gets
 * into a log.
 */
import type { Clock, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { withCause } from './log-line.ts'

/** `text`: warnings and errors, a line each. `json`: everything, an object each. `quiet`: errors alone. */
export type LogFormat = 'text' | 'json' | 'quiet'

export const LOG_FORMATS: readonly LogFormat[] = ['text', 'json', 'quiet']

/** Where lines go. */
export interface LogOutput {
  out(line: string): void
  err(line: string): void
}

/** A logger of this format. JSON goes to `out`, lines for people to `err`. */
export function createLog(format: LogFormat, output: LogOutput, clock: Clock): Logger {
  return (level, message, details) => {
    if (format === 'json') {
      if (level !== 'debug') output.out(jsonLine(clock.now(), level, message, details))
    } else if (level === 'error' || (level === 'warn' && format === 'text')) {
      output.err(`planwire: ${withoutSecrets(withCause(message, details))}`)
    }
  }
}

/**
 * One line: `time` (ISO 8601, UTC), `level`, `event` (the message's first words with hyphens, the same for every event of
 * its kind), `message`, and the details, whatever is secret in them left out.
 */
function jsonLine(at: number, level: string, message: string, details: Parameters<Logger>[2] = {}): string {
  const text = withoutSecrets(message)
  const head = { time: new Date(at).toISOString(), level, event: eventOf(text), message: text }
  const seen = new Set<unknown>([details])
  return JSON.stringify({ ...details, ...head }, (key, value) => plainValue(key, value, seen))
}

function eventOf(message: string): string {
  const [first = ''] = message.split(/[:;]/)
  return first
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

const SECRET_KEYS = /^(passw(or)?d|token|remote-token|authorization|cookie|set-cookie|secret|key)$/i
const REDACTED = '[redacted]'
const LONGEST_TEXT = 1_000

function plainValue(key: string, value: unknown, seen: Set<unknown>): unknown {
  if (SECRET_KEYS.test(key) && value !== undefined && value !== null) return REDACTED
  if (typeof value === 'string') {
    const text = withoutSecrets(value)
    return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
  }
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return '[seen]'
  seen.add(value)
  return value instanceof Error ? errorFields(value) : value
}

function errorFields(error: Error): object {
  const code = error instanceof PlanwireError || 'code' in error ? error.code : undefined
  return { name: error.name, message: error.message, ...(code !== undefined && { code }), stack: error.stack }
}

/** A text whose URLs say no tokens, and whose frames say no passwords. */
function withoutSecrets(text: string): string {
  return text
    .replace(/([?&](?:token|key|password)=)[^&#\s"']*/gi, `$1${REDACTED}`)
    .replace(/("(?:password|token|remote-token)"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi, `$1"${REDACTED}"`)
}
