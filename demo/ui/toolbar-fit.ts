/** A toolbar that stays in one line: groups that find no room go into a menu at its end. */
import { h, icon } from './dom.ts'
import { popover } from './popover.ts'

/** Keeps a toolbar in one line. The groups of `spare` leave it when the room gets short, the first of them first. */
export function fitToolbar(toolbar: HTMLElement, spare: readonly HTMLElement[]): void {
  const button = h(
    'button',
    { type: 'button', className: 'button button-icon toolbar-more', title: 'More', 'aria-label': 'More' },
    icon('more'),
  )
  const surface = popover(button, () => undefined, 'More actions')
  surface.classList.add('more')
  surface.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('button')) surface.hidePopover()
  })
  /** Where each group belongs. */
  const homes = spare.map((group) => {
    const home = document.createComment('')
    group.before(home)
    return { group, home }
  })
  toolbar.classList.add('toolbar-fit')
  toolbar.append(button, surface)
  const fit = (): void => {
    for (const { group, home } of homes) if (!home.nextSibling || home.nextSibling !== group) home.after(group)
    button.hidden = true
    for (const { group } of homes) {
      if (toolbar.scrollWidth <= toolbar.clientWidth) return
      button.hidden = false
      surface.append(group)
    }
  }
  let width = 0
  new ResizeObserver(() => {
    if (toolbar.clientWidth === width) return
    width = toolbar.clientWidth
    fit()
  }).observe(toolbar)
}
