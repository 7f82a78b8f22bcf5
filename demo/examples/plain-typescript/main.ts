/** A list of tasks that all tabs share: open this page twice. */
import { ProjectClient } from 'planwire'
import { startMockServer } from 'planwire/mock-server'

// The backend, in the browser. With a server of your own this is `new ProjectClient({ wsAddress: 'wss://…' })` and nothing else.
const server = await startMockServer({
  projects: [{ id: 1, name: 'Release', tasksData: [{ id: 1, name: 'First task' }] }],
})
const client = new ProjectClient({ wsAddress: server.url, wsProjectId: 1, credentials: { login: 'ada' } })

const list = document.querySelector('ul')
const status = document.querySelector('[role=status]')
const form = document.querySelector('form')

function row(id: string | number, name: string): HTMLLIElement {
  const [item, input, remove] = [
    document.createElement('li'),
    document.createElement('input'),
    document.createElement('button'),
  ]
  item.append(name, ' ', input, ' ', remove)
  input.placeholder = 'New name'
  input.addEventListener('change', () => client.tasks.update(id, { name: input.value }))
  remove.textContent = 'Remove'
  remove.addEventListener('click', () => client.tasks.remove(id))
  return item
}

// One batch per transaction, whoever made it: an app with many rows reads `stores.tasks` and touches those that changed.
client.on('change', () => {
  list?.replaceChildren(...client.tasks.all().map(({ id, name }) => row(id, String(name))))
})

function tell(): void {
  const { connection, pendingCount } = client
  if (status) status.textContent = `${connection.state}, ${pendingCount} to be saved`
}
client.subscribe(tell)
tell()
client.on('rejected', ({ error }) => alert(error.message))

form?.addEventListener('submit', (event) => {
  event.preventDefault()
  client.tasks.add({ name: String(new FormData(form).get('task')) })
  form.reset()
})
