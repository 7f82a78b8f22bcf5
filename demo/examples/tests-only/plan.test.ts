/** What two users do to one plan at the same time, in Vitest: no browser, no process, no ports. */
import { ProjectClient } from 'planwire'
import { mockFixtures } from 'planwire/mock-server/testing'
import { type PlanwireMatchers, planwireMatchers } from 'planwire/testing'
import { test as base, expect, onTestFinished } from 'vitest'

declare module 'vitest' {
  interface Matchers<T> extends PlanwireMatchers {}
}
expect.extend(planwireMatchers)

const test = base.extend(
  mockFixtures({
    projects: [
      {
        id: 1,
        name: 'House',
        tasksData: [
          { id: 1, name: 'Dig', startDate: '2026-03-02', duration: 3 },
          { id: 2, name: 'Pour', startDate: '2026-03-05', duration: 2 },
        ],
      },
    ],
  }),
)

/** Somebody who has the plan open. */
async function join(url: string, login: string): Promise<ProjectClient> {
  const client = new ProjectClient({ wsAddress: url, wsProjectId: 1, credentials: { login } })
  onTestFinished(() => client.close())
  await client.whenSynced()
  return client
}

test('edits of different fields of one task both stand', async ({ mock }) => {
  const [ann, bob] = [await join(mock.url, 'ann'), await join(mock.url, 'bob')]
  ann.tasks.update(1, { name: 'Dig deep' })
  bob.tasks.update(1, { duration: 5 })
  await expect({ ann, bob }).toConverge({ server: mock })
  expect(ann.tasks.get(1)).toMatchObject({ name: 'Dig deep', duration: 5 })
})

test('whoever edits a task that somebody else removes is told, and it stays removed', async ({ mock }) => {
  const [ann, bob] = [await join(mock.url, 'ann'), await join(mock.url, 'bob')]
  const lost: unknown[] = []
  bob.on('conflict', ({ id }) => lost.push(id))
  bob.on('rejected', ({ changes }) => lost.push(changes))
  ann.tasks.remove(2)
  bob.tasks.update(2, { name: 'Pour twice' })
  await expect({ ann, bob }).toConverge({ server: mock })
  expect(bob.tasks.has(2)).toBe(false)
  expect(lost).not.toEqual([])
})

test('undo takes back what I did, and leaves what others did since', async ({ mock }) => {
  const [ann, bob] = [await join(mock.url, 'ann'), await join(mock.url, 'bob')]
  ann.tasks.update(1, { name: 'Ann was here', duration: 9 })
  await expect({ ann, bob }).toConverge({ server: mock })
  bob.tasks.update(1, { name: 'Bob, too' })
  await expect({ ann, bob }).toConverge({ server: mock })
  ann.undo()
  await expect({ ann, bob }).toConverge({ server: mock })
  expect(bob.tasks.get(1)).toMatchObject({ name: 'Bob, too', duration: 3 })
})
