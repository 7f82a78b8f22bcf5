/** A line of the log for people: the message, and why, without a stack. */

/** The message and the `cause`, or `error`, that its details hold. */
export function withCause(message: string, details: Readonly<Record<string, unknown>> | undefined): string {
  const cause = details?.['cause'] ?? details?.['error']
  if (cause === undefined) return message
  return `${message}: ${cause instanceof Error ? cause.message : String(cause)}`
}
