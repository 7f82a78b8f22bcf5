/** What `planwire/playwright` promises, tried on the demo: who differs in what, users, a network that fails, and the wire. */
import { address, type TabOptions } from './support/demo.ts'
import { ganttTab } from './support/gantt-tab.ts'
import { expect, test } from './support/test.ts'

const plan = (options: TabOptions): string => address('gantt.html', options)

test.describe('on a server of the test’s own in Node', () => {
  test.use({
    mockServer: { host: 'node', config: { projects: [{ id: 1, name: 'House', tasksData: [{ id: 7, name: 'Dig' }] }] } },
    app: {
      address: (page, { mock, user = 'admin' }) =>
        `${page}?${new URLSearchParams({ server: mock.url, login: user, password: user })}`,
    },
  })

  test('tabs that differ are told with record, field, revisions and values, also when one has no network; with it, they converge', async ({
    tabs,
    faults,
    allowErrors,
  }) => {
    // The browser reports each try by itself.
    allowErrors(/ERR_INTERNET_DISCONNECTED/)
    const [left, right] = await tabs.open(2, 'gantt.html')
    await expect(tabs).toConverge()
    await faults.offline(right)
    await ganttTab(left.page).update('tasks', 7, { name: 'Dig deeper' })
    await expect(expect(tabs).toConverge({ timeout: 500 })).rejects.toThrow(
      [
        'The tabs do not converge within 500 ms: tasks 7 of project 1 differs in the field "name"',
        '  tab 1, revision 1: "Dig deeper"',
        '  tab 2, revision 0: "Dig"',
        '  server:            "Dig deeper"',
      ].join('\n'),
    )
    await expect(tabs).not.toConverge()
    await faults.online(right)
    await expect(tabs).toConverge()
  })

  test('users have a browser and a name of their own, and what each has sent and received can be asked for', async ({
    users,
    tabs,
    wire,
    faults,
  }) => {
    const [ann, bob] = [await users('admin'), await users('user')]
    expect(await users('admin')).toBe(ann)
    const [hers, his] = [await ann.open('gantt.html'), await bob.open('gantt.html')]
    await expect(tabs).toConverge()
    expect([...tabs].map(({ name, user }) => [name, user])).toEqual([
      ['admin', 'admin'],
      ['user', 'user'],
    ])
    await ganttTab(hers.page).update('tasks', 7, { name: 'Dig here' })
    const change = { tasks: { updated: [{ id: 7, name: 'Dig here' }] } }
    await expect(wire).toHaveSent({ command: 'projectChange', changes: change }, { party: 'admin', times: 1 })
    await expect(wire).toHaveReceived({ command: 'projectChange', changes: change }, { party: 'user' })
    await expect(wire).not.toHaveSent('"projectChange"', { party: 'user' })
    // The line of one user breaks, and comes back.
    await faults.inject({ fault: 'drop', to: { user: 'user' } })
    await expect.poll(() => wire.entries.filter(({ type }) => type === 'close').length).toBe(1)
    await ganttTab(his.page).update('tasks', 7, { name: 'Dig there' })
    await expect(tabs).toConverge()
    expect((await ganttTab(hers.page).plan()).tasks[0]).toMatchObject({ name: 'Dig there' })
  })
})

test('a server in the page is watched, broken and compared with, like one in Node', async ({
  tabs,
  mock,
  wire,
  faults,
}) => {
  const [left, right] = await tabs.open(2, plan({ name: mock.name }))
  await expect(tabs).toConverge()
  const tab = ganttTab(left.page)
  await faults.set({ latencyMs: 150 })
  await tab.add('tasks', { name: 'Slow', duration: 1 })
  await expect(tabs).toConverge()
  await faults.stop()
  await expect(wire).toHaveSent({ changes: { tasks: { added: [{ name: 'Slow' }] } } }, { times: 1 })
  expect((await faults.events()).map(({ fault }) => fault)).toContain('latency')
  await faults.run({ format: 'planwire-lab', version: 1, steps: [{ fault: 'latency', ms: 1 }] })
  await faults.offline(right)
  await tab.add('tasks', { name: 'Unseen', duration: 1 })
  await expect(expect(tabs).toConverge({ timeout: 300 })).rejects.toThrow(/tab 2.*: no such record/)
  await faults.online(right)
  await expect(tabs).toConverge()
  // The script goes on.
  const ended = (await faults.events()).filter(({ effect }) => effect.type === 'ended')
  expect(ended.map(({ fault }) => fault)).toEqual(['latency', 'offline'])
  // The faults of this seed in Node, in Vitest, and in a page whose address asks for the script.
  const unlucky = { fault: 'status', status: 503, chance: 0.5, match: 'GET /events' } as const
  await faults.run({ format: 'planwire-lab', version: 1, steps: [unlucky] }, { seed: 7 })
  const answers = await left.page.evaluate(async () => {
    let told = ''
    while (told.length < 12) told += (await fetch('/events')).ok ? '.' : 'x'
    return told
  })
  expect(answers).toBe('..x.x...xxxx')
  await faults.stop()
  await mock.reset()
  await expect(wire).toHaveReceived({ command: 'reset' })
  await expect(tabs).toConverge()
  expect((await tab.plan()).tasks.map(({ name }) => name)).not.toContain('Slow')
})

test('a page that is alone is watched on when it loads anew, and its server with it', async ({ tabs, mock, wire }) => {
  const { page } = await tabs.open(plan({ name: mock.name }))
  await expect(tabs).toConverge()
  const logins = (): number =>
    wire.entries.filter((entry) => entry.type === 'frame' && entry.direction === 'up' && /"login"/.test(entry.text))
      .length
  const before = logins()
  expect(before).toBeGreaterThan(0)
  await page.reload()
  await expect.poll(logins).toBe(2 * before)
})

test('a tab without a client of planwire is told, and what to do', async ({ tabs, page }) => {
  await page.goto('about:blank')
  tabs.adopt(page, 'the blank one')
  await expect(expect(tabs).toConverge({ timeout: 100 })).rejects.toThrow(
    /the blank one has no client of planwire: .*exposeForTests/,
  )
})
