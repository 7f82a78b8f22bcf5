/** Clauses about DHTMLX Gantt: its tasks and links, how both are told, and the order of rows. Run where `gantt` names their path. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, type RecordId, sameId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, needed, skipped } from '../verdict.ts'
import { about, idIn } from './answers.ts'
import type { LiveBench } from './bench.ts'

const dialects = ['dhtmlx'] as const

export const ganttClauses: readonly Clause<LiveBench>[] = [
  {
    id: 'gantt.load',
    title: 'A plan is loaded as tasks and links, each with an id, dates as text',
    dialects,
    severity: 'must',
    needs: 'read',
    says: 'gantt.load("/data") reads {"data":[...],"links":[...]}, or "tasks" in place of "data".',
    source: SOURCES.gantt,
    finds: [],
    hint: 'Write dates as gantt.config.date_format has them ("01-04-2025 00:00"); start_date: {} is what JSON makes of a wrong copy.',
    async run(bench) {
      const { tasks, links } = await plan(bench, pathOf(bench))
      if (![...tasks, ...links].every(({ id }) => isRecordId(id))) failed('a record has no id')
      const wrong = tasks.find(({ start_date }) => start_date !== undefined && typeof start_date !== 'string')
      if (wrong) failed(`task ${wrong['id']} has start_date ${JSON.stringify(wrong['start_date'])}`)
      return `${tasks.length} tasks, ${links.length} links`
    },
  },
  {
    id: 'gantt.task-told',
    title: 'Tasks are added, edited and removed, and everybody is told',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'POST, PUT and DELETE at /data/task; subscribers of "tasks" get add-task, update-task, delete-task with the task.',
    source: SOURCES.gantt,
    finds: [],
    hint: 'The path is singular, the entity plural; the payload is called "task" and holds the id.',
    async run(bench) {
      const path = `${pathOf(bench)}/task`
      const watcher = await bench.subscriber('watcher', 'tasks')
      const added = await bench.rest('POST', path, { body: bench.task('new') })
      const id = idIn(added) ?? failed(`the answer ${added.status} to a new task has no id`)
      bench.ownAt(`${path}/${id}`)
      if (added.status !== 200) failed(`the answer is ${added.status}; the widget takes 200 alone for success`)
      const tid = isObject(added.json) && added.json['action'] === 'inserted' ? added.json['tid'] : undefined
      if (!sameId(tid, id)) failed('the answer has no action "inserted" with a tid: the task keeps its temporary id')
      const told = (kind: string): Promise<{ readonly record: Fields }> =>
        bench.told(watcher, `${kind}-task with the id`, (event) => event.kind === kind && about(id)(event), 'tasks')
      if ((await told('add')).record['text'] !== bench.named('new')) failed('add-task does not hold the task')
      await answeredOk(bench, 'PUT', `${path}/${id}`, bench.task('edited'))
      if ((await told('update')).record['text'] !== bench.named('edited')) failed('update-task does not hold the edit')
      const stored = (await plan(bench, pathOf(bench))).tasks.find((task) => sameId(task['id'], id))
      if (stored?.['text'] !== bench.named('edited')) failed('the plan does not hold the edit')
      await answeredOk(bench, 'DELETE', `${path}/${id}`)
      await told('delete')
      const there = (await plan(bench, pathOf(bench))).tasks.some((task) => sameId(task['id'], id))
      return there ? failed('the task is still in the plan') : 'told and stored'
    },
  },
  {
    id: 'gantt.link-told',
    title: 'Links are added and removed, and everybody is told',
    dialects,
    severity: 'must',
    needs: 'write',
    says: 'POST and DELETE at /data/link; subscribers of "links" get add-link and delete-link with the link.',
    source: SOURCES.gantt,
    finds: [],
    hint: 'Ids of tasks and links are two worlds: a link may have the id of a task.',
    async run(bench) {
      const path = `${pathOf(bench)}/link`
      const [source, target] = [await addTask(bench, 'source'), await addTask(bench, 'target')]
      const watcher = await bench.subscriber('watcher', 'links')
      const added = await bench.rest('POST', path, { body: { source, target, type: '0' } })
      const id = idIn(added) ?? failed(`the answer ${added.status} to a new link has no id`)
      bench.ownAt(`${path}/${id}`)
      const told = (kind: string): Promise<{ readonly record: Fields }> =>
        bench.told(watcher, `${kind}-link with the id`, (event) => event.kind === kind && about(id)(event), 'links')
      const { record } = await told('add')
      if (!sameId(record['source'], source) || !sameId(record['target'], target))
        failed('add-link points at other tasks')
      if (!(await plan(bench, pathOf(bench))).links.some((link) => sameId(link['id'], id)))
        failed('the plan does not hold the link')
      await answeredOk(bench, 'DELETE', `${path}/${id}`)
      await told('delete')
      const there = (await plan(bench, pathOf(bench))).links.some((link) => sameId(link['id'], id))
      return there ? failed('the link is still in the plan') : 'told and stored'
    },
  },
  {
    id: 'gantt.order',
    title: 'A row that is moved stands where it was put when the plan is loaded again',
    dialects,
    severity: 'should',
    needs: 'write',
    says: 'A moved row is saved by a PUT with target: "next:ID" (behind that task) or "ID" (before it).',
    source: SOURCES.gantt,
    finds: [],
    hint: 'Keep a place for each task, move it by `target`, and load tasks in that order.',
    async run(bench) {
      const [first, second] = [await addTask(bench, 'first'), await addTask(bench, 'second')]
      await answeredOk(bench, 'PUT', `${pathOf(bench)}/task/${first}`, {
        ...bench.task('first'),
        target: `next:${second}`,
      })
      const { tasks } = await plan(bench, pathOf(bench))
      const at = (id: RecordId): number => tasks.findIndex((task) => sameId(task['id'], id))
      if (at(first) < 0 || at(second) < 0) failed('a new task is not in the plan')
      return at(first) > at(second) ? 'it stands behind the other one' : failed('it stands where it stood before')
    },
  },
]

function pathOf({ settings }: LiveBench): string {
  return settings.gantt ?? skipped('for servers of DHTMLX Gantt: name the path of the plan (--gantt /data)')
}

async function plan(
  bench: LiveBench,
  path: string,
): Promise<{ readonly tasks: readonly Fields[]; readonly links: readonly Fields[] }> {
  const { status, json } = await bench.rest('GET', path)
  if (status !== 200 || !isObject(json)) return failed(`GET ${path} is answered ${status}, not with an object`)
  const [tasks, links] = [json['data'] ?? json['tasks'], json['links']]
  if (!Array.isArray(tasks) || !Array.isArray(links)) return failed(`GET ${path} brings no lists of tasks and links`)
  return { tasks: tasks.filter(isObject), links: links.filter(isObject) }
}

/** Adds a task. For what a clause needs, not for what it is about. */
function addTask(bench: LiveBench, what: string): Promise<RecordId> {
  const path = `${pathOf(bench)}/task`
  return needed('a task could not be added', async () => {
    const answer = await bench.rest('POST', path, { body: bench.task(what) })
    const id = idIn(answer) ?? failed(`the answer ${answer.status} has no id`)
    bench.ownAt(`${path}/${id}`)
    return id
  })
}

async function answeredOk(bench: LiveBench, method: 'PUT' | 'DELETE', path: string, body?: Fields): Promise<void> {
  const { status } = await bench.rest(method, path, body === undefined ? {} : { body })
  if (status !== 200) failed(`${method} is answered ${status}; the widget takes 200 alone for success`)
}
