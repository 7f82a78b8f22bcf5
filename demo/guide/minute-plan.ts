/** The plan of the guided minute: small enough to be seen whole, on a backend of its own, so that nobody's plan is touched. */
import type { MockServerConfig } from 'planwire/mock-server'

/** Names of the tasks that the minute uses. */
export const TASKS = {
  interviews: 'Interviews',
  prototype: 'Prototype',
  importer: 'Import of old plans',
  docs: 'Documentation',
  announcement: 'Announcement',
} as const

type Row = readonly [name: string, start: string, days: number, percentDone: number]

const PHASES: readonly (readonly [name: string, tasks: readonly Row[]])[] = [
  [
    'Learn',
    [
      [TASKS.interviews, '2026-03-02', 5, 100],
      [TASKS.prototype, '2026-03-06', 6, 60],
    ],
  ],
  [
    'Build',
    [
      ['Editor', '2026-03-12', 9, 30],
      [TASKS.importer, '2026-03-14', 5, 0],
      ['Live updates', '2026-03-19', 6, 0],
    ],
  ],
  [
    'Launch',
    [
      [TASKS.docs, '2026-03-21', 6, 0],
      ['Beta', '2026-03-25', 5, 0],
      [TASKS.announcement, '2026-03-31', 2, 0],
    ],
  ],
]

/** The configuration of the minute's own server. */
export function minuteConfig(): MockServerConfig {
  let id = 0
  const tasksData = PHASES.map(([name, rows]) => {
    const phase = { id: ++id, name, expanded: true }
    const children = rows.map(([task, startDate, duration, percentDone]) => ({
      id: ++id,
      name: task,
      startDate,
      endDate: dayAfter(startDate, duration),
      duration,
      durationUnit: 'day',
      percentDone,
    }))
    const [first] = children
    const endDate = children.reduce((last, child) => (child.endDate > last ? child.endDate : last), '')
    const startDate = first?.startDate ?? ''
    const duration = (Date.parse(endDate) - Date.parse(startDate)) / DAY_MS
    return { ...phase, startDate, endDate, duration, durationUnit: 'day', children }
  })
  const ids = new Map(
    tasksData.flatMap(({ children }) => children.map((task): [string, number] => [task.name, task.id])),
  )
  const links = [
    [TASKS.interviews, TASKS.prototype],
    [TASKS.prototype, 'Editor'],
    ['Editor', 'Live updates'],
    ['Live updates', 'Beta'],
    ['Beta', TASKS.announcement],
  ] as const
  const dependenciesData = links.map(([from, to]) => ({
    id: ++id,
    from: ids.get(from),
    to: ids.get(to),
    type: 2,
    lag: 0,
  }))
  return { projects: [{ id: 1, name: 'Launch', tasksData, dependenciesData }], ganttProject: 1 }
}

const DAY_MS = 86_400_000

function dayAfter(start: string, days: number): string {
  return new Date(Date.parse(start) + days * DAY_MS).toISOString().slice(0, 10)
}
