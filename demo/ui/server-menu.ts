/** The dialog that chooses the server: the one in this browser, or the address of a real one. The choice stands in the page's address. */
import type { BrowserLab } from 'planwire/mock-server'
import { h, icon } from './dom.ts'
import { LAB_PRESETS } from './lab-chip.ts'
import { DIALECTS, type Settings, typedAddress, withSettings } from './settings.ts'

/** The button that opens the dialog; `lab` is asked for when it opens. */
export function serverMenu(settings: Settings, lab: () => BrowserLab | undefined): HTMLButtonElement {
  return h(
    'button',
    {
      type: 'button',
      className: 'button button-quiet',
      title: 'Choose the server',
      'aria-haspopup': 'dialog',
      onclick: () => openServerDialog(settings, lab()),
    },
    icon('server'),
    h('span', {}, settings.server === 'browser' ? 'In this browser' : new URL(settings.server).host),
  )
}

/** Opens the dialog. `lab` is the network lab of the server in this browser, if the page has one. */
export function openServerDialog(settings: Settings, lab?: BrowserLab): void {
  const problem = h('p', { className: 'error', role: 'alert', hidden: true })
  const here = h('input', { type: 'radio', name: 'where', id: 'server-here', checked: settings.server === 'browser' })
  const there = h('input', { type: 'radio', name: 'where', id: 'server-there', checked: settings.server !== 'browser' })
  const address = h('input', {
    className: 'input',
    type: 'url',
    id: 'server-address',
    placeholder: 'ws://localhost:8080',
    value: settings.server === 'browser' ? '' : settings.server,
    oninput: () => {
      there.checked = true
    },
  })
  const dialect = h(
    'select',
    { className: 'select', id: 'server-dialect' },
    ...DIALECTS.map((name) =>
      h('option', { value: name, selected: name === settings.dialect }, name === 'auto' ? 'Find out by itself' : name),
    ),
  )
  const dialog = h('dialog', { className: 'dialog', 'aria-labelledby': 'server-title' })
  const connect = (event: Event): void => {
    event.preventDefault()
    const chosen = here.checked ? 'browser' : typedAddress(address.value.trim())
    if (!chosen) {
      problem.textContent = 'Give an address such as ws://localhost:8080'
      problem.hidden = false
      address.focus()
      return
    }
    location.href = withSettings(location.pathname, location.search, {
      server: chosen === 'browser' ? undefined : chosen,
      dialect: dialect.value === 'auto' ? undefined : dialect.value,
    })
  }
  dialog.append(
    h(
      'form',
      { className: 'form', onsubmit: connect, noValidate: true },
      h('h2', { id: 'server-title' }, 'Server'),
      h(
        'div',
        { className: 'radio' },
        here,
        h('label', { for: 'server-here' }, 'In this browser'),
        h('span'),
        h('span', { className: 'hint' }, 'All tabs of this browser share it. No process, nothing leaves the machine.'),
      ),
      h('div', { className: 'radio' }, there, h('label', { for: 'server-there' }, 'A real server')),
      h('div', { className: 'field' }, h('label', { for: 'server-address' }, 'Address'), address),
      h(
        'div',
        { className: 'field' },
        h('label', { for: 'server-dialect' }, 'Dialect of the Gantt page (Bryntum)'),
        dialect,
      ),
      problem,
      h(
        'div',
        { className: 'form-actions' },
        h('button', { type: 'button', className: 'button', onclick: () => dialog.close() }, 'Cancel'),
        h('button', { type: 'submit', className: 'button button-primary' }, 'Connect'),
      ),
    ),
    ...(lab ? [labPart(lab, () => dialog.close())] : []),
  )
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

/** Ready-made troubles of the network, for all tabs at once. */
function labPart(lab: BrowserLab, close: () => void): HTMLElement {
  const preset = h(
    'select',
    { className: 'select', id: 'lab-preset', onchange: () => tell() },
    ...Object.entries(LAB_PRESETS).map(([value, { name }]) => h('option', { value }, name)),
  )
  const story = h('p', { className: 'hint', 'aria-live': 'polite' })
  const chosen = (): keyof typeof LAB_PRESETS => {
    const names = Object.keys(LAB_PRESETS) as (keyof typeof LAB_PRESETS)[]
    return names.find((name) => name === preset.value) ?? 'train-tunnel'
  }
  const tell = (): void => {
    story.textContent = LAB_PRESETS[chosen()].story
  }
  const run = (event: Event): void => {
    event.preventDefault()
    void lab.run(chosen())
    close()
  }
  tell()
  return h(
    'form',
    { className: 'form form-next', onsubmit: run },
    h('h2', {}, 'Break the network'),
    h('div', { className: 'field' }, h('label', { for: 'lab-preset' }, 'For every tab of this browser'), preset, story),
    h('div', { className: 'form-actions' }, h('button', { type: 'submit', className: 'button' }, 'Begin')),
  )
}
