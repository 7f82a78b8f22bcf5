import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idKey, type RecordId } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { startKit } from './core-kit.contract.ts'
import { comparable, FORMS, FrameClient, faults, type Sent, storedRows } from './frame-client.contract.ts'

const PROJECT = {
  projects: [
    {
      id: 1,
      name: 'Plan',
      tasksData: [{ id: 1, children: [{ id: 2, children: [{ id: 3 }] }, { id: 4 }] }, { id: 5 }],
      resourcesData: [{ id: 1 }, { id: 2 }],
      dependenciesData: [{ id: 1, from: 3, to: 5 }],
      assignmentsData: [{ id: 1, event: 2, resource: 1 }],
    },
  ],
}

const KINDS = [
  ...['add', 'add', 'rename', 'move', 'move', 'move', 'remove', 'restore', 'link', 'link', 'relink', 'unlink'],
  ...['assign', 'assign', 'reassign', 'hire', 'fire'],
] as const

/** An edit; the numbers pick among all ids that ever were, of records that are gone too, and one that never was. */
const edit = fc.record({ kind: fc.constantFrom(...KINDS), a: fc.nat(40), b: fc.nat(40), c: fc.nat(40) })
const turn = fc.record({ author: fc.nat(2), edits: fc.array(edit, { minLength: 1, maxLength: 5 }) })

type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

/** Ids by store, as everybody heard of them. */
class Known {
  readonly ids: Record<string, RecordId[]> = {
    tasks: [1, 2, 3, 4, 5, 999],
    resources: [1, 2, 999],
    dependencies: [1, 999],
    assignments: [1, 999],
  }
  #phantoms = 0
  #gone: readonly RecordId[] = []

  /** The changes of a turn, in the words of a client. */
  changes(edits: readonly Edit[]): Sent {
    const stores: Record<string, { added: Fields[]; updated: Fields[]; removed: Fields[] }> = {}
    const of = (store: string): { added: Fields[]; updated: Fields[]; removed: Fields[] } =>
      (stores[store] ??= { added: [], updated: [], removed: [] })
    // New tasks are named first, so that a child may come before its parent.
    const fresh = edits.map(({ kind }) => (kind === 'add' ? `_generated_${(this.#phantoms += 1)}` : undefined))
    const named = fresh.flatMap((id) => id ?? [])
    const task = (at: number): RecordId => pick([...(this.ids['tasks'] ?? []), ...named, ...named], at)
    const old = (store: string, at: number): RecordId => pick(this.ids[store] ?? [], at)
    const phantom = (): RecordId => `_generated_${(this.#phantoms += 1)}`
    let restored = this.#gone.length > 0 ? pick(this.#gone, edits.length * 7) : undefined
    for (const [at, { kind, a, b, c }] of edits.entries()) {
      const place = { parentId: a % 5 === 0 ? null : task(b), ...(c % 2 ? { parentIndex: c % 7 } : {}) }
      switch (kind) {
        case 'add':
          of('tasks').added.push({ $PhantomId: fresh[at], name: `n${c}`, ...place })
          break
        case 'rename':
          of('tasks').updated.push({ id: task(a), name: `n${c}` })
          break
        case 'move':
          of('tasks').updated.push({ id: task(c), ...(b % 3 ? {} : { name: `n${a}` }), ...place })
          break
        case 'remove':
          of('tasks').removed.push({ id: old('tasks', a) })
          break
        case 'restore':
          // As a client's undo of a delete does: the old real id as a temporary one.
          if (restored === undefined)
            of('dependencies').added.push({ $PhantomId: phantom(), fromEvent: task(a), toEvent: task(b) })
          else of('tasks').added.push({ $PhantomId: restored, name: 'back', ...place })
          restored = undefined
          break
        case 'link':
          of('dependencies').added.push({ $PhantomId: phantom(), from: task(a), to: task(b) })
          break
        case 'relink':
          of('dependencies').updated.push({
            id: old('dependencies', c),
            ...(a % 2 ? { from: task(a) } : {}),
            to: task(b),
          })
          break
        case 'unlink':
          of('dependencies').removed.push({ id: old('dependencies', a) })
          break
        case 'assign':
          of('assignments').added.push({ $PhantomId: phantom(), event: task(a), resource: old('resources', b) })
          break
        case 'reassign':
          of('assignments').updated.push({ id: old('assignments', c), resource: old('resources', b), units: a })
          break
        case 'hire':
          of('resources').added.push({ $PhantomId: phantom(), name: `r${c}` })
          break
        case 'fire':
          of('resources').removed.push({ id: old('resources', a) })
          break
      }
    }
    return stores as unknown as Sent
  }

  /** Everything that is there now is known from now on. */
  learn(rows: ReturnType<typeof storedRows>): void {
    this.#gone = (this.ids['tasks'] ?? []).filter((id) => id !== 999 && !rows.get('tasks')?.has(idKey(id)))
    for (const [store, table] of rows) {
      const ids = (this.ids[store] ??= [])
      for (const { id } of table.values()) if (!ids.includes(id)) ids.push(id)
    }
  }
}

function pick(ids: readonly RecordId[], at: number): RecordId {
  return ids[at % ids.length] ?? 0
}

describe('a project', () => {
  it('stays whole whatever is sent, and clients fed by frames alone end equal to what is stored', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 12 }), async (turns) => {
        const kit = await startKit(PROJECT)
        const authors = FORMS.map((form) => new FrameClient(kit, form, 'author'))
        const readers = FORMS.map((form) => new FrameClient(kit, form, 'reader', form === 'revisions'))
        const known = new Known()
        for (const { author, edits } of turns) {
          authors[author]?.send(known.changes(edits))
          const stored = storedRows(kit)
          expect(faults(stored)).toEqual([])
          for (const client of [...authors, ...readers]) {
            client.hear()
            expect(client.rows(), `${client.form} client`).toEqual(comparable(stored))
          }
          known.learn(stored)
        }
      }),
      { seed: 20261122, numRuns: 300 },
    )
  })

  it('is the same for clients that follow the server’s order, however many changes cross', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 12 }), async (turns) => {
        const kit = await startKit(PROJECT)
        const clients = FORMS.map(
          (form) => new FrameClient(kit, form === 'flat' ? 'extension' : form, `c-${form}`, form === 'revisions'),
        )
        const known = new Known()
        for (const { author, edits } of turns) clients[author]?.send(known.changes(edits))
        const stored = storedRows(kit)
        expect(faults(stored)).toEqual([])
        for (const client of clients) {
          client.hear()
          expect(client.rows(), `${client.form} client`).toEqual(comparable(stored))
        }
      }),
      { seed: 20261122, numRuns: 150 },
    )
  })
})
