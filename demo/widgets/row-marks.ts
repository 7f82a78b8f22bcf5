/** The column of a chart that says what is going on in a row: how far own edits have come, and who else looks at the task. */
import type { ProjectClient, RecordId, RecordStatus } from 'planwire'
import { type BadgeName, badge } from '../ui/badges.ts'
import { avatar } from '../ui/people.ts'
import type { Colleague } from './presence.ts'

/** Faces in one row; of more, the first. */
const FACES = 2

/** What the rows show. */
export interface RowMarks {
  /** The content of the column, as HTML. */
  html(task: RecordId): string
  /** Who looks where. Answers the tasks whose row is another now. */
  show(people: readonly Colleague[]): RecordId[]
}

/** Marks for the rows of a client's tasks. `lostUnder` tells that a child of a task was removed under an own edit. */
export function rowMarks(client: ProjectClient, lostUnder: (task: RecordId) => boolean): RowMarks {
  let here = new Map<string, Colleague[]>()
  return {
    html(task) {
      const status = badgeOf(client.tasks.status(task), lostUnder(task))
      const faces = (here.get(String(task)) ?? []).slice(0, FACES)
      return [
        ...(status ? [badge(status)] : []),
        ...faces.map(({ name, color, bot }) =>
          avatar('span', { name, color, note: bot ? 'bot, looks at this' : 'looks at this' }),
        ),
      ]
        .map((element) => element.outerHTML)
        .join('')
    },
    show(people) {
      const before = here
      here = new Map()
      for (const person of people) {
        if (person.task === undefined) continue
        const key = String(person.task)
        here.set(key, [...(here.get(key) ?? []), person])
      }
      const names = (list: readonly Colleague[] | undefined): string => (list ?? []).map(({ client }) => client).join()
      return [...new Set([...before.keys(), ...here.keys()])].filter(
        (key) => names(before.get(key)) !== names(here.get(key)),
      )
    },
  }
}

function badgeOf(status: RecordStatus, lost: boolean): BadgeName | undefined {
  if (lost) return 'conflict'
  return status === 'synced' ? undefined : status
}
