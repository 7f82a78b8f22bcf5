/**
 * Changes as their author wrote them: most edits are handed on as they came, so that their text needs not be made anew for
 * those who hear of them.
 *
 *     {"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":7,"name":"Dig"}]}},"planwire":{"counter":3}}
 *                                                      └───────────── the text ─────────────────────┘
 */
import type { ProjectId } from '../../ids.ts'
import { endOfObject } from '../../json-text.ts'
import { EXTENSION_KEY } from '../../version.ts'
import type { ChangesAsWritten } from '../codec.ts'

const EXTENSION = `,"${EXTENSION_KEY}":`
/** What a text may not hold: readers drop keys that reach a prototype, and an escape may spell one. */
const UNSAFE = ['__proto__', 'constructor', '\\u']

/** Of frames as the vendor's clients and ours write them: these keys, in this order, without spaces between. */
export const changesAsWritten: ChangesAsWritten = {
  read(frame, project) {
    const head = headOf(project)
    if (!frame.startsWith(head) || frame[head.length] !== '{') return undefined
    const end = endOfObject(frame, head.length)
    let rest = end
    if (frame.startsWith(`${EXTENSION}{`, end)) rest = endOfObject(frame, end + EXTENSION.length)
    if (rest !== frame.length - 1 || UNSAFE.some((part) => frame.includes(part))) return undefined
    return frame.slice(head.length, end)
  },
  write: (project, changes, order) =>
    `${headOf(project)}${changes}${order === undefined ? '' : EXTENSION + JSON.stringify(order)}}`,
}

/** A number is no work for JSON: with it, reading and writing a one-field edit took 0.6 us instead of 0.5. */
const headOf = (project: ProjectId): string =>
  `{"command":"projectChange","project":${typeof project === 'number' ? project : JSON.stringify(project)},"changes":`
