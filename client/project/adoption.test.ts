import { describe, expect, test } from 'vitest'
import { Browser, changes, names, rename, type Tab, turns } from './browser-tabs.contract.ts'
import { datasetFrame } from './scripted-server.contract.ts'

/** Time enough to be seen as gone, and to be adopted. */
async function looks(...tabs: Tab[]): Promise<void> {
  for (let look = 0; look < 4; look++) {
    for (const { script } of tabs) script.clock.advance(2_500)
    await turns()
  }
}

/** A tab that adopted what another one left, and made a changeset on top of it; offline. */
async function heir(browser: Browser, memory: string[]): Promise<{ tab: Tab; first: Tab }> {
  const first = await browser.tab('ann')
  const tab = await browser.tab('ann', memory)
  first.script.drop()
  first.script.client.transact(() => first.script.client.tasks.add({ name: 'new' }))
  await turns()
  tab.script.drop()
  first.crash()
  await looks(tab)
  const task = tab.script.client.tasks.all().find(({ name }) => name === 'new')
  if (!task) throw new Error('nothing was adopted')
  tab.script.client.transact(() => tab.script.client.tasks.add({ name: 'inside', parentId: task.id }))
  await turns()
  return { tab, first }
}

describe('adoption', () => {
  test('[OB4] what builds on something adopted goes on to one tab with it, as a whole and in order', async () => {
    const browser = new Browser()
    const { tab } = await heir(browser, [])
    const [one, two] = [await browser.tab('ann'), await browser.tab('ann')]
    tab.crash()
    await looks(one, two)
    const sent = [one, two].map(({ script }) => changes(script.heard()))
    expect(sent.map((frames) => frames.length).sort()).toEqual([0, 2])
    expect(sent.flat()).toMatchObject([{ planwire: { changeset: 't1:1' } }, { planwire: { changeset: 't2:1' } }])
  })

  test('[OB3] a reloaded tab takes back what it had adopted before with its own, and nobody gets between', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const { tab } = await heir(browser, memory)
    const other = await browser.tab('ann')
    tab.crash()
    const again = await browser.tab('ann', memory)
    expect(changes(again.script.heard())).toMatchObject([
      { planwire: { changeset: 't1:1' } },
      { planwire: { changeset: 't2:1' } },
    ])
    await looks(other)
    expect(changes(other.script.heard())).toEqual([])
  })

  test('[OB4] what a tab left in several projects goes to the tabs that have them open, whoever was first', async () => {
    const browser = new Browser()
    const gone = await browser.tab('ann')
    gone.script.drop()
    rename(gone, 'in the first')
    gone.script.client.wsProjectId = 2
    gone.script.client.transact(() => gone.script.client.tasks.add({ name: 'in the second' }))
    await turns()
    const first = await browser.tab('ann')
    const second = await browser.tab('ann')
    second.script.client.wsProjectId = 2
    second.script.say({ ...datasetFrame('extension', []), project: 2 })
    await turns()
    gone.crash()
    await looks(first)
    await looks(second)
    expect(changes(first.script.heard())).toMatchObject([{ project: 1, planwire: { changeset: 't1:1' } }])
    expect(changes(second.script.heard())).toMatchObject([{ project: 2, planwire: { changeset: 't1:2' } }])
  })

  test('[OB9] a tab that slept so long that it was taken for gone sends nothing that another delivers, and goes on', async () => {
    const browser = new Browser()
    const locks = browser.locks.tab()
    const asleep = await browser.tab('ann', [], { outbox: { storage: browser.storage, locks } })
    const other = await browser.tab('ann')
    asleep.script.drop()
    rename(asleep, 'before the night')
    await turns()
    locks.sleep()
    await looks(other)
    expect(changes(other.script.heard())).toMatchObject([{ planwire: { changeset: 't1:1' } }])
    asleep.script.clock.advance(60_000)
    await turns()
    asleep.script.heard()
    asleep.script.say({ command: 'login', planwire: { version: 1 } })
    asleep.script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    expect([changes(asleep.script.heard()), asleep.script.client.pendingCount, names(asleep)]).toEqual([[], 0, ['a']])
    rename(asleep, 'in the morning')
    await turns()
    expect(changes(asleep.script.heard())).toMatchObject([{ planwire: { counter: 2 } }])
    expect([...browser.storage.stored.keys()].sort()).toEqual(['t1:1', 't1:2'])
    expect(browser.storage.stored.get('t1:1')).toMatchObject({ keeper: 't2' })
  })

  test('[OB9] several edits of one record that another tab has taken over leave it as the server has it, in lists and in the tree', async () => {
    const browser = new Browser()
    const locks = browser.locks.tab()
    const asleep = await browser.tab('ann', [], { outbox: { storage: browser.storage, locks } })
    const other = await browser.tab('ann')
    const { tasks } = asleep.script.client
    const before = tasks.all()
    asleep.script.drop()
    rename(asleep, 'before the night')
    asleep.script.client.transact(() => tasks.update(1, { note: 'late' } as object))
    await turns()
    locks.sleep()
    await looks(other)
    asleep.script.clock.advance(60_000)
    await turns()
    expect(tasks.all()).toEqual(before)
    expect(tasks.children(null)).toEqual(tasks.all())
  })

  test('[OB9] a tab whose leases do not work any more when it wakes stays online, and says that nothing is kept', async () => {
    const browser = new Browser()
    const locks = browser.locks.tab()
    let broken = false
    const take = (client: string): Promise<boolean> =>
      broken ? Promise.reject(new Error('broken')) : locks.take(client)
    const lapsed = (): boolean => broken
    const outbox = { storage: browser.storage, locks: { ...locks, take, lapsed } }
    const tab = await browser.tab('ann', [], { outbox })
    broken = true
    rename(tab, 'mine')
    await turns()
    tab.script.clock.advance(1_000)
    await turns()
    tab.script.heard()
    tab.script.say({ command: 'login', planwire: { version: 1 } })
    tab.script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    await turns()
    expect(changes(tab.script.heard())).toMatchObject([{ planwire: { counter: 1 } }])
    expect(tab.script.client.connection.state).toBe('open')
    expect(tab.script.events).toMatchObject([['error', { code: 'storage-failed' }]])
  })
})
