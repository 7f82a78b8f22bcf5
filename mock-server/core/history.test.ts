import { expect, it } from 'vitest'
import { type Commit, History } from './history.ts'

const changesOf = (revision: number) => ({ stores: { tasks: { updated: [{ id: 1, name: `edit ${revision}` }] } } })

/** Every second one is kept as its author wrote it. */
const commitOf = (revision: number): Commit => {
  const changes = changesOf(revision)
  const text = revision % 2 === 0 ? JSON.stringify(changes.stores) : undefined
  return { revision, changes, text, client: `client-${revision % 3}`, changeset: `c-1:${revision}` }
}

const told = ({ revision, changes, client, changeset }: Commit): unknown => ({ revision, changes, client, changeset })

it('gives the newest commits back as they were, however many came before, and says lost of older ones', () => {
  const history = new History(1_000)
  for (let revision = 1; revision <= 5_000; revision += 1) history.add(commitOf(revision), 10)
  const missed = history.since(4_000, 5_000)
  if (missed === 'lost') throw new Error('the history forgot too much')
  const all = Array.from({ length: 1_000 }, (_, at) => commitOf(4_001 + at))
  expect(missed.map(told)).toEqual(all.map(told))
  expect(history.since(3_999, 5_000)).toBe('lost')
  expect(history.ofChangeset('c-1:4001')?.revision).toBe(4_001)
  expect(history.ofChangeset('c-1:4000')).toBeUndefined()
  expect(history.commit(4_000)).toBeUndefined()
})

it('keeps whole what a text does not tell', () => {
  const history = new History(10)
  const more: Partial<Commit>[] = [
    { run: 'r1' },
    { localRevision: 'local-1' },
    { conflictResolutionFor: 'server-1' },
    { correction: { tasks: { updated: [{ id: 1, name: 'other' }] } } },
    { extra: { x: 1 } },
  ]
  for (const [at, fields] of more.entries()) history.add({ ...commitOf(2), ...fields, revision: at + 1 }, 10)
  for (const [at, fields] of more.entries()) expect(history.commit(at + 1)).toMatchObject(fields)
})

it('is lost across a revision that is no commit, and goes on behind it', () => {
  const history = new History(10)
  for (const revision of [1, 2, 4, 5]) history.add(commitOf(revision), 10)
  expect(history.since(1, 5)).toBe('lost')
  expect(history.since(3, 5)).toHaveLength(2)
  history.clear()
  expect(history.commit(5)).toBeUndefined()
  history.add(commitOf(9), 10)
  expect(history.commit(9)).toMatchObject({ revision: 9, client: 'client-0' })
})

it('forgets the oldest when the frames together are too long, and never the newest', () => {
  const history = new History(10)
  history.add(commitOf(1), 40_000_000)
  history.add(commitOf(2), 40_000_000)
  expect([history.commit(1), history.commit(2)?.revision]).toEqual([undefined, 2])
  history.add(commitOf(3), 80_000_000)
  expect([history.commit(2), history.commit(3)?.revision]).toEqual([undefined, 3])
})
