/**
 * The `test` of every spec: a fresh browser context whose pages may not say an error on the console, and a backend
 * name that no other test uses.
 */
import { type BrowserContext, test as base, type ConsoleMessage, expect } from '@playwright/test'

export { expect }

interface Fixtures {
  /** Name of this test's own backend in the browser: the `name` parameter of every demo page. */
  readonly backend: string
  /** Allows console errors that fit, for tests that provoke one (a browser reports every refused request by itself). */
  readonly allowErrors: (pattern: RegExp) => void
}

/** Playwright's `test`, which fails on a page error, a console error and an unhandled rejection in any page of the context. */
export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  backend: async ({}, use, testInfo) => {
    await use(`e2e-${testInfo.testId}-${testInfo.repeatEachIndex}-${testInfo.retry}`)
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

/** Ends a server after its pages: a page whose server goes first says so on the console. */
export async function endAfterPages(context: BrowserContext, server: { close(): Promise<unknown> }): Promise<void> {
  await Promise.all(context.pages().map((page) => page.close()))
  await server.close()
}

function collectErrors(context: BrowserContext): string[] {
  const said: string[] = []
  context.on('weberror', (error) => said.push(`${error.page()?.url() ?? ''}: ${String(error.error().stack)}`))
  context.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') said.push(`${message.location().url}: ${message.text()}`)
  })
  return said
}
