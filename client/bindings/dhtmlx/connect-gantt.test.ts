import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { movesTo } from './branch-order.ts'
import { connectGanttContract } from './connect-gantt.contract.ts'
import { connectGantt } from './connect-gantt.ts'
import { escapeHtml } from './escape-templates.ts'
import { GanttDouble } from './gantt-double.contract.ts'
import { MemorySource } from './memory-source.contract.ts'
import { formatWallClock, parseWallClock } from './wall-clock.ts'
import { changedFields } from './widget-fields.ts'

/** Frames that come when a test says so. */
let frames = new Map<number, () => void>()

beforeEach(() => {
  frames = new Map()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
    frames.set(++last, run)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => frames.delete(id))
  vi.stubGlobal('window', new EventTarget())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function paint(): void {
  const due = [...frames.values()]
  frames.clear()
  for (const run of due) run()
}

connectGanttContract('a double of the widget', {
  open: () => new GanttDouble(),
  close: () => undefined,
  painted: async () => paint(),
})

describe('many rows', () => {
  it('are painted for as long as a frame can spare, and the rest in the next ones', () => {
    const gantt = new GanttDouble()
    const source = new MemorySource()
    for (let id = 1; id <= 100; id++) source.seed(id, { text: 'Before', type: 'task' })
    connectGantt(gantt, source)
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1))
    for (let id = 1; id <= 100; id++) source.edit(id, { text: 'After' })
    const after: number[] = []
    for (let frame = 0; frame < 20; frame++) {
      paint()
      after.push(gantt.getChildren(0).filter((id) => gantt.getTask(id)['text'] === 'After').length)
    }
    expect(after[0]).toBeLessThan(12)
    expect(after.at(-1)).toBe(100)
  })
})

describe('while the user is at something', () => {
  const at = (start: string, end: string) => ({ type: 'task', start_date: `${start} 00:00`, end_date: `${end} 00:00` })
  let gantt: GanttDouble
  let source: MemorySource
  let lost: string[]

  beforeEach(() => {
    gantt = new GanttDouble()
    source = new MemorySource()
      .seed(1, { text: 'One', ...at('2026-02-01', '2026-02-03') })
      .seed(2, { text: 'Two', ...at('2026-02-01', '2026-02-03') })
    lost = []
    connectGantt(gantt, source, { onLost: (task) => lost.push(String(task['text'])) })
  })

  it('leaves the bar being dragged alone, paints the others, and catches up after the drag', () => {
    gantt.state = { drag_id: 1, drag_mode: 'move' }
    source.edit(1, { text: 'One, renamed' })
    source.edit(2, { text: 'Two, renamed' })
    paint()
    expect(gantt.getTask(1)['text']).toBe('One')
    expect(gantt.getTask(2)['text']).toBe('Two, renamed')
    gantt.state = {}
    gantt.raise('onAfterTaskDrag', 1, 'move')
    paint()
    expect(gantt.getTask(1)['text']).toBe('One, renamed')
  })

  it('is kept current frame by frame under a stream of changes that never pauses', () => {
    for (let step = 1; step <= 20; step++) {
      source.edit(2, { text: `Two, ${step}` })
      paint()
      expect(gantt.getTask(2)['text']).toBe(`Two, ${step}`)
      source.edit(1, { text: `One, ${step}` })
    }
  })

  it('catches up after a drag that ended without an event of the widget', () => {
    gantt.state = { drag_id: 1, drag_mode: 'move' }
    source.drop(1)
    paint()
    expect(gantt.isTaskExists(1)).toBe(true)
    gantt.state = {}
    window.dispatchEvent(new Event('mouseup'))
    vi.advanceTimersByTime(0)
    paint()
    expect(gantt.isTaskExists(1)).toBe(false)
  })

  it('paints nothing while a row is being dragged', () => {
    gantt.raise('onRowDragStart', 1)
    source.edit(2, { text: 'Two, renamed' })
    paint()
    expect(gantt.getTask(2)['text']).toBe('Two')
    window.dispatchEvent(new Event('mouseup'))
    vi.advanceTimersByTime(0)
    paint()
    expect(gantt.getTask(2)['text']).toBe('Two, renamed')
  })

  it('keeps the task whose form is open as the form shows it, until the form is closed', () => {
    gantt.state = { lightbox: 1 }
    source.edit(1, { text: 'One, renamed' })
    paint()
    expect(gantt.getTask(1)['text']).toBe('One')
    gantt.hideLightbox()
    paint()
    expect(gantt.getTask(1)['text']).toBe('One, renamed')
  })

  it('closes the form of a task that somebody removed, and says so', () => {
    gantt.state = { lightbox: 1 }
    source.drop(1)
    paint()
    expect(gantt.state.lightbox).toBeNull()
    expect(gantt.isTaskExists(1)).toBe(false)
    expect(lost).toEqual(['One'])
  })

  it('paints within a quarter of a second where no frame comes, as in a hidden tab', () => {
    source.edit(1, { text: 'One, renamed' })
    vi.advanceTimersByTime(250)
    expect(gantt.getTask(1)['text']).toBe('One, renamed')
  })
})

describe('texts', () => {
  it('are escaped before a template writes them as HTML, and templates are as before after disconnect', () => {
    const gantt = new GanttDouble()
    const before = gantt.templates['task_text']
    const connection = connectGantt(gantt, new MemorySource().seed(1, { text: '<b>1</b>', start_date: '2026-02-01' }))
    const shown = gantt.templates['task_text'] as (start: unknown, end: unknown, task: unknown) => string
    expect(shown(0, 0, gantt.getTask(1))).toBe('&lt;b&gt;1&lt;/b&gt;')
    expect(gantt.config.columns?.[0]?.template?.(gantt.getTask(1))).toBe('&lt;b&gt;1&lt;/b&gt;')
    const later = { name: 'text', template: (task: { [field: string]: unknown }) => `<i>${String(task['text'])}</i>` }
    gantt.config.columns?.push(later)
    gantt.raise('onBeforeGanttRender')
    expect(later.template(gantt.getTask(1))).toBe('<i>&lt;b&gt;1&lt;/b&gt;</i>')
    connection.disconnect()
    expect(gantt.templates['task_text']).toBe(before)
    expect(gantt.config.columns?.[0]?.template).toBeUndefined()
  })

  it('keep every sign', () => {
    expect(escapeHtml(`<a href="x" onclick='y'>&`)).toBe('&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;')
  })
})

describe('the order of siblings', () => {
  it.each([
    ['one that went down', [1, 2, 3, 4, 5], [2, 3, 4, 5, 1], 1],
    ['one that went up', [1, 2, 3, 4, 5], [5, 1, 2, 3, 4], 1],
    ['one that came from elsewhere', [1, 2, 3], [1, 9, 2, 3], 1],
    ['nothing', [1, 2, 3], [1, 2, 3], 0],
    ['a stranger in between', [1, 99, 2], [1, 2], 0],
    ['all of them', [1, 2, 3], [3, 2, 1], 2],
  ])('needs as few moves as there are moved ones: %s', (_name, have, want, count) => {
    const moves = movesTo(have, want)
    expect(moves).toHaveLength(count)
    const order: (string | number)[] = have.filter((id) => want.includes(id))
    for (const { id, index } of moves) {
      const from = order.indexOf(id)
      if (from !== -1) order.splice(from, 1)
      order.splice(index, 0, id)
    }
    expect(order).toEqual(want)
  })
})

describe('dates', () => {
  it('stay the same wall clock on the way in and out, in both orders', () => {
    const date = parseWallClock('2026-02-03 04:05')
    expect(date).toEqual(new Date(2026, 1, 3, 4, 5))
    expect(parseWallClock('03-02-2026 04:05')).toEqual(date)
    expect(parseWallClock('2026-02-03T04:05:00')).toEqual(date)
    expect(formatWallClock(date ?? new Date(0), 'year-first')).toBe('2026-02-03 04:05')
    expect(formatWallClock(date ?? new Date(0), 'day-first')).toBe('03-02-2026 04:05')
  })

  it.each(['', 'soon', null, 7, '2026-02', new Date(Number.NaN)])('are never made up from %j', (value) => {
    expect(parseWallClock(value)).toBeUndefined()
  })
})

describe('what changed', () => {
  it('is told field by field, a field that is gone as null, deep values by what they hold', () => {
    expect(changedFields({ a: 1, b: 2, c: [1] }, { a: 1, b: 3, c: [1] })).toEqual({ b: 3 })
    expect(changedFields({ a: 1, b: 2 }, { a: 1 })).toEqual({ b: null })
    expect(changedFields({ a: [1] }, { a: [1] })).toBeUndefined()
  })
})
