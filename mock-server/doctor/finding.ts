/** Owns the words of the doctor: what may be wrong on a wire, how bad it is, and what to do. Explained in docs/doctor.md. */

/** What may be wrong. */
export type FindingCode =
  | 'echo-loop'
  | 'temporary-id'
  | 'dialect-mix'
  | 'private-fields'
  | 'date-ping-pong'
  | 'mixed-zones'
  | 'oversized-dataset'
  | 'dataset-reloads'
  | 'html-in-text'
  | 'missing-ack'
  | 'missing-answer'
  | 'unknown-command'
  | 'retry-after-refusal'
  | 'reconnect-storm'
  | 'divergence'

/** `error`: somebody's work is lost, or will be; `warning`: it will show under load, or to some users. */
export type Severity = 'error' | 'warning'

interface Cause {
  readonly severity: Severity
  readonly whatToDo: string
}

const CAUSES: { readonly [Code in FindingCode]: Cause } = {
  'echo-loop': {
    severity: 'error',
    whatToDo:
      'Do not send what the server just told: apply remote changes with a flag that the change handler looks at, or compare before sending.',
  },
  'temporary-id': {
    severity: 'error',
    whatToDo:
      'Once the answer has told the real id, replace the temporary one in every reference: parentId, from, to, event, resource and their like.',
  },
  'dialect-mix': {
    severity: 'error',
    whatToDo:
      'Send all commands of one connection either flat or all in { command, data }: servers settle on one at the login.',
  },
  'private-fields': {
    severity: 'warning',
    whatToDo:
      'Leave fields that begin with $ or _ out of what is sent: they are the widget’s own, and come back as data to others.',
  },
  'date-ping-pong': {
    severity: 'error',
    whatToDo:
      'Read and write dates the same way on all clients: one format, one time zone, and no correction of a date that was only read.',
  },
  'mixed-zones': {
    severity: 'warning',
    whatToDo:
      'Send a date field either always with its zone (Z, +01:00) or always without: mixed, clients in other zones see other days.',
  },
  'oversized-dataset': {
    severity: 'warning',
    whatToDo:
      'Load less at once: leave contents of versions out, split the project, or resume (catch-up) instead of loading it again.',
  },
  'dataset-reloads': {
    severity: 'warning',
    whatToDo: 'Load the dataset once per connection and apply changes after that: each load costs the whole project.',
  },
  'html-in-text': {
    severity: 'warning',
    whatToDo:
      'Escape text where it is shown, or refuse HTML where it is typed: every other client will render what this one sent.',
  },
  'missing-ack': {
    severity: 'error',
    whatToDo:
      'The server has to answer every change that it was asked to confirm, also one that changes nothing; the client has to resend after a while.',
  },
  'missing-answer': {
    severity: 'warning',
    whatToDo: 'Answer every request, with an error if need be: the client cannot tell a lost write from a stored one.',
  },
  'unknown-command': {
    severity: 'warning',
    whatToDo:
      'The server does not know this command: look at its spelling and its dialect, or configure it under `commands`.',
  },
  'retry-after-refusal': {
    severity: 'warning',
    whatToDo: 'Do not knock again with what was just refused: get a new token, or stop and tell the user.',
  },
  'reconnect-storm': {
    severity: 'warning',
    whatToDo:
      'Wait longer after each failure (back-off with jitter), and find out why the line breaks: the code of the close tells.',
  },
  divergence: {
    severity: 'error',
    whatToDo:
      'Put changes into the server’s order: take an own change back while a remote one to the same field is applied, or load the record again. Replay a recording of it to see the crossing.',
  },
}

/** What may be wrong, in the order of docs/doctor.md. */
export const FINDING_CODES: readonly string[] = Object.keys(CAUSES)

/** Something that is wrong on the wire: told once for each cause, with a count. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** Who: one party, or several. */
  readonly parties: readonly string[]
  /** Numbers of entries that show it: the first 20, ascending. */
  readonly entries: readonly number[]
  /** How often it was seen. */
  readonly count: number
  /** One sentence that names the record, the field, the command. */
  readonly message: string
  readonly whatToDo: string
  /** Where it is explained: `docs/doctor.md#divergence`. */
  readonly link: string
}

/** What a check has seen. `cause` tells what is the same finding again from what is another. */
export interface Sighting {
  readonly code: FindingCode
  readonly cause: string
  readonly parties: readonly string[]
  readonly entries: readonly number[]
  readonly message: string
}

/** The finding of a first sighting. */
export function findingOf({ code, parties, entries, message }: Sighting): Finding {
  const { severity, whatToDo } = CAUSES[code]
  return { code, severity, parties, entries, count: 1, message, whatToDo, link: `docs/doctor.md#${code}` }
}
