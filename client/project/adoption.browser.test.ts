/** Tabs of one browser, for real: documents with Web Locks and IndexedDB, and a server that lives longer than they. */
import { afterEach, expect, test, vi } from 'vitest'
import { indexedDbOutbox } from '../adapters/indexed-db-outbox.ts'
import type { Socket, SocketListener, Transport } from '../ports/ports.ts'
import type { ProjectClient } from './project-client.ts'
import { datasetFrame, type Frame } from './scripted-server.contract.ts'

/** A server that orders and acknowledges each changeset once, by its id, and tells every tab. */
class Server {
  /** Ids of the changesets in their order. */
  readonly log: string[] = []
  readonly #tasks: Frame[] = [{ id: 1, name: 'a' }]
  readonly #tabs = new Set<{ readonly listener: SocketListener; client: string }>()
  #online = true

  /** A line to the server, which can be cut for good. */
  line(): Transport & { cut(): void } {
    let connected = true
    const open = new Set<SocketListener>()
    return {
      open: (_url, listener): Socket => {
        const tab = { listener, client: '' }
        queueMicrotask(() => {
          if (!connected || !this.#online) {
            listener.closed(1006, '')
            return
          }
          open.add(listener)
          this.#tabs.add(tab)
          listener.opened()
        })
        return {
          send: (frame) => {
            if (open.has(listener)) queueMicrotask(() => this.#hear(tab, JSON.parse(frame)))
          },
          close: () => {
            open.delete(listener)
            this.#tabs.delete(tab)
          },
        }
      },
      cut: () => {
        connected = false
        for (const listener of open) listener.closed(1006, '')
        open.clear()
      },
    }
  }

  #hear(tab: { readonly listener: SocketListener; client: string }, frame: Frame): void {
    const say = (answer: Frame): void => tab.listener.frame(JSON.stringify(answer))
    const planwire = (frame['planwire'] ?? {}) as { client?: string; counter?: number; changeset?: string }
    switch (frame['command']) {
      case 'login':
        tab.client = String(planwire.client)
        say({ command: 'login', planwire: { version: 1 } })
        return
      case 'dataset':
        say(datasetFrame('extension', this.#tasks, this.log.length))
        return
      case 'projectChange':
        this.#commit(planwire.changeset ?? `${tab.client}:${planwire.counter}`, frame)
    }
  }

  #commit(changeset: string, frame: Frame): void {
    const changes = frame['changes'] as { tasks: { updated: Frame[] } }
    for (const { id, ...fields } of changes.tasks.updated) {
      const task = this.#tasks.find((known) => known['id'] === id)
      if (task) Object.assign(task, fields)
    }
    this.log.push(changeset)
    const position = { epoch: 'e1', revision: this.log.length }
    for (const { listener } of this.#tabs) {
      listener.frame(
        JSON.stringify({ command: 'projectChange', project: 1, changes, planwire: { ...position, changeset } }),
      )
      listener.frame(JSON.stringify({ command: 'ack', project: 1, planwire: position }))
    }
  }
}

const DATABASE = 'planwire-outbox'
const frames: HTMLIFrameElement[] = []
const clients: ProjectClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const frame of frames.splice(0)) frame.remove()
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
})

/** A tab of `login` that has loaded the project. All frames share the sessionStorage of this page, as a tab and its reload do. */
async function openTab(server: Server, login: string, origin = '') {
  const frame = document.createElement('iframe')
  frame.src = `${new URL('./second-tab.html', import.meta.url).href}${origin}`
  document.body.append(frame)
  frames.push(frame)
  await vi.waitUntil(() => frame.contentWindow && 'ProjectClient' in frame.contentWindow, { timeout: 10_000 })
  const page = frame.contentWindow as unknown as {
    ProjectClient: typeof ProjectClient
    IDBDatabase: typeof IDBDatabase
    IDBTransaction: typeof IDBTransaction
  }
  const transport = server.line()
  const client = new page.ProjectClient({
    transport,
    wsAddress: 'ws://server/',
    credentials: { login },
    wsProjectId: 1,
  })
  clients.push(client)
  await client.whenSynced()
  return {
    client,
    cut: transport.cut,
    page,
    rename: (name: string) => client.transact(() => void client.tasks.update(1, { name })),
    /** Kills the document: nothing of it runs any more, nothing is said. */
    kill: () => frame.remove(),
  }
}

/** The turn is over: whatever waits for nothing but a promise was done. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

/** What ann's tabs left. */
async function stored(): Promise<string[]> {
  const storage = indexedDbOutbox()
  const left = await storage.read(JSON.stringify(['ws://server/', 'ann', '1']))
  storage.close()
  return left.map(({ id }) => id)
}

for (const [where, origin] of [
  ['', ''],
  [', on plain http in a LAN, where there are no Web Locks', '?plain-http'],
] as const) {
  test(`[OB4] what a tab could not send before it died, another of the same user sends, once and in order${where}`, {
    timeout: 30_000,
  }, async () => {
    const server = new Server()
    const dying = await openTab(server, 'ann', origin)
    const [other, third, bob] = [
      await openTab(server, 'ann', origin),
      await openTab(server, 'ann', origin),
      await openTab(server, 'bob', origin),
    ]
    dying.cut()
    dying.rename('offline')
    dying.rename('offline again')
    await expect.poll(stored).toHaveLength(2)
    const ids = await stored()
    dying.kill()

    await expect.poll(() => other.client.tasks.get(1)?.name, { timeout: 15_000 }).toBe('offline again')
    await Promise.all([other, third, bob].map(({ client }) => client.whenSynced()))
    expect(server.log).toEqual(ids)
    expect([third, bob].map(({ client }) => client.tasks.get(1)?.name)).toEqual(['offline again', 'offline again'])
    await expect.poll(stored).toEqual([])
  })

  test(`[OB3] a tab that died and is opened again sends what it could not send, before it says that it is synced${where}`, async () => {
    const server = new Server()
    const before = await openTab(server, 'ann', origin)
    before.cut()
    before.rename('offline')
    await expect.poll(stored).toHaveLength(1)
    const ids = await stored()
    before.kill()
    const after = await openTab(server, 'ann', origin)
    expect(server.log).toEqual(ids)
    expect(after.client.tasks.get(1)?.name).toBe('offline')
  })

  test(`[OB2] a thousand edits of one turn are one transaction, begun and closed to changes before the turn is over${where}`, async () => {
    const tab = await openTab(new Server(), 'ann', origin)
    tab.cut()
    const begun = vi.spyOn(tab.page.IDBDatabase.prototype, 'transaction')
    const ended = vi.spyOn(tab.page.IDBTransaction.prototype, 'commit')
    for (let at = 0; at < 1_000; at++) tab.rename(`edit ${at}`)
    await nextTask()
    const writes = begun.mock.calls.filter(([stores, mode]) => stores === 'changesets' && mode === 'readwrite')
    expect([writes.length, ended.mock.calls.length]).toEqual([1, 1])
    await expect.poll(stored).toHaveLength(1_000)
  })
}
