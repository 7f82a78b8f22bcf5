import { describe, expect, test } from 'vitest'
import type { StoredChangeset } from '../ports/ports.ts'
import type { ChangesetId } from '../protocol/ids.ts'
import { MemoryOutbox } from '../testing/memory-outbox.ts'
import { Browser, changes, names, rename, type Tab, turns } from './browser-tabs.contract.ts'
import { datasetFrame, type Frame } from './scripted-server.contract.ts'

/** Storage whose next answers wait until they are let go. */
class SlowOutbox extends MemoryOutbox {
  readonly calls: string[] = []
  #gates: (() => void)[] | undefined

  hold(): void {
    this.#gates = []
  }

  async letGo(): Promise<void> {
    const gates = this.#gates ?? []
    this.#gates = undefined
    for (const open of gates) open()
    await turns()
  }

  override async read(box: string): Promise<readonly StoredChangeset[]> {
    this.calls.push('read')
    const found = await super.read(box)
    await this.#gate()
    return found
  }

  override async write(kept: readonly StoredChangeset[], forgotten: readonly ChangesetId[]): Promise<void> {
    this.calls.push(`write ${kept.length}, forget ${forgotten.length}`)
    await this.#gate()
    await super.write(kept, forgotten)
  }

  #gate(): Promise<void> {
    const gates = this.#gates
    return gates ? new Promise((open) => gates.push(open)) : Promise.resolve()
  }
}

const login: Frame = { command: 'login', planwire: { version: 1 } }
const stored = ({ storage }: Browser): string[] => [...storage.stored.keys()]
const offline = (tab: Tab, name: string): void => {
  tab.script.drop()
  rename(tab, name)
}

async function look({ script }: Tab): Promise<void> {
  script.clock.advance(2_500)
  await turns()
}

describe('the outbox, when things cross', () => {
  test('[OB4] what was acknowledged while another tab was about to adopt it is not sent again', async () => {
    const storage = new SlowOutbox()
    const browser = new Browser(storage)
    const gone = await browser.tab('ann')
    offline(gone, 'delivered after all')
    await turns()
    const other = await browser.tab('ann')
    gone.crash()
    await look(other)
    await look(other)
    storage.hold()
    await look(other)
    // The read for the adoption has been answered; its owner writes the last word before it goes.
    storage.stored.clear()
    await storage.letGo()
    expect(changes(other.script.heard())).toEqual([])
    expect(names(other)).toEqual(['a'])
  })

  test('[OB4] a tab that is back within 5 s is not robbed while it loads', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await browser.tab('ann', memory)
    const other = await browser.tab('ann')
    offline(before, 'mine')
    await turns()
    await look(other)
    before.crash()
    await look(other)
    expect(changes(other.script.heard())).toEqual([])
    const after = await browser.tab('ann', memory)
    expect(changes(after.script.heard())).toMatchObject([{ planwire: { changeset: 't1:1' } }])
  })

  test('[OB3] through several reloads, what builds on another changeset stays behind it', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const first = await browser.tab('ann', memory, { clientId: 'z' })
    first.script.drop()
    const task = first.script.client.transact(() => first.script.client.tasks.add({ name: 'new' }))
    await turns()
    first.crash()
    const second = await browser.tab('ann', memory, { clientId: 'b' })
    second.script.drop()
    second.script.client.transact(() => second.script.client.tasks.update(task.id, { name: 'named again' }))
    await turns()
    second.crash()
    const third = await browser.tab('ann', memory, { clientId: 'c' })
    expect(names(third)).toEqual(['a', 'named again'])
    expect(changes(third.script.heard())).toMatchObject([
      { planwire: { changeset: 'z:1' } },
      { planwire: { changeset: 'b:1' } },
    ])
  })

  test('[OB1] a project that is left while its outbox is being read keeps it', async () => {
    const storage = new SlowOutbox()
    const browser = new Browser(storage)
    const memory: string[] = []
    const before = await browser.tab('ann', memory)
    offline(before, 'mine')
    await turns()
    before.crash()
    storage.hold()
    const { script } = await browser.tab('ann', memory)
    script.client.wsProjectId = 2
    await storage.letGo()
    script.client.transact(() => script.client.tasks.add({ name: 'on another project' }))
    await turns()
    expect(stored(browser)).toEqual(['t1:1', 't2:1'])
    script.heard()
    script.client.wsProjectId = 1
    await turns()
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    expect(changes(script.heard())).toMatchObject([{ planwire: { changeset: 't1:1' } }])
  })

  test('[OB3] a project that comes back sends its edits at once', async () => {
    const { script } = await new Browser().tab('ann')
    script.client.wsProjectId = 2
    await turns()
    script.client.wsProjectId = 1
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    await turns()
    script.heard()
    rename({ script, crash: () => {} }, 'mine')
    expect(changes(script.heard())).toHaveLength(1)
  })

  test('[OB5] what a user left is kept for them while somebody else works in the tab', async () => {
    const browser = new Browser()
    const { script } = await browser.tab('ann')
    const gone = await browser.tab('ann')
    offline(gone, 'ann’s')
    await turns()
    script.client.wsSend('login', { login: 'bob' })
    script.heard()
    script.say(login)
    await turns()
    gone.crash()
    for (let at = 0; at < 4; at++) await look({ script, crash: () => {} })
    expect(stored(browser)).toEqual(['t2:1'])
    script.client.wsSend('login', { login: 'ann' })
    script.heard()
    script.say(login)
    await turns()
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    for (let at = 0; at < 3; at++) await look({ script, crash: () => {} })
    expect(changes(script.heard())).toMatchObject([{ planwire: { changeset: 't2:1' } }])
  })

  test('[OB2] an edit right before the end of the client is kept, and its lock is held until then', async () => {
    const storage = new SlowOutbox()
    const browser = new Browser(storage)
    const memory: string[] = []
    const tab = await browser.tab('ann', memory)
    tab.script.drop()
    storage.hold()
    rename(tab, 'first')
    rename(tab, 'second')
    tab.script.client.close()
    await turns()
    expect(await browser.locks.tab().isFree('t1')).toBe(false)
    await storage.letGo()
    expect(stored(browser)).toEqual(['t1:1', 't1:2'])
    expect(await browser.locks.tab().isFree('t1')).toBe(true)
  })

  test('[OB2] hundreds of edits in one turn are written together', async () => {
    const storage = new SlowOutbox()
    const tab = await new Browser(storage).tab('ann')
    tab.script.drop()
    storage.calls.splice(0)
    for (let at = 0; at < 500; at++) rename(tab, `name ${at}`)
    await turns()
    expect(storage.calls).toEqual(['write 500, forget 0'])
  })

  test('[OB6] storage that works again keeps what it had refused', async () => {
    const browser = new Browser()
    const tab = await browser.tab('ann')
    tab.script.drop()
    browser.storage.refused = true
    rename(tab, 'refused')
    await turns()
    browser.storage.refused = false
    rename(tab, 'kept')
    await turns()
    expect(stored(browser)).toEqual(['t1:1', 't1:2'])
  })

  test('[OB3] whenSynced waits for what the outbox still holds', async () => {
    const storage = new SlowOutbox()
    storage.hold()
    const { script } = await new Browser(storage).tab('ann')
    let synced = false
    void script.client.whenSynced().then(() => (synced = true))
    await turns()
    expect(synced).toBe(false)
    await storage.letGo()
    expect(synced).toBe(true)
  })

  test('[AK9] on a server without the extension, restored adds that may have arrived are looked for before they are sent', async () => {
    const browser = new Browser()
    const gone = await browser.flatTab('ann')
    const task = gone.script.client.transact(() => gone.script.client.tasks.add({ name: 'new' }))
    await turns()
    const other = await browser.flatTab('ann')
    gone.crash()
    for (let at = 0; at < 3; at++) await look(other)
    const heard = other.script.heard()
    expect(changes(heard)).toEqual([])
    expect(heard).toContainEqual(expect.objectContaining({ command: 'dataset' }))
    other.script.say(
      datasetFrame('flat', [
        { id: 1, name: 'a' },
        { id: 7, $PhantomId: task.id, name: 'new' },
      ]),
    )
    expect(changes(other.script.heard())).toEqual([])
    expect([names(other), other.script.client.pendingCount]).toEqual([['a', 'new'], 0])
  })
})
