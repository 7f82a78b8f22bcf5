/** The smallest app on planwire: a list of tasks that all tabs share, without a backend. */
import { ProjectClient } from 'planwire'
import { startMockServer } from 'planwire/mock-server'

const server = await startMockServer({
  projects: [{ id: 1, name: 'Plan', tasksData: [{ id: 1, name: 'First task' }] }],
})
const client = new ProjectClient({ wsAddress: server.url })
const list = document.querySelector('ul')
const form = document.querySelector('form')

function show(): void {
  const names: string[] = client.tasks.all().map((task) => String(task['name']))
  list?.replaceChildren(
    ...names.map((name) => {
      const item = document.createElement('li')
      item.textContent = name
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
