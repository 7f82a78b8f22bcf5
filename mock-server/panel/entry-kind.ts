/** Owns how entries of the wire are called in one word, found without parsing them: they may be long, and there may be thousands. */
import { assertNever } from '../../client/protocol/errors.ts'
import type { WireEntry } from '../recorder/recording.ts'

/** Where the name of a message stands in every dialect: near the beginning. */
const HEAD = 300
const COMMAND = /"(?:command|action)"\s*:\s*"([^"\\]{1,60})"/
const EVENT_TYPE = /"type"\s*:\s*"([^"\\]{1,60})"/

/** What of the wire an entry belongs to. */
export type EntryGroup = 'frames' | 'requests' | 'connections' | 'server'

export function groupOf(entry: WireEntry): EntryGroup {
  switch (entry.type) {
    case 'frame':
      return 'frames'
    case 'request':
    case 'answer':
      return 'requests'
    case 'open':
    case 'close':
      return 'connections'
    case 'arrival':
    case 'fault':
    case 'control':
      return 'server'
    default:
      return assertNever(entry)
  }
}

/** The name of a message (`project_change`, `update-event`), the method of a request, the status of an answer, the fault, what the server was told. */
export function kindOf(entry: WireEntry): string {
  switch (entry.type) {
    case 'frame': {
      const head = entry.text.slice(0, HEAD)
      const command = COMMAND.exec(head)?.[1] ?? 'frame'
      return command === 'event' ? (EVENT_TYPE.exec(head)?.[1] ?? command) : command
    }
    case 'request':
      return entry.method
    case 'answer':
      return entry.status === 0 ? 'no answer' : String(entry.status)
    case 'open':
    case 'arrival':
      return entry.type
    case 'close':
      return entry.refused === undefined ? 'close' : 'refused'
    case 'fault':
      return entry.event.fault
    case 'control':
      return entry.action.do
    default:
      return assertNever(entry)
  }
}

/** `up` is from a client to the server; of faults, and of what the server is told from outside, there is none. */
export function directionOf(entry: WireEntry): 'up' | 'down' | 'none' {
  switch (entry.type) {
    case 'frame':
      return entry.direction
    case 'request':
    case 'open':
      return 'up'
    case 'answer':
      return 'down'
    case 'close':
      return entry.by === 'client' ? 'up' : 'down'
    case 'arrival':
    case 'fault':
    case 'control':
      return 'none'
    default:
      return assertNever(entry)
  }
}
