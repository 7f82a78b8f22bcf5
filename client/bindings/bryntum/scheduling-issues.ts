/** Scheduling conflicts that others' changes cause are resolved without asking: a modal dialog would hold up every further change. */

import type { Cancel } from '../../ports/ports.ts'
import { idKey } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { closingLinks, type Plan } from './cycles.ts'
import { type BryntumProject, type BryntumRecord, cancelOf, fieldsOf, isRecord, recordOf } from './project-model.ts'

/** What the model's `cycle`, `schedulingConflict` and `emptyCalendar` events carry. */
interface IssueEvent {
  readonly schedulingIssue: { getResolutions(): readonly { resolve(...parameters: unknown[]): unknown }[] }
  continueWithResolutionResult(result: string): void
}

/** Before the widget's own handler, which opens the dialog. */
const FIRST = 10_000

/** Answers issues while `others` says that what is being applied is not this user's; `answered` is told. */
export function resolveIssues(
  project: BryntumProject,
  plan: Pick<Plan, 'children' | 'parent'>,
  others: () => boolean,
  answered: () => void,
): Cancel {
  const answer = (event: IssueEvent): boolean | undefined => {
    if (!others()) return undefined
    const [first] = event.schedulingIssue.getResolutions()
    try {
      // Of a circle the link to give up has to be named; the other resolutions need nothing.
      first?.resolve(...youngestOfCircle(project, plan))
      event.continueWithResolutionResult('Resume')
    } catch {
      event.continueWithResolutionResult('Cancel')
    }
    answered()
    // No other handler, no dialog.
    return false
  }
  return cancelOf(project.on({ cycle: answer, schedulingConflict: answer, emptyCalendar: answer, prio: FIRST }))
}

/** The model's own record of the link that every client would give up, if links close a circle. */
function youngestOfCircle(project: BryntumProject, plan: Pick<Plan, 'children' | 'parent'>): unknown[] {
  const links = (project.dependencyStore.records ?? []).filter(isRecord).map(linkOf)
  // While the model repeats an edit, its engine may meet a link before the link says that it is inactive.
  for (const all of [links, links.map((link) => ({ ...link, active: true }))]) {
    for (const key of closingLinks({ ...plan, dependencies: () => all }, all)) {
      const link = links.find(({ id }) => idKey(id) === key)
      if (link) return [recordOf(project.dependencyStore, link.id)]
    }
  }
  return []
}

/** In the model, a link names its tasks by its fields or holds them; what it would store names them as they are called today, `get` may not. */
function linkOf(record: BryntumRecord): PlainRecord {
  const stored = fieldsOf(record.persistableData)
  const end = (name: string): unknown => {
    const value = stored[name] ?? record.get(`${name}Event`)
    return isRecord(value) ? value.id : value
  }
  return { id: record.id, from: end('from'), to: end('to'), active: record.get('active') }
}
