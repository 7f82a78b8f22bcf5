/** The plans that the foreign Bryntum servers start with: a made-up office move, small enough to read. */
import type { PlanSeed } from './plan.ts'

/** Two projects; `name` turns a number and a store into an id of the server's kind (default: the number itself). */
export function samplePlans(name: (store: string, n: number) => string | number = (_, n) => n): PlanSeed[] {
  const task = (n: number): string | number => name('tasks', n)
  return [
    {
      id: 1,
      name: 'Office move',
      meta: { startDate: '2026-03-02', hoursPerDay: 24, daysPerWeek: 5, daysPerMonth: 20 },
      stores: {
        tasks: [
          {
            id: task(1),
            name: 'Prepare',
            startDate: '2026-03-02',
            endDate: '2026-03-12',
            duration: 10,
            expanded: true,
          },
          {
            id: task(2),
            parentId: task(1),
            parentIndex: 0,
            name: 'Measure the rooms',
            startDate: '2026-03-02',
            endDate: '2026-03-05',
            duration: 3,
            percentDone: 40,
          },
          {
            id: task(3),
            parentId: task(1),
            parentIndex: 1,
            name: 'Order shelves',
            startDate: '2026-03-05',
            endDate: '2026-03-12',
            duration: 7,
            percentDone: 0,
          },
          {
            id: task(4),
            parentIndex: 1,
            name: 'Move day',
            startDate: '2026-03-12',
            endDate: '2026-03-13',
            duration: 1,
            percentDone: 0,
          },
        ],
        dependencies: [{ id: name('dependencies', 5), from: task(2), to: task(3), type: 2 }],
        resources: [{ id: name('resources', 6), name: 'Ada' }],
        assignments: [{ id: name('assignments', 7), event: task(2), resource: name('resources', 6), units: 100 }],
      },
    },
    { id: 2, name: 'Garden', stores: { tasks: [{ id: task(20), name: 'Sow', startDate: '2026-04-01', duration: 2 }] } },
  ]
}
