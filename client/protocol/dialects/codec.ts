/**
 * What a dialect is: four pure functions between frames and canonical messages. The client half and the server
 * half are separate values, so that an app bundles only the half it uses.
 */
import type { Parsed } from '../errors.ts'
import type { DialectName, Downstream, Upstream } from '../messages.ts'

/** The half of a dialect that a client needs. */
export interface ClientCodec {
  readonly name: DialectName
  /** The frame of a message. */
  encode(message: Upstream): string
  /** The messages of a frame. Never throws. */
  decode(frame: string): Parsed<Downstream>
}

/** The half of a dialect that a server needs. */
export interface ServerCodec {
  readonly name: DialectName
  encode(message: Downstream): string
  /** Never throws. Wire names of other dialects (`projectChanges`) are accepted where the documents show them. */
  decode(frame: string): Parsed<Upstream>
}
