/** What the outbox makes of storage that is slow, silent, refuses, or holds what another version wrote; and of a tab that goes or slept. */
import { describe, expect, test } from 'vitest'
import type { ClientLocks, OutboxStorage, StoredChangeset, Transport } from '../ports/ports.ts'
import { MemoryNetwork } from '../testing/memory-network.ts'
import { MemoryOutbox } from '../testing/memory-outbox.ts'
import { Browser, changes, names, rename, type Tab, turns } from './browser-tabs.contract.ts'
import { datasetFrame, Script } from './scripted-server.contract.ts'

/** Storage that takes writes and never answers them. */
class SilentWrites extends MemoryOutbox {
  readonly writes: number[] = []

  override write(kept: readonly StoredChangeset[]): Promise<void> {
    this.writes.push(kept.length)
    void super.write(kept, [])
    return new Promise(() => {})
  }
}

const errorsOf = ({ script }: Pick<Tab, 'script'>): unknown[] =>
  script.events.flatMap(([name, error]) => (name === 'error' ? [error] : []))
const never = (): Promise<never> => new Promise(() => {})

describe('a tab that goes right after an edit', () => {
  test('[OB2] has handed every edit to storage within its turn, however slow storage is, those of one turn in one write', async () => {
    const storage = new SilentWrites()
    const tab = await new Browser(storage).tab('ann')
    tab.script.drop()
    for (let at = 0; at < 30; at++) {
      rename(tab, `alone ${at}`)
      await turns()
    }
    for (let at = 0; at < 900; at++) rename(tab, `together ${at}`)
    await turns()
    expect(storage.writes).toEqual([...Array(30).fill(1), 900])
    expect(storage.stored.size).toBe(930)
  })

  test('[OB2] has sent it when storage is asked: whoever waits for the edit does not wait for storage', async () => {
    const sent: number[] = []
    const storage = new MemoryOutbox()
    const tab = await new Browser(storage).tab('ann')
    storage.write = async (kept) => void (kept.length > 0 && sent.push(changes(tab.script.heard()).length))
    rename(tab, 'mine')
    await turns()
    expect(sent).toEqual([1])
  })

  test('[OB2] hands over at `pagehide` what still waits for a lock, or for other writes', async () => {
    const storage = new SilentWrites()
    const browser = new Browser(storage)
    const locks = browser.locks.tab()
    const tab = await browser.tab('ann', [], { outbox: { storage, locks } })
    tab.script.drop()
    for (let at = 0; at < 100; at++) {
      rename(tab, `edit ${at}`)
      await turns()
    }
    expect(storage.writes).toHaveLength(64)
    rename(tab, 'the last one')
    locks.hide()
    expect([storage.writes.length, storage.writes.at(-1), storage.stored.size]).toEqual([65, 37, 101])
  })
})

describe('the lock of a tab', () => {
  test('[OB4] is asked for with every edit until the tab has it, and not again before it may have lapsed', async () => {
    const browser = new Browser()
    const tab = browser.locks.tab()
    let isFree = false
    const asked: boolean[] = []
    const take: ClientLocks['take'] = (client) => {
      asked.push(isFree)
      return isFree ? tab.take(client) : Promise.resolve(false)
    }
    const opened = await browser.tab('ann', [], { outbox: { storage: browser.storage, locks: { ...tab, take } } })
    const edited = async (name: string): Promise<readonly boolean[]> => {
      asked.length = 0
      rename(opened, name)
      await turns()
      return [...asked]
    }
    expect(await edited('somebody else has it')).toContain(false)
    isFree = true
    expect(await edited('free at last')).toContain(true)
    expect(await edited('held')).toEqual([])
    tab.sleep()
    expect(await edited('slept')).toContain(true)
  })
})

describe('storage of the app’s own', () => {
  const memory = (): OutboxStorage => new MemoryOutbox()
  const throws = (): never => {
    throw new Error('broken')
  }
  const rejects = (): Promise<never> => Promise.reject(new Error('broken'))
  const locksOf = (): ClientLocks => new Browser().locks.tab()
  const broken: { [what: string]: () => { storage?: object; locks?: object } } = {
    'read throws': () => ({ storage: { read: throws } }),
    'read rejects': () => ({ storage: { read: rejects } }),
    'write throws': () => ({ storage: { write: throws } }),
    'write rejects': () => ({ storage: { write: rejects } }),
    'close throws': () => ({ storage: { write: rejects, close: throws } }),
    'take throws': () => ({ locks: { take: throws } }),
    'take rejects': () => ({ locks: { take: rejects } }),
    'everything rejects': () => ({ storage: { read: rejects, write: rejects }, locks: { take: rejects } }),
  }
  for (const [what, make] of Object.entries(broken)) {
    test(`[OB6] ${what}: told once, and everything goes on in memory`, async () => {
      const { storage, locks } = make()
      const outbox = {
        storage: Object.assign(memory(), storage) as OutboxStorage,
        locks: { ...locksOf(), ...locks } as ClientLocks,
      }
      const tab = await new Browser().tab('ann', [], { outbox })
      for (const name of ['one', 'two']) {
        rename(tab, name)
        await turns()
      }
      expect(changes(tab.script.heard())).toHaveLength(2)
      expect(errorsOf(tab)).toMatchObject([{ code: 'storage-failed', recovery: 'retry' }])
      tab.script.client.close()
      await turns()
      expect(tab.script.clock.waiting).toBe(0)
    })
  }

  const silent: { [what: string]: () => { storage?: object; locks?: object } } = {
    'read never answers': () => ({ storage: { read: never } }),
    'write never answers': () => ({ storage: { write: never } }),
    'take never answers': () => ({ locks: { take: never } }),
  }
  for (const [what, make] of Object.entries(silent)) {
    test(`[OB6] ${what}: told once after 10 s, and nothing waits for it any more`, async () => {
      const { storage, locks } = make()
      const outbox = {
        storage: Object.assign(memory(), storage) as OutboxStorage,
        locks: { ...locksOf(), ...locks } as ClientLocks,
      }
      const tab = await new Browser().tab('ann', [], { outbox })
      rename(tab, 'mine')
      for (const passed of [5_000, 4_999]) {
        tab.script.clock.advance(passed)
        await turns()
        expect(errorsOf(tab)).toEqual([])
      }
      tab.script.clock.advance(1)
      await turns()
      tab.script.clock.advance(8_000)
      await turns()
      expect(errorsOf(tab)).toMatchObject([{ code: 'storage-failed', recovery: 'retry' }])
      expect(changes(tab.script.heard())).toHaveLength(1)
      tab.script.client.close()
      expect(tab.script.clock.waiting).toBe(0)
    })
  }

  test('[OB6] what storage gives back too late still counts', async () => {
    const browser = new Browser()
    const before: string[] = []
    const gone = await browser.tab('ann', before)
    gone.script.drop()
    rename(gone, 'kept')
    await turns()
    gone.crash()
    let answer = (): void => {}
    const { storage } = browser
    const read = storage.read.bind(storage)
    storage.read = async (box) => {
      await new Promise<void>((resolve) => (answer = resolve))
      return read(box)
    }
    const tab = await browser.tab('ann', before)
    for (let at = 0; at < 2; at++) {
      tab.script.clock.advance(5_000)
      await turns()
    }
    storage.read = read
    answer()
    await turns()
    expect([names(tab), changes(tab.script.heard())]).toMatchObject([['kept'], [{ planwire: { changeset: 't1:1' } }]])
  })
})

describe('entries of another version', () => {
  const left = async (change: (entry: StoredChangeset) => StoredChangeset) => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await browser.tab('ann', memory)
    before.script.drop()
    rename(before, 'kept')
    await turns()
    before.crash()
    const { stored } = browser.storage
    for (const [id, entry] of stored) stored.set(id, change(entry))
    return { browser, memory, entries: [...stored.values()] }
  }

  test('[OB11] of a newer one are neither read nor touched, and told once', async () => {
    const { browser, memory, entries } = await left((entry) => ({ ...entry, format: 2, more: 'than is known' }))
    const tab = await browser.tab('ann', memory)
    for (let look = 0; look < 4; look++) {
      tab.script.clock.advance(2_500)
      await turns()
    }
    rename(tab, 'mine')
    await turns()
    expect(errorsOf(tab)).toMatchObject([{ code: 'storage-failed', message: expect.stringContaining('newer version') }])
    expect(changes(tab.script.heard())).toHaveLength(1)
    expect([...browser.storage.stored.values()]).toEqual(expect.arrayContaining(entries))
  })

  test('[OB11] of this one say what they say, whatever else another version added to them', async () => {
    const { browser, memory } = await left((entry) => ({ ...entry, more: 'than is known' }))
    const tab = await browser.tab('ann', memory)
    expect([names(tab), errorsOf(tab)]).toEqual([['kept'], []])
  })
})

describe('a tab that slept', () => {
  const loginFrame = { command: 'login' }

  test('[OB9] on a server without the extension: what waited for an echo is not sent by it and by who took it over', async () => {
    const browser = new Browser()
    const locks = browser.locks.tab()
    const script = new Script({ clientId: 'sleeper', outbox: { storage: browser.storage, locks } })
    const tab: Tab = { script, crash: locks.crash }
    script.client.wsAddress = 'ws://server/'
    script.client.wsSend('login', { login: 'ann' })
    script.client.wsProjectId = 1
    await turns()
    script.heard()
    script.say(loginFrame)
    script.say(datasetFrame('flat', [{ id: 1, name: 'a' }]))
    const task = script.client.transact(() => script.client.tasks.add({ name: 'new' }))
    // It refers to a record that the server has not named: it waits for the echo.
    script.client.transact(() => script.client.tasks.add({ name: 'inside', parentId: task.id }))
    await turns()
    expect(changes(script.heard())).toHaveLength(1)

    const other = await browser.flatTab('ann')
    locks.sleep()
    for (let look = 0; look < 4; look++) {
      other.script.clock.advance(2_500)
      await turns()
    }
    const named = { id: 7, $PhantomId: task.id, name: 'new' }
    other.script.say(datasetFrame('flat', [{ id: 1, name: 'a' }, named]))
    await turns()
    expect(changes(other.script.heard())).toMatchObject([{ changes: { tasks: { added: [{ parentId: 7 }] } } }])

    // The sleeper's socket stayed open; the first that it hears in the morning is the echo.
    script.say({ command: 'projectChange', project: 1, changes: { tasks: { added: [named] } } })
    await turns()
    script.clock.advance(1_000)
    await turns()
    expect(changes(script.heard())).toEqual([])
    script.say(loginFrame)
    script.say(
      datasetFrame('flat', [{ id: 1, name: 'a' }, named, { id: 8, name: 'inside', parentId: 7, $PhantomId: 'x' }]),
    )
    await turns()
    expect([changes(script.heard()), script.client.pendingCount]).toEqual([[], 0])
    expect(names(tab)).toEqual(['a', 'new', 'inside'])
  })

  test('[OB9] is closed as any other: it tells of its end alone, and what it asked fails with that', async () => {
    const browser = new Browser()
    const locks = browser.locks.tab()
    const { script } = await browser.tab('ann', [], { outbox: { storage: browser.storage, locks } })
    const states: string[] = []
    script.client.on('connection', ({ state }) => states.push(state))
    const reset = script.client.wsSend('reset', { project: 1 })
    script.heard()
    locks.sleep()
    script.client.close()
    expect(states).toEqual(['closed'])
    await expect(reset).rejects.toMatchObject({ code: 'closed' })
  })

  test('[OB9] loses its line once where the socket says within the call that it was closed', async () => {
    const browser = new Browser()
    const locks = browser.locks.tab()
    const network = new MemoryNetwork(() => ({ frame() {}, closed() {} }))
    const transport: Transport = {
      open(url, listener) {
        const socket = network.transport.open(url, listener)
        return { send: (frame) => socket.send(frame), close: () => listener.closed(1005, '') }
      },
    }
    const script = new Script({ transport, outbox: { storage: browser.storage, locks }, wsAddress: 'ws://server/' })
    script.client.wsProjectId = 1
    await turns()
    network.flush()
    const states: string[] = []
    script.client.on('connection', ({ state }) => states.push(state))
    locks.sleep()
    script.client.wsSend('projects')
    expect(states).toEqual(['waiting'])
    script.client.close()
  })
})
