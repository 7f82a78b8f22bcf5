/**
 * Dependencies that close a circle. Two users can draw one together that neither of them sees, and the widget would ask
 * every one of them by a modal dialog; so the last one of the circle is shown as inactive before the widget meets it.
 */
import { idKey, isRecordId, type RecordId, type RecordKey } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { isPhantomId } from '../../store/phantom-ids.ts'

/** What is asked about the plan. */
export interface Plan {
  dependencies(): readonly PlainRecord[]
  children(id: RecordId): readonly { readonly id: RecordId }[]
  parent(id: RecordId): { readonly id: RecordId } | undefined
}

/**
 * Keys of the dependencies that must not be active: as long as `candidates` close a circle, the youngest link of it. All
 * clients agree on the youngest: the greatest id; one that the server has not named yet is younger still.
 */
export function closingLinks(plan: Plan, candidates: readonly PlainRecord[]): Set<RecordKey> {
  const cut = new Set<RecordKey>()
  const links = new Map<RecordKey, PlainRecord[]>()
  for (const link of plan.dependencies()) {
    const from = endOf(link, 'from')
    if (from === undefined || link['active'] === false) continue
    const list = links.get(from)
    if (list) list.push(link)
    else links.set(from, [link])
  }
  for (const candidate of candidates) {
    for (;;) {
      const circle = cut.has(idKey(candidate.id)) ? undefined : circleOf(plan, links, candidate, cut)
      if (!circle) break
      cut.add(idKey(circle.reduce(youngest).id))
    }
  }
  return cut
}

/** The links of a way from the end of `link` back to its start, `link` included. A link to a summary is one to all below it. */
function circleOf(
  plan: Plan,
  links: ReadonlyMap<RecordKey, readonly PlainRecord[]>,
  link: PlainRecord,
  cut: ReadonlySet<RecordKey>,
): PlainRecord[] | undefined {
  const start = endOf(link, 'from')
  const end = endOf(link, 'to')
  if (start === undefined || end === undefined || link['active'] === false) return undefined
  const cameBy = new Map<RecordKey, { readonly from: RecordKey; readonly link: PlainRecord | undefined } | undefined>()
  const open: RecordKey[] = []
  const reach = (key: RecordKey, from: RecordKey | undefined, by: PlainRecord | undefined): void => {
    if (cameBy.has(key)) return
    cameBy.set(key, from === undefined ? undefined : { from, link: by })
    open.push(key)
  }
  reach(end, undefined, undefined)
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at === start || isAround(plan, at, start)) {
      const circle = [link]
      for (let step = cameBy.get(at); step; step = cameBy.get(step.from)) if (step.link) circle.push(step.link)
      return circle
    }
    for (const next of links.get(at) ?? []) {
      const to = endOf(next, 'to')
      if (to !== undefined && next !== link && !cut.has(idKey(next.id))) reach(to, at, next)
    }
    // What waits for a task moves the tasks below it, and with them what waits for these and for its summaries.
    for (const { id } of plan.children(at)) reach(idKey(id), at, undefined)
    for (let up = plan.parent(at); up; up = plan.parent(up.id)) {
      for (const next of links.get(idKey(up.id)) ?? []) {
        const to = endOf(next, 'to')
        if (to !== undefined && next !== link && !cut.has(idKey(next.id))) reach(to, at, next)
      }
    }
  }
  return undefined
}

/** True if one of two tasks is above the other. */
function isAround(plan: Plan, a: RecordKey, b: RecordKey): boolean {
  for (let up = plan.parent(b); up; up = plan.parent(up.id)) if (idKey(up.id) === a) return true
  for (let up = plan.parent(a); up; up = plan.parent(up.id)) if (idKey(up.id) === b) return true
  return false
}

/** The task at an end of a link, under either of its names. */
export function endOf(link: PlainRecord, end: 'from' | 'to'): RecordKey | undefined {
  const id = link[end] ?? link[`${end}Event`]
  return isRecordId(id) ? idKey(id) : undefined
}

function youngest(a: PlainRecord, b: PlainRecord): PlainRecord {
  return age(a.id, b.id) > 0 ? a : b
}

function age(a: RecordId, b: RecordId): number {
  if (isPhantomId(a) !== isPhantomId(b)) return isPhantomId(a) ? 1 : -1
  return String(a).localeCompare(String(b), 'en', { numeric: true })
}
