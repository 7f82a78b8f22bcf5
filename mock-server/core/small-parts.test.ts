import { describe, expect, it } from 'vitest'
import { sameSecret } from './auth.ts'
import { AuthorMemory } from './author-memory.ts'
import { BOUNDS } from './defaults.ts'
import { IdAllocator } from './id-allocator.ts'
import { routesOf } from './routes.ts'
import { movedAmong, rowsOf } from './task-order.ts'
import { Turns } from './turns.ts'

describe('ids', () => {
  it('go on behind the largest that anybody has, whatever its form', () => {
    const ids = new IdAllocator()
    for (const id of [7, '150', 'events-160', 'ID:1795327819667', -5, 'none', 12.5]) ids.claim(id)
    expect(ids.take()).toBe(1795327819668)
    ids.resume(3)
    expect(ids.take()).toBe(1795327819669)
  })

  it('are not dragged to where numbers end', () => {
    const ids = new IdAllocator()
    for (const id of [2 ** 53, Number.MAX_VALUE, '9999999999999999', 'x-9007199254740993']) ids.claim(id)
    ids.resume(Number.POSITIVE_INFINITY)
    expect([ids.take(), ids.take()]).toEqual([100, 101])
  })
})

describe('secrets', () => {
  it('are equal or not, whatever their lengths', () => {
    expect(sameSecret('token', 'token')).toBe(true)
    expect(sameSecret('', '')).toBe(true)
    for (const [a, b] of [
      ['token', 'tokem'],
      ['token', 'toke'],
      ['a', 'aa'],
      ['', 'a'],
      ['a', ''],
    ] as const) {
      expect(sameSecret(a, b), `${a} ${b}`).toBe(false)
    }
  })
})

describe('routes', () => {
  it('tell the mock’s paths from the page’s, by the configuration alone', () => {
    const routes = routesOf({ projects: [{ id: 1, name: 'a' }], collections: { events: [], 'my events': [] } })
    expect(routes.socketPaths).toEqual(['/', '/ws', '/api/v1'])
    expect(routes.httpPaths).toEqual(['/api/v1', '/events', '/my events', '/data', '/data/task', '/data/link'])
    expect(routes.socket('/?x=1')).toBe('project')
    expect(routes.socket('/api/v1?token=t&ws=1')).toBe('live-updates')
    expect(routes.socket('/src/main.ts')).toBeUndefined()
    expect(routes.http('/events?from=1')).toEqual({ type: 'collection', name: 'events' })
    expect(routes.http('/my%20events/7')).toEqual({ type: 'collection', name: 'my events', id: '7' })
    expect(routes.http('/data/task/ID%3A1')).toEqual({ type: 'gantt-item', store: 'tasks', id: 'ID:1' })
    expect(routes.http('/data/link/%E0%A4%A')).toEqual({ type: 'gantt-item', store: 'links', id: '%E0%A4%A' })
    for (const url of ['/', '/data/', '/data/file.json', '/events/1/2', '/api/v1/1', '/__proto__', '/constructor']) {
      expect(routes.http(url), url).toBeUndefined()
    }
  })

  it('follow the configured paths', () => {
    const paths = { project: ['/sync'], liveUpdates: '/live', gantt: '/plan' }
    const routes = routesOf({ projects: [{ id: 1, name: 'a' }], paths, collections: {} })
    expect([routes.socket('/sync'), routes.socket('/live'), routes.socket('/')]).toEqual([
      'project',
      'live-updates',
      undefined,
    ])
    expect(routes.http('/plan/task')).toEqual({ type: 'gantt-item', store: 'tasks' })
    expect(routes.http('/events')).toBeUndefined()
  })
})

describe('rows', () => {
  it('that moved are as few as can be', () => {
    const moved = (before: string, after: string): string => [...movedAmong([...before], [...after])].join('')
    expect(moved('abcd', 'abcd')).toBe('')
    expect(moved('abcd', 'dabc')).toBe('d')
    expect(moved('abcd', 'bcda')).toBe('a')
    expect(moved('abcdef', 'abxcdef')).toBe('')
    expect(moved('abcd', 'dcba')).toHaveLength(3)
    expect(moved('abcdefgh', 'bacdefhg')).toHaveLength(2)
    expect(moved('', 'ab')).toBe('')
  })

  it('lists parents before children, orphans and cycles too, each once', () => {
    const rows = [
      { id: 'child', parentId: 'parent' },
      { id: 'parent', parentId: null, parentIndex: 1 },
      { id: 'first', parentId: null, parentIndex: 0 },
      { id: 'orphan', parentId: 'nobody' },
      { id: 'x', parentId: 'y' },
      { id: 'y', parentId: 'x' },
    ]
    const ids = rowsOf(new Map(rows.map((row) => [row.id, row]))).map(({ id }) => id)
    expect(ids).toEqual(['first', 'parent', 'child', 'orphan', 'x', 'y'])
  })
})

describe('turns', () => {
  it('go one after the other, whoever asks for one in between', () => {
    const turns = new Turns()
    const order: string[] = []
    turns.take(() => {
      order.push('one starts')
      turns.take(() => order.push('two'))
      order.push('one ends')
    })
    expect(order).toEqual(['one starts', 'one ends', 'two'])
  })
})

describe('authors', () => {
  it('that are gone and cannot come back leave no temporary ids behind', () => {
    const authors = new AuthorMemory()
    const [gone, there] = [AuthorMemory.session('1'), AuthorMemory.session('2')]
    const phantoms = new Map([['tasks', new Map([['_generated1', 7]])]])
    authors.committed(gone, 1, { phantoms })
    authors.committed(there, 2, { phantoms })
    authors.forget(gone)
    expect([gone, there].map((author) => authors.realId(author, 'tasks', '_generated1'))).toEqual([undefined, 7])
  })

  it('remember so many temporary ids in all, and let those go first who added longest ago', () => {
    const authors = new AuthorMemory()
    const add = (author: string, name: string, count: number): void => {
      const ids = new Map(Array.from({ length: count }, (_, n) => [`${name}${n}`, n] as const))
      authors.committed(author, 1, { phantoms: new Map([['tasks', ids]]) })
    }
    add('a', 'x', 2)
    add('b', 'y', 1)
    add('a', 'z', 1)
    add('c', 'w', BOUNDS.phantoms - 2)
    const known = (author: string, key: string): boolean => authors.realId(author, 'tasks', key) !== undefined
    expect([known('b', 'y0'), known('a', 'x0'), known('a', 'x1'), known('a', 'z0'), known('c', 'w0')]).toEqual([
      false,
      false,
      true,
      true,
      true,
    ])
  })
})
