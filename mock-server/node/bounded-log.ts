/**
 * Owns that nobody fills a log from outside: warnings are about what clients do, and a client can do it as often as it likes.
 * Of each kind a few are told in ten seconds; the others are counted, and the count is told when the ten seconds are over:
 *
 *     A socket of a page that is not allowed was refused      (5 times, each with its origin)
 *     A socket of a page that is not allowed was refused, and 132 more in the last 10 s
 */
import type { Cancel, Clock, Logger } from '../../client/ports/ports.ts'

/** Warnings of a kind that are told one by one, in each period. */
const EACH = 5
const PERIOD_MS = 10_000
/** Kinds that are counted apart. They are sentences of this code; what goes beyond is counted together. */
const KINDS = 200
const OTHERS = 'Other warnings'

/** A logger that cannot be flooded. */
export interface BoundedLog {
  readonly logger: Logger
  /** Tells what was counted and not told yet. */
  close(): void
}

/** The same logger, but for floods of warnings. */
export function boundedLog(logger: Logger, clock: Clock): BoundedLog {
  /** How often each kind came since `since`. */
  const counts = new Map<string, number>()
  let since = clock.now()
  let waiting: Cancel | undefined

  const tellCounted = (): void => {
    waiting?.()
    waiting = undefined
    const seconds = PERIOD_MS / 1000
    for (const [message, count] of counts) {
      const more = count - EACH
      if (more > 0) logger('warn', message, { more, seconds })
    }
    counts.clear()
    since = clock.now()
  }
  return {
    logger: (level, message, details) => {
      if (level !== 'warn') {
        logger(level, message, details)
        return
      }
      if (waiting === undefined && clock.now() - since >= PERIOD_MS) tellCounted()
      const kind = counts.has(message) || counts.size < KINDS ? message : OTHERS
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      if (count <= EACH) logger(level, message, details)
      else waiting ??= clock.after(since + PERIOD_MS - clock.now(), tellCounted)
    },
    close: tellCounted,
  }
}
