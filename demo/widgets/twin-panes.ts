/** Live tabs side by side in frames, and whether they hold the same. */
import { h } from '../ui/dom.ts'
import { avatar } from '../ui/people.ts'
import { differing, type Pane } from './pane.ts'

/** How often a frame is looked at until its page is there, in milliseconds. */
const LOOK_MS = 40

/** A tab to be shown. */
export interface TabSource {
  /** Name of the frame, for readers. */
  readonly title: string
  /** Who works in it; without it nobody in particular. */
  readonly who?: string | undefined
  readonly src: string
  /** The vendor's own client: it may fall behind, so it has no part in the verdict. */
  readonly foreign?: boolean
}

/** Whether the tabs hold the same. */
export type Verdict =
  | { readonly state: 'loading' }
  | { readonly state: 'equal'; readonly count: number }
  | { readonly state: 'apart'; readonly records: number; readonly waiting: number }

interface Shown extends TabSource {
  readonly element: HTMLElement
  readonly frame: HTMLIFrameElement
  readonly note: HTMLElement
  pane: Pane | undefined
}

/** The tabs. */
export class TwinPanes {
  readonly element: HTMLElement = h('div', { className: 'split' })
  readonly #told: (verdict: Verdict) => void
  #shown: Shown[] = []
  #planned = false
  #verdict: Verdict = { state: 'loading' }

  /** `told` hears of each other verdict. */
  constructor(told: (verdict: Verdict) => void) {
    this.#told = told
  }

  get verdict(): Verdict {
    return this.#verdict
  }

  /** The frame of a tab. Throws if there is none of that title. */
  frame(title: string): HTMLIFrameElement {
    const found = this.#shown.find((shown) => shown.title === title)
    if (!found) throw new Error(`There is no tab ${title}`)
    return found.frame
  }

  /** True if a tab shows its data. */
  isReady(title: string): boolean {
    return isReady(this.frame(title))
  }

  /** Shows these tabs. Those that are shown already stay as they are. */
  show(sources: readonly TabSource[]): void {
    const before = this.#shown
    this.#shown = sources.map((source) => before.find((old) => old.src === source.src) ?? this.#open(source))
    for (const old of before) if (!this.#shown.includes(old)) old.element.remove()
    for (const [place, { element }] of this.#shown.entries())
      if (this.element.children[place] !== element)
        this.element.insertBefore(element, this.element.children[place] ?? null)
    this.element.dataset['count'] = String(sources.length)
    this.#look()
  }

  #open(source: TabSource): Shown {
    const frame = h('iframe', { title: source.title, src: source.src })
    const note = h('span', { className: 'pane-note' })
    const name = h('strong', {}, source.who ?? source.title)
    const head = h(
      'header',
      { className: 'pane-head' },
      !source.foreign && avatar('span', { name: source.who ?? '?' }),
      name,
      note,
    )
    const element = h('section', { className: 'pane', 'aria-label': source.title }, head, frame)
    const shown: Shown = { ...source, element, frame, note, pane: undefined }
    // A page that reloads is found anew.
    frame.addEventListener('load', () => {
      const poll = setInterval(() => {
        const pane = frame.contentWindow?.demo?.pane
        if (!frame.isConnected || isReady(frame)) clearInterval(poll)
        if (pane && pane !== shown.pane) {
          shown.pane = pane
          pane.onChange(() => this.#look())
        }
        this.#look()
      }, LOOK_MS)
    })
    return shown
  }

  /** Looks at the tabs with the next frame. */
  #look(): void {
    if (this.#planned) return
    this.#planned = true
    requestAnimationFrame(() => {
      this.#planned = false
      this.#compare()
    })
  }

  #compare(): void {
    const own = this.#shown.filter(({ foreign }) => !foreign)
    const panes = own.flatMap(({ pane, frame }) => (pane && isReady(frame) ? [pane] : []))
    const [left, right] = panes
    if (!left || !right || panes.length < own.length) {
      this.#tell({ state: 'loading' })
      return
    }
    for (const { pane, note } of own) write(note, pane ? waitingWords(pane.pending()) : '')
    const mine = left.records()
    const records = differing(mine, right.records())
    const waiting = left.pending() + right.pending()
    this.#tell(
      records === 0 && waiting === 0 ? { state: 'equal', count: left.count() } : { state: 'apart', records, waiting },
    )
    for (const { pane, note, frame, foreign } of this.#shown) {
      if (!foreign || !pane || !isReady(frame)) continue
      const missed = differing(chartOf(right), chartOf(pane))
      write(note, missed === 0 ? 'shows the same' : `differs in ${missed} ${missed === 1 ? 'task' : 'tasks'}`)
      note.dataset['tone'] = missed === 0 ? 'good' : 'bad'
    }
  }

  #tell(verdict: Verdict): void {
    if (JSON.stringify(verdict) === JSON.stringify(this.#verdict)) return
    this.#verdict = verdict
    this.#told(verdict)
  }
}

function isReady(frame: HTMLIFrameElement): boolean {
  return frame.contentDocument?.querySelector('[data-testid="ready"]') != null
}

function chartOf(pane: Pane): ReadonlyMap<string, string> {
  return pane.chart?.() ?? new Map()
}

function waitingWords(waiting: number): string {
  return waiting === 0 ? '' : `${waiting} ${waiting === 1 ? 'change' : 'changes'} waiting`
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
