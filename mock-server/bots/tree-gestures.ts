/** Owns what bots do to the tree of tasks and between tasks: nest, reorder, create, delete, link, assign, undo, redo. */
import type { Random } from '../../client/ports/ports.ts'
import { type RecordId, sameId } from '../../client/protocol/ids.ts'
import type { Task } from '../../client/protocol/records.ts'
import type { Show } from './bar-gestures.ts'
import { between, happens, oneOf } from './chance.ts'
import { addDays, isDate } from './dates.ts'
import { MOST_LEFT, type PlanView } from './plan-view.ts'
import type { Gesture } from './words.ts'

/** How deep a bot puts tasks; 1: at the root. */
const DEEPEST = 4
const FINISH_START = 2
const NEW_TASKS = [
  'Risk review',
  'Dry run',
  'Sign-off',
  'Test round',
  'Handover',
  'Retrospective',
  'Cut a build',
  'Update docs',
]

/** Puts a task below its upper neighbour, or back to where it found it. */
export function nest(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const { tasks } = view.client
  const back = happens(random, 0.5)
  const inFront = oneOf(
    random,
    view.leaves().filter((task) => view.depth(task.id) < DEEPEST && siblingAbove(view, task.id)),
  )
  const last = view.nested.at(-1)
  if (last && (back || !inFront || view.nested.length >= MOST_LEFT)) {
    const task = tasks.get(last.task)
    const former = last.former === null ? undefined : tasks.get(last.former)
    return {
      text: task ? `moved ${view.quoted(task)} out again` : '',
      beats: task ? [() => show(task.id)] : [],
      commit() {
        view.nested.pop()
        // Others may have moved or removed either: then it is theirs now.
        if (!task || !tasks.has(task.id) || (last.former !== null && !former)) return false
        if (former && tasks.descendants(task.id).some(({ id }) => sameId(id, former.id))) return false
        view.client.transact(() => tasks.move(task.id, { parentId: former?.id ?? null }), { label: 'outdent' })
        return true
      },
    }
  }
  const above = inFront && siblingAbove(view, inFront.id)
  if (!inFront || !above) return undefined
  return {
    text: `put ${view.quoted(inFront)} below ${view.quoted(above)}`,
    beats: [() => show(inFront.id)],
    commit() {
      if (!tasks.has(inFront.id) || !tasks.has(above.id)) return false
      if (tasks.descendants(inFront.id).some(({ id }) => sameId(id, above.id))) return false
      view.nested.push({ task: inFront.id, former: tasks.parent(inFront.id)?.id ?? null })
      view.client.transact(() => tasks.move(inFront.id, { parentId: above.id }), { label: 'indent' })
      return true
    },
  }
}

/** Moves a task a few rows up or down among its siblings. */
export function reorder(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const { tasks } = view.client
  const task = oneOf(
    random,
    tasks.all().filter(({ id }) => view.siblings(id).length > 1),
  )
  const far = between(random, 1, 3) * (happens(random, 0.5) ? 1 : -1)
  if (!task) return undefined
  const siblings = view.siblings(task.id)
  const at = siblings.findIndex(({ id }) => sameId(id, task.id))
  const index = [at + far, at - far, at + Math.sign(far), at - Math.sign(far)].find(
    (to) => to >= 0 && to < siblings.length,
  )
  if (index === undefined) return undefined
  return {
    text: `moved ${view.quoted(task)} ${index > at ? 'down' : 'up'}`,
    beats: [() => show(task.id)],
    commit() {
      if (!tasks.has(task.id)) return false
      view.client.transact(() => tasks.move(task.id, { index }), { label: 'reorder' })
      return true
    },
  }
}

/** Adds a task beside others. A bot that has left enough of them deletes instead. */
export function create(view: PlanView, random: Random, show: Show): Gesture | undefined {
  if (view.mine('tasks').length >= MOST_LEFT) return remove(view, random, show)
  const { tasks } = view.client
  const beside = oneOf(random, view.bars()) ?? oneOf(random, tasks.all())
  const name = oneOf(random, NEW_TASKS) ?? ''
  const duration = between(random, 1, 5)
  const startDate = beside?.startDate
  return {
    text: `added “${name}”`,
    beats: beside ? [() => show(beside.id)] : [],
    commit() {
      const parentId = (beside && tasks.parent(beside.id)?.id) ?? null
      const dates = isDate(startDate) ? { startDate, endDate: addDays(startDate, duration) } : {}
      view.client.transact(
        () => {
          tasks.add({ name, parentId, ...dates, duration, durationUnit: 'day', percentDone: 0 })
        },
        { label: 'add' },
      )
      return true
    },
  }
}

/** Deletes a task that this bot has added, never anybody else's. */
export function remove(view: PlanView, _random: Random, show: Show): Gesture | undefined {
  const { tasks } = view.client
  // Others may have put something below it: that is not the bot's to delete.
  const task = view
    .mine('tasks')
    .map((id) => tasks.get(id))
    .find((mine) => mine && tasks.children(mine.id).length === 0)
  if (!task) return undefined
  return {
    text: `deleted ${view.quoted(task)}`,
    beats: [() => show(task.id)],
    commit() {
      if (!tasks.has(task.id) || tasks.children(task.id).length > 0) return false
      view.client.transact(() => tasks.remove(task.id), { label: 'delete' })
      return true
    },
  }
}

/** Lets one task wait for another that starts no later; or takes such a link back. */
export function link(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const { dependencies, tasks } = view.client
  const from = oneOf(random, view.bars())
  const to = oneOf(
    random,
    view.bars().filter((bar) => from && !sameId(bar.id, from.id) && bar.startDate >= from.startDate),
  )
  const unlink = view.mine('dependencies').length >= MOST_LEFT || happens(random, 0.3)
  const oldest = unlink ? view.mine('dependencies')[0] : undefined
  if (oldest !== undefined) {
    return {
      text: 'took a link away',
      beats: [],
      commit() {
        if (!dependencies.has(oldest)) return false
        view.client.transact(() => dependencies.remove(oldest), { label: 'unlink' })
        return true
      },
    }
  }
  if (!from || !to || view.leadsTo(to.id, from.id)) return undefined
  if (dependencies.all().some((one) => sameId(one.from, from.id) && sameId(one.to, to.id))) return undefined
  return {
    text: `linked ${view.quoted(from)} to ${view.quoted(to)}`,
    beats: [() => show(from.id), () => show(to.id)],
    commit() {
      // Looked at again: somebody else may have linked them the other way round meanwhile.
      if (!tasks.has(from.id) || !tasks.has(to.id) || view.leadsTo(to.id, from.id)) return false
      view.client.transact(() => dependencies.add({ from: from.id, to: to.id, type: FINISH_START, lag: 0 }), {
        label: 'link',
      })
      return true
    },
  }
}

/** Puts somebody on a task; or takes off whom it has put there. */
export function assign(view: PlanView, random: Random, show: Show): Gesture | undefined {
  const { assignments, resources, tasks } = view.client
  const task = oneOf(random, view.leaves())
  const resource = oneOf(random, resources.all())
  const back = view.mine('assignments').length >= MOST_LEFT || happens(random, 0.3)
  const oldest = back ? view.mine('assignments')[0] : undefined
  if (oldest !== undefined) {
    return {
      text: 'took somebody off a task',
      beats: [],
      commit() {
        if (!assignments.has(oldest)) return false
        view.client.transact(() => assignments.remove(oldest), { label: 'unassign' })
        return true
      },
    }
  }
  if (!task || !resource) return undefined
  if (assignments.all().some((one) => sameId(one.event, task.id) && sameId(one.resource, resource.id))) return undefined
  return {
    text: `put ${resource.name ?? resource.id} on ${view.quoted(task)}`,
    beats: [() => show(task.id)],
    commit() {
      if (!tasks.has(task.id) || !resources.has(resource.id)) return false
      view.client.transact(() => assignments.add({ event: task.id, resource: resource.id, units: 100 }), {
        label: 'assign',
      })
      return true
    },
  }
}

/** Takes the last own edit back that can be. */
export function undo({ client }: PlanView): Gesture | undefined {
  if (!client.canUndo) return undefined
  return { text: `undid: ${client.undoLabel ?? 'edit'}`, beats: [], commit: () => client.undo() }
}

/** Makes what was undone again. */
export function redo({ client }: PlanView): Gesture | undefined {
  if (!client.canRedo) return undefined
  return { text: `redid: ${client.redoLabel ?? 'edit'}`, beats: [], commit: () => client.redo() }
}

/** The task right above another among its siblings. */
function siblingAbove(view: PlanView, id: RecordId): Task | undefined {
  const siblings = view.siblings(id)
  return siblings[siblings.findIndex((sibling) => sameId(sibling.id, id)) - 1]
}
