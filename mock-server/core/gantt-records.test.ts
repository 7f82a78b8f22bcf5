import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import { change, PLAN, startKit } from './core-kit.contract.ts'
import { linkRecord, taskEdit, taskRecord } from './gantt-records.ts'

const two = (max: number, min = 0) => fc.integer({ min, max }).map((number) => String(number).padStart(2, '0'))
const day = fc.tuple(fc.integer({ min: 2000, max: 2099 }), two(12, 1), two(28, 1)).map((parts) => parts.join('-'))
const clock = fc.tuple(two(23), two(59), two(59)).map((parts) => parts.join(':'))
const date = fc.oneof(
  day,
  fc.tuple(day, clock).map((parts) => parts.join('T')),
  fc.tuple(day, clock).map(([on, at]) => `${on}T${at}.250+02:00`),
)
const unit = fc.constantFrom('ms', 's', 'minute', 'h', 'hours', 'day', 'd', 'week', 'M', 'quarter', 'y', 'sprint')
/** Fields that only one side knows; no name of either vocabulary. */
const own = fc.dictionary(
  fc.stringMatching(/^x_[a-z]{1,6}$/),
  // As it comes out of JSON, which knows no -0.
  fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
  { maxKeys: 3 },
)

/** Tasks as Bryntum's clients write them. */
const bryntumTask = fc
  .tuple(
    fc.record(
      {
        name: fc.string(),
        startDate: date,
        endDate: date,
        duration: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.double({ min: 0, max: 500, noNaN: true })),
        durationUnit: unit,
        percentDone: fc.double({ min: 0, max: 100, noNaN: true }),
        manuallyScheduled: fc.boolean(),
        allDay: fc.boolean(),
        type: fc.constantFrom('milestone', 'project', 'task'),
        constraintType: fc.constantFrom(null, 'muststarton'),
        expanded: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    own,
  )
  .map(([task, more]): PlainRecord => ({ ...task, ...more, id: 1 }))

/** What the real widget makes of a row that it loads: a duration by its own calendar, dates of a milestone alike. */
function asTheWidgetHasIt(row: Fields, duration: number): Fields {
  const both = row['start_date'] !== undefined && row['end_date'] !== undefined
  return { ...row, ...(both ? { duration } : {}), parent: row['parent'] ?? 0 }
}

describe('a task of both kinds of client', () => {
  it('is not changed by what a widget sends back, save what the user changed there', () => {
    fc.assert(
      fc.property(bryntumTask, fc.string(), fc.integer({ min: 0, max: 99 }), (stored, text, duration) => {
        const { parentId, ...edit } = taskEdit({ ...asTheWidgetHasIt(taskRecord(stored), duration), text }, stored)
        expect(parentId ?? null).toBeNull()
        expect({ ...stored, ...edit }).toEqual({ ...stored, name: text })
      }),
    )
  })

  it('comes back to the widget that made it as it was, and keeps what only that widget knows', async () => {
    const { rest, get, flat } = await startKit()
    const project = flat()
    const row = fc
      .tuple(
        fc.record(
          {
            text: fc.string(),
            start_date: fc.constantFrom('08-04-2025 00:00', '31-12-2025 23:59'),
            end_date: fc.constant('09-04-2026 00:00'),
            duration: fc.integer({ min: 0, max: 99 }),
            progress: fc.constantFrom(0, 0.07, 0.5, 1),
            type: fc.constantFrom('task', 'project', 'milestone'),
            open: fc.boolean(),
          },
          { requiredKeys: ['text', 'type'] },
        ),
        own,
      )
      .filter(([{ type, duration = 0 }]) => type !== 'milestone' || duration === 0)
    await fc.assert(
      fc.asyncProperty(row, fc.string(), async ([known, more], name) => {
        const sent = { ...known, ...more, parent: 0 }
        const { id } = JSON.parse((await rest('POST', '/data/task', sent)).body)
        expect(await get(`/data/task/${id}`)).toEqual({ ...sent, id })
        project.say(change({ tasks: { updated: [{ id, name, x_bryntum: { deep: [name] } }] } }))
        expect(await get(`/data/task/${id}`)).toEqual({ ...sent, text: name, x_bryntum: { deep: [name] }, id })
        await rest('PUT', `/data/task/${id}`, sent)
        expect(await get(`/data/task/${id}`)).toEqual({ ...sent, x_bryntum: { deep: [name] }, id })
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['h', 36, 1.5],
    ['hours', 8, 0.333333333333],
    ['m', 90, 0.0625],
    ['w', 2, 14],
    ['M', 1, 30],
    ['d', 3, 3],
    ['sprint', 3, 3],
  ])('shows its duration in days, whatever the unit: %s', (durationUnit, duration, days) => {
    expect(taskRecord({ id: 1, duration, durationUnit })['duration']).toBe(days)
    expect(taskEdit({ duration: days }, { id: 1, duration, durationUnit })).toEqual({})
    const doubled = taskEdit({ duration: days * 2 }, { id: 1, duration, durationUnit })['duration']
    expect(doubled).toBeCloseTo(duration * 2, 6)
  })

  it('keeps its duration when it is moved, and its pace when it is made longer', () => {
    const working = { id: 1, startDate: '2026-01-05T00:00:00', endDate: '2026-01-12T00:00:00', duration: 5 }
    const hours = {
      id: 1,
      startDate: '2026-01-05T08:00:00',
      endDate: '2026-01-05T16:00:00',
      duration: 8,
      durationUnit: 'h',
    }
    const move = { start_date: '06-01-2026 00:00', end_date: '13-01-2026 00:00', duration: 7 }
    expect(taskEdit(move, working)).toEqual({ startDate: '2026-01-06T00:00:00', endDate: '2026-01-13T00:00:00' })
    const longer = { start_date: '05-01-2026 00:00', end_date: '19-01-2026 00:00', duration: 14 }
    expect(taskEdit(longer, working)).toEqual({ endDate: '2026-01-19T00:00:00', duration: 10 })
    const half = { start_date: '05-01-2026 08:00', end_date: '05-01-2026 12:00', duration: 0 }
    expect(taskEdit(half, hours)).toEqual({ endDate: '2026-01-05T12:00:00', duration: 4 })
    const wall = { ...working, duration: 7 }
    expect(taskEdit(longer, wall)).toEqual({ endDate: '2026-01-19T00:00:00', duration: 14 })
    expect(taskEdit({ duration: 3 }, working)).toEqual({ duration: 3 })
  })

  it('without duration is a milestone to the widget, and a task again once it has one', () => {
    const point = { id: 1, name: 'Done', startDate: '2026-01-05T00:00:00', duration: 0 }
    expect(taskRecord(point)).toMatchObject({ type: 'milestone', duration: 0 })
    expect(taskEdit({ ...taskRecord(point), text: 'Over' }, point)).toEqual({ name: 'Over' })
    expect(taskRecord({ ...point, duration: 2 })).not.toHaveProperty('type')
    expect(taskRecord({ ...point, type: 'milestone', duration: 2 })).toMatchObject({ type: 'task' })
    expect(taskRecord({ ...point, type: 'project' })).toMatchObject({ type: 'project' })
    expect(taskEdit({ type: 'project' }, point)).toEqual({ type: 'project' })
  })
})

describe('a link of both kinds of client', () => {
  it('has the same ends and type for both, and keeps what only one knows', async () => {
    const { rest, get, flat, dataset } = await startKit()
    const project = flat()
    for (const [widget, bryntum] of [
      ['0', 2],
      ['1', 0],
      ['2', 3],
      ['3', 1],
    ] as const) {
      const sent = { source: 2, target: 3, type: widget, x_color: 'red' }
      const { id } = JSON.parse((await rest('POST', '/data/link', sent)).body)
      const stored = dataset().dependenciesData?.find((each) => each['id'] === id)
      expect(stored).toEqual({ id, from: 2, to: 3, type: bryntum, x_color: 'red' })
      project.say(change({ dependencies: { updated: [{ id, lag: 2, lagUnit: 'h' }] } }))
      expect(await get(`/data/link/${id}`)).toEqual({ ...sent, lag: 2, lagUnit: 'h', id })
      await rest('PUT', `/data/link/${id}`, { ...sent, x_color: 'blue' })
      expect(await get(`/data/link/${id}`)).toEqual({ ...sent, x_color: 'blue', lag: 2, lagUnit: 'h', id })
    }
    expect(linkRecord({ id: 1, fromTask: 2, toEvent: 3, type: 9 })).toEqual({ id: 1, source: 2, target: 3, type: 9 })
  })
})

describe('one plan, edited by a Bryntum client and a widget in turn', () => {
  const edit = fc.oneof(
    fc.record({ by: fc.constant('bryntum'), row: fc.nat(3), field: fc.constantFrom('name', 'percentDone', 'note') }),
    fc.record({ by: fc.constant('widget'), row: fc.nat(3), field: fc.constantFrom('text', 'progress', 'x_color') }),
    fc.record({ by: fc.constant('move'), row: fc.nat(3), field: fc.constantFrom('next:1', 'next:3', '1', '3') }),
  )

  it('holds the last value of each field, and shows both the same rows in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 12 }), async (edits) => {
        const tasksData = [1, 2, 3, 4].map((id) => ({ id, name: `${id}`, duration: 8, durationUnit: 'h', secret: id }))
        const { flat, rest, get, dataset } = await startKit({ ...PLAN, projects: [{ id: 1, name: 'Plan', tasksData }] })
        const project = flat()
        const told = new Map<string, unknown>()
        for (const [at, { by, row, field }] of edits.entries()) {
          const id = row + 1
          if (by === 'bryntum') {
            project.say(change({ tasks: { updated: [{ id, [field]: at }] } }))
            told.set(`${id} ${field}`, at)
            continue
          }
          const shown = (await get(`/data/task/${id}`)) as Fields
          const more = by === 'move' ? { target: field } : { [field]: field === 'progress' ? at / 100 : `${at}` }
          const { status } = await rest('PUT', `/data/task/${id}`, { ...shown, ...more, parent: 0 })
          expect(status).toBe(200)
          const canonical = field === 'text' ? 'name' : field === 'progress' ? 'percentDone' : field
          if (by === 'widget') told.set(`${id} ${canonical}`, field === 'progress' ? at : `${at}`)
        }
        const rows = ((await get('/data')) as { data: { id: number; secret: number }[] }).data
        const stored = dataset().tasksData ?? []
        expect(rows.map(({ id }) => id)).toEqual(stored.map((task) => task['id']))
        for (const { id, secret } of rows) expect(secret).toBe(id)
        for (const [key, value] of told) {
          const [id, field = ''] = key.split(' ')
          expect(stored.find((task) => String(task['id']) === id)?.[field]).toBe(value)
        }
        for (const task of stored) expect(task).toMatchObject({ duration: 8, durationUnit: 'h' })
      }),
      { numRuns: 40 },
    )
  })
})
