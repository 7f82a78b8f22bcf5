/**
 * Owns planwire's extension on the wire: the key `planwire`, which vendor code ignores.
 *
 * | message             | value of `planwire`               | `bryntum-flat` | `bryntum-revisions`  |
 * |---------------------|-----------------------------------|----------------|----------------------|
 * | login, up           | `{ version: 1, client }`          | in the frame   | in `data`            |
 * | login answer        | `{ version: 1 }`                  | in the frame   | in `data`            |
 * | dataset, up         | `{ epoch, revision?, run?, counter }` | in the frame | in `data`          |
 * | dataset answer      | `{ epoch, revision, run?, lost? }` | in the frame  | in `data`            |
 * | `caughtUp`, down    | `{ epoch, revision, run? }`       | in the frame   | in `data`            |
 * | change, up          | `{ counter }` or `{ changeset }`  | in the frame   | in each revision     |
 * | change, down        | `{ epoch, revision, run?, changeset? }` | in the frame   | in each revision     |
 * | `ack`, down         | `{ epoch, revision }`             | in the frame   | in `data`            |
 * | error answer        | `{ changeset?, code? }`           | in the frame   | in `data`            |
 * | `presence`, up      | `{ state }`                       | in the frame   | in `data`            |
 * | `presence`, down    | `{ client, userName, state }`     | in the frame   | in `data`            |
 *
 * The combined login of `detect.ts` carries it in both places. Downstream a value that does not fit counts as absent:
 * a vendor's server may relay what another client sent.
 */
import { clean, isObject } from '../../guards.ts'
import { type ChangesetId, parseChangesetId } from '../../ids.ts'
import type { CommitOrder, DownstreamOf, ExtensionGrant, LogPosition } from '../../messages.ts'
import { EXTENSION_VERSION } from '../../version.ts'

/** The grant in the answer to a login. */
export function readGrant(value: unknown): ExtensionGrant | undefined {
  return isObject(value) && value.version === EXTENSION_VERSION ? { version: EXTENSION_VERSION } : undefined
}

/** The position of a dataset or an ack. */
export function readPosition(value: unknown): LogPosition | undefined {
  if (!isObject(value)) return undefined
  const { epoch, revision, run } = value
  const fits =
    typeof epoch === 'string' && typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= 0
  if (!fits) return undefined
  const position = { epoch, revision }
  return typeof run === 'string' ? { ...position, run } : position
}

/** Whether a dataset takes back what this client heard before. */
export function readLost(value: unknown): true | undefined {
  return isObject(value) && value.lost === true ? true : undefined
}

/** The order of a committed change. */
export function readOrder(value: unknown): CommitOrder | undefined {
  const position = readPosition(value)
  const changeset = readChangeset(value)
  return position && changeset ? { ...position, changeset } : position
}

/** What another client is looking at; undefined for what is none. */
export function readPresence(value: unknown): Omit<DownstreamOf<'presence'>, 'type' | 'extra'> | undefined {
  if (!isObject(value)) return undefined
  const { client, userName, state } = value
  const fits = typeof client === 'string' && typeof userName === 'string' && (state === null || isObject(state))
  return fits ? { client, userName, state: state && clean(state) } : undefined
}

/** The changeset that an answer is about. */
export function readChangeset(value: unknown): ChangesetId | undefined {
  const id = isObject(value) ? value.changeset : undefined
  // parseChangesetId is the check that makes it one.
  return typeof id === 'string' && parseChangesetId(id) ? (id as ChangesetId) : undefined
}

/** The code of a refusal that a client can act on. */
export function readCode(value: unknown): 'client-expired' | undefined {
  return isObject(value) && value.code === 'client-expired' ? 'client-expired' : undefined
}
