/**
 * The `test` of every spec: that of `planwire/playwright`, whose pages may not say an error on the console, and a backend
 * name that no other test uses.
 */
import type { BrowserContext, ConsoleMessage } from '@playwright/test'
import { test as base, expect, type Tabs } from 'planwire/playwright'

export { expect }

interface Fixtures {
  /** Name of this test's own backend in the browser: the `name` parameter of every demo page. */
  readonly backend: string
  /** Allows console errors that fit, for tests that provoke one (a browser reports every refused request by itself). */
  readonly allowErrors: (pattern: RegExp) => void
  /** Makes the tabs of the test findable by its contexts. */
  readonly rack: Tabs
}

/** The tabs of the test that has the context. */
const racks = new WeakMap<BrowserContext, Tabs>()

/** Playwright's `test`, which fails on a page error, a console error and an unhandled rejection in any page of the context. */
export const test = base.extend<Fixtures>({
  backend: async ({ mock }, use) => use(mock.name),
  rack: [
    async ({ tabs, context }, use) => {
      racks.set(context, tabs)
      await use(tabs)
    },
    { auto: true },
  ],
  users: async ({ users, rack }, use) => {
    await use(async (name, options) => {
      const user = await users(name, options)
      racks.set(user.context, rack)
      return user
    })
  },
  allowErrors: [
    async ({ context }, use) => {
      const said = collectErrors(context)
      const allowed: RegExp[] = []
      await use((pattern) => allowed.push(pattern))
      expect(
        said.filter((error) => !allowed.some((pattern) => pattern.test(error))),
        'errors that a page said',
      ).toEqual([])
    },
    { auto: true },
  ],
})

/** The tabs of the test that a context belongs to. */
export function tabsOf(context: BrowserContext): Tabs {
  const tabs = racks.get(context)
  if (!tabs) throw new Error('Not a context of this test: take that of the fixture, or of users(name)')
  return tabs
}

/** Ends a server after its pages: a page whose server goes first says so on the console. */
export async function endAfterPages(context: BrowserContext, server: { close(): Promise<unknown> }): Promise<void> {
  await Promise.all(context.pages().map((page) => page.close()))
  await server.close()
}

function collectErrors(context: BrowserContext): string[] {
  const said: string[] = []
  context.on('weberror', (event) => {
    const error = event.error()
    // A module that could not be loaded has no stack.
    said.push(`${event.page()?.url() ?? ''}: ${error.stack || error.message}`)
  })
  context.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') said.push(`${message.location().url}: ${message.text()}`)
  })
  return said
}
