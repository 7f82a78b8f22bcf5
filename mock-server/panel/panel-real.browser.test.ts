import { afterEach, expect, it, vi } from 'vitest'
import { page } from 'vitest/browser'
import { forgetState, newServerName } from '../browser/forget-state.contract.ts'
import { startMockServer } from '../browser/index.ts'
import './index.ts'

const SLOW = { timeout: 15_000 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  localStorage.clear()
})

it('beside a real mock server: finds it, shows its clients and messages, drops one, lets bots work, records and replays', async () => {
  await page.viewport(1200, 800)
  const name = newServerName()
  const tasksData = Array.from({ length: 8 }, (_, at) => ({
    id: at + 1,
    name: `Task ${at + 1}`,
    startDate: '2026-01-05',
    duration: 2,
  }))
  const mock = await startMockServer(
    { name, projects: [{ id: 1, name: 'House', tasksData }] },
    { logger: () => {}, lab: false },
  )
  const socket = new WebSocket('/ws')
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  socket.send('{"command":"login","login":"ann","planwire":{"version":1,"client":"c-ann"}}')
  socket.send('{"command":"dataset","project":1}')
  await new Promise((resolve) =>
    socket.addEventListener('message', ({ data }) => String(data).includes('"dataset"') && resolve(data)),
  )
  socket.send('{"command":"presence","planwire":{"state":{"task":3}}}')
  ends.push(async () => {
    socket.close()
    await mock.close()
    await forgetState(name)
  })
  const panel = document.querySelector('planwire-panel')
  if (!panel?.shadowRoot) throw new Error('the import put a panel on the page')
  const shadow = panel.shadowRoot
  ends.push(() => panel.remove())
  const text = (selector: string): string => shadow.querySelector(selector)?.textContent ?? ''
  const press = async (selector: string, label: string): Promise<void> => {
    const found = await vi.waitFor(() => {
      const each = [...shadow.querySelectorAll<HTMLElement>(selector)].find(
        (button) => (button.getAttribute('aria-label') ?? button.textContent) === label && button.checkVisibility(),
      )
      if (each === undefined) throw new Error(`nothing is called ${label}`)
      return each
    }, SLOW)
    found.click()
  }
  const tab = (id: string): void => shadow.querySelector<HTMLElement>(`#tab-${id}`)?.click()

  await panel.open()
  // Connected before the panel was there, and known all the same.
  await vi.waitFor(() => expect(text('.socket')).toContain('ann'), SLOW)
  expect(text('.person')).toContain('at task 3')
  tab('messages')
  socket.send('{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"name":"Dug"}]}}}')
  await vi.waitFor(() => expect(text('.virtual')).toContain('tasks ~1'), SLOW)

  tab('bots')
  await vi.waitFor(() => expect(text('select[aria-label=Project]')).toBe('House'), SLOW)
  await press('button', 'Start bots')
  await vi.waitFor(() => expect(shadow.querySelectorAll('.bot')).toHaveLength(3), SLOW)
  tab('clients')
  await vi.waitFor(() => expect(shadow.querySelectorAll('.socket')).toHaveLength(4), SLOW)

  tab('recorder')
  await press('button', 'Record')
  await press('button', 'Stop')
  tab('recorder')
  await press('button', 'Replay')
  await vi.waitFor(() => expect(text('.outcome')).toMatch(/^The same/), SLOW)

  tab('bots')
  await press('button', 'Send all home')
  tab('data')
  await vi.waitFor(() => expect(text('.data-table')).toContain('Dug'), SLOW)
  tab('clients')
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
  await press('.socket button', 'Drop ann')
  expect((await closed).code).toBe(1006)
  await vi.waitFor(() => expect(mock.lab.events.at(-1)?.target).toBe('ann'), SLOW)
})
