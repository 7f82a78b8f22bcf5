/**
 * Owns versions of records on REST: the `ETag` of one record, the position of a whole list, and what a write with
 * `If-Match` hears when the record is no longer the one that its author saw (planwire's extension; HTTP's own words).
 *
 * A tag is a print of the record as it is shown, so it is the same after a restart and on every host, and a client that
 * knows the record from a list or an event can name it. A client that does not print knows a position:
 * `If-Match: "<position>"` asks whether the record is as it was then.
 */
import { recordTag } from '../../client/protocol/dialects/dhtmlx/record-tag.ts'
import { idKey, type RecordId } from '../../client/protocol/ids.ts'
import type { LogPosition, ResumePoint } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { RestAnswer, RestRequest } from './contract.ts'
import { failure, json, withHeaders } from './rest-answers.ts'
import type { Room } from './room.ts'

/** Header that tells where in a room's history an answer stands. */
export const POSITION_HEADER = 'planwire-position'

const TAGS = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/
const POSITION = /^([\w-]{1,100})\/(\d{1,15})(?:\/([\w-]{1,100}))?$/

/** The tag of a record as it is shown, quotes included. */
export function etagOf(shown: PlainRecord): string {
  return recordTag(shown)
}

/** A position as one word: `<epoch>/<revision>`, and the run of the server that gave it where there was more than one. */
export function positionText({ epoch, revision, run }: LogPosition): string {
  return `${epoch}/${revision}${run === undefined ? '' : `/${run}`}`
}

/** Reads {@link positionText}; undefined for anything else. */
export function readPosition(text: unknown): ResumePoint | undefined {
  const match = typeof text === 'string' ? POSITION.exec(text) : null
  if (!match) return undefined
  const [, epoch = '', revision, run] = match
  return { epoch, revision: Number(revision), counter: 0, ...(run === undefined ? {} : { run }) }
}

/** A record as a write is about to replace it. */
interface Current {
  readonly room: Room
  /** Store of the room. */
  readonly store: string
  readonly id: RecordId
  /** As REST shows it. */
  readonly shown: PlainRecord
}

/**
 * Why a write must not go on: `409` with the record as it is (code `conflict`) when `If-Match` names another version, `400`
 * when it names none. Undefined when the write may go on, as without the header.
 */
export function mismatch({ headers }: RestRequest, { room, store, id, shown }: Current): RestAnswer | undefined {
  const wanted = headers['if-match']
  if (wanted === undefined || wanted.trim() === '*') return undefined
  if (!TAGS.test(wanted)) return failure(400, 'If-Match must be an ETag in double quotes, or *')
  const current = etagOf(shown)
  for (const [tag, inside] of wanted.matchAll(/(?:W\/)?"([^"]*)"/g)) {
    // Weak tags never match here, as HTTP has it.
    if (tag === current) return undefined
    const point = tag.startsWith('W/') ? undefined : readPosition(inside)
    if (point && isUnchangedSince(room, store, id, point)) return undefined
  }
  const body = { error: 'The record was changed meanwhile', code: 'conflict', item: shown }
  return withHeaders(json(409, JSON.stringify(body)), { etag: current })
}

function isUnchangedSince(room: Room, store: string, id: RecordId, point: ResumePoint): boolean {
  const commits = room.since(point)
  if (commits === 'lost') return false
  const key = idKey(id)
  const isIt = (entry: { readonly id?: RecordId }): boolean => entry.id !== undefined && idKey(entry.id) === key
  return !commits.some(({ changes }) => {
    const { added, updated, removed } = changes.stores[store] ?? {}
    return (
      added?.some(isIt) === true ||
      removed?.some(isIt) === true ||
      updated?.some((entry) => isIt(entry) && !isShift(entry)) === true
    )
  })
}

/** An edit of nothing but the place among siblings, as every row below a moved one has it. */
function isShift(edit: object): boolean {
  return Object.keys(edit).every((field) => field === 'id' || field === 'parentIndex' || field === 'orderedParentIndex')
}
