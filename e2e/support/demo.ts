/** The demo as the tests meet it: its addresses, and `window.demo`, what each page offers to the console. */

/** Id of a record. */
export type Id = string | number

/** A record of any store. */
export interface Row {
  readonly id: Id
  readonly [field: string]: unknown
}

interface DemoStore {
  all(): Iterable<Row>
  add(fields: object): Row
  update(id: Id, fields: object): unknown
  remove(id: Id): unknown
}

interface DemoTasks extends DemoStore {
  move(id: Id, to: { parentId?: Id | null; index?: number }): unknown
  children(parent: Id | null): Iterable<Row>
}

interface DemoClient {
  readonly tasks: DemoTasks
  readonly dependencies: DemoStore
  readonly resources: DemoStore
  readonly assignments: DemoStore
  readonly pendingCount: number
  whenSynced(): Promise<unknown>
  wsSend(command: string, fields?: object): unknown
  transact(work: () => void, options?: { readonly undoable?: boolean }): unknown
  undo(): unknown
  redo(): unknown
}

interface DemoScheduler {
  readonly pendingCount: number
  getEvents(): Iterable<Row>
  addEvent(fields: object): Id
  updateEvent(id: Id, fields: object): unknown
  deleteEvent(id: Id): unknown
  whenSynced(): Promise<unknown>
}

/** As much of the vendor's chart as the tests call. */
interface DemoChart {
  eachTask(visit: (task: Row) => void): void
  getLinks(): readonly Row[]
  getTask(id: Id): { text: string; start_date: Date; end_date: Date }
  addTask(task: object, parent: Id): Id
  updateTask(id: Id): void
  addLink(link: object): Id
  deleteTask(id: Id): void
  readonly date: {
    date_to_str(format: string): (date: unknown) => string
    add(date: Date, count: number, unit: string): Date
  }
}

declare global {
  interface Window {
    /** What the page runs on: the Gantt page a client, the calendar a scheduler, the vendor page a chart. */
    readonly demo: { readonly client: DemoClient; readonly scheduler: DemoScheduler; readonly gantt: DemoChart }
  }
}

/** Which server a page talks to and as whom; `name` is the backend's name in this browser. */
export interface TabOptions {
  readonly name?: string
  readonly server?: string
  readonly dialect?: 'auto' | 'bryntum-flat' | 'bryntum-revisions'
  readonly login?: string
  readonly password?: string
  readonly token?: string
  readonly bodies?: 'bare' | 'wrapped'
  readonly project?: string
  /** The first page opens with its guided minute unless it is told not to. */
  readonly guide?: 'on' | 'off'
}

/** Address of a demo page, relative to the site. */
export function address(page: string, options: TabOptions): string {
  return `${page}?${new URLSearchParams(Object.entries(options))}`
}
