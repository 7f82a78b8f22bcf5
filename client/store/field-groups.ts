/**
 * Fields that belong together merge together (law 5): an edit of one of them is an edit of the group, so two users
 * who move the two ends of one bar do not end with a bar that nobody drew.
 */
import type { Fields } from '../protocol/records.ts'

const GROUPS: { readonly [field: string]: string } = {
  startDate: 'dates',
  endDate: 'dates',
  duration: 'dates',
  durationUnit: 'dates',
  start_date: 'dates',
  end_date: 'dates',
  parentId: 'place',
  parentIndex: 'place',
  orderedParentIndex: 'place',
  $PhantomParentId: 'place',
  parent: 'place',
  from: 'ends',
  to: 'ends',
  fromEvent: 'ends',
  toEvent: 'ends',
  fromTask: 'ends',
  toTask: 'ends',
  source: 'ends',
  target: 'ends',
  event: 'link',
  eventId: 'link',
  resource: 'link',
  resourceId: 'link',
}

/** The group that a field merges with; a field of no group is a group of its own. */
export function groupOf(field: string): string {
  return Object.hasOwn(GROUPS, field) ? (GROUPS[field] as string) : field
}

/** True if two edits of one record touch a common group. */
export function sharesGroup(
  a: { readonly [field: string]: unknown },
  b: { readonly [field: string]: unknown },
): boolean {
  const groups = new Set<string>()
  for (const field in a) if (field !== 'id') groups.add(groupOf(field))
  for (const field in b) if (field !== 'id' && groups.has(groupOf(field))) return true
  return false
}

/**
 * Groups of which an edit always carries every field: the ends of a bar and of a link. Not the place in the tree: renumbering
 * siblings must not put back one that somebody else moves away at the same moment.
 */
const WHOLE: ReadonlySet<string> = new Set(['dates', 'ends', 'link'])

/** An edit together with the record's other fields of the same groups, so that the last edit of a group decides all of it. */
export function withWholeGroups(record: Fields, edit: Fields): Fields {
  let groups: Set<string> | undefined
  for (const field in edit) if (groupOf(field) !== field) (groups ??= new Set()).add(groupOf(field))
  // Most edits are of fields that belong to no others.
  if (!groups) return edit
  const whole: Record<string, unknown> = { ...edit }
  for (const field in record) {
    const group = groupOf(field)
    if (!(field in edit) && WHOLE.has(group) && groups.has(group)) whole[field] = record[field]
  }
  // A move names its place: an index alone would be read among the siblings of another parent.
  if ('parentId' in edit && !('parentIndex' in edit) && 'parentIndex' in record)
    whole['parentIndex'] = record['parentIndex']
  return whole
}
