/** What a server holds, read as a stranger would: a plain socket of the page, login, dataset. Knows the documented protocol only. */
import type { Page } from '@playwright/test'
import type { Row } from './demo.ts'
import type { Plan } from './gantt-tab.ts'

/** Reads project 1 over a socket of its own; `url` may be a path of the page's origin. */
export async function readDataset(page: Page, url: string): Promise<Plan> {
  const dataset = await page.evaluate(
    (address) =>
      new Promise<{ [store: string]: Row[] }>((resolve, reject) => {
        const socket = new WebSocket(address)
        const send = (message: object): void => socket.send(JSON.stringify(message))
        socket.addEventListener('open', () => {
          send({ command: 'login', login: 'admin', password: 'admin' })
          send({ command: 'dataset', project: 1 })
        })
        socket.addEventListener('error', () => reject(new Error(`No socket at ${address}`)))
        socket.addEventListener('message', ({ data }) => {
          const message = JSON.parse(String(data))
          if (message.error !== undefined) reject(new Error(String(data)))
          if (message.command !== 'dataset') return
          resolve(message.dataset)
          socket.close()
        })
      }),
    url,
  )
  return {
    tasks: flattened(dataset['tasksData'] ?? [], null),
    dependencies: dataset['dependenciesData'] ?? [],
    resources: dataset['resourcesData'] ?? [],
    assignments: dataset['assignmentsData'] ?? [],
  }
}

function flattened(tasks: readonly Row[], parentId: Row['id'] | null): Row[] {
  return tasks.flatMap(({ children, ...task }) => {
    const parent = task['parentId'] ?? parentId
    return [{ ...task, parentId: parent }, ...(Array.isArray(children) ? flattened(children, task.id) : [])]
  })
}
