/** A line of the log for people: the message, and why, without a stack. */

/** The message and the `cause`, or `error`, that its details hold, or how many `more` of its kind there were in some `seconds`. */
export function withCause(message: string, details: Readonly<Record<string, unknown>> | undefined): string {
  if (typeof details?.['more'] === 'number')
    return `${message}, and ${details['more']} more in the last ${details['seconds']} s`
  const cause = details?.['cause'] ?? details?.['error']
  if (cause === undefined) return message
  return `${message}: ${cause instanceof Error ? cause.message : String(cause)}`
}
