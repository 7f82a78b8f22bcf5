import { describe, expect, test } from 'vitest'
import { Browser, changes, turns } from './browser-tabs.contract.ts'
import type { ProjectClientOptions } from './project-options.ts'
import { datasetFrame, loadedScript, Script } from './scripted-server.contract.ts'

const granted = { command: 'login', planwire: { version: 1 } }

/** A tab that is opened while the server is away. */
class OfflineTab {
  readonly script: Script
  readonly crash: () => void

  constructor(browser: Browser, memory: string[], options: ProjectClientOptions = {}) {
    const locks = browser.locks.tab(memory)
    this.crash = locks.crash
    this.script = new Script({
      clientId: `o${memory.length}`,
      outbox: { storage: browser.storage, locks },
      wsAddress: 'ws://server/',
      wsProjectId: 1,
      ...options,
    })
    this.script.drop()
  }

  get names(): unknown[] {
    return this.script.client.tasks.all().map((task) => task.name)
  }

  async add(name: string): Promise<void> {
    this.script.client.transact(() => this.script.client.tasks.add({ name }))
    await turns()
  }

  /** The server is back; `login` as with a form, where the options do not say who it is. */
  async online(login?: string): Promise<unknown[]> {
    if (login !== undefined) this.script.client.wsSend('login', { login })
    this.script.clock.advance(60_000)
    await turns()
    this.script.heard()
    await turns()
    this.script.heard()
    this.script.say(granted)
    await turns()
    this.script.say(datasetFrame('extension', []))
    await turns()
    return changes(this.script.heard()).map((frame) => JSON.stringify(frame['changes']))
  }

  async looks(): Promise<unknown[]> {
    for (let look = 0; look < 4; look++) {
      this.script.clock.advance(2_500)
      await turns()
    }
    return changes(this.script.heard()).map((frame) => JSON.stringify(frame['changes']))
  }
}

const containing = (name: string) => [expect.stringContaining(`"${name}"`)]

describe('a tab that starts offline', () => {
  const kinds: { [kind: string]: { options: ProjectClientOptions; form?: string } } = {
    'with credentials': { options: { credentials: { login: 'ann' } } },
    'with a provider of credentials, who is asked later': { options: { credentials: async () => ({ login: 'ann' }) } },
    'with a login form, which is filled in later': { options: {}, form: 'ann' },
  }
  for (const [kind, { options, form }] of Object.entries(kinds)) {
    test(`[OB10] ${kind}: what is edited before it was ever online is delivered`, async () => {
      const tab = new OfflineTab(new Browser(), [], options)
      await tab.add('early')
      expect(tab.script.client.pendingCount).toBe(1)
      expect(await tab.online(form)).toEqual(containing('early'))
    })

    test(`[OB10] ${kind}: edited, reloaded while offline, edited and online again, it loses nothing`, async () => {
      const browser = new Browser()
      const memory: string[] = []
      const before = new OfflineTab(browser, memory, options)
      await before.add('early')
      before.crash()
      const after = new OfflineTab(browser, memory, options)
      await turns()
      expect(after.names).toEqual(['early'])
      await after.add('later')
      expect(await after.online(form)).toEqual([...containing('early'), ...containing('later')])
      expect([...browser.storage.stored.values()].map(({ box, keeper }) => [box, keeper])).toEqual([
        ['["ws://server/","ann","1"]', 'o1'],
        ['["ws://server/","ann","1"]', undefined],
      ])
    })

    test(`[OB10] ${kind}: edited and closed, another tab delivers`, async () => {
      const browser = new Browser()
      const gone = new OfflineTab(browser, [], options)
      await gone.add('early')
      gone.crash()
      const next = new OfflineTab(browser, ['x'], options)
      expect(await next.online(form)).toEqual([])
      expect(await next.looks()).toEqual(containing('early'))
    })
  }

  test('[OB10] and was closed: what it left is for the user who worked here last, not for another', async () => {
    const browser = new Browser()
    await new OfflineTab(browser, ['1']).online('ann')
    const gone = new OfflineTab(browser, ['1', '2'])
    await gone.add('ann’s, as far as anybody knows')
    gone.crash()
    const bob = new OfflineTab(browser, ['1', '2', '3'])
    await bob.online('bob')
    expect([await bob.looks(), bob.names]).toEqual([[], []])
    const ann = new OfflineTab(browser, ['1', '2', '3', '4'])
    await ann.online('ann')
    expect(await ann.looks()).toEqual(containing('ann’s, as far as anybody knows'))
  })

  test('[OB10] nobody’s edits in another project are the first user’s as well', async () => {
    const tab = new OfflineTab(new Browser(), [])
    await tab.add('in the first')
    tab.script.client.wsProjectId = 2
    await tab.online('ann')
    tab.script.client.wsProjectId = 1
    await turns()
    tab.script.say(datasetFrame('extension', []))
    expect(changes(tab.script.heard())).toMatchObject([{ changes: { tasks: { added: [{ name: 'in the first' }] } } }])
  })

  test('[OB3] reads what the user has in the outbox before it sends what was made before the login', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await browser.tab('ann', memory)
    before.script.drop()
    before.script.client.transact(() => before.script.client.tasks.add({ name: 'first' }))
    await turns()
    before.crash()
    const after = new OfflineTab(browser, memory)
    await after.add('second')
    expect(await after.online('ann')).toEqual([...containing('first'), ...containing('second')])
  })

  test('[OB5] a server may call a user by another name: edits are filed by the name of the login', async () => {
    const browser = new Browser()
    const tab = new OfflineTab(browser, [], { credentials: { login: 'ann' } })
    await tab.add('early')
    tab.script.clock.advance(60_000)
    tab.script.heard()
    tab.script.say({ ...granted, userName: 'Ann Example' })
    await turns()
    tab.script.say(datasetFrame('extension', []))
    expect([changes(tab.script.heard()).length, tab.script.client.pendingCount]).toEqual([1, 1])
  })
})

test('[UN10] what one user did is not another’s to undo', () => {
  const script = loadedScript('extension')
  script.client.transact(() => script.client.tasks.update(1, { name: 'b' }))
  expect(script.client.canUndo).toBe(true)
  script.client.wsSend('login', { login: 'bob' })
  script.heard()
  script.say(granted)
  expect([script.client.canUndo, script.client.undo()]).toEqual([false, false])
})

describe('a tab that asks a provider who works here', () => {
  const provider: ProjectClientOptions = { credentials: async () => ({ login: 'ann' }) }

  /** A tab in which ann edited offline, after she had been online. */
  async function annOffline(browser: Browser, memory: string[]): Promise<OfflineTab> {
    const tab = new OfflineTab(browser, memory, provider)
    await tab.online()
    tab.script.drop()
    await tab.add('ann’s')
    return tab
  }

  test('[OB12] with a provider, and reloaded: shows what its last user had not stored, and delivers it after the login', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await annOffline(browser, memory)
    before.crash()
    const after = new OfflineTab(browser, memory, provider)
    await turns()
    expect([after.names, after.script.client.pendingCount]).toEqual([['ann’s'], 1])
    await after.add('ann’s as well')
    expect(await after.online()).toEqual([...containing('ann’s'), ...containing('ann’s as well')])
  })

  test('[OB12] if another logs in there, what the last user had waits for that user', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await annOffline(browser, memory)
    before.crash()
    const after = new OfflineTab(browser, memory, { credentials: async () => ({ login: 'bob' }) })
    await turns()
    expect(after.names).toEqual(['ann’s'])
    expect([await after.online(), after.names]).toEqual([[], []])
    after.crash()
    const again = new OfflineTab(browser, [], provider)
    expect([...(await again.online()), ...(await again.looks())]).toEqual(containing('ann’s'))
  })

  test('[OB12] after a logout, and in a tab of its own, nothing of the last user is shown', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await annOffline(browser, memory)
    await before.online()
    before.script.client.wsSend('logout', { force: true })
    before.script.heard()
    before.script.say({ command: 'logout' })
    await turns()
    expect(before.script.client.connection).toEqual({ state: 'open' })
    before.crash()
    const reloaded = new OfflineTab(browser, memory, provider)
    const elsewhere = new OfflineTab(browser, [], provider)
    await turns()
    expect([reloaded.names, elsewhere.names]).toEqual([[], []])
  })
})

describe('a client without credentials', () => {
  const silent = (options: ProjectClientOptions): Script => {
    const script = new Script({ wsAddress: 'ws://server/', ...options })
    script.heard()
    return script
  }

  test('says why it is open and shows nothing', () => {
    const { client, log } = silent({ wsProjectId: 1 })
    expect(client.connection).toEqual({ state: 'open' })
    expect(log).toEqual([expect.stringContaining("give credentials or wsSend('login')")])
  })

  test('says nothing while it has no project, or when somebody logs out', () => {
    expect(silent({}).log).toEqual([])
    const script = loadedScript('flat')
    script.client.wsSend('logout')
    script.say({ command: 'logout' })
    expect(script.client.connection).toEqual({ state: 'open' })
    expect(script.log).toEqual([])
  })
})
