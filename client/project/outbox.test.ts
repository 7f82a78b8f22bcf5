import { describe, expect, test } from 'vitest'
import { Browser, changes, names, rename, turns } from './browser-tabs.contract.ts'
import { datasetFrame } from './scripted-server.contract.ts'

describe('the outbox', () => {
  test('[OB2] a changeset is kept from its commit to its ack', async () => {
    const browser = new Browser()
    const tab = await browser.tab('ann')
    rename(tab, 'mine')
    await turns()
    expect([...browser.storage.stored.values()]).toMatchObject([
      { format: 1, id: 't1:1', changes: { stores: { tasks: { updated: [{ id: 1, name: 'mine' }] } } }, sent: true },
    ])
    tab.script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1, changeset: 't1:1' },
      changes: { tasks: { updated: [{ id: 1, name: 'mine' }] } },
    })
    await turns()
    expect(browser.storage.stored.size).toBe(1)
    tab.script.say({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision: 1 } })
    await turns()
    expect(browser.storage.stored.size).toBe(0)
  })

  test('[OB2] it is filed by server, user and project in the words of every version, whatever type the project has', async () => {
    const browser = new Browser()
    rename(await browser.tab('ann'), 'mine')
    await turns()
    expect([...browser.storage.stored.values()].map(({ box }) => box)).toEqual(['["ws://server/","ann","1"]'])
  })

  test('[OB3] a reloaded tab takes its own back at once, under their old ids, before anything new', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const before = await browser.tab('ann', memory)
    const task = before.script.client.transact(() => before.script.client.tasks.add({ name: 'new' }))
    before.script.drop()
    before.script.client.transact(() => before.script.client.tasks.update(task.id, { name: 'renamed' }))
    await turns()
    before.crash()
    const after = await browser.tab('ann', memory)
    expect(names(after)).toEqual(['a', 'renamed'])
    expect(changes(after.script.heard())).toMatchObject([
      { planwire: { changeset: 't1:1' }, changes: { tasks: { added: [{ $PhantomId: task.id, name: 'new' }] } } },
      { planwire: { changeset: 't1:2' }, changes: { tasks: { updated: [{ id: task.id, name: 'renamed' }] } } },
    ])
    after.script.client.transact(() => after.script.client.tasks.update(1, { name: 'later' }))
    expect(changes(after.script.heard())).toMatchObject([{ planwire: { counter: 1 } }])
  })

  test('[OB4] another tab of the same user adopts them after 5 s, once, and only if their tab is gone', async () => {
    const browser = new Browser()
    const gone = await browser.tab('ann')
    const other = await browser.tab('ann')
    const third = await browser.tab('ann')
    gone.script.drop()
    rename(gone, 'offline')
    await turns()
    other.script.clock.advance(5_000)
    await turns()
    expect(changes(other.script.heard())).toEqual([])
    gone.crash()
    for (const waited of [2_500, 2_500, 2_500]) {
      expect(changes(other.script.heard())).toEqual([])
      for (const tab of [other, third]) {
        tab.script.clock.advance(waited)
        await turns()
      }
    }
    expect(changes(other.script.heard())).toMatchObject([{ planwire: { changeset: 't1:1' } }])
    expect(changes(third.script.heard())).toEqual([])
    expect(names(other)).toEqual(['offline'])
  })

  test('[OB4] a duplicated tab leaves its original’s alone', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const original = await browser.tab('ann', memory)
    original.script.drop()
    rename(original, 'offline')
    await turns()
    const copy = await browser.tab('ann', [...memory])
    copy.script.clock.advance(5_000)
    await turns()
    expect(changes(copy.script.heard())).toEqual([])
  })

  test('[OB5] another user’s changesets are neither seen nor sent', async () => {
    const browser = new Browser()
    const ann = await browser.tab('ann')
    ann.script.drop()
    rename(ann, 'ann’s')
    await turns()
    ann.crash()
    const bob = await browser.tab('bob')
    bob.script.clock.advance(5_000)
    await turns()
    expect([names(bob), changes(bob.script.heard())]).toEqual([['a'], []])
    expect(browser.storage.stored.size).toBe(1)
  })

  test('[OB5] in one tab, a login as somebody else puts the edits of the former aside until they return', async () => {
    const browser = new Browser()
    const { script } = await browser.tab('ann')
    script.drop()
    script.client.transact(() => script.client.tasks.update(1, { name: 'ann’s' }))
    script.client.wsSend('login', { login: 'bob' })
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    await turns()
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    await turns()
    expect(changes(script.heard())).toEqual([])
    expect([script.client.tasks.get(1)?.name, script.client.pendingCount]).toEqual(['a', 0])
    script.client.wsSend('login', { login: 'ann' })
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    await turns()
    expect(changes(script.heard())).toMatchObject([{ planwire: { counter: 1 } }])
  })

  test('[OB6] storage that is refused is told once, and everything goes on in memory', async () => {
    const browser = new Browser()
    browser.storage.refused = true
    const tab = await browser.tab('ann')
    rename(tab, 'mine')
    rename(tab, 'mine again')
    await turns()
    expect(changes(tab.script.heard())).toHaveLength(2)
    const errors = tab.script.events.filter(([name]) => name === 'error')
    expect(errors).toMatchObject([['error', { code: 'storage-failed', recovery: 'retry' }]])
  })

  test('[OB7] what waits is bounded: further edits are refused, and nothing that waits is lost', async () => {
    const browser = new Browser()
    const tab = await browser.tab('ann')
    tab.script.drop()
    for (let at = 0; at < 1_000; at++) rename(tab, `name ${at}`)
    expect(() => rename(tab, 'one too many')).toThrow(expect.objectContaining({ code: 'outbox-full' }))
    expect([names(tab), tab.script.client.pendingCount]).toEqual([['name 999'], 1_000])
  })

  test('[OB8] a logout with something pending is refused before it happens, unless forced', async () => {
    const tab = await new Browser().tab('ann')
    rename(tab, 'mine')
    tab.script.heard()
    await expect(tab.script.client.wsSend('logout')).rejects.toMatchObject({
      code: 'changes-pending',
      details: { pending: 1 },
    })
    expect(tab.script.heard()).toEqual([])
    tab.script.client.wsSend('logout', { force: true })
    expect(tab.script.heard()).toEqual([{ command: 'logout' }])
  })
})
