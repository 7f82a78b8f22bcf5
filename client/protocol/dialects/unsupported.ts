/** Owns the error for a message that a dialect has no frame for: a mistake of the caller, not of the peer. */
import { invalidArgument, type PlanwireError } from '../errors.ts'
import type { DialectName } from '../messages.ts'

/** An `invalid-argument` that names the dialect and the message's type. */
export function unsupported(dialect: DialectName, type: string): PlanwireError {
  return invalidArgument(`${dialect} has no message "${type}"`, { dialect, type })
}
