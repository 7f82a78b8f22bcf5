/**
 * What a dialect is: four pure functions between frames and canonical messages. The client half and the server
 * half are separate values, so that an app bundles only the half it uses.
 */
import type { Parsed } from '../errors.ts'
import type { ProjectId } from '../ids.ts'
import type { CommitOrder, DialectName, Downstream, Upstream } from '../messages.ts'

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
  /** Missing in a dialect that tells changes otherwise than it is told. */
  readonly asWritten?: ChangesAsWritten
}

/** The text of a changeset, from the frame of its author to those of everybody else. */
export interface ChangesAsWritten {
  /** The JSON text of the changes in a frame that was decoded; undefined where they do not stand in it in one piece. */
  read(frame: string, project: ProjectId): string | undefined
  /** The frame of a commit. */
  write(project: ProjectId, changes: string, order?: CommitOrder): string
}
