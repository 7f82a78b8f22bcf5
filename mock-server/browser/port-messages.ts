/**
 * What a tab and the authority say to each other over a MessagePort, and how it travels: one string per message, a line
 * of JSON and then the text it carries as it is. Strings, because a structured clone of a thousand records costs four
 * times their JSON, and because a frame is never parsed on its way through. Before a frame stands its socket's number and
 * nothing else: a page that has just woken reads a line of JSON in 15 us, and somebody waits for that.
 *
 * Both ends come from one build; {@link PORT_VERSION} in the first message catches a worker of another one.
 */

import type { Logger } from '../../client/ports/ports.ts'
import type { ErrorCode } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'

/** An end of the way between a tab and the authority: a MessagePort, or a BroadcastChannel that only the two have. */
export interface TabPort {
  onmessage: ((event: MessageEvent) => unknown) | null
  postMessage(text: string): void
  close(): void
}

/** Raised whenever a message changes its meaning. */
export const PORT_VERSION = 5

/** What a socket says, in either direction. */
interface FrameMessage {
  readonly type: 'frame'
  readonly socket: number
  readonly text: string
}

/** From a tab. `socket` and `call` are numbers that the tab chose. */
export type TabMessage =
  /** The first one. `text` is the configuration as JSON. The tab holds its lock already, if it is `locked`: where it could not, its death is not seen. */
  | {
      readonly type: 'hello'
      readonly version: number
      readonly tab: string
      readonly locked: boolean
      readonly text: string
    }
  /** The page started the server once more, with this configuration. */
  | { readonly type: 'config'; readonly text: string }
  | { readonly type: 'open'; readonly socket: number; readonly url: string }
  | FrameMessage
  | { readonly type: 'close'; readonly socket: number }
  | {
      readonly type: 'request'
      readonly call: number
      readonly method: string
      readonly url: string
      readonly headers: Readonly<Record<string, string | undefined>>
      readonly text: string
    }
  | { readonly type: 'reset'; readonly call: number; readonly project?: ProjectId }
  | { readonly type: 'export'; readonly call: number }
  /** `text` is the state as JSON. */
  | { readonly type: 'import'; readonly call: number; readonly text: string }
  /** `text` is the value as JSON; empty for none. */
  | {
      readonly type: 'publish'
      readonly call: number
      readonly entity: string
      readonly action: string
      readonly text: string
    }
  /** Something for the network lab; `text` is a `LabCall` as JSON. */
  | { readonly type: 'lab'; readonly call: number; readonly text: string }
  /** Something for the recorder; `text` is a `RecorderCall` as JSON. */
  | { readonly type: 'recorder'; readonly call: number; readonly text: string }
  /** Whether the page wants to hear what crosses the wire. */
  | { readonly type: 'listen'; readonly on: boolean }
  /** It has read what it was sent last, and takes more. */
  | { readonly type: 'wire-read' }
  /** The tab goes away, or closed its server. Nothing follows. */
  | { readonly type: 'bye' }

/** How the configuration of a tab relates to what the backend runs on. */
export type ConfigNotice =
  | 'current'
  /** Another tab started the backend with another configuration. */
  | 'other-config-running'
  /** The stored state was made from another configuration. */
  | 'other-config-stored'

/** Where the backend keeps its log. */
export type Storage = 'indexeddb' | 'memory'

/** From the authority. */
export type AuthorityMessage =
  /** Another worker of this name (an older deployment) still has the log; `ready` follows once its last tab is gone. */
  | { readonly type: 'waiting' }
  /** `worker` names a lock that the authority holds as long as it lives; empty where it cannot. */
  | { readonly type: 'ready'; readonly worker: string; readonly storage: Storage; readonly notice: ConfigNotice }
  /** The backend could not start; `text` says why. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly text: string }
  | { readonly type: 'notice'; readonly notice: ConfigNotice }
  | { readonly type: 'opened'; readonly socket: number }
  /** No socket lives at that path. */
  | { readonly type: 'refused'; readonly socket: number }
  | FrameMessage
  | { readonly type: 'closed'; readonly socket: number; readonly code: number; readonly reason: string }
  | {
      readonly type: 'answer'
      readonly call: number
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly text: string
    }
  /** The path is not the server's: let the request pass. */
  | { readonly type: 'passed'; readonly call: number }
  | { readonly type: 'done'; readonly call: number }
  /** What was asked for, as JSON: a state, a recording. */
  | { readonly type: 'told'; readonly call: number; readonly text: string }
  /** How the network lab stands; `text` is a `LabStanding` as JSON. */
  | { readonly type: 'lab-stands'; readonly text: string }
  /** What the network lab did; `text` is a list of its events as JSON. */
  | { readonly type: 'lab-events'; readonly text: string }
  /** What crossed the wire; `text` is a list of entries as JSON. Nothing more follows before it is read. */
  | { readonly type: 'wire'; readonly text: string }
  | { readonly type: 'undone'; readonly call: number; readonly code: ErrorCode; readonly text: string }
  /** `text` is the details as JSON. */
  | { readonly type: 'log'; readonly level: Parameters<Logger>[0]; readonly message: string; readonly text: string }

/** A message as the string that is posted. */
export function encodePortMessage(message: TabMessage | AuthorityMessage): string {
  if (message.type === 'frame') return `${message.socket}\n${message.text}`
  if (!('text' in message)) return JSON.stringify(message)
  const { text, ...head } = message
  return `${JSON.stringify(head)}\n${text}`
}

/** Reads what a tab posted; undefined for anything that is not planwire's. */
export function decodeTabMessage(data: unknown): TabMessage | undefined {
  return decode(data)
}

/** Reads what the authority posted; undefined for anything that is not planwire's. */
export function decodeAuthorityMessage(data: unknown): AuthorityMessage | undefined {
  return decode(data)
}

/**
 * The JSON of the first line never holds a raw line break, so the first one ends it. A number is read as one: a process that
 * has just woken takes 12 us longer for an expression and `JSON.parse`, and a frame comes by here twice.
 */
function decode<Message>(data: unknown): Message | FrameMessage | undefined {
  if (typeof data !== 'string') return undefined
  const end = data.indexOf('\n')
  const first = end < 0 ? data : data.slice(0, end)
  const text = data.slice(end + 1)
  if (end > 0 && Number(first) % 1 === 0) return { type: 'frame', socket: Number(first), text }
  if (data[0] !== '{') return undefined
  try {
    const head = JSON.parse(first)
    return end < 0 ? head : { ...head, text }
  } catch {
    return undefined
  }
}
