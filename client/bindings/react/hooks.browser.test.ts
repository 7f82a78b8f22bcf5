/** The hooks in real React, in StrictMode and without: what renders when, and what is left behind. */
import { act, createElement, type FunctionComponent, type ReactNode, StrictMode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { createScheduler } from '../../live-updates/event-store.ts'
import { HandServer, settle } from '../../live-updates/hand-server.contract.ts'
import { loadedScript, type Script } from '../../project/scripted-server.contract.ts'
import type { RecordId } from '../../protocol/ids.ts'
import { useClient, usePeers, usePresence, useRange, useRecord, useRecords, useStatus, useUndo } from './index.ts'

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)

let root: Root | undefined
const place = document.body.appendChild(document.createElement('div'))

afterEach(async () => {
  await act(async () => root?.unmount())
  root = undefined
})

async function show(node: ReactNode): Promise<void> {
  await act(async () => {
    root ??= createRoot(place)
    root.render(node)
  })
}

const shown = (): string => place.textContent ?? ''
/** Runs what changes something, and all rendering that follows. */
const doing = (run: () => void): Promise<void> => act(async () => run())

const PLAN = [
  { id: 1, name: 'Dig' },
  { id: 2, name: 'Fill' },
  { id: 3, name: 'Plant' },
]
const rename = (id: number, name: string): Record<string, unknown> => ({
  command: 'projectChange',
  project: 1,
  changes: { tasks: { updated: [{ id, name }] } },
})

/** A list of rows, each of which counts its renders. */
function listOf({ client }: Script): { readonly App: FunctionComponent; readonly renders: Map<unknown, number> } {
  const renders = new Map<unknown, number>()
  const count = (what: unknown): void => void renders.set(what, (renders.get(what) ?? 0) + 1)
  const Row: FunctionComponent<{ id: RecordId }> = ({ id }) => {
    count(id)
    return createElement('li', null, useRecord(client.tasks, id)?.name)
  }
  const App: FunctionComponent = () => {
    count('app')
    const ids = useRecords(client.tasks, (tasks) => tasks.map((task) => task.id))
    return createElement(
      'ul',
      null,
      ids.map((id) => createElement(Row, { key: id, id })),
    )
  }
  return { App, renders }
}

test('an edit of somebody else renders the component of its record, and no other', async () => {
  const script = loadedScript('flat', {}, PLAN)
  const { App, renders } = listOf(script)
  await show(createElement(App))
  expect(shown()).toBe('DigFillPlant')
  renders.clear()
  await doing(() => script.say(rename(2, 'Fill up')))
  expect(shown()).toBe('DigFill upPlant')
  expect([...renders]).toEqual([[2, 1]])
  renders.clear()
  // Nothing that is shown: the connection, another store, another record's edit that says what it said.
  await doing(() => {
    script.say(rename(2, 'Fill up'), {
      command: 'projectChange',
      project: 1,
      changes: { resources: { added: [{ id: 1 }] } },
    })
    script.drop()
  })
  expect([...renders]).toEqual([])
  await doing(() => void script.client.tasks.remove(1))
  expect(shown()).toBe('Fill upPlant')
  expect([...renders]).toEqual([
    ['app', 1],
    [2, 1],
    [3, 1],
  ])
})

test('a render of its parent gives a selector written in place no other result, so that nothing below renders for it', async () => {
  const script = loadedScript('flat', {}, PLAN)
  const seen = new Set<unknown>()
  const App: FunctionComponent<{ turn: number }> = ({ turn }) => {
    seen.add(useRecords(script.client.tasks, (tasks) => tasks.filter((task) => task.name !== 'Dig')))
    return turn
  }
  for (const turn of [1, 2, 3]) await show(createElement(App, { turn }))
  expect(seen.size).toBe(1)
})

test('in StrictMode the same is shown, and after unmounting nobody listens', async () => {
  const script = loadedScript('flat', {}, PLAN)
  const { App } = listOf(script)
  const { tasks } = script.client
  const on = tasks.on.bind(tasks)
  const stops: (() => void)[] = []
  vi.spyOn(tasks, 'on').mockImplementation((event, listener) => {
    const stop = vi.fn(on(event, listener))
    stops.push(stop)
    return stop
  })
  await show(createElement(StrictMode, null, createElement(App)))
  await doing(() => script.say(rename(2, 'Fill up')))
  expect(shown()).toBe('DigFill upPlant')
  await act(async () => root?.unmount())
  root = undefined
  expect(stops.length).toBeGreaterThan(3)
  for (const stop of stops) expect(stop).toHaveBeenCalledOnce()
})

test('the state of the client, of undo and of a record is shown as it is, each rendered when it changes', async () => {
  const script = loadedScript('extension', {}, PLAN)
  const { client } = script
  let renders = 0
  let takeBack: (() => boolean) | undefined
  const App: FunctionComponent = () => {
    renders += 1
    const pending = useClient(client, (state) => state.pending)
    const { canUndo, undoLabel, undo } = useUndo(client)
    takeBack = undo
    return `${pending} ${canUndo} ${undoLabel} ${useStatus(client, client.tasks, 1)} ${useRecord(client.tasks, 1)?.name}`
  }
  await show(createElement(App))
  expect([shown(), renders]).toEqual(['0 false undefined synced Dig', 1])
  await doing(() => client.transact(() => client.tasks.update(1, { name: 'Deep' }), { label: 'Rename' }))
  expect(shown()).toBe('1 true Rename pending Deep')
  await doing(() => {
    script.heard()
    script.say({ command: 'ack', project: 1, planwire: { epoch: 'e', revision: 1 } })
  })
  await doing(() => void takeBack?.())
  expect(shown()).toMatch(/^\d false undefined \w+ Dig$/)
  const before = renders
  await doing(() => void client.tasks.update(3, { name: 'Sow' }))
  // Pending and undo changed once more; the record and its status did not.
  expect(renders).toBe(before + 1)
})

test('others see what a component shows them while it is mounted, and it renders when they move', async () => {
  const script = loadedScript('extension', {}, PLAN)
  const { client } = script
  const states: unknown[] = []
  vi.spyOn(client, 'setPresence').mockImplementation((state) => void states.push(state))
  let renders = 0
  const App: FunctionComponent<{ task: number }> = ({ task }) => {
    renders += 1
    usePresence(client, { task })
    return usePeers(client)
      .map(({ userName, state }) => `${userName} ${state['task']}`)
      .join()
  }
  await show(createElement(App, { task: 1 }))
  await show(createElement(App, { task: 1 }))
  await show(createElement(App, { task: 2 }))
  expect(states).toEqual([{ task: 1 }, { task: 2 }])
  renders = 0
  await doing(() =>
    script.say({ command: 'presence', planwire: { client: 'other', userName: 'Ann', state: { task: 3 } } }),
  )
  expect([shown(), renders]).toEqual(['Ann 3', 1])
  await act(async () => root?.unmount())
  root = undefined
  expect(states.at(-1)).toBeNull()
})

test('a range is read when it comes into view, kept current, and its failure is told', async () => {
  const server = new HandServer()
  const scheduler = createScheduler({ ...server.ports, outbox: false })
  void scheduler.load('/events', { from: new Date(2025, 3, 1), to: new Date(2025, 4, 1) })
  await settle()
  const answer = async (status: number, body: unknown): Promise<void> => {
    await act(async () => {
      for (const request of server.requests.splice(0)) await request.answer(status, body)
      await settle()
    })
  }
  await answer(200, [{ id: 1, text: 'Cut', start_date: '2025-04-03 09:00', end_date: '2025-04-03 10:00' }])
  let renders = 0
  const App: FunctionComponent<{ month: number }> = ({ month }) => {
    renders += 1
    const { state, events } = useRange(scheduler, new Date(2025, month, 1), new Date(2025, month + 1, 1))
    return `${state} ${events.map(({ text }) => text).join()}`
  }
  await show(createElement(App, { month: 3 }))
  expect([shown(), renders]).toEqual(['loaded Cut', 2])
  await show(createElement(App, { month: 4 }))
  expect(shown()).toBe('loading ')
  await answer(200, [{ id: 2, text: 'Sew', start_date: '2025-05-03 09:00', end_date: '2025-05-03 10:00' }])
  expect(shown()).toBe('loaded Sew')
  renders = 0
  await doing(() => scheduler.updateEvent(2, { text: 'Sow' }))
  expect([shown(), renders]).toEqual(['loaded Sow', 1])
  await doing(() => scheduler.updateEvent(1, { text: 'Not in view' }))
  expect(renders).toBe(1)
  await show(createElement(App, { month: 5 }))
  await answer(404, '')
  expect(shown()).toBe('failed ')
  scheduler.close()
})

test('markup of a server is taken over without a complaint, and then filled', async () => {
  const script = loadedScript('flat', {}, PLAN)
  const { client } = script
  const App: FunctionComponent = () => {
    const names = useRecords(client.tasks, (tasks) => tasks.map((task) => task.name).join())
    const { connection } = useClient(client)
    return createElement(
      'p',
      null,
      `${connection.state} ${names} ${useRecord(client.tasks, 1)?.name} ${usePeers(client).length} ${useStatus(client, client.tasks, 1)}`,
    )
  }
  const complaints = vi.spyOn(console, 'error')
  place.innerHTML = renderToString(createElement(App))
  expect(shown()).toBe('idle  undefined 0 synced')
  await act(async () => {
    root = hydrateRoot(place, createElement(App), { onRecoverableError: (error) => complaints(String(error)) })
  })
  expect(shown()).toBe('open Dig,Fill,Plant Dig 0 synced')
  expect(complaints).not.toHaveBeenCalled()
})
