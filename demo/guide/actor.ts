/** Somebody at work in a pane, before the eyes of the visitor: a pointer with a name that does what a hand would do. */
import { h } from '../ui/dom.ts'
import { paint } from '../ui/people.ts'
import type { Pane } from '../widgets/pane.ts'

/** The page in a pane. */
type Stage = NonNullable<Window['demo']> & { readonly pane?: Pane }

/** How long things take, in milliseconds; `calm` readers see each result at once. */
export interface Pace {
  readonly calm: boolean
  /** Lets time pass; at once when the visitor is in a hurry. Rejects when the minute is over. */
  pass(ms: number): Promise<void>
}

const REACH_MS = 450
const DRAG_MS = 1_600
const DRAG_STEPS = 32
const TYPE_MS = 55

/** An actor. */
export class Actor {
  readonly name: string
  readonly #find: () => HTMLIFrameElement
  readonly #pace: Pace
  readonly #pointer: HTMLElement
  readonly #onTo: (task: string | number) => void

  /** `frame` finds the pane that this actor sits at; it may be loaded anew. `onTo` hears which task is next. */
  constructor(name: string, frame: () => HTMLIFrameElement, pace: Pace, onTo: (task: string | number) => void) {
    this.#onTo = onTo
    this.name = name
    this.#find = frame
    this.#pace = pace
    this.#pointer = h('div', { className: 'pointer', 'aria-hidden': 'true' }, h('span', {}, name))
    paint(this.#pointer, name)
  }

  /** What the pane's page offers. Throws while it loads. */
  get stage(): Stage {
    const stage = this.#find().contentWindow?.demo
    if (!stage) throw new Error(`The pane of ${this.name} is not there`)
    return stage
  }

  /** Drags a task's bar by so many days, with the mouse. */
  async drag(task: string, days: number): Promise<void> {
    const { gantt } = this.stage
    const view = this.#find().contentDocument?.defaultView
    this.#onTo(this.#id(task))
    const bar = this.#bar(task)
    if (!gantt || !view || !bar) return
    const { left, top, width, height } = bar.getBoundingClientRect()
    const at = { x: left + Math.min(width / 2, 60), y: top + height / 2 }
    // A date of the pane is no `Date` of this page.
    const start = new Date(Number(gantt.getTask(this.#id(task)).start_date))
    const end = gantt.date.add(start, days, 'day')
    const distance = gantt.posFromDate(end) - gantt.posFromDate(start)
    const mouse = (type: string, x: number): void => {
      const under = view.document.elementFromPoint(x, at.y) ?? bar
      const where = { clientX: x, clientY: at.y, button: 0, buttons: 1 }
      under.dispatchEvent(new view.MouseEvent(type, { bubbles: true, cancelable: true, view, ...where }))
    }
    await this.#reach(at.x, at.y)
    this.#pointer.classList.add('pointer-down')
    mouse('mousedown', at.x)
    const steps = this.#pace.calm ? 2 : DRAG_STEPS
    for (let step = 1; step <= steps; step++) {
      const x = at.x + (distance * step) / steps
      this.#place(x, at.y, 0)
      mouse('mousemove', x)
      await this.#pace.pass(DRAG_MS / steps)
    }
    mouse('mouseup', at.x + distance)
    this.#pointer.classList.remove('pointer-down')
  }

  /** Gives a task another name, letter by letter on the screen and as one edit in the plan. */
  async rename(task: string, name: string): Promise<void> {
    const { gantt } = this.stage
    this.#onTo(this.#id(task))
    const cell = this.#row(task)?.querySelector<HTMLElement>('.gantt_tree_content')
    if (!gantt || !cell) return
    const { left, top, height } = cell.getBoundingClientRect()
    await this.#reach(left + 24, top + height / 2)
    cell.classList.add('typing')
    if (!this.#pace.calm) {
      for (let letters = 1; letters <= name.length; letters++) {
        cell.textContent = name.slice(0, letters)
        await this.#pace.pass(TYPE_MS)
      }
    }
    const row = gantt.getTask(this.#id(task))
    row.text = name
    gantt.updateTask(row.id)
  }

  /** Deletes a task. */
  async remove(task: string): Promise<void> {
    const { gantt } = this.stage
    this.#onTo(this.#id(task))
    const row = this.#row(task)
    if (!gantt || !row) return
    const { left, top, width, height } = row.getBoundingClientRect()
    await this.#reach(left + width / 2, top + height / 2)
    row.classList.add('leaving')
    await this.#pace.pass(500)
    gantt.deleteTask(this.#id(task))
  }

  /** Takes back the own last step. */
  undo(): void {
    this.stage.client?.undo()
  }

  /** Takes the pointer off the screen. */
  rest(): void {
    this.#pointer.remove()
  }

  /** Waits until the pointer is there. */
  async #reach(x: number, y: number): Promise<void> {
    const body = this.#find().contentDocument?.body
    if (!body) return
    if (!this.#pointer.isConnected) {
      body.append(this.#pointer)
      this.#place(x + 80, y + 120, 0)
      this.#pointer.getBoundingClientRect()
    }
    this.#place(x, y, this.#pace.calm ? 0 : REACH_MS)
    await this.#pace.pass(REACH_MS)
  }

  #place(x: number, y: number, ms: number): void {
    this.#pointer.style.transition = `translate ${ms}ms ease-in-out`
    this.#pointer.style.translate = `${x}px ${y}px`
  }

  #id(task: string): string | number {
    let id: string | number | undefined
    this.stage.gantt?.eachTask((row) => {
      if (row.text === task) id = row.id
    })
    if (id === undefined) throw new Error(`There is no task ${task}`)
    return id
  }

  #bar(task: string): HTMLElement | null | undefined {
    return this.#find().contentDocument?.querySelector(`.gantt_task_line[data-task-id="${this.#id(task)}"]`)
  }

  #row(task: string): HTMLElement | null | undefined {
    return this.#find().contentDocument?.querySelector(`.gantt_row[data-task-id="${this.#id(task)}"]`)
  }
}
