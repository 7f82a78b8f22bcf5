/**
 * The tasks and links face: a headless store with the records and URLs of DHTMLX Gantt. Tasks and links have tables of
 * their own throughout: task 5 and link 5 never meet.
 */

import { RecordStore, type StoreHost } from '../project/record-store.ts'
import { GANTT_DATES } from '../protocol/dialects/dhtmlx/dates.ts'
import { readGanttLoad, readRecords } from '../protocol/dialects/dhtmlx/rest.ts'
import { idKey, type RecordId, type RecordKey, sameId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { abortable, type SendOptions } from '../sync/abort.ts'
import { LiveClient, type LiveClientOptions } from './live-client.ts'

/** A task as Gantt writes it. */
export interface GanttTask extends PlainRecord {
  readonly text?: string
  /** `DD-MM-YYYY HH:mm`. */
  readonly start_date?: string
  /** `DD-MM-YYYY HH:mm`. */
  readonly end_date?: string
  /** In the widget's duration unit, days by default. */
  readonly duration?: number
  /** 0 to 1. */
  readonly progress?: number
  /** 0 for a task of the top level. */
  readonly parent?: RecordId
  readonly open?: boolean
}

/** A link as Gantt writes it; `type` `'0'` finish-start, `'1'` start-start, `'2'` finish-finish, `'3'` start-finish. */
export interface GanttLink extends PlainRecord {
  readonly source?: RecordId
  readonly target?: RecordId
  readonly type?: string
}

/** Tasks; one that is removed takes its descendants and all their links along, each a removal of its own, as the widget sends them. */
class GanttTasks extends RecordStore<GanttTask> {
  readonly #links: () => RecordStore<GanttLink>

  constructor(host: StoreHost, links: () => RecordStore<GanttLink>) {
    super('tasks', host)
    this.#links = links
  }

  /** A move to where the last one went is a move all the same: rows in between may have been moved meanwhile. */
  protected override edit(id: RecordId, fields: Fields): GanttTask {
    const task = this.get(id)
    if (task && fields['target'] !== undefined && fields['target'] === task['target']) {
      this.host.operate(this.name, { type: 'update', id: task.id, fields: { target: fields['target'] } })
    }
    return super.edit(id, fields)
  }

  protected override removeRecord(record: GanttTask): void {
    const doomed = new Map<RecordKey, GanttTask>([[idKey(record.id), record]])
    const children = new Map<RecordKey, GanttTask[]>()
    for (const task of this.all()) {
      if (task.parent === undefined) continue
      const parent = idKey(task.parent)
      const siblings = children.get(parent)
      if (siblings) siblings.push(task)
      else children.set(parent, [task])
    }
    // A map grows while it is walked; a task that is in it already, as in a cycle of parents, is not walked again.
    for (const [id] of doomed) for (const child of children.get(id) ?? []) doomed.set(idKey(child.id), child)
    const ends = (end: RecordId | undefined): boolean => end !== undefined && doomed.has(idKey(end))
    this.#links().remove(
      this.#links()
        .all()
        .filter(({ source, target }) => ends(source) || ends(target))
        .map(({ id }) => id),
    )
    for (const task of doomed.values()) super.removeRecord(task)
  }
}

/** Where tasks and links are read when each has a URL of its own. */
export interface GanttUrls {
  readonly tasks: string
  readonly links: string
}

/**
 * Tasks and links, live. Made by {@link createGanttStore}.
 * @example
 * const gantt = createGanttStore()
 * gantt.load('/data')
 * gantt.createDataProcessor({ url: '/data', mode: 'REST-JSON' })
 * new RemoteEvents('/api/v1', 'token').on(gantt.ext.liveUpdates.remoteUpdates)
 */
export class GanttStore extends LiveClient {
  readonly tasks: RecordStore<GanttTask>
  readonly links: RecordStore<GanttLink>

  constructor(options: LiveClientOptions = {}) {
    super(
      {
        stores: ['tasks', 'links'],
        pathOf: (store) => (store === 'tasks' ? '/task' : '/link'),
        dates: { zone: options.dates ?? 'wall-clock', format: options.dateFormat ?? GANTT_DATES },
        recordStore: (name, host) => (name === 'tasks' ? new GanttTasks(host, () => this.links) : undefined),
      },
      options,
    )
    this.tasks = this.live.store<GanttTask>('tasks')
    this.links = this.live.store<GanttLink>('links')
  }

  /** Reads a plan (`{ data, links }`, or `tasks` for `data`) and keeps it current. Nobody has to wait for it: `error` tells of a failure too. `signal` ends the wait, not the reading. */
  load(url: string | GanttUrls, { signal }: SendOptions = {}): Promise<void> {
    return abortable(this.#load(url), signal)
  }

  #load(url: string | GanttUrls): Promise<void> {
    if (typeof url === 'string') {
      return this.live.load({
        url,
        stores: ['tasks', 'links'],
        read: (body) => {
          const read = readGanttLoad(body)
          return read.ok ? { ok: true, message: { tasks: read.message.tasks, links: read.message.links } } : read
        },
      })
    }
    const one = (store: 'tasks' | 'links'): Promise<void> =>
      this.live.load({
        url: url[store],
        stores: [store],
        read: (body) => {
          const read = readRecords(body)
          return read.ok ? { ok: true, message: { [store]: read.message } } : read
        },
      })
    return Promise.all([one('tasks'), one('links')]).then(() => {})
  }

  /** The tasks right under a task, or those of the top level. */
  children(parent: RecordId = 0): readonly GanttTask[] {
    return this.tasks.all().filter((task) => sameId(task.parent ?? 0, parent))
  }
}

/**
 * A headless plan: tasks and links, live, with the records of the widget.
 * @example
 * const gantt = createGanttStore()
 * gantt.on('change', ({ stores }) => redraw(stores.tasks, stores.links))
 */
export function createGanttStore(options: LiveClientOptions = {}): GanttStore {
  return new GanttStore(options)
}
