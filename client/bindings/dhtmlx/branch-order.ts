/** The moves that bring a list of siblings into another order: few when few of them moved. */
import { idKey, type RecordId } from '../../protocol/ids.ts'

/** Put `id` at `index` among its siblings; the index counts after the sibling was taken out. */
export interface SiblingMove {
  readonly id: RecordId
  readonly index: number
}

/**
 * Moves, in order, that turn `have` into `want`. Ids of `want` that `have` lacks are moved in from elsewhere; ids of
 * `have` that `want` lacks are left alone and end up behind the others.
 */
export function movesTo(have: readonly RecordId[], want: readonly RecordId[]): SiblingMove[] {
  const target = new Map(want.map((id, index) => [idKey(id), index]))
  const order = have.filter((id) => target.has(idKey(id)))
  const moves: SiblingMove[] = []
  for (const [index, id] of want.entries()) {
    const here = order[index]
    if (here !== undefined && idKey(here) === idKey(id)) continue
    const next = order[index + 1]
    const hereTarget = here === undefined ? undefined : target.get(idKey(here))
    if (here !== undefined && hereTarget !== undefined && next !== undefined && idKey(next) === idKey(id)) {
      // The sibling that stands here went down: one move instead of pulling up everyone between.
      order.splice(index, 1)
      order.splice(hereTarget, 0, here)
      moves.push({ id: here, index: hereTarget })
      continue
    }
    const from = order.findIndex((other) => idKey(other) === idKey(id))
    if (from !== -1) order.splice(from, 1)
    order.splice(index, 0, id)
    moves.push({ id, index })
  }
  return moves
}
