/** What users of a connected chart rely on. Runs on a double of the widget and on the widget itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RecordId } from '../../protocol/ids.ts'
import { type ConnectGanttOptions, connectGantt, type GanttConnection } from './connect-gantt.ts'
import type { GanttApi } from './gantt-api.ts'
import { MemorySource } from './memory-source.contract.ts'

/** How the suite gets a chart, and how it waits until the chart has painted. */
export interface GanttBench {
  open(): GanttApi
  close(): void
  painted(): Promise<void>
}

/** Three tasks under a phase, one link, a milestone at the top. */
function plan(): MemorySource {
  return new MemorySource()
    .seed(1, {
      text: 'Phase',
      type: 'project',
      open: true,
      start_date: '2026-02-01 00:00',
      end_date: '2026-02-09 00:00',
    })
    .seed(
      2,
      { text: 'Draft', type: 'task', start_date: '2026-02-01 00:00', end_date: '2026-02-04 00:00', progress: 0.5 },
      1,
    )
    .seed(3, { text: 'Review', type: 'task', start_date: '2026-02-04 00:00', end_date: '2026-02-06 00:00' }, 1)
    .seed(4, { text: 'Print', type: 'task', start_date: '2026-02-06 00:00', end_date: '2026-02-09 00:00' }, 1)
    .seed(5, { text: 'Out', type: 'milestone', start_date: '2026-02-09 00:00', end_date: '2026-02-09 00:00' })
    .seedLink(10, 2, 3)
}

export function connectGanttContract(name: string, bench: GanttBench): void {
  describe(`connectGantt on ${name}`, () => {
    let gantt: GanttApi
    let source: MemorySource
    let connection: GanttConnection | undefined

    beforeEach(() => {
      gantt = bench.open()
      source = plan()
    })
    afterEach(() => {
      connection?.disconnect()
      bench.close()
    })

    const connect = (options?: ConnectGanttOptions): void => {
      connection = connectGantt(gantt, source, options)
    }
    const texts = (parent: RecordId = 0): unknown[] => gantt.getChildren(parent).map((id) => gantt.getTask(id)['text'])
    /** Lets the microtask run in which an action is handed over. */
    const handedOver = async (): Promise<string[][]> => {
      await Promise.resolve()
      await Promise.resolve()
      return source.transactions
    }

    it('shows the plan as it is: tree, order, dates, links', () => {
      connect()
      expect(texts()).toEqual(['Phase', 'Out'])
      expect(texts(1)).toEqual(['Draft', 'Review', 'Print'])
      expect(gantt.getTask(2)).toMatchObject({ start_date: new Date(2026, 1, 1), duration: 3, progress: 0.5 })
      expect(gantt.getLink(10)).toMatchObject({ source: 2, target: 3 })
      expect(source.transactions).toEqual([])
    })

    it('hands an edit over as one transaction with the fields that changed', async () => {
      connect()
      gantt.getTask(2)['text'] = 'First draft'
      gantt.updateTask(2)
      expect(await handedOver()).toEqual([['update 2 text']])
    })

    it('hands the dates over together when one of them changed', async () => {
      connect()
      gantt.getTask(2).end_date = new Date(2026, 1, 5)
      gantt.getTask(2).duration = 4
      gantt.updateTask(2)
      expect(await handedOver()).toEqual([['update 2 duration,end_date,start_date']])
      expect(source.task(2)).toMatchObject({ end_date: '2026-02-05 00:00', duration: 4 })
    })

    it('makes one transaction of everything that one action touched', async () => {
      connect()
      for (const id of [2, 3]) {
        gantt.getTask(id)['progress'] = 1
        gantt.updateTask(id)
      }
      expect(await handedOver()).toEqual([['update 2 progress', 'update 3 progress']])
    })

    it('never writes the dates of a summary task, which follow from its children', async () => {
      connect()
      gantt.getTask(1).end_date = new Date(2026, 1, 20)
      gantt.getTask(1)['text'] = 'Phase one'
      gantt.updateTask(1)
      expect(await handedOver()).toEqual([['update 1 text']])
    })

    it('gives a new task the id of the source, then the real one, and keeps it selected', async () => {
      connect()
      gantt.addTask({ id: 'temp', text: 'New', start_date: new Date(2026, 1, 2), duration: 1 }, 1, 1)
      gantt.selectTask?.('temp')
      expect((await handedOver()).map((words) => words[0])).toEqual(['add new-1 New @1:1'])
      expect(gantt.isTaskExists('temp')).toBe(false)
      expect(texts(1)).toEqual(['Draft', 'New', 'Review', 'Print'])
      source.name('new-1', 77)
      await bench.painted()
      expect(gantt.isTaskExists('new-1')).toBe(false)
      expect(gantt.getTask(77)['text']).toBe('New')
      expect(gantt.getSelectedId?.()).toBe(77)
    })

    it('hands over a new task, its child and a link between them in one transaction', async () => {
      connect()
      gantt.addTask({ id: 'a', text: 'Parent', start_date: new Date(2026, 1, 2), duration: 1 }, 0)
      gantt.addTask({ id: 'b', text: 'Child', start_date: new Date(2026, 1, 2), duration: 1 }, 'a')
      gantt.addLink({ id: 'l', source: 'a', target: 5, type: '0' })
      expect(await handedOver()).toEqual([
        ['add new-1 Parent @top:2', 'add new-2 Child @new-1:0', 'link new-3 new-1>5'],
      ])
      await bench.painted()
      expect(gantt.getParent('new-2')).toBe('new-1')
      expect(gantt.getLink('new-3')).toMatchObject({ source: 'new-1', target: 5 })
    })

    it('removes a branch with its links as one removal', async () => {
      connect()
      gantt.deleteTask(1)
      expect(await handedOver()).toEqual([['remove 1']])
      await bench.painted()
      expect(texts()).toEqual(['Out'])
      expect(gantt.isLinkExists(10)).toBe(false)
    })

    it('hands over a move within a branch and into another one', async () => {
      connect()
      gantt.moveTask(4, 0, 1)
      expect(await handedOver()).toEqual([['move 4 @1:0']])
      gantt.moveTask(3, 0, 5)
      expect((await handedOver())[1]).toEqual(['move 3 @5:0'])
      await bench.painted()
      expect(texts(1)).toEqual(['Print', 'Draft'])
      expect(texts(5)).toEqual(['Review'])
    })

    it('hands over an edited and a removed link', async () => {
      connect()
      gantt.getLink(10)['type'] = '1'
      gantt.updateLink(10)
      await handedOver()
      gantt.deleteLink(10)
      expect(await handedOver()).toEqual([['relink 10 type'], ['unlink 10']])
    })

    it('paints changes of others with the next frame and never takes them for own edits', async () => {
      connect()
      source.edit(2, { text: 'Draft 2', start_date: '2026-02-02 00:00', end_date: '2026-02-05 00:00' })
      source.create(6, { text: 'Extra', type: 'task', start_date: '2026-02-02 00:00', end_date: '2026-02-03 00:00' }, 1)
      source.drop(4)
      source.connect(11, 3, 5)
      source.dropLink(10)
      expect(gantt.getTask(2)['text']).toBe('Draft')
      await bench.painted()
      expect(texts(1)).toEqual(['Draft 2', 'Review', 'Extra'])
      expect(gantt.getTask(2)).toMatchObject({ start_date: new Date(2026, 1, 2), duration: 3 })
      expect(gantt.isLinkExists(10)).toBe(false)
      expect(gantt.isLinkExists(11)).toBe(true)
      expect(await handedOver()).toEqual([])
    })

    it('follows moves of others, also out of a branch that is removed behind them', async () => {
      connect()
      source.place(4, 1, 0)
      await bench.painted()
      expect(texts(1)).toEqual(['Print', 'Draft', 'Review'])
      source.place(3, null, 0)
      source.drop(1)
      await bench.painted()
      expect(texts()).toEqual(['Review', 'Out'])
      expect(await handedOver()).toEqual([])
    })

    it('paints changes of the tree in one redraw', async () => {
      connect()
      const batch = vi.spyOn(gantt, 'batchUpdate')
      for (let id = 100; id < 150; id++) source.create(id, { text: `New ${id}`, type: 'task' }, 1)
      await bench.painted()
      expect(batch).toHaveBeenCalledTimes(1)
      expect(texts(1)).toHaveLength(53)
    })

    it('paints edits of very many tasks in one redraw', async () => {
      for (let id = 100; id < 400; id++) source.seed(id, { text: 'Before', type: 'task' }, 1)
      connect()
      const batch = vi.spyOn(gantt, 'batchUpdate')
      for (let id = 100; id < 400; id++) source.edit(id, { text: 'After' })
      await bench.painted()
      expect(batch).toHaveBeenCalledTimes(1)
      expect(texts(1).filter((text) => text === 'After')).toHaveLength(300)
    })

    it('paints edits of tasks without redrawing the chart', async () => {
      connect()
      const batch = vi.spyOn(gantt, 'batchUpdate')
      for (let step = 1; step <= 50; step++) source.edit(2, { text: `Draft ${step}` })
      await bench.painted()
      expect(batch).not.toHaveBeenCalled()
      expect(gantt.getTask(2)['text']).toBe('Draft 50')
      expect(await handedOver()).toEqual([])
    })

    it('keeps what others changed in fields that the user did not touch', async () => {
      connect()
      source.edit(2, { progress: 0.9 })
      gantt.getTask(2)['text'] = 'Mine'
      gantt.updateTask(2)
      expect(await handedOver()).toEqual([['update 2 text']])
      await bench.painted()
      expect(gantt.getTask(2)).toMatchObject({ text: 'Mine', progress: 0.9 })
    })

    it('tells the user whose edit met a removal, and shows the removal', async () => {
      const onLost = vi.fn()
      connect({ onLost })
      source.drop(2)
      gantt.getTask(2)['text'] = 'Too late'
      gantt.updateTask(2)
      expect(await handedOver()).toEqual([])
      await bench.painted()
      expect(onLost).toHaveBeenCalledWith(expect.objectContaining({ text: 'Draft' }))
      expect(gantt.isTaskExists(2)).toBe(false)
    })

    it('shows the stored plan again when an edit is refused', async () => {
      const onError = vi.fn()
      connect({ onError })
      source.refuse = new Error('outbox full')
      gantt.getTask(2)['text'] = 'Nope'
      gantt.updateTask(2)
      await handedOver()
      expect(onError).toHaveBeenCalledWith(source.refuse)
      await bench.painted()
      expect(gantt.getTask(2)['text']).toBe('Draft')
    })

    it('undoes an edit in a read-only chart and follows the others', async () => {
      connect({ readOnly: true })
      expect(gantt.config.readonly).toBe(true)
      gantt.getTask(2)['text'] = 'Nope'
      gantt.updateTask(2)
      gantt.addTask({ id: 'temp', text: 'No', start_date: new Date(2026, 1, 2), duration: 1 }, 1)
      gantt.deleteTask(3)
      expect(await handedOver()).toEqual([])
      source.edit(4, { text: 'Press' })
      await bench.painted()
      expect(texts(1)).toEqual(['Draft', 'Review', 'Press'])
      connection?.disconnect()
      expect(gantt.config.readonly).toBe(false)
    })

    it('reads the plan anew after a reset, keeping the selection', async () => {
      connect()
      gantt.selectTask?.(3)
      gantt.getTask(2)['text'] = 'Changed'
      gantt.updateTask(2)
      gantt.deleteTask(4)
      await handedOver()
      source.replace(true, (fresh) => {
        for (const id of plan().children(null)) fresh.seed(id, plan().task(id) ?? {})
        for (const id of plan().children(1)) fresh.seed(id, plan().task(id) ?? {}, 1)
      })
      await bench.painted()
      expect(texts(1)).toEqual(['Draft', 'Review', 'Print'])
      expect(gantt.getSelectedId?.()).toBe(3)
      expect(gantt.isLinkExists(10)).toBe(false)
    })

    it('shows another project from scratch', async () => {
      connect()
      source.replace(false, (fresh) =>
        fresh.seed(2, {
          text: 'Elsewhere',
          type: 'task',
          start_date: '2027-01-01 00:00',
          end_date: '2027-01-02 00:00',
        }),
      )
      await bench.painted()
      expect(texts()).toEqual(['Elsewhere'])
      expect(await handedOver()).toEqual([])
    })

    it('is silent after disconnect and leaves no listener behind', async () => {
      connect()
      const off = vi.spyOn(gantt, 'detachEvent')
      connection?.disconnect()
      connection?.disconnect()
      expect(off.mock.calls.length).toBeGreaterThan(8)
      expect(source.listening).toBe(false)
      gantt.getTask(2)['text'] = 'Alone'
      gantt.updateTask(2)
      expect(await handedOver()).toEqual([])
    })

    it('refuses to connect one chart twice', () => {
      connect()
      expect(() => connectGantt(gantt, source)).toThrow(/connected already/)
    })
  })
}
