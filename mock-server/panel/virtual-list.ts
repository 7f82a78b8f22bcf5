/**
 * A list of thousands of rows of one height that draws only those that are seen. Owns scrolling, the newest row that is followed,
 * and the keyboard of a list box.
 */
import { h, setAttribute } from './dom.ts'

export interface VirtualListOptions<Item> {
  /** Read aloud. */
  readonly label: string
  /** CSS pixels. */
  readonly rowHeight: number
  /** `listbox`: one row is selected. `table`: rows are only shown; `fill` makes cells. */
  readonly role: 'listbox' | 'table'
  /** Fills a row's element, which may have shown another item before. */
  fill(row: HTMLElement, item: Item, at: number): void
  /** A row was chosen, by keyboard or pointer. */
  selected?(item: Item, at: number): void
  /** Something about the list is to be drawn. */
  invalidate(): void
}

/** Rows that are drawn above and below what is seen. */
const MARGIN = 6
let lists = 0

export class VirtualList<Item> {
  readonly element: HTMLElement
  /** Whether new rows at the end are scrolled to. */
  follows = false
  readonly #options: VirtualListOptions<Item>
  readonly #space: HTMLElement
  readonly #rows: HTMLElement[] = []
  readonly #id: string
  #items: readonly Item[] = []
  #selected = -1
  #changed = true
  #drawn = { from: -1, to: -1 }
  /** Where the last drawing has put it: the browser tells of that as of any scrolling. */
  #drawnAt = -1

  constructor(options: VirtualListOptions<Item>) {
    this.#options = options
    lists += 1
    this.#id = `rows-${lists}`
    const isList = options.role === 'listbox'
    this.#space = h('div', { className: 'virtual-space', role: isList ? 'presentation' : 'rowgroup' })
    this.element = h(
      'div',
      {
        className: 'virtual',
        role: isList ? 'listbox' : 'table',
        tabIndex: 0,
        'aria-label': options.label,
        onscroll: () => this.#scrolled(),
        onkeydown: (event: Event) => event instanceof KeyboardEvent && isList && this.#onKey(event),
        onclick: (event: Event) => isList && this.#onClick(event),
      },
      this.#space,
    )
  }

  get selectedIndex(): number {
    return this.#selected
  }

  /** Rows in the document: a bounded number, whatever the list holds. */
  get drawnRows(): number {
    return this.#rows.length
  }

  /** Shows these; `gone` of those before are no longer at the front, and what is seen stays where it is. */
  setItems(items: readonly Item[], gone = 0): void {
    this.#items = items
    this.#changed = true
    if (this.#selected >= 0) this.#selected = Math.max(-1, this.#selected - gone)
    if (this.#selected >= items.length) this.#selected = -1
    if (gone > 0 && !this.follows) this.element.scrollTop -= gone * this.#options.rowHeight
  }

  select(at: number, tell = true): void {
    const item = this.#items[at]
    if (item === undefined) return
    this.#selected = at
    this.#changed = true
    const { rowHeight } = this.#options
    const { scrollTop, clientHeight } = this.element
    if (at * rowHeight < scrollTop) this.element.scrollTop = at * rowHeight
    else if ((at + 1) * rowHeight > scrollTop + clientHeight)
      this.element.scrollTop = (at + 1) * rowHeight - clientHeight
    if (at < this.#items.length - 1) this.follows = false
    if (tell) this.#options.selected?.(item, at)
    this.#options.invalidate()
  }

  unselect(): void {
    this.#selected = -1
    this.#changed = true
    this.#options.invalidate()
  }

  /** Draws what is seen, if anything of it changed. */
  render(): void {
    const { rowHeight, fill, role } = this.#options
    const total = this.#items.length
    if (this.#changed) this.#space.style.height = `${total * rowHeight}px`
    if (this.#changed && this.follows) this.element.scrollTop = total * rowHeight
    const { scrollTop, clientHeight } = this.element
    this.#drawnAt = scrollTop
    const from = Math.max(0, Math.floor(scrollTop / rowHeight) - MARGIN)
    const to = Math.min(total, Math.ceil((scrollTop + clientHeight) / rowHeight) + MARGIN)
    if (!this.#changed && from === this.#drawn.from && to === this.#drawn.to) return
    this.#changed = false
    this.#drawn = { from, to }
    while (this.#rows.length < to - from) {
      const row = h('div', { className: 'virtual-row', role: role === 'listbox' ? 'option' : 'row' })
      this.#rows.push(row)
      this.#space.append(row)
    }
    for (const surplus of this.#rows.splice(Math.max(0, to - from))) surplus.remove()
    for (let at = from; at < to; at += 1) {
      const row = this.#rows[at - from]
      const item = this.#items[at]
      if (row === undefined || item === undefined) continue
      row.style.transform = `translateY(${at * rowHeight}px)`
      row.id = `${this.#id}-${at}`
      if (role === 'listbox') {
        setAttribute(row, 'aria-selected', String(at === this.#selected))
        setAttribute(row, 'aria-posinset', String(at + 1))
        setAttribute(row, 'aria-setsize', String(total))
      } else setAttribute(row, 'aria-rowindex', String(at + 2))
      fill(row, item, at)
    }
    const active = this.#selected >= from && this.#selected < to ? `${this.#id}-${this.#selected}` : undefined
    setAttribute(this.element, 'aria-activedescendant', active)
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.element
    if (scrollTop === this.#drawnAt) return
    const atEnd = scrollTop + clientHeight >= scrollHeight - 4
    // Scrolled up by hand: what is being read stays.
    if (!atEnd) this.follows = false
    this.#options.invalidate()
  }

  #onClick(event: Event): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.virtual-row') : null
    const at = row === null ? -1 : this.#rows.indexOf(row)
    if (at >= 0) this.select(this.#drawn.from + at)
  }

  #onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#options.rowHeight) - 1)
    const last = this.#items.length - 1
    const at = this.#selected
    const to = {
      ArrowDown: at < 0 ? Math.floor(this.element.scrollTop / this.#options.rowHeight) : at + 1,
      ArrowUp: at < 0 ? last : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    }[event.key]
    if (to === undefined || last < 0) return
    event.preventDefault()
    this.select(Math.min(Math.max(to, 0), last))
    if (event.key === 'End') this.follows = true
  }
}
