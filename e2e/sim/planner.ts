/** What a planner does at random: the edits of a fleet. Everything goes through the client's public API. */

import type { Random } from '../../client/ports/ports.ts'
import type { ProjectClient } from '../../client/project/project-client.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'

/** Does what a user does: mostly edits, sometimes takes one back or makes it again. Says which. */
export function act(client: ProjectClient, random: Random): string {
  const roll = random.next()
  if (roll < 0.1) return `undo: ${client.undo()}`
  if (roll < 0.16) return `redo: ${client.redo()}`
  return client.transact(() => {
    const done = [plan(client, random)]
    while (random.next() < 0.2) done.push(plan(client, random))
    return done.join(', ')
  })
}

/** Makes one edit and says which. */
export function plan(client: ProjectClient, random: Random): string {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random.next() * items.length)]
  const number = (below: number) => Math.floor(random.next() * below)
  const task = pick(client.tasks.all())
  const other = pick(client.tasks.all())
  const word = `w${number(1000)}`
  if (!task || !other) return `create ${client.tasks.add({ name: word }).id}`
  switch (number(14)) {
    case 0:
    case 1:
      return `create ${client.tasks.add({ name: word }).id}`
    case 2:
      return `nest new ${client.tasks.add({ name: word, parentId: task.id }).id} under ${task.id}`
    case 3:
    case 4:
      client.tasks.update(task.id, { name: word })
      return `rename ${task.id} to ${word}`
    case 5:
      client.tasks.update(task.id, { startDate: `2026-01-0${1 + number(9)}` })
      return `drag ${task.id}`
    case 6:
      client.tasks.update(task.id, { endDate: `2026-02-0${1 + number(9)}`, duration: number(9) })
      return `resize ${task.id}`
    case 7:
    case 8:
      try {
        client.tasks.move(task.id, { parentId: number(3) ? other.id : null, index: number(4) })
      } catch (error) {
        if (error instanceof PlanwireError && error.code === 'invalid-argument')
          return 'refuse to move a task below itself'
        throw error
      }
      return `move ${task.id} to ${other.id}`
    case 9:
      return `link ${task.id} to ${other.id} as ${client.dependencies.add({ from: task.id, to: other.id, type: 2 }).id}`
    case 10: {
      const who = number(2) ? pick(client.resources.all()) : client.resources.add({ name: word })
      return `assign ${who?.id} to ${task.id} as ${client.assignments.add({ event: task.id, resource: who?.id }).id}`
    }
    case 11:
      client.tasks.remove(task.id)
      return `remove ${task.id}`
    case 12: {
      const link = pick(client.dependencies.all())
      if (!link) return 'nothing'
      if (number(2)) client.dependencies.remove(link.id)
      else client.dependencies.update(link.id, { to: task.id, lag: number(5) })
      return `unlink or turn ${link.id}`
    }
    default: {
      const work = pick(client.assignments.all())
      if (work) client.assignments.update(work.id, { units: number(100) })
      return `units of ${work?.id}`
    }
  }
}
