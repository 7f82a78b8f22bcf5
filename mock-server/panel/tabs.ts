/** Owns the bar of tabs: the pattern of WAI-ARIA, one stop for the tabulator key, arrows, Home and End between the tabs. */
import { h, type IconName, icon, setText } from './dom.ts'
import type { TabCount } from './tab.ts'

export interface TabBar<Name extends string> {
  readonly element: HTMLElement
  readonly selected: Name
  select(name: Name): void
  /** Names the element that the selected tab shows. */
  controls(panel: HTMLElement): void
  count(name: Name, count: TabCount | undefined): void
  /** Puts the focus on the selected tab, or where there are no tabs on the first button of `within`. */
  focus(within: HTMLElement): void
}

export function createTabBar<Name extends string>(
  tabs: readonly { readonly name: Name; readonly label: string; readonly icon: IconName }[],
  selected: (name: Name) => void,
): TabBar<Name> {
  const [first] = tabs
  if (first === undefined) throw new Error('a bar of tabs needs one')
  let current = first.name
  const made = tabs.map(({ name, label, icon: glyph }) => {
    const count = h('span', { className: 'count', hidden: true })
    const element = h(
      'button',
      { type: 'button', role: 'tab', id: `tab-${name}`, className: 'tab', tabIndex: -1, onclick: () => select(name) },
      icon(glyph),
      h('span', {}, label),
      count,
    )
    return { name, label, element, count }
  })
  const element = h('div', { className: 'tabs', role: 'tablist', 'aria-label': 'planwire panel', onkeydown: onKey })
  element.append(...made.map((tab) => tab.element))

  function select(name: Name): void {
    current = name
    for (const tab of made) {
      const isCurrent = tab.name === name
      tab.element.setAttribute('aria-selected', String(isCurrent))
      tab.element.tabIndex = isCurrent ? 0 : -1
    }
    selected(name)
  }

  function onKey(event: Event): void {
    if (!(event instanceof KeyboardEvent)) return
    const at = made.findIndex(({ name }) => name === current)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: made.length - 1 }[event.key]
    const next = to === undefined ? undefined : made[(to + made.length) % made.length]
    if (next === undefined) return
    event.preventDefault()
    select(next.name)
    next.element.focus()
    next.element.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  return {
    element,
    get selected() {
      return current
    },
    select,
    controls(panel) {
      panel.id = `panel-${current}`
      panel.setAttribute('role', 'tabpanel')
      panel.setAttribute('aria-labelledby', `tab-${current}`)
      panel.classList.add('tabpanel')
      for (const tab of made) {
        if (tab.name === current) tab.element.setAttribute('aria-controls', panel.id)
        else tab.element.removeAttribute('aria-controls')
      }
    },
    count(name, count) {
      const tab = made.find((each) => each.name === name)
      if (tab === undefined) return
      tab.count.hidden = count === undefined
      setText(tab.count, count?.text ?? '')
      if (count?.tone === undefined) delete tab.count.dataset['tone']
      else tab.count.dataset['tone'] = count.tone
      if (count === undefined) tab.element.removeAttribute('aria-label')
      else if (tab.element.ariaLabel !== `${tab.label}, ${count.label}`)
        tab.element.setAttribute('aria-label', `${tab.label}, ${count.label}`)
    },
    focus(within) {
      const tab = element.hidden ? undefined : made.find(({ name }) => name === current)?.element
      ;(tab ?? within.querySelector('button'))?.focus()
    },
  }
}
