/** The tasks of a project as a list, and a form that adds one. */
import type { ProjectClient } from 'planwire'

/** Shows a headline; a hot replacement shows the next one. */
export function showHeadline(text: string): void {
  document.querySelector('p')?.replaceChildren(text)
}

/** Lets a client log in, load project 1, and show it. */
export function showTasks(client: ProjectClient): void {
  const list = document.querySelector('ul')
  const form = document.querySelector('form')
  const show = (): void => {
    list?.replaceChildren(
      ...client.tasks.all().map((task) => {
        const item = document.createElement('li')
        item.textContent = String(task['name'])
        return item
      }),
    )
  }
  client.on('dataset', show)
  client.on('change', show)
  form?.addEventListener('submit', (event) => {
    event.preventDefault()
    client.tasks.add({ name: String(new FormData(form).get('task')) })
    form.reset()
  })
  client.wsSend('login', { login: 'ada' })
  client.wsProjectId = 1
}
