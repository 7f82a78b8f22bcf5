/// <reference types="vite/client" />
import { Gantt } from 'dhtmlx-gantt'
import skin from 'dhtmlx-gantt/codebase/dhtmlxgantt.css?inline'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectGanttContract } from './connect-gantt.contract.ts'
import { connectGantt, type GanttConnection } from './connect-gantt.ts'
import { MemorySource } from './memory-source.contract.ts'

type Widget = ReturnType<typeof Gantt.getGanttInstance>

let widget: Widget | undefined
let box: HTMLElement | undefined

function open(): Widget {
  box = document.createElement('div')
  box.style.cssText = 'width: 900px; height: 400px'
  document.body.append(box)
  widget = Gantt.getGanttInstance()
  widget.init(box)
  return widget
}

function close(): void {
  widget?.destructor()
  box?.remove()
  widget = undefined
}

/** Two frames: the one that paints, and one to be sure that it is over. */
async function painted(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise((done) => requestAnimationFrame(done))
}

/** The skin without its web font: a test asks nobody for anything. */
beforeAll(() => {
  const style = document.createElement('style')
  style.textContent = skin.replaceAll(/@font-face\s*\{[^}]*\}/g, '')
  document.head.append(style)
})

connectGanttContract('dhtmlx-gantt 10', { open, close, painted })

describe('the real widget', () => {
  let gantt: Widget
  let source: MemorySource
  let connection: GanttConnection

  beforeEach(() => {
    gantt = open()
    source = new MemorySource()
    for (let id = 1; id <= 60; id++) {
      const start_date = `2026-02-${String((id % 27) + 1).padStart(2, '0')} 00:00`
      source.seed(id, { text: `Task ${id}`, type: 'task', start_date, duration: 3 })
    }
    connection = connectGantt(gantt, source)
  })
  afterEach(() => {
    connection.disconnect()
    close()
  })

  const bar = (id: number): HTMLElement => {
    const found = box?.querySelector<HTMLElement>(`.gantt_task_line[data-task-id="${id}"]`)
    if (!found) throw new Error(`no bar of task ${id}`)
    return found
  }
  const mouse = (type: string, x: number, y: number, target: Element): void => {
    target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, clientX: x, clientY: y, button: 0 }))
  }

  it('hands a bar dragged by mouse over as one transaction, with remote edits painted during the drag', async () => {
    const at = bar(2).getBoundingClientRect()
    const content = bar(2).querySelector('.gantt_task_content') ?? bar(2)
    mouse('mousedown', at.x + 20, at.y + 10, content)
    mouse('mousemove', at.x + 60, at.y + 10, content)
    mouse('mousemove', at.x + 90, at.y + 10, content)
    expect(String(gantt.getState().drag_id)).toBe('2')
    source.edit(2, { text: 'renamed meanwhile' })
    source.edit(3, { text: 'painted meanwhile' })
    await painted()
    expect(gantt.getTask(3).text).toBe('painted meanwhile')
    expect(String(gantt.getState().drag_id)).toBe('2')
    expect(gantt.getTask(2).text).toBe('Task 2')
    mouse('mousemove', at.x + 160, at.y + 10, bar(2))
    mouse('mouseup', at.x + 160, at.y + 10, bar(2))
    await painted()
    await painted()
    expect(source.transactions).toEqual([['update 2 duration,end_date,start_date']])
    expect(source.task(2)?.['start_date']).not.toBe('2026-02-03 00:00')
    expect(gantt.getTask(2).text).toBe('renamed meanwhile')
  })

  it('keeps the scroll position and the selection under remote edits', async () => {
    gantt.scrollTo(140, 200)
    gantt.selectTask(40)
    const before = gantt.getScrollState()
    source.create('late', { text: 'Late', type: 'task', start_date: '2026-03-20 00:00', duration: 2 })
    source.edit(41, { start_date: '2026-02-10 00:00', duration: 5 })
    await painted()
    expect(gantt.getScrollState()).toMatchObject({ x: before.x, y: before.y })
    expect(Number(gantt.getSelectedId())).toBe(40)
  })

  it('keeps the same dates in view when a remote edit makes the time line begin earlier', async () => {
    gantt.scrollTo(140, 0)
    expect(gantt.getScrollState().x).toBe(140)
    const before = gantt.dateFromPos(gantt.getScrollState().x)
    source.create('early', { text: 'Early', type: 'task', start_date: '2026-01-05 00:00', duration: 2 })
    await painted()
    expect(gantt.getScrollState().x).toBeGreaterThan(140)
    expect(gantt.dateFromPos(gantt.getScrollState().x)?.toDateString()).toBe(before?.toDateString())
  })

  it('saves a form as one edit of what the user changed in it, and what others changed stays', async () => {
    gantt.showLightbox(5)
    source.edit(5, { progress: 0.7 })
    await painted()
    const field = document.querySelector<HTMLTextAreaElement>('.gantt_cal_light textarea')
    if (!field) throw new Error('no form')
    field.value = 'From the form'
    document.querySelector<HTMLElement>('.gantt_save_btn_set')?.click()
    await painted()
    expect(source.transactions).toEqual([['update 5 text']])
    expect(gantt.getTask(5)).toMatchObject({ text: 'From the form', progress: 0.7 })
  })

  it('closes the form of a task that somebody removed', async () => {
    gantt.showLightbox(5)
    source.drop(5)
    await painted()
    expect(gantt.getState().lightbox).toBeFalsy()
    expect(gantt.isTaskExists(5)).toBe(false)
    expect(source.transactions).toEqual([])
  })

  it('hands over a task made in the form with the id of the source', async () => {
    gantt.createTask({ text: 'Fresh', start_date: new Date(2026, 1, 3), duration: 2 } as never)
    await painted()
    expect(source.transactions).toEqual([])
    document.querySelector<HTMLElement>('.gantt_save_btn_set')?.click()
    await painted()
    expect(source.transactions.map((words) => words[0])).toEqual(['add new-1 Fresh @top:60'])
    expect(gantt.isTaskExists('new-1')).toBe(true)
  })

  it('shows markup in a text as text: in the grid, in the bar and in the form', async () => {
    const text = '<img src=x onerror="window.ran = true"><b>bold</b>'
    source.edit(1, { text })
    source.edit(2, { text })
    source.connect('l', 1, 2)
    await painted()
    gantt.showLightbox(1)
    await painted()
    expect(document.querySelector('.gantt_container img, .gantt_cal_light img, .gantt_container b')).toBeNull()
    expect(box?.querySelector('.gantt_row[data-task-id="1"] .gantt_tree_content')?.textContent).toContain('<b>bold</b>')
    expect('ran' in window).toBe(false)
    gantt.hideLightbox()
  })
})
