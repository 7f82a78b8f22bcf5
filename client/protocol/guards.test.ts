import { describe, expect, it } from 'vitest'
import { clean, countAt, eachAt, extraOf, optionalIdAt, optionalTextAt, parsed, readFields, textAt } from './guards.ts'
import { addedAt, recordsAt } from './record-guards.ts'

const hostile = (json: string): Record<string, unknown> => JSON.parse(json)

describe('reading what is unknown', () => {
  it('hands over records without a copy when nothing must be dropped', () => {
    const list = [{ id: 1 }, { id: 'a', deep: { constructor: 1 } }]
    expect(recordsAt(list, 'x')).toBe(list)
    const added = [{ $PhantomId: '_1', name: 'x' }, { name: 'without any id' }]
    expect(addedAt(added, 'x')).toBe(added)
  })

  it('copies the list and the one record that holds an unsafe key, and no other', () => {
    const list = [{ id: 1 }, hostile('{"id":2,"__proto__":{"polluted":1}}'), { id: 3 }]
    const read = recordsAt(list, 'x')
    expect(read).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    expect(read[0]).toBe(list[0])
    expect(read[2]).toBe(list[2])
    expect(Object.getPrototypeOf(read[1])).toBe(Object.prototype)
    expect(Object.hasOwn(list[1] ?? {}, '__proto__')).toBe(true)
  })

  it('drops an own constructor, which a library may call', () => {
    expect(clean(hostile('{"constructor":{"name":"x"},"id":1}'))).toEqual({ id: 1 })
  })

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['an empty string', ''],
    ['null', null],
    ['a boolean', true],
    ['an object', {}],
    ['nothing', undefined],
  ])('takes %s for no id', (_, id) => {
    expect(() => recordsAt([{ id: 0 }, { id }], 'tasks')).toThrow('tasks[1].id must be an id')
  })

  it('says what it found without repeating it', () => {
    expect(() => textAt({ password: 'secret' }, 'login')).toThrow(/^login must be a string, not of type object$/)
    expect(() => textAt(undefined, 'login')).toThrow('login must be a string, not missing')
  })

  it('takes null for missing where a field may be missing', () => {
    expect(optionalIdAt(null, 'x')).toBeUndefined()
    expect(optionalTextAt(null, 'x')).toBeUndefined()
    expect(optionalTextAt(7, 'x')).toBe('7')
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 60, '1', null])('takes %s for no count', (value) => {
    expect(() => countAt(value, 'counter')).toThrow('counter must be a whole number')
  })

  it('keeps the entries before the first one that changed', () => {
    expect(eachAt([1, 2, 3], 'x', (entry, at) => (at === 1 ? 'two' : entry))).toEqual([1, 'two', 3])
  })

  it('puts unknown keys into extra, never unsafe ones', () => {
    expect(extraOf(hostile('{"a":1,"b":2,"__proto__":3,"constructor":4}'), ['a'])).toEqual({ extra: { b: 2 } })
    expect(extraOf({ a: 1 }, ['a'])).toEqual({})
  })

  it('leaves out fields that are missing', () => {
    const read = readFields<{ a?: string; b?: number }>({ c: 1 }, 'x.', { a: optionalTextAt }, [], { b: undefined })
    expect(Object.keys(read)).toEqual(['extra'])
  })
})

describe('the error for what cannot be read', () => {
  it('names code, recovery, command and path', () => {
    const result = parsed('{"command":"login","login":7}', 'fatal', (json) => textAt(Object(json).login, 'login'))
    expect(result).toMatchObject({
      ok: false,
      error: {
        name: 'PlanwireError',
        code: 'malformed-message',
        recovery: 'fatal',
        details: { command: 'login', path: 'login' },
      },
    })
  })

  it('covers a reader that fails in another way', () => {
    const result = parsed('{}', 'resync', () => {
      throw new RangeError('too deep')
    })
    expect(result).toMatchObject({ ok: false, error: { code: 'malformed-message', message: 'too deep', details: {} } })
  })
})
