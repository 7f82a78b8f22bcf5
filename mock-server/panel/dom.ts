/** Owns how the panel makes and changes elements: a few functions on the DOM, so that nothing else has to be shipped. */

export type Child = Node | string | false | undefined
type Properties = { readonly [name: string]: unknown }

/**
 * An element with properties and children. `on…` listens; `aria-…`, `data-…`, `role`, `for` and other names that are attributes
 * alone are set as such; everything else is a property of the element.
 * @example
 * h('button', { type: 'button', onclick: add, 'aria-label': 'Add' }, icon('plus'))
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), (event) => void value.call(element, event))
    } else if (name.includes('-') || name === 'for' || name === 'role' || name === 'part' || name === 'list') {
      element.setAttribute(name, String(value))
    } else Reflect.set(element, name, value)
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child)
  return element
}

/** Writes a text only where it differs: an unchanged one costs no layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Sets an attribute only where it differs; undefined takes it away. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

/** One element of a {@link keyedList}. */
export interface Row<Item> {
  readonly element: Element
  update(item: Item): void
}

/** Keeps the children of a parent in step with a list: elements stay with their key, so focus and selections do too. */
export function keyedList<Item>(
  parent: Element,
  keyOf: (item: Item) => string | number,
  make: (item: Item) => Row<Item>,
): (items: readonly Item[]) => void {
  const rows = new Map<string | number, Row<Item>>()
  return (items) => {
    const gone = new Set(rows.keys())
    for (const [at, item] of items.entries()) {
      const key = keyOf(item)
      gone.delete(key)
      let row = rows.get(key)
      if (row === undefined) rows.set(key, (row = make(item)))
      row.update(item)
      if (parent.children[at] !== row.element) parent.insertBefore(row.element, parent.children[at] ?? null)
    }
    for (const key of gone) {
      rows.get(key)?.element.remove()
      rows.delete(key)
    }
  }
}

/** A button with a name, and an icon if one is given. */
export function button(label: string, run: () => unknown, options: ButtonOptions = {}): HTMLButtonElement {
  const { look = '', icon: name, iconOnly = false, title, spoken } = options
  return h(
    'button',
    {
      type: 'button',
      className: `button ${look} ${iconOnly ? 'icon-only' : ''}`.trim(),
      onclick: () => void run(),
      title: title ?? (iconOnly ? label : undefined),
      'aria-label': spoken ?? (iconOnly ? label : undefined),
    },
    name && icon(name),
    !iconOnly && h('span', {}, label),
  )
}

export interface ButtonOptions {
  readonly look?: '' | 'primary' | 'quiet' | 'danger'
  readonly icon?: IconName
  /** The label is read aloud and shown as a tip; seen is the icon alone. */
  readonly iconOnly?: boolean
  readonly title?: string
  /** Name for readers, where the label alone does not say of what: begins with the label. */
  readonly spoken?: string
}

/** Paths of the icons, drawn in a square of 24 with a line of 2. */
const ICONS = {
  brand: 'M4 6h9M7 12h10M11 18h8',
  clients:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.6 2.9-5.5 6.5-5.5s6.1 1.9 6.5 5.5M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.9c2 .7 3.3 2.4 3.5 5.1',
  messages: 'M7 4v14M7 18l-3.5-3.5M7 18l3.5-3.5M17 20V6M17 6l-3.5 3.5M17 6l3.5 3.5',
  network: 'M4 13a8 8 0 1 1 16 0M12 13l4-4M5 18h14',
  bots: 'M5 9h14v10H5zM12 9V5M9.5 14h.01M14.5 14h.01M2.5 13v3M21.5 13v3',
  recorder: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  data: 'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  doctor: 'M3 12h4l2.5-6 4.5 12 2.5-6H21',
  close: 'M6 6l12 12M18 6L6 18',
  'dock-bottom': 'M4 4h16v16H4zM4 14h16',
  'dock-right': 'M4 4h16v16H4zM14 4v16',
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M8 5v14M16 5v14',
  stop: 'M6 6h12v12H6z',
  record: 'M12 6a6 6 0 1 1 0 12 6 6 0 0 1 0-12z',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  test: 'M9 3h6M10 3v6L4.5 19a1.5 1.5 0 0 0 1.4 2h12.2a1.5 1.5 0 0 0 1.4-2L14 9V3M7.5 15h9',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  reset: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v5h5',
  save: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4 20h16',
  open: 'M12 16V5M7.5 9L12 4.5 16.5 9M4 20h16',
  offline:
    'M3 3l18 18M8.5 16a5 5 0 0 1 6.2-.6M5 12.5a10 10 0 0 1 4.5-2.6M14 9.8a10 10 0 0 1 5 2.7M2 9a15 15 0 0 1 4.5-2.9M11 4.9A15 15 0 0 1 22 9M12 19.5h.01',
  cut: 'M6 6l12 12M8.5 15.5l-3 3M15.5 8.5l3-3M14 20v-3M20 14h-3M10 4v3M4 10h3',
  down: 'M12 5v14M6 13l6 6 6-6',
  link: 'M10 14l10-10M14 4h6v6M18 14v6H4V6h6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warn: 'M12 4L2.5 20h19zM12 10v4M12 17h.01',
  info: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 11v5M12 8h.01',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
} as const

export type IconName = keyof typeof ICONS

/** An icon of the size of its place; hidden from readers, for it always stands beside a name. */
export function icon(name: IconName): SVGSVGElement {
  const svg = svgElement('svg', {
    viewBox: '0 0 24 24',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': name === 'brand' ? '3.5' : '2',
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
    class: 'icon',
  })
  svg.append(svgElement('path', { d: ICONS[name] }))
  return svg
}

/** An element of a drawing. */
export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: { readonly [name: string]: string },
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
