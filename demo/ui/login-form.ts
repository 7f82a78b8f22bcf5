/** The form that asks for other credentials after a refusal. */
import { h } from './dom.ts'

/** What somebody logs in with. */
export interface Login {
  readonly login: string
  readonly password: string | undefined
}

/** Shows the form; `reason` says why it is there. One at a time. */
export function askForLogin(reason: string, given: Login, submit: (login: Login) => void): void {
  document.querySelector<HTMLDialogElement>('dialog[data-login]')?.remove()
  const name = h('input', {
    className: 'input',
    id: 'login-name',
    autocomplete: 'username',
    required: true,
    value: given.login,
  })
  const password = h('input', {
    className: 'input',
    id: 'login-password',
    type: 'password',
    autocomplete: 'current-password',
  })
  const dialog = h('dialog', { className: 'dialog', 'aria-labelledby': 'login-title', 'data-login': '' })
  const send = (event: Event): void => {
    event.preventDefault()
    if (name.value.trim() === '') return
    dialog.close()
    submit({ login: name.value.trim(), password: password.value === '' ? undefined : password.value })
  }
  dialog.append(
    h(
      'form',
      { className: 'form', onsubmit: send },
      h('h2', { id: 'login-title' }, 'Log in'),
      h('p', { className: 'error', role: 'alert' }, reason),
      h('div', { className: 'field' }, h('label', { for: 'login-name' }, 'User name'), name),
      h('div', { className: 'field' }, h('label', { for: 'login-password' }, 'Password'), password),
      h(
        'p',
        { className: 'hint' },
        'The server in this browser knows user/user and admin/admin; any other name is a guest.',
      ),
      h(
        'div',
        { className: 'form-actions' },
        h('button', { type: 'button', className: 'button', onclick: () => dialog.close() }, 'Cancel'),
        h('button', { type: 'submit', className: 'button button-primary' }, 'Log in'),
      ),
    ),
  )
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  ;(given.login ? password : name).focus()
}
