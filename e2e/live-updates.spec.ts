/** What travels over the live updates of the mock in the browser, seen with a plain socket and plain requests of a page. */
import type { Page } from '@playwright/test'
import { openGantt } from './support/gantt-tab.ts'
import { expect, test } from './support/test.ts'

/** Opens a socket in the page that subscribes to one entity, and answers how to read what came. */
async function subscribe(page: Page, name: string): Promise<() => Promise<string[]>> {
  const frames = await page.evaluateHandle(async (entity) => {
    const heard: string[] = []
    const socket = new WebSocket('/api/v1?token=token&ws=1')
    await new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        heard.push(String(data))
        if (heard.length > 1) return
        socket.send(JSON.stringify({ action: 'subscribe', name: entity }))
        resolve()
      })
    })
    return heard
  }, name)
  return async () => (await frames.jsonValue()).slice(1)
}

async function post(page: Page, path: string, body: object): Promise<number> {
  return await page.evaluate(
    async ([url, json]) => {
      const headers = { 'content-type': 'application/json', 'remote-token': 'token' }
      return (await fetch(url, { method: 'POST', headers, body: json })).status
    },
    [path, JSON.stringify(body)] as const,
  )
}

test('a subscriber of tasks never hears of events, nor one of events of tasks', async ({ context, backend }) => {
  const [listening, writing] = await Promise.all([
    openGantt(context, { name: backend }),
    openGantt(context, { name: backend }),
  ])
  const tasks = await subscribe(listening.page, 'tasks')
  const events = await subscribe(listening.page, 'events')
  const event = { text: 'An event', start_date: '2026-03-03 10:00', end_date: '2026-03-03 11:00' }
  const task = { text: 'A task', start_date: '03-03-2026 00:00', duration: 1, parent: 0 }
  // Event, task, event: whoever has heard the last of its own kind would have heard the other kind before.
  expect(await post(writing.page, '/events', event)).toBe(200)
  expect(await post(writing.page, '/data/task', task)).toBe(200)
  expect(await post(writing.page, '/events', { ...event, text: 'The last event' })).toBe(200)
  await expect.poll(async () => (await events()).join()).toContain('The last event')
  await expect.poll(async () => (await tasks()).join()).toContain('A task')
  const names = (frames: string[]): unknown[] => frames.map((frame) => JSON.parse(frame).body.name)
  expect(new Set(names(await events()))).toEqual(new Set(['events']))
  expect(new Set(names(await tasks()))).toEqual(new Set(['tasks']))
})

test('a handshake without the token is refused with 403, a socket with 1008', async ({ context, backend }) => {
  const { page } = await openGantt(context, { name: backend })
  const handshake = await page.evaluate(async () => {
    const answer = await fetch('/api/v1', { headers: { 'remote-token': 'guess' } })
    return [answer.status, await answer.json()]
  })
  expect(handshake).toEqual([403, { error: 'Forbidden' }])
  const closed = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket('/api/v1?token=guess&ws=1')
        socket.addEventListener('close', ({ code, reason }) => resolve([code, reason]))
      }),
  )
  expect(closed).toEqual([1008, 'Unauthorized'])
})
