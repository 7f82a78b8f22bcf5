/**
 * Fields that belong together merge together (law 5): an edit of one of them is an edit of the group, so two users
 * who move the two ends of one bar do not end with a bar that nobody drew.
 */

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
