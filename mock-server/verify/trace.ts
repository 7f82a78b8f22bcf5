/** Owns what a report shows of the line: the last frames of a clause, short and without secrets. */
import type { Clock } from '../../client/ports/ports.ts'
import type { SeenFrame } from './report.ts'

const MOST_FRAMES = 16
const LONGEST_TEXT = 400

/** Collects the frames of one clause. */
export class Trace {
  readonly #clock: Clock
  readonly #began: number
  readonly #redact: (text: string) => string
  readonly #frames: SeenFrame[] = []

  constructor(clock: Clock, redact: (text: string) => string) {
    this.#clock = clock
    this.#began = clock.now()
    this.#redact = redact
  }

  note(peer: string, direction: SeenFrame['direction'], text: string): void {
    const safe = this.#redact(text)
    const shown = safe.length > LONGEST_TEXT ? `${safe.slice(0, LONGEST_TEXT)}… (${safe.length} characters)` : safe
    this.#frames.push({ atMs: Math.round(this.#clock.now() - this.#began), peer, direction, text: shown })
    if (this.#frames.length > MOST_FRAMES) this.#frames.shift()
  }

  get frames(): readonly SeenFrame[] {
    return [...this.#frames]
  }
}

/** Replaces passwords, tokens and the given secrets by `***`. */
export function redactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  // Short secrets such as `admin` are words of every other frame: those are caught by the key in front of them alone.
  const long = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 6)
  return (text) => {
    let safe = text
      .replace(/("(?:password|token|remote-token|authorization|key)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi, '$1"***"')
      .replace(/([?&]token=)[^&\s"]*/gi, '$1***')
    for (const secret of long) safe = safe.split(secret).join('***')
    return safe
  }
}

const LEAKS: readonly RegExp[] = [
  /\bat .{1,200}:\d+:\d+/,
  /\bnode_modules\b/,
  /(?:\/[\w.@-]+){2,}\.(?:[cm]?[jt]sx?|py|rb|php|java|go|cs|rs)\b/,
  /[A-Za-z]:\\\\?[\w.-]+\\/,
  /Traceback \(most recent call last\)/,
  /\b[\w.]+Exception(?:: | in thread)/,
]

/** The piece of a text that tells of the server's inside: a stack trace, or the path of a source file. */
export function leakIn(text: string): string | undefined {
  for (const leak of LEAKS) {
    const found = leak.exec(text)
    if (found) return found[0].slice(0, 120)
  }
  return undefined
}
