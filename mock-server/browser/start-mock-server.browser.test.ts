/** The whole browser host: page, SharedWorker, core and IndexedDB. A second tab is an iframe, which is a client of its own. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MockServerConfig } from '../core/config.ts'
import { Peer } from '../peer.contract.ts'
import { forgetState, newServerName } from './forget-state.contract.ts'
import { type BrowserMockServer, type BrowserServerOptions, startMockServer } from './index.ts'
import { holdLock, lockNames } from './web-locks.ts'

type Start = typeof startMockServer
type TabWindow = Window & { startMockServer: Start; WebSocket: typeof WebSocket }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A configuration with a name that no other test has; its state is deleted afterwards. */
function newConfig(fields: MockServerConfig = {}): MockServerConfig & { name: string } {
  const name = newServerName()
  cleanups.push(() => forgetState(name))
  return { name, projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }], ...fields }
}

async function start(
  config: MockServerConfig,
  options?: BrowserServerOptions,
  from: Start = startMockServer,
): Promise<BrowserMockServer> {
  const server = await from(config, options)
  // A second tab's server ends with its frame.
  if (from === startMockServer) cleanups.push(() => server.close())
  return server
}

async function openTab(): Promise<{ window: TabWindow; remove(): void }> {
  const frame = document.createElement('iframe')
  const loaded = new Promise((resolve) => addEventListener('message', resolve, { once: true }))
  frame.src = new URL('./second-tab.html', import.meta.url).href
  document.body.append(frame)
  await loaded
  cleanups.push(() => frame.remove())
  const { contentWindow } = frame
  if (contentWindow === null || !isTabWindow(contentWindow)) throw new Error('The second tab did not load')
  return { window: contentWindow, remove: () => frame.remove() }
}

const isTabWindow = (candidate: Window): candidate is TabWindow => 'startMockServer' in candidate

function connect(path: string, on: { WebSocket: typeof WebSocket } = globalThis): Promise<Peer> {
  const peer = new Peer(new URL(path, `ws://${location.host}`).href, on.WebSocket)
  cleanups.push(() => peer.close())
  return peer.opened
}

async function logIn(login: string, on?: { WebSocket: typeof WebSocket }): Promise<Peer> {
  const peer = await connect('/ws', on)
  peer.send({ command: 'login', login, password: login })
  return peer
}

/** Resolves when the server has told a client that exactly these users are there. */
async function usersAre(peer: Peer, ...users: string[]): Promise<void> {
  while (String((await peer.next({ command: 'users' }))['users']) !== String(users));
}

const add = async (text: string): Promise<void> => {
  const body = JSON.stringify({ text, start_date: '2026-01-01 09:00', end_date: '2026-01-01 10:00' })
  const response = await fetch('/events', { method: 'POST', body })
  expect(response.status).toBe(200)
}
const texts = async (on: { fetch: typeof fetch } = globalThis): Promise<string[]> => {
  const answer = await (await on.fetch('/events')).json()
  const events: { text: string }[] = Array.isArray(answer) ? answer : answer.data
  return events.map(({ text }) => text)
}

/** What was logged, as text, and a promise for a line that holds `part`. */
function listen() {
  const lines: string[] = []
  let wake = (): void => {}
  return {
    lines,
    logger: (level: string, message: string): void => {
      lines.push(`${level} ${message}`)
      wake()
    },
    line: (part: string): Promise<void> =>
      new Promise((resolve) => {
        wake = () => {
          if (lines.some((line) => line.includes(part))) resolve()
        }
        wake()
      }),
  }
}

describe('startMockServer in a browser', () => {
  it('is reached by sockets and requests of the page as soon as it resolves', async () => {
    const server = await start(newConfig())
    expect(server).toMatchObject({
      url: `ws://${location.host}`,
      httpUrl: location.origin,
      mode: 'shared-worker',
      storage: 'indexeddb',
    })
    await add('Meeting')
    expect(await texts()).toEqual(['Meeting'])
    const planner = await logIn('admin')
    expect(await planner.next({ command: 'login' })).toBeDefined()
  })

  it('is one backend for all tabs: what one adds the other reads and hears of', async () => {
    const config = newConfig()
    const tab = await openTab()
    await start(config)
    await start(config, {}, tab.window.startMockServer)
    const subscriber = await connect('/api/v1?token=token&ws=1', tab.window)
    await subscriber.next({ action: 'start' })
    subscriber.send({ action: 'subscribe', name: 'events' })
    // The protocol acknowledges calls, not subscriptions.
    subscriber.send({ action: 'call', body: [{ id: '1', name: 'no.such', args: [] }] })
    await subscriber.next({ action: 'result' })
    await add('Meeting')
    expect(await texts(tab.window)).toEqual(['Meeting'])
    expect(await subscriber.next({ action: 'event' })).toMatchObject({ body: { name: 'events' } })
  })

  it('keeps the state in IndexedDB when every tab has closed, and goes on from it', async () => {
    const config = newConfig()
    const first = await start(config)
    await add('Meeting')
    await first.close()
    await first.close()
    await start(config)
    expect(await texts()).toEqual(['Meeting'])
  })

  it('returns the running server when it is started again under the same name', async () => {
    const config = newConfig()
    const [first, second] = await Promise.all([startMockServer(config), start(config)])
    expect(second).toBe(first)
    await first.close()
    expect(await start(config)).not.toBe(first)
  })

  it('keeps servers of different names apart', async () => {
    await start(newConfig())
    await add('Here')
    const other = await start(newConfig(), { url: 'ws://localhost:8080' })
    const answer = await fetch(`${other.httpUrl}/events`)
    expect(await answer.text()).not.toContain('Here')
  })

  for (const ending of ['says bye', 'crashes'] as const) {
    it(`takes the user of a tab that ${ending} from the list of users`, async () => {
      const config = newConfig()
      const tab = await openTab()
      // A tab that crashes runs no handler any more.
      if (ending === 'crashes') {
        tab.window.addEventListener('pagehide', (event) => event.stopImmediatePropagation(), { capture: true })
      }
      await start(config)
      await start(config, {}, tab.window.startMockServer)
      const mine = await logIn('admin')
      await logIn('user', tab.window)
      await usersAre(mine, 'admin', 'user')
      tab.remove()
      await usersAre(mine, 'admin')
    })
  }

  it('tells a tab with another configuration, keeps the state, and resets by the newest', async () => {
    const config = newConfig({ collections: { events: [{ id: 1, text: 'Old' }] } })
    const tab = await openTab()
    await start(config, {}, tab.window.startMockServer)
    const { logger, line } = listen()
    const server = await start({ ...config, collections: { events: [{ id: 1, text: 'New' }] } }, { logger })
    await line('runs on another configuration')
    expect(await texts()).toEqual(['Old'])
    const socket = await connect('/ws')
    await server.reset()
    expect(await texts()).toEqual(['New'])
    expect(await socket.closed).toBe(1001)
  })

  it('tells when the stored state was made from another configuration, until it is reset', async () => {
    const config = newConfig({ collections: { events: [{ id: 1, text: 'Old' }] } })
    const edited = { ...config, collections: { events: [{ id: 1, text: 'New' }] } }
    await (await start(config)).close()
    const first = listen()
    const server = await start(edited, { logger: first.logger })
    expect(first.lines).toEqual([expect.stringContaining('stored state was made from another configuration')])
    expect(await texts()).toEqual(['Old'])
    await server.reset()
    expect(await texts()).toEqual(['New'])
    await server.close()
    const second = listen()
    await start(edited, { logger: second.logger })
    expect(second.lines).toEqual([])
  })

  it('resets one project and leaves the rest', async () => {
    const server = await start(newConfig())
    await add('Meeting')
    await server.reset(1)
    expect(await texts()).toEqual(['Meeting'])
    await expect(server.reset(99)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('waits, and says so, while the worker of another deployment has the state', async () => {
    const config = newConfig()
    const free = await holdLock(navigator.locks, lockNames(config.name).authority)
    const { logger, line } = listen()
    const starting = start(config, { logger })
    await line('Another version of this site')
    free()
    expect((await starting).storage).toBe('indexeddb')
  })

  it('rejects an address that is none, and starts afterwards', async () => {
    const config = newConfig()
    for (const url of ['somewhere', 'ftp://host', 'ws://host/path']) {
      await expect(startMockServer(config, { url })).rejects.toMatchObject({ code: 'invalid-argument' })
    }
    await start(config)
  })

  it('leaves no lock of the tab and no replaced global when it is closed', async () => {
    const native = { fetch, WebSocket, open: XMLHttpRequest.prototype.open }
    const config = newConfig()
    const server = await start(config)
    const { held = [] } = await navigator.locks.query()
    const mine = held.find(({ name }) => name?.startsWith(lockNames(config.name).tab('')))
    expect(mine).toBeDefined()
    await server.close()
    // To be had at once. (What `query` lists lags a little behind.)
    const free = await holdLock(navigator.locks, mine?.name ?? '')
    await free()
    expect({ fetch, WebSocket, open: XMLHttpRequest.prototype.open }).toEqual(native)
    await expect(server.reset()).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('startMockServer where there is no SharedWorker', () => {
  /** Another tab in such a browser. */
  async function openPlainTab(): ReturnType<typeof openTab> {
    const tab = await openTab()
    Object.defineProperty(tab.window, 'SharedWorker', { value: undefined })
    return tab
  }

  it('is one backend for all tabs in the tab that came first, and keeps its state over a restart', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    const config = newConfig()
    const tab = await openPlainTab()
    const { logger, lines } = listen()
    const first = await start(config, { logger })
    expect(first).toMatchObject({ mode: 'leader-tab', storage: 'indexeddb' })
    const second = await start(config, {}, tab.window.startMockServer)
    expect(second).toMatchObject({ mode: 'leader-tab', storage: 'indexeddb' })
    await add('Meeting')
    expect(await texts(tab.window)).toEqual(['Meeting'])
    const mine = await logIn('admin')
    await logIn('user', tab.window)
    await usersAre(mine, 'admin', 'user')
    tab.remove()
    await usersAre(mine, 'admin')
    await first.close()
    expect(lines).toEqual([])
    await start(config, { logger })
    expect(await texts()).toEqual(['Meeting'])
  })

  for (const ending of ['closes its server', 'is closed', 'crashes'] as const) {
    it(`goes on in another tab when the leading one ${ending}`, async () => {
      vi.stubGlobal('SharedWorker', undefined)
      const config = newConfig()
      const leader = await openPlainTab()
      if (ending === 'crashes') {
        leader.window.addEventListener('pagehide', (event) => event.stopImmediatePropagation(), { capture: true })
      }
      const leading = await start(config, {}, leader.window.startMockServer)
      const { logger } = listen()
      await start(config, { logger })
      await add('Meeting')
      const socket = await connect('/ws')
      if (ending === 'closes its server') await leading.close()
      else leader.remove()
      expect(await socket.closed).toBe(1006)
      expect(await texts()).toEqual(['Meeting'])
      const again = await logIn('admin')
      expect(await again.next({ command: 'login' })).toBeDefined()
    })
  }

  it('follows the next leader when two tabs are left behind', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    const config = newConfig()
    const tabs = [await openPlainTab(), await openPlainTab()] as const
    for (const tab of tabs) await start(config, {}, tab.window.startMockServer)
    const { logger } = listen()
    await start(config, { logger })
    for (const tab of tabs) {
      const socket = await connect('/ws')
      tab.remove()
      expect(await socket.closed).toBe(1006)
      await add('One more')
    }
    expect(await texts()).toEqual(['One more', 'One more'])
  })

  it('says why a configuration is refused, and starts with a better one', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    const config = newConfig()
    await expect(start({ ...config, resetDelay: -1 })).rejects.toMatchObject({
      message: expect.stringContaining('resetDelay'),
    })
    expect((await start(config)).mode).toBe('leader-tab')
  })

  it('is not held up by a reset to a configuration whose file never comes, once the tab that asked is gone', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    const native = fetch
    let asked = (): void => {}
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    vi.stubGlobal('fetch', (input: string, init?: RequestInit) => {
      if (!String(input).endsWith('/never.json')) return native(input, init)
      asked()
      return new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    })
    const config = newConfig()
    const leader = await start(config, { intercept: false })
    const tab = await openPlainTab()
    const projects = [{ id: 1, name: 'House', url: '/never.json' }]
    const asking = await start({ ...config, projects }, { logger: () => {} }, tab.window.startMockServer)
    void asking.reset().catch(() => {})
    await isAsked
    tab.remove()
    expect((await leader.export()).projects).toMatchObject([{ name: 'House' }])
  })

  it('works from memory, and says so once, when the browser refuses storage', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    })
    const config = newConfig()
    const { logger, lines } = listen()
    expect((await start(config, { logger })).storage).toBe('memory')
    expect(lines.filter((line) => line.includes('refused storage')).length).toBe(1)
    await add('Meeting')
    expect(await texts()).toEqual(['Meeting'])
  })

  it('runs in the page alone, in memory, and says so, where there are neither Web Locks nor storage', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    vi.stubGlobal('navigator', {})
    vi.spyOn(IDBFactory.prototype, 'deleteDatabase').mockImplementation(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    })
    const config = newConfig()
    const { logger, lines } = listen()
    const server = await start(config, { logger })
    expect(server).toMatchObject({ mode: 'page', storage: 'memory' })
    expect(lines).toEqual([expect.stringContaining('in this page alone')])
    await add('Meeting')
    expect(await texts()).toEqual(['Meeting'])
    await server.close()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
})

describe('functions in the configuration', () => {
  it('answer commands and remote calls of every tab, from the tab that leads', async () => {
    const config = newConfig({
      commands: { greet: ({ name }, { user }) => ({ text: `Hello ${String(name)}, says ${user.name}'s server` }) },
      api: { sums: { add: (...numbers) => numbers.reduce((sum: number, number) => sum + Number(number), 0) } },
    })
    const tab = await openTab()
    expect(await start(config)).toMatchObject({ mode: 'leader-tab', storage: 'indexeddb' })
    await start(config, {}, tab.window.startMockServer)
    const planner = await logIn('admin', tab.window)
    await planner.next({ command: 'login' })
    planner.send({ command: 'greet', name: 'Ada' })
    expect(await planner.next({ command: 'greet' })).toMatchObject({ text: "Hello Ada, says admin's server" })
    const caller = await connect('/api/v1?token=token&ws=1', tab.window)
    caller.send({ action: 'call', body: [{ id: '1', name: 'sums.add', args: [2, 3] }] })
    expect(await caller.next({ action: 'result' })).toMatchObject({ body: [{ id: '1', data: 5 }] })
  })
})

describe('publish', () => {
  it('sends a custom message to subscribers in every tab', async () => {
    const config = newConfig()
    const tab = await openTab()
    const server = await start(config)
    await start(config, {}, tab.window.startMockServer)
    const subscriber = await connect('/api/v1?token=token&ws=1', tab.window)
    await subscriber.next({ action: 'start' })
    subscriber.send({ action: 'subscribe', name: 'calendars' })
    subscriber.send({ action: 'call', body: [{ id: '1', name: 'no.such', args: [] }] })
    await subscriber.next({ action: 'result' })
    await server.publish('calendars', 'repainted', { colour: 'green' })
    expect(await subscriber.next({ action: 'event' })).toMatchObject({
      body: { name: 'calendars', value: { type: 'repainted', value: { colour: 'green' } } },
    })
    await expect(server.publish('calendars', '', 1)).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})
