/** Which project is shown, and the way back to how it was configured. */
import type { ProjectClient } from 'planwire'
import { h, toolButton } from '../ui/dom.ts'
import { popover } from '../ui/popover.ts'
import { type Settings, withSettings } from '../ui/settings.ts'

/** The switcher and the reset. */
export function projectTools(client: ProjectClient, settings: Settings): HTMLElement {
  const projects = h('select', {
    className: 'select',
    'aria-label': 'Project',
    onchange: () => showProject(client, /^\d+$/.test(projects.value) ? Number(projects.value) : projects.value),
  })
  const offer = (options: readonly { readonly id: string | number; readonly name: string }[]): void => {
    projects.replaceChildren(...options.map(({ id, name }) => h('option', { value: String(id) }, name)))
    projects.value = String(client.wsProjectId ?? settings.project)
  }
  offer([{ id: settings.project, name: `Project ${settings.project}` }])
  const reset = toolButton('reset', 'Reset', () => undefined)
  const sure = popover(reset, (surface) => askToReset(surface, client), 'Reset the project')
  let asked = false
  client.on('connection', ({ state }) => {
    if (state !== 'open' || asked) return
    asked = true
    client.wsSend('projects').then(
      ({ projects: list }) => {
        const known = list.some(({ id }) => String(id) === String(client.wsProjectId ?? settings.project))
        if (list.length > 0) offer(known ? list : [...list, { id: settings.project, name: 'Unknown project' }])
      },
      () => {
        asked = false
      },
    )
  })
  // Whoever chose it.
  client.on('dataset', () => {
    projects.value = String(client.wsProjectId)
  })
  return h('div', { className: 'toolbar-group toolbar-end' }, projects, reset, sure)
}

/** A reset reaches everybody and cannot be undone, so it is asked for twice. */
function askToReset(surface: HTMLElement, client: ProjectClient): void {
  const run = (): void => {
    surface.hidePopover()
    // The page tells what the server refuses.
    client.wsSend('reset').catch(() => undefined)
  }
  surface.replaceChildren(
    h('h2', {}, 'Reset the project?'),
    h('p', { className: 'hint' }, 'For everybody who has it open. It cannot be undone.'),
    h(
      'div',
      { className: 'form-actions' },
      h('button', { type: 'button', className: 'button', onclick: () => surface.hidePopover() }, 'Cancel'),
      h('button', { type: 'button', className: 'button button-danger', onclick: run, autofocus: true }, 'Reset'),
    ),
  )
}

/** Loads another project and writes it into the address. */
export function showProject(client: ProjectClient, project: string | number): void {
  history.replaceState(null, '', withSettings(location.pathname, location.search, { project }))
  client.wsProjectId = project
}
