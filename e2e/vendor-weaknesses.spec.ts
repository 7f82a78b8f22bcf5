/**
 * What the vendor's own client does in the situations of docs/dhtmlx-weaknesses.md, and what ours does: every row of
 * that table is run with both, and the table is checked against what was seen. `PLANWIRE_WRITE_DOCS=1` writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BrowserContext } from '@playwright/test'
import { type Desk, openDesk, type Who } from './support/desk.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { expect, test } from './support/test.ts'
import { type Stage, situations } from './vendor-situations.ts'

const document = fileURLToPath(new URL('../docs/dhtmlx-weaknesses.md', import.meta.url))
const START = '<!-- table: written by e2e/vendor-weaknesses.spec.ts -->'
const END = '<!-- end of table -->'

/** What was seen, by situation. */
const seen = new Map<string, Readonly<Record<Who, string>>>()

for (const situation of situations) {
  test(`${situation.id}: ${situation.what}`, async ({ browser }) => {
    const [vendor, ours] = await Promise.all([seenBy('vendor'), seenBy('ours')])
    seen.set(situation.id, { vendor, ours })
    expect({ vendor, ours }).toEqual({ vendor: situation.vendor, ours: situation.ours })

    /** Contexts of their own: each has its clock and its zone, and what a page says when treated badly is what is looked at. */
    async function seenBy(who: Who): Promise<string> {
      const server = new ScriptedServer()
      situation.prepare?.(server)
      const errors: string[] = []
      const contexts: BrowserContext[] = []
      const open = async (timezoneId: string): Promise<Desk> => {
        const context = await browser.newContext({ timezoneId })
        contexts.push(context)
        return openDesk(context, situation.widget, { client: who, ...situation.query }, async (page) => {
          if (situation.clock) await page.clock.install()
          page.on('pageerror', (error) => errors.push(error.message))
          await server.serve(page)
        })
      }
      const desk = await open('Europe/Berlin')
      if (!situation.unready) {
        await desk.find('what was loaded', () => true)
        await server.subscribed(situation.widget === 'gantt' ? 'links' : 'events')
      }
      const stage: Stage = { server, desk, errors, page: desk.page, who, inNewYork: () => open('America/New_York') }
      const result = await situation.observe(stage)
      for (const context of contexts) await context.close()
      return result
    }
  })
}

test('the table in the documentation says what was seen', async () => {
  if (seen.size < situations.length) return
  const rows = situations.map(({ id, what }) => `| ${id} | ${what} | ${seen.get(id)?.vendor} | ${seen.get(id)?.ours} |`)
  const table = ['| | Situation | Vendor | planwire |', '| --- | --- | --- | --- |', ...rows].join('\n')
  const text = readFileSync(document, 'utf8')
  const [before = '', rest = ''] = text.split(START)
  const wanted = `${before}${START}\n\n${table}\n\n${END}${rest.split(END)[1] ?? ''}`
  if (process.env['PLANWIRE_WRITE_DOCS']) writeFileSync(document, wanted)
  expect(readFileSync(document, 'utf8'), 'run it with PLANWIRE_WRITE_DOCS=1').toBe(wanted)
})
