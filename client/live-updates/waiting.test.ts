/** What an app can wait for, and how it stops waiting: what was waited for goes on. */
import { describe, expect, test } from 'vitest'
import { createScheduler } from './event-store.ts'
import { createGanttStore } from './gantt-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { EVENT } from './open-scheduler.contract.ts'

const day = (date: number): Date => new Date(2025, 3, date)

describe('an abort signal', () => {
  const waits: { [what: string]: (signal: AbortSignal, server: HandServer) => Promise<unknown> } = {
    'Scheduler.load': (signal, server) =>
      createScheduler({ ...server.ports, outbox: false }).load('/events', undefined, { signal }),
    'Scheduler.showRange': (signal, server) => {
      const store = createScheduler({ ...server.ports, outbox: false })
      void store.load('/events', { from: day(1), to: day(8) })
      return store.showRange(day(8), day(15), { signal })
    },
    'GanttStore.load': (signal, server) =>
      createGanttStore({ ...server.ports, outbox: false }).load('/data', { signal }),
    whenSynced: (signal, server) => {
      const store = createScheduler({ ...server.ports, outbox: false })
      store.addEvent({ text: 'New' })
      return store.whenSynced({ signal })
    },
    'RemoteEvents.ready': (signal, server) => {
      const { RemoteEvents } = createScheduler({ ...server.ports, outbox: false }).ext.liveUpdates
      return new RemoteEvents('/api/v1', 'token').ready({ signal })
    },
  }
  for (const [what, wait] of Object.entries(waits)) {
    test(`ends ${what} with its reason, before it began or while it waits`, async () => {
      await expect(wait(AbortSignal.abort('enough'), new HandServer())).rejects.toBe('enough')
      const controller = new AbortController()
      const waiting = wait(controller.signal, new HandServer())
      await settle()
      controller.abort('gone away')
      await expect(waiting).rejects.toBe('gone away')
    })
  }

  test('leaves going on what was waited for', async () => {
    const server = new HandServer()
    const store = createScheduler({ ...server.ports, outbox: false })
    const loading = store.load('/events', undefined, { signal: AbortSignal.abort('enough') })
    await expect(loading).rejects.toBe('enough')
    await server.last.answer(200, [EVENT])
    expect(store.getEvents()).toEqual([EVENT])
  })

  test('whenSynced ends with `timeout` after the time it is given', async () => {
    const server = new HandServer()
    const store = createScheduler({ ...server.ports, outbox: false })
    store.addEvent({ text: 'New' })
    const waiting = store.whenSynced({ timeoutMs: 500 })
    await server.pass(500)
    await expect(waiting).rejects.toMatchObject({ code: 'timeout', recovery: 'retry' })
  })
})
