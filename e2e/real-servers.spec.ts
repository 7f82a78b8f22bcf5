/**
 * The Gantt page on servers that are not in the browser: our own host as a process, and servers that others wrote
 * from the vendors' documents.
 */
import { startBryntumFlatServer } from './servers/bryntum-flat-server.ts'
import { startBryntumRevisionsServer } from './servers/bryntum-revisions-server.ts'
import { readDataset } from './support/dataset.ts'
import type { TabOptions } from './support/demo.ts'
import { expectEqual, openGantt } from './support/gantt-tab.ts'
import { startNodeHost } from './support/node-host.ts'
import { endAfterPages, expect, test } from './support/test.ts'
import { workTogether } from './support/working-together.ts'

const login: TabOptions = { login: 'admin', password: 'admin' }

test('two tabs on the mock server in Node stay equal, and a third one loads what the server holds', async ({
  context,
}) => {
  const host = await startNodeHost()
  try {
    const options = { server: host.url, ...login }
    const [left, right] = await Promise.all([openGantt(context, options), openGantt(context, options)])
    await workTogether(left, right, () => readDataset(left.page, host.url))
    await expectEqual([left, right, await openGantt(context, options)])
  } finally {
    await endAfterPages(context, host)
  }
})

const flat = {
  'a server of the documented protocol': {},
  'the same, when the newcomer is answered with a bare login': { login: 'answer' },
  'the same, when added records are answered with their ids alone': { reply: 'ids' },
  'the same, when commits finish some milliseconds later': { lateCommitMs: [0, 4], seed: 3 },
} as const

for (const [what, options] of Object.entries(flat)) {
  test(`two tabs stay equal on ${what}`, async ({ context }) => {
    const server = await startBryntumFlatServer(options)
    try {
      const tab = { server: server.url, ...login }
      const [left, right] = await Promise.all([openGantt(context, tab), openGantt(context, tab)])
      await workTogether(left, right, () => server.state())
      await test.step('a reset by the server is shown with its name', async () => {
        server.resetByServer()
        await expect(left.page.getByText(/Server.*reset|reset.*Server/i)).toBeVisible()
        await expect(right.page.getByText(/Server.*reset|reset.*Server/i)).toBeVisible()
      })
    } finally {
      await endAfterPages(context, server)
    }
  })
}

test('two tabs stay equal on a server of the revisions protocol', async ({ context }) => {
  const server = await startBryntumRevisionsServer()
  try {
    const tab = { server: server.url, ...login }
    const [left, right] = await Promise.all([openGantt(context, tab), openGantt(context, tab)])
    await workTogether(left, right, () => server.state())
  } finally {
    await endAfterPages(context, server)
  }
})

for (const [dialect, start] of [
  ['bryntum-flat', startBryntumFlatServer],
  ['bryntum-revisions', startBryntumRevisionsServer],
] as const) {
  test(`a wrong password is told clearly on ${dialect}`, async ({ context }) => {
    const server = await start()
    try {
      const page = await context.newPage()
      const options = new URLSearchParams({ server: server.url, dialect, login: 'admin', password: 'guess' })
      await page.goto(`gantt.html?${options}`)
      await expect(page.getByText(/wrong.*password/i)).toBeVisible()
    } finally {
      await endAfterPages(context, server)
    }
  })
}
