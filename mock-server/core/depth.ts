/**
 * Owns how deep JSON may nest. Reading it takes any depth, writing it does not: one record of a hundred thousand brackets
 * would be stored, and then no list that holds it could be served any more.
 */

import { endOfString } from '../../client/protocol/json-text.ts'

/** Far above what a record needs, far below what overflows a stack. */
const MOST_DEPTH = 200

/** True for a JSON text that nests deeper than records may. Text that is no JSON may be called either. */
export function isTooDeep(text: string): boolean {
  // A level takes two characters.
  if (text.length <= MOST_DEPTH * 2) return false
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1
        if (depth > MOST_DEPTH) return true
        break
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1
        break
    }
  }
  return false
}

const QUOTE = 0x22
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
