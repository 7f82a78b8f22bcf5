import { ProjectClient } from 'planwire'
import { mockFixtures } from 'planwire/mock-server/testing'
import { type PlanwireMatchers, planwireMatchers } from 'planwire/testing'
import { test as base, expect, onTestFinished, vi } from 'vitest'

declare module 'vitest' {
  interface Matchers<T> extends PlanwireMatchers {}
}
expect.extend(planwireMatchers)

const test = base.extend(
  mockFixtures({ projects: [{ id: 1, name: 'House', tasksData: [{ id: 7, name: 'Dig', duration: 2 }] }] }),
)

function open(url: string, login: string): ProjectClient {
  const credentials = { login, password: login }
  const client = new ProjectClient({ wsAddress: url, wsProjectId: 1, credentials })
  onTestFinished(() => client.close())
  return client
}

test('two planners edit one task, in different fields', async ({ mock }) => {
  const ann = open(mock.url, 'admin')
  const bob = open(mock.url, 'user')
  await expect({ ann, bob }).toConverge({ server: mock })

  ann.tasks.update(7, { name: 'Dig deeper' })
  bob.tasks.update(7, { duration: 5 })

  await expect({ ann, bob }).toConverge({ server: mock })
  expect(ann.tasks.get(7)).toMatchObject({ name: 'Dig deeper', duration: 5 })
})

test('an edit survives the loss of its answer', async ({ mock }) => {
  const ann = open(mock.url, 'admin')
  const bob = open(mock.url, 'user')
  await expect({ ann, bob }).toConverge()

  mock.lab.inject({ fault: 'lose-ack', count: 1, to: { user: 'admin' } })
  ann.tasks.add({ name: 'Paint' })

  await expect({ ann, bob }).toConverge({ server: mock })
  expect(bob.tasks.all().map(({ name }) => name)).toEqual(['Dig', 'Paint'])
})

test('half a minute in a tunnel takes no time', async ({ mock }) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  const ann = open(mock.url, 'admin')
  const bob = open(mock.url, 'user')
  await expect({ ann, bob }).toConverge({ advance })

  mock.lab.run('train-tunnel', { seed: 7 })
  await advance(5_000)
  ann.tasks.update(7, { name: 'Dig deeper' })
  bob.tasks.update(7, { duration: 5 })

  await expect({ ann, bob }).toConverge({ server: mock, advance, timeoutMs: 60_000 })
})
