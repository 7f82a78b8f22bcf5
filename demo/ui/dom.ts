/** Makes elements. */

type Child = Node | string | false | undefined
type Properties = { readonly [name: string]: unknown }

/**
 * An element with properties and children. `on…` listens, `aria-…`, `data-…` and other names with a dash are attributes,
 * everything else is a property of the element.
 * @example
 * h('button', { type: 'button', onclick: add, 'aria-label': 'Add task' }, icon('plus'))
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), (event) => void value.call(element, event))
    } else if (name.includes('-') || name === 'for' || name === 'role') element.setAttribute(name, String(value))
    else Reflect.set(element, name, value)
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child)
  return element
}

/** Paths of the icons, drawn in a square of 24 with a line of 2. */
const ICONS = {
  plus: 'M12 5v14M5 12h14',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  indent: 'M4 6h16M12 12h8M12 18h8M4 10l4 4-4 4',
  outdent: 'M4 6h16M12 12h8M12 18h8M8 10l-4 4 4 4',
  undo: 'M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-3',
  redo: 'M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h3',
  reset: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v5h5',
  server: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  open: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  brand: 'M4 6h9M7 12h10M11 18h9',
  clock: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3 2',
  question: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.8 9.5a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.8M12 16.5h.01',
  cross: 'M6 6l12 12M18 6L6 18',
  conflict: 'M12 3l10 18H2zM12 10v5M12 18h.01',
  history: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v5h5M12 8v4l3 2',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  play: 'M7 4l13 8-13 8z',
  pause: 'M8 5v14M16 5v14',
  next: 'M6 5l8 7-8 7zM18 5v14',
  offline: 'M3 3l18 18M5 12a10 10 0 0 1 4-2.4M19 12a10 10 0 0 0-6.5-3M8.5 15.5a5 5 0 0 1 7 0M12 19h.01',
} as const

/** Name of an icon. */
export type IconName = keyof typeof ICONS

/** An icon of the size of its place; hidden from readers, for it always stands beside a name. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const attributes = { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'aria-hidden': 'true' }
  for (const [attribute, value] of Object.entries(attributes)) svg.setAttribute(attribute, value)
  svg.setAttribute('stroke-width', name === 'brand' ? '4' : '2')
  svg.setAttribute('stroke-linecap', 'round')
  svg.setAttribute('stroke-linejoin', 'round')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', ICONS[name])
  svg.append(path)
  return svg
}

/** A button of the toolbar: icon and name; on narrow screens the icon alone is seen. */
export function toolButton(name: IconName, label: string, run: () => void, kind = ''): HTMLButtonElement {
  return h(
    'button',
    { type: 'button', className: `button ${kind}`, title: label, 'aria-label': label, onclick: run },
    icon(name),
    h('span', { className: 'button-label' }, label),
  )
}
