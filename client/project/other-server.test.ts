import { describe, expect, test } from 'vitest'
import { Browser, changes, names, rename, turns } from './browser-tabs.contract.ts'
import { datasetFrame, loadedScript, Script } from './scripted-server.contract.ts'

const login = { command: 'login', planwire: { version: 1 } }

/** The server of this address answers, with a task of its own. */
function arrive(script: Script, address: string, name: string): void {
  script.client.wsAddress = address
  script.heard()
  script.say(login, datasetFrame('extension', [{ id: 1, name }], 0, address))
}

const shown = ({ client }: Script): unknown[] => client.tasks.all().map((task) => task.name)

describe('a client that moves to another server', () => {
  test('[OB5] leaves what is pending behind: it is sent when the old server comes back, and never to another', () => {
    const script = loadedScript('extension')
    script.drop()
    script.client.transact(() => script.client.tasks.update(1, { name: 'for the first' }))
    arrive(script, 'ws://other/', 'theirs')
    expect([changes(script.heard()), shown(script), script.client.pendingCount]).toEqual([[], ['theirs'], 0])
    script.client.transact(() => script.client.tasks.update(1, { name: 'for the second' }))
    expect(changes(script.heard())).toMatchObject([{ planwire: { counter: 2 } }])
    arrive(script, 'ws://server/', 'a')
    expect(changes(script.heard())).toMatchObject([
      { planwire: { counter: 1 }, changes: { tasks: { updated: [{ name: 'for the first' }] } } },
    ])
    expect([shown(script), script.client.pendingCount]).toEqual([['for the first'], 1])
  })

  test('[OB5] edits that were made before there was a server are for the first one', () => {
    const fresh = new Script({ credentials: { login: 'user' }, wsProjectId: 1 })
    fresh.client.transact(() => fresh.client.tasks.add({ name: 'early' }))
    arrive(fresh, 'ws://server/', 'a')
    expect(changes(fresh.heard())).toMatchObject([{ changes: { tasks: { added: [{ name: 'early' }] } } }])
  })

  test('[OB5] what was sent and not answered is sent again when the server comes back, under its id', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'on its way' }))
    expect(changes(script.heard())).toHaveLength(1)
    arrive(script, 'ws://other/', 'theirs')
    expect(changes(script.heard())).toEqual([])
    arrive(script, 'ws://server/', 'a')
    expect(changes(script.heard())).toMatchObject([{ planwire: { counter: 1 } }])
  })

  test('[UN10] cannot undo there what was done here, sees no one who is there, and no question stays open', async () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'b' }))
    script.say({ command: 'users', users: ['user', 'ann'] })
    const reset = script.client.wsSend('reset')
    script.heard()
    script.client.wsAddress = 'ws://other/'
    await expect(reset).rejects.toMatchObject({ code: 'connection-lost' })
    expect([script.client.canUndo, script.client.users]).toEqual([false, []])
  })

  test('[OB5] the outbox files by server: a reload on another server does not send what was made for the first', async () => {
    const browser = new Browser()
    const memory: string[] = []
    const tab = await browser.tab('ann', memory)
    tab.script.drop()
    rename(tab, 'for the first')
    await turns()
    tab.crash()
    const away = await browser.tab('ann', memory, { wsAddress: 'ws://other/' })
    for (let looks = 0; looks < 3; looks++) {
      away.script.clock.advance(2_500)
      await turns()
    }
    expect([names(away), changes(away.script.heard()), browser.storage.stored.size]).toEqual([['a'], [], 1])
    away.script.client.wsAddress = 'ws://server/'
    away.script.heard()
    await turns()
    away.script.say(login, datasetFrame('extension', [{ id: 1, name: 'a' }]))
    for (let looks = 0; looks < 3; looks++) {
      away.script.clock.advance(2_500)
      await turns()
    }
    expect(changes(away.script.heard())).toMatchObject([{ planwire: { changeset: 't1:1' } }])
  })
})
