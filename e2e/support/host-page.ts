/** What the pages of `e2e/browser-host` offer to the specs, and tabs as those see them. */
import type { BrowserContext, Page } from '@playwright/test'

interface Server {
  readonly url: string
  readonly mode: string
  readonly storage: string
  reset(project?: number): Promise<void>
  export(): Promise<object>
  import(state: unknown): Promise<void>
  close(): Promise<void>
}

declare global {
  interface Window {
    server: Promise<Server>
    /** What the server logged. */
    told: string[]
    /** Counted up by a test, to tell a page that was kept from one that was loaded anew. */
    marks: number
    socket: WebSocket
    heard: string[]
  }
}

/** A page that has the mock server. */
export interface HostTab {
  readonly page: Page
  /** Where its backend runs and keeps its state, once it is there. */
  place(): Promise<{ mode: string; storage: string }>
  told(): Promise<string[]>
  add(text: string): Promise<void>
  texts(): Promise<string[]>
  /** Opens a project socket and logs in; resolves when the server has answered. */
  logIn(login: string): Promise<void>
  /** Users that the socket was last told of, sorted. */
  users(): Promise<string[]>
}

/** A page on the mock server, seen from a spec. */
export function hostTab(page: Page): HostTab {
  return {
    page,
    place: () =>
      page.evaluate(async () => {
        const { mode, storage } = await window.server
        return { mode, storage }
      }),
    told: () => page.evaluate(() => window.told),
    add: (text) =>
      page.evaluate(async (text) => {
        await window.server
        const body = JSON.stringify({ text, start_date: '2026-01-01 09:00', end_date: '2026-01-01 10:00' })
        const { status } = await fetch('/events', { method: 'POST', body })
        if (status !== 200) throw new Error(`POST /events answered ${status}`)
      }, text),
    texts: () =>
      page.evaluate(async () => {
        await window.server
        const rows: { text: string }[] = await (await fetch('/events')).json()
        return rows.map(({ text }) => text)
      }),
    logIn: (login) =>
      page.evaluate(async (login) => {
        const { url } = await window.server
        const socket = new WebSocket(`${url}/ws`)
        const heard: string[] = []
        window.socket = socket
        window.heard = heard
        await new Promise<void>((resolve, reject) => {
          socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
          socket.onopen = () => socket.send(JSON.stringify({ command: 'login', login, password: login }))
          socket.onmessage = ({ data }) => {
            heard.push(String(data))
            if (String(data).includes('"login"')) resolve()
          }
        })
        socket.onclose = ({ code }) => heard.push(`closed with ${code}`)
      }, login),
    users: () =>
      page.evaluate(() => {
        const lists = window.heard.filter((text) => text.includes('"users"')).map((text) => JSON.parse(text))
        const list: unknown[] = lists.at(-1)?.users ?? lists.at(-1)?.data?.users ?? []
        return list.map(String).sort()
      }),
  }
}

/** Opens a page of a deployment; its server may still be starting. */
export async function openHostTab(
  context: BrowserContext,
  site: string,
  query: Readonly<Record<string, string>>,
): Promise<HostTab> {
  const page = await context.newPage()
  await page.goto(`${site}?${new URLSearchParams(query)}`)
  return hostTab(page)
}

/** Kills the renderer of a page, as a crash does: no handler runs. */
export async function crash(context: BrowserContext, page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const devTools = await context.newCDPSession(page)
  devTools.send('Page.crash').catch(() => {})
  await crashed
}
