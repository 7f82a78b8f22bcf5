import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject } from '../../guards.ts'
import type { Fields } from '../../records.ts'
import { callsOf, framesOf } from '../recordings/recording.contract.ts'
import { dateFromWidget, dateToWidget, GANTT_DATES, SCHEDULER_DATES } from './dates.ts'
import { linkFromDhtmlx, linkToDhtmlx, placeOf, taskFromDhtmlx, taskToDhtmlx } from './gantt-mapping.ts'

/** Every task and every link that stands in a recorded body or frame. */
function recordedRecords(key: 'task' | 'link'): readonly Fields[] {
  const bodies = callsOf('dhtmlx-gantt').filter(
    ({ dir, method, path }) => dir === 'http-req' && method !== 'GET' && path.startsWith(`/data/${key}`),
  )
  const sent = bodies.flatMap(({ body }): Fields[] => (body ? [JSON.parse(body)] : []))
  const heard = framesOf('dhtmlx-gantt').frames.flatMap(({ frame }) => {
    const value = isObject(frame.body) ? frame.body.value : undefined
    const record = isObject(value) ? value[key] : undefined
    return isObject(record) ? [record] : []
  })
  return [...sent, ...heard]
}

describe('a Gantt task', () => {
  const task = {
    id: 1002,
    text: 'Dig',
    start_date: '11-04-2025 09:30',
    end_date: '13-04-2025 00:00',
    duration: 2,
    progress: 0.57,
    parent: 0,
    open: true,
    type: 'project',
    color: 'red',
  }
  const canonical = {
    id: 1002,
    name: 'Dig',
    startDate: '2025-04-11T09:30:00',
    endDate: '2025-04-13T00:00:00',
    duration: 2,
    percentDone: 57,
    parentId: null,
    expanded: true,
    type: 'project',
    color: 'red',
  }

  it('maps to the canonical names, and back', () => {
    expect(taskFromDhtmlx(task)).toEqual(canonical)
    expect(taskToDhtmlx(canonical)).toEqual(task)
  })

  it.each(Object.keys(task) as (keyof typeof task)[])('maps %s alone, so that one changed field stays one', (key) => {
    const part = taskFromDhtmlx({ [key]: task[key] })
    expect(Object.keys(part)).toHaveLength(1)
    expect(taskToDhtmlx(part)).toEqual({ [key]: task[key] })
  })

  it('comes back as it was for every recorded task, but for the row order', () => {
    const recorded = recordedRecords('task')
    expect(recorded).toHaveLength(23)
    for (const record of recorded) {
      const { target: _, ...rest } = record
      expect(taskToDhtmlx(taskFromDhtmlx(record))).toEqual(rest)
    }
  })

  it('loses no field of its own, not even one with the name of ours', () => {
    const odd = {
      text: 'a',
      name: 'b',
      parent: 3,
      parentId: 'p',
      open: false,
      expanded: 'yes',
      progress: 1,
      percentDone: 'x',
      startDate: 5,
    }
    expect(taskToDhtmlx(taskFromDhtmlx(odd))).toEqual(odd)
    expect(taskFromDhtmlx(odd)).toMatchObject({ name: 'a', text: 'b', parentId: 3, parent: 'p' })
  })

  it('stands at the root under 0, "0" and an empty parent', () => {
    for (const parent of [0, '0', '', null]) expect(taskFromDhtmlx({ parent })).toEqual({ parentId: null })
    expect(taskToDhtmlx({ parentId: null })).toEqual({ parent: 0 })
  })

  it('passes values on that are not what their key says', () => {
    const odd = { start_date: 'soon', end_date: null, progress: '50%', text: 7 }
    expect(taskFromDhtmlx(odd)).toEqual({ startDate: 'soon', endDate: null, percentDone: '50%', name: 7 })
    expect(taskToDhtmlx(taskFromDhtmlx(odd))).toEqual(odd)
  })

  it('shows percents without the noise of binary fractions', () => {
    for (let percent = 0; percent <= 100; percent++) {
      expect(taskFromDhtmlx(taskToDhtmlx({ percentDone: percent }))).toEqual({ percentDone: percent })
    }
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (progress) => {
        const { progress: back } = taskToDhtmlx(taskFromDhtmlx({ progress }))
        expect(back).toBeCloseTo(progress, 14)
      }),
    )
  })

  it('leaves the place among siblings to the order of rows', () => {
    expect(taskToDhtmlx({ parentIndex: 3, orderedParentIndex: 3 })).toEqual({})
    expect(taskFromDhtmlx({ target: 'next:3', text: 'x' })).toEqual({ name: 'x' })
  })

  it('never carries a key that would reach a prototype', () => {
    const hostile: Fields = JSON.parse('{"__proto__":{"polluted":1},"constructor":1,"text":"x"}')
    expect(Object.keys(taskFromDhtmlx(hostile))).toEqual(['name'])
    expect(Object.keys(taskToDhtmlx(hostile))).toEqual(['name'])
  })
})

describe('a Gantt link', () => {
  it.each([
    ['0', 2],
    ['1', 0],
    ['2', 3],
    ['3', 1],
  ])('of type %s is a dependency of type %i', (type, canonical) => {
    expect(linkFromDhtmlx({ id: 1, source: 2, target: 3, type })).toEqual({ id: 1, from: 2, to: 3, type: canonical })
    expect(linkFromDhtmlx({ type: Number(type) })).toEqual({ type: canonical })
    expect(linkToDhtmlx({ id: 1, from: 2, to: 3, type: canonical })).toEqual({ id: 1, source: 2, target: 3, type })
  })

  it('comes back as it was for every recorded link', () => {
    const recorded = recordedRecords('link')
    expect(recorded).toHaveLength(13)
    for (const record of recorded) expect(linkToDhtmlx(linkFromDhtmlx(record))).toEqual(record)
  })

  it('passes unknown types and fields on', () => {
    expect(linkFromDhtmlx({ type: '9', lag: 2, color: 'red' })).toEqual({ type: '9', lag: 2, color: 'red' })
    expect(linkToDhtmlx({ type: 9, lag: 2 })).toEqual({ type: 9, lag: 2 })
    for (const type of [{ toString: 0 }, ['0'], null]) expect(linkFromDhtmlx({ type })).toEqual({ type })
  })

  it('finds its ends under any name that Bryntum clients use', () => {
    expect(linkToDhtmlx({ id: 1, fromTask: 2, toTask: 3 })).toEqual({ id: 1, source: 2, target: 3 })
    expect(linkToDhtmlx({ id: 1, from: 2, fromEvent: 9, fromTask: 9, toEvent: 3 })).toEqual({
      id: 1,
      source: 2,
      target: 3,
    })
  })

  it('writes its ends under every name that the stored dependency uses', () => {
    expect(linkFromDhtmlx({ source: 5 }, { fromTask: 2, toTask: 3 })).toEqual({ fromTask: 5 })
    expect(linkFromDhtmlx({ source: 5, target: 6 }, { from: 2, fromEvent: 2, to: 3 })).toEqual({
      from: 5,
      fromEvent: 5,
      to: 6,
    })
  })
})

describe('the target of a moved row', () => {
  it.each([
    ['next:3', { side: 'after', id: '3' }],
    ['next:next:3', { side: 'after', id: 'next:3' }],
    ['3', { side: 'before', id: '3' }],
    [3, { side: 'before', id: 3 }],
    ['next:', undefined],
    ['next:null', undefined],
    ['null', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
    [{}, undefined],
  ])('%j is %j', (target, place) => {
    expect(placeOf(target)).toEqual(place)
  })
})

describe('dates of the widgets', () => {
  it('keep the clock that they show', () => {
    expect(dateFromWidget('23-04-2025 09:00', GANTT_DATES)).toBe('2025-04-23T09:00:00')
    expect(dateFromWidget('2025-04-23 09:00', SCHEDULER_DATES)).toBe('2025-04-23T09:00:00')
    expect(dateToWidget('2025-04-23T09:00:00', GANTT_DATES)).toBe('23-04-2025 09:00')
    expect(dateToWidget('2025-04-23T09:00:00', SCHEDULER_DATES)).toBe('2025-04-23 09:00')
    expect(dateToWidget('2025-04-23', GANTT_DATES)).toBe('23-04-2025 00:00')
  })

  it('exist in the hour that clocks skip in spring', () => {
    expect(dateFromWidget('30-03-2025 02:30', GANTT_DATES)).toBe('2025-03-30T02:30:00')
  })

  it('count by the clock in their text, whatever zone it names', () => {
    for (const zone of ['Z', '.000Z', '+02:00', '-0530'])
      expect(dateToWidget(`2025-04-23T09:00:00${zone}`, GANTT_DATES)).toBe('23-04-2025 09:00')
  })

  it.each([
    '',
    'soon',
    '2025-04-23 09:00',
    '23-13-2025 09:00',
    '32-01-2025 09:00',
    '23-04-2025 24:00',
    '23-04-25 09:00',
    '23-04-2025 09:00 x',
  ])('%j is none of Gantt', (text) => {
    expect(dateFromWidget(text, GANTT_DATES)).toBeUndefined()
  })

  it('come back as they were, in both formats', () => {
    const two = (max: number, min = 0) => fc.integer({ min, max }).map((number) => String(number).padStart(2, '0'))
    const clock = fc.tuple(fc.integer({ min: 1000, max: 9999 }), two(12, 1), two(31, 1), two(23), two(59))
    fc.assert(
      fc.property(clock, fc.constantFrom(GANTT_DATES, SCHEDULER_DATES), ([year, month, day, hour, minute], format) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:00`
        expect(dateFromWidget(dateToWidget(text, format) ?? '', format)).toBe(text)
      }),
    )
  })
})
