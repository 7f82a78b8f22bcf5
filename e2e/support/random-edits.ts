/** A planner who clicks at random: seeded bursts of edits inside a Gantt page, each with a name that nothing else has. */
import type { GanttTab } from './gantt-tab.ts'

/** A burst of edits. */
export interface Burst {
  /** The same seed on the same plan makes the same edits. */
  readonly seed: number
  /** Names begin with it: unique among all bursts of a test. */
  readonly mark: string
  readonly edits: number
}

/** Name of the one task of a burst that no burst touches, and no undo takes back. */
export function keptName(mark: string): string {
  return `${mark} is to stay`
}

/** Adds, nests, renames, links, moves, removes, undoes and redoes in one tab; last, it adds the task of {@link keptName}. */
export async function editAtRandom(tab: GanttTab, burst: Burst): Promise<void> {
  await tab.page.evaluate(
    ({ seed, mark, edits, kept }) => {
      const { client } = window.demo
      let state = seed
      const below = (limit: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        return Math.floor((state / 2 ** 32) * limit)
      }
      const edit = (at: number): unknown => {
        const tasks = [...client.tasks.all()].filter((task) => !String(task['name']).endsWith('is to stay'))
        const [one, two] = [tasks[below(tasks.length)], tasks[below(tasks.length)]]
        const name = `${mark} ${at}`
        if (!one || !two) return client.tasks.add({ name, duration: 1 })
        switch (below(8)) {
          case 0:
            return client.tasks.add({ name, startDate: '2026-03-16', duration: 2 })
          case 1:
            return client.tasks.add({ name, parentId: one.id, duration: 1 })
          case 2:
            return client.tasks.update(one.id, { name })
          case 3:
            return client.tasks.update(one.id, { percentDone: below(100) })
          case 4:
            return client.tasks.move(one.id, { parentId: null, index: below(3) })
          case 5:
            return one === two ? client.undo() : client.dependencies.add({ from: one.id, to: two.id, type: 2 })
          case 6:
            return below(3) === 0 ? client.tasks.remove(one.id) : client.undo()
          default:
            return client.redo()
        }
      }
      for (let at = 0; at < edits; at++) edit(at)
      client.transact(() => client.tasks.add({ name: kept, duration: 1 }), { undoable: false })
    },
    { ...burst, kept: keptName(burst.mark) },
  )
}
