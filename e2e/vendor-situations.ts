/** Situations in which live updates are put to the test, each with what is seen of the vendor's client and of ours. */
import type { Page } from '@playwright/test'
import type { Desk, Who } from './support/desk.ts'
import type { ScriptedServer } from './support/scripted-server.ts'
import { expect } from './support/test.ts'

/** A page before its server. */
export interface Stage {
  readonly server: ScriptedServer
  readonly desk: Desk
  readonly page: Page
  /** What was thrown and caught by nobody. */
  readonly errors: readonly string[]
  readonly who: Who
  /** The same page for a user in New York; all others are in Berlin. */
  inNewYork(): Promise<Desk>
}

/** A row of the table. */
export interface Situation {
  readonly id: string
  readonly what: string
  readonly widget: 'scheduler' | 'gantt'
  readonly query?: Readonly<Record<string, string>>
  /** Time is moved by hand. */
  readonly clock?: true
  /** The page is not waited for: it may never be ready. */
  readonly unready?: true
  prepare?(server: ScriptedServer): void
  observe(stage: Stage): Promise<string>
  readonly vendor: string
  readonly ours: string
}

const EVENT = { id: 1, text: 'Before', start_date: '2025-04-21 09:00', end_date: '2025-04-21 10:00' }
const OTHER = { id: 2, text: 'Other', start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' }
const TASK = {
  id: 5,
  text: 'Before',
  start_date: '21-04-2025 00:00',
  end_date: '23-04-2025 00:00',
  duration: 2,
  parent: 0,
}
const TASK_2 = { ...TASK, id: 6, text: 'Other' }
const LINK = { id: 5, source: 5, target: 6, type: '0' }

const events = (server: ScriptedServer): void => {
  server.events = [EVENT, OTHER]
}
const plan = (server: ScriptedServer): void => {
  server.tasks = [TASK, TASK_2]
  server.links = [LINK]
}
const scheduler = { widget: 'scheduler', prepare: events } as const
const gantt = { widget: 'gantt', prepare: plan } as const

/** Sends a last frame about another record and waits until it is shown: whatever came before it was dealt with. */
async function dealtWith({ server, desk }: Stage): Promise<void> {
  const last = `Dealt with at ${server.asked.length}`
  server.tell('events', 'update-event', { ...OTHER, text: last })
  await desk.find('the last frame', ({ text }) => text === last)
}

/** Lets time pass in steps, with room for answers between them. */
async function pass(page: Page, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 2) {
    await page.clock.runFor(2_000)
    await page.evaluate(() => undefined)
  }
}

/** Lets time pass until there are more sockets than before. */
async function reconnected({ server, page }: Stage, before: number): Promise<void> {
  const sockets = async (): Promise<number> => {
    await pass(page, 2)
    return server.sockets
  }
  await expect.poll(sockets, 'sockets').toBeGreaterThan(before)
}

/** The same for Gantt, whose vendor's code collects frames for 50 ms and may lose what comes with a bad one: sent until it is shown. */
async function ganttDealtWith({ server, desk }: Stage): Promise<void> {
  const last = async (): Promise<unknown> => {
    server.tell('tasks', 'update-task', { ...TASK_2, text: 'Dealt with' })
    return (await desk.row(6))?.['text']
  }
  await expect.poll(last, 'the last frame').toBe('Dealt with')
}

async function textOf({ desk }: Stage, id: number): Promise<string> {
  const row = await desk.row(id)
  return row ? `shows “${row['text']}”` : 'shows nothing'
}

export const situations: readonly Situation[] = [
  {
    ...scheduler,
    id: 'DC1',
    what: 'Somebody changes an event while my own edit of it is being saved',
    async observe(stage) {
      const { server, desk } = stage
      server.hold('PUT')
      await desk.change(1, { text: 'Mine' })
      const save = await server.held('PUT')
      server.tell('events', 'update-event', { ...EVENT, text: 'Mine' })
      server.tell('events', 'update-event', { ...EVENT, text: 'Theirs' })
      await dealtWith(stage)
      await save.answer(200, { action: 'updated' })
      server.events = [{ ...EVENT, text: 'Theirs' }, OTHER]
      await desk.page.evaluate(() => window.desk.synced())
      return textOf(stage, 1)
    },
    vendor: 'shows “Mine”',
    ours: 'shows “Theirs”',
  },
  {
    ...scheduler,
    id: 'DC2',
    what: 'Somebody adds an event while my own insert is under way, which then fails',
    async observe(stage) {
      const { server, desk } = stage
      server.hold('POST')
      await desk.add({ text: 'Mine', ...dates(23) })
      const save = await server.held('POST')
      server.tell('events', 'add-event', { ...EVENT, id: 50, text: 'Theirs' })
      await dealtWith(stage)
      await save.answer(500, 'no')
      await dealtWith(stage)
      return textOf(stage, 50)
    },
    vendor: 'shows nothing',
    ours: 'shows “Theirs”',
  },
  {
    ...scheduler,
    id: 'DC3',
    what: 'The answer to an insert is lost, and the user saves the event again',
    clock: true,
    async observe({ server, desk, page }) {
      server.hold('POST')
      await desk.add({ text: 'Mine', ...dates(23) })
      const save = await server.held('POST')
      const stored = { id: 60, text: 'Mine', start_date: '2025-04-23 09:00', end_date: '2025-04-23 10:00' }
      server.events = [EVENT, OTHER, stored]
      server.tell('events', 'add-event', stored)
      await save.lose()
      await pass(page, 4)
      const mine = (await desk.rows()).find(({ id, text }) => text === 'Mine' && id !== 60) ?? stored
      await desk.change(mine.id, { text: 'Mine, again' })
      await pass(page, 20)
      const { length } = server.requests('POST')
      return length === 1 ? '1 insert' : `${length} inserts`
    },
    vendor: '2 inserts',
    ours: '1 insert',
  },
  {
    ...scheduler,
    id: 'DC4',
    what: 'Scheduler is given a token for its requests',
    async observe({ server, desk }) {
      await desk.change(1, { text: 'Mine' })
      await expect.poll(() => server.requests('PUT').length).toBe(1)
      const tokens = server.asked.map(({ method, headers }) => `${method} ${headers['remote-token'] ?? 'without it'}`)
      return [...new Set(tokens)].sort().join(', ')
    },
    vendor: 'GET without it, PUT without it',
    ours: 'GET token, PUT token',
  },
  {
    ...scheduler,
    id: 'DC5',
    what: 'An add was missed, and the event is changed',
    async observe(stage) {
      stage.server.tell('events', 'update-event', { ...EVENT, id: 70, text: 'Theirs' })
      await dealtWith(stage)
      return textOf(stage, 70)
    },
    vendor: 'shows nothing',
    ours: 'shows “Theirs”',
  },
  {
    ...scheduler,
    id: 'DC6',
    what: 'The page takes its handlers off',
    async observe({ server, page }) {
      await page.evaluate(() => window.desk.detach())
      await expect.poll(() => server.frames.some((frame) => frame.includes('unsubscribe'))).toBe(true)
      return `sends \`${server.frames.find((frame) => frame.includes('unsubscribe'))}\``
    },
    vendor: 'sends `{"action":"unsubscribe","key":"events"}`',
    ours: 'sends `{"action":"unsubscribe","name":"events"}`',
  },
  {
    ...scheduler,
    id: 'DC7',
    what: 'The server is down for the first minute',
    clock: true,
    unready: true,
    prepare(server) {
      events(server)
      server.handshake = { status: 500, body: '<h1>down</h1>' }
    },
    async observe({ server, page }) {
      await expect.poll(() => server.handshakes).toBeGreaterThan(0)
      await pass(page, 60)
      return server.handshakes > 1 ? 'goes on trying' : 'never tries again'
    },
    vendor: 'never tries again',
    ours: 'goes on trying',
  },
  {
    ...scheduler,
    id: 'DC8',
    what: 'The server refuses the token (close code 1008)',
    clock: true,
    unready: true,
    prepare(server) {
      events(server)
      server.greeting = 'refusal'
    },
    async observe({ server, page }) {
      await expect.poll(() => server.sockets).toBeGreaterThan(0)
      await pass(page, 60)
      return server.sockets > 5
        ? 'asks every 2 s for ever'
        : `stops: ${await page.evaluate(() => window.desk.connection())}`
    },
    vendor: 'asks every 2 s for ever',
    ours: 'stops: auth-required',
  },
  {
    ...scheduler,
    id: 'DC9',
    what: 'An event is added, one changed and one deleted while the connection is down',
    clock: true,
    async observe(stage) {
      const { server, desk, page } = stage
      server.greeting = 'silence'
      await server.drop()
      await reconnected(stage, 1)
      server.events = [
        { ...EVENT, text: 'Changed' },
        { ...EVENT, id: 80, text: 'Added' },
      ]
      server.greeting = 'start'
      await server.drop()
      const before = server.sockets
      await reconnected(stage, before)
      await pass(page, 20)
      return (await desk.rows()).map(({ text }) => text).join(', ')
    },
    vendor: 'Before, Other',
    ours: 'Changed, Added',
  },
  {
    ...scheduler,
    id: 'DC10',
    what: "Two time zones, dates set to mean moments (`server_utc`, `dates: 'instant'`): an event that is loaded and changed by others",
    query: { utc: '1' },
    async observe(stage) {
      const pages = [stage.desk, await stage.inNewYork()]
      const starts = async (): Promise<unknown[]> =>
        Promise.all(pages.map(async (desk) => (await desk.row(1))?.['start_date']))
      const same = async (): Promise<string> => (new Set(await starts()).size === 1 ? 'the same moment' : 'two moments')
      await pages[1]?.find('what was loaded', () => true)
      const loaded = await same()
      stage.server.tell('events', 'update-event', { ...EVENT, text: 'Theirs', start_date: '2025-04-21 08:00' })
      for (const desk of pages) await desk.find('the update', ({ text }) => text === 'Theirs')
      return `loaded: ${loaded}, changed: ${await same()}`
    },
    vendor: 'loaded: the same moment, changed: the same moment',
    ours: 'loaded: the same moment, changed: the same moment',
  },
  {
    ...scheduler,
    id: 'DC11',
    what: 'The server sends frames that are none: no JSON, no body, an entity named `constructor`',
    async observe(stage) {
      const { server, errors } = stage
      server.say('<h1>not JSON</h1>')
      server.say('{"action":"event"}')
      server.say('{"action":"event","body":{"name":"constructor","value":{"type":"x"}}}')
      await dealtWith(stage)
      return errors.length > 0 ? 'throws into the page' : 'goes on, and tells of an error'
    },
    vendor: 'throws into the page',
    ours: 'goes on, and tells of an error',
  },
  {
    ...scheduler,
    id: 'DC12',
    what: 'A record of others holds a field that the widget uses for itself',
    async observe(stage) {
      const { server, page } = stage
      server.tell('events', 'update-event', { ...EVENT, text: 'Theirs', _dhx_changed: true, $new: true })
      await stage.desk.find('the update', ({ text }) => text === 'Theirs')
      const taken = await page.evaluate(() => window.desk.internals(1))
      return taken.length > 0 ? `copies ${taken.join(', ')}` : 'leaves it out'
    },
    vendor: 'copies $new, _dhx_changed',
    ours: 'leaves it out',
  },
  {
    ...scheduler,
    id: 'DC13',
    what: 'Somebody deletes the event that I have just edited',
    async observe(stage) {
      const { server, desk, page } = stage
      server.hold('PUT')
      await desk.change(1, { text: 'Mine' })
      const save = await server.held('PUT')
      server.events = [OTHER]
      server.tell('events', 'delete-event', { id: 1 })
      await dealtWith(stage)
      await save.answer(404, 'gone')
      await desk.add({ text: 'Saved behind it', ...dates(23) })
      await expect.poll(() => server.requests('POST').length).toBe(1)
      await dealtWith(stage)
      const told = await page.evaluate(() => window.desk.told.length)
      return `${await textOf(stage, 1)}, ${told > 0 ? 'the user is told' : 'nobody is told'}`
    },
    vendor: 'shows “Mine”, nobody is told',
    ours: 'shows nothing, the user is told',
  },
  {
    ...scheduler,
    id: 'DC13b',
    what: 'Somebody deletes the event whose form I have open; then I edit another one',
    async observe({ server, desk, page, errors }) {
      await page.evaluate(() => window.desk.openForm(1))
      server.tell('events', 'delete-event', { id: 1 })
      await expect
        .poll(async () => errors.length > 0 || (await desk.row(1)) === undefined, 'the delete was dealt with')
        .toBe(true)
      await desk.change(2, { text: 'Mine' })
      server.tell('events', 'add-event', { ...EVENT, id: 90, text: 'Later' })
      await desk.find('a later frame', ({ text }) => text === 'Later')
      const told = await page.evaluate(() => window.desk.told.length)
      const saved = server.requests('PUT').length > 0 ? 'is saved' : 'is never saved'
      return `the edit ${saved}, ${told > 0 ? 'the user is told' : 'nobody is told'}`
    },
    vendor: 'the edit is never saved, nobody is told',
    ours: 'the edit is saved, the user is told',
  },
  {
    ...gantt,
    id: 'DC14',
    what: 'Gantt: a link is changed while the task of the same number is being saved',
    async observe(stage) {
      const { server, desk } = stage
      server.hold('PUT')
      await desk.change(5, { text: 'Mine' })
      const save = await server.held('PUT')
      server.tell('links', 'update-link', { ...LINK, type: '1' })
      await ganttDealtWith(stage)
      await save.answer(200, { action: 'updated' })
      return `link type ${(await desk.row('link 5'))?.['type']}`
    },
    vendor: 'link type 0',
    ours: 'link type 1',
  },
  {
    ...gantt,
    id: 'DC15',
    what: 'Gantt: somebody changes a task while my own edit of it is being saved',
    async observe(stage) {
      const { server, desk } = stage
      server.hold('PUT')
      await desk.change(5, { text: 'Mine' })
      const save = await server.held('PUT')
      server.tell('tasks', 'update-task', { ...TASK, text: 'Mine' })
      server.tell('tasks', 'update-task', { ...TASK, text: 'Theirs' })
      await ganttDealtWith(stage)
      server.tasks = [{ ...TASK, text: 'Theirs' }, TASK_2]
      await save.answer(200, { action: 'updated' })
      await desk.page.evaluate(() => window.desk.synced())
      return textOf(stage, 5)
    },
    vendor: 'shows “Mine”',
    ours: 'shows “Theirs”',
  },
  {
    ...gantt,
    id: 'DC16',
    what: 'Gantt: one of several frames that arrive together holds a task without dates',
    async observe(stage) {
      const { server, desk } = stage
      server.tell('tasks', 'add-task', { id: 77 })
      server.tell('tasks', 'update-task', { ...TASK, text: 'Theirs' })
      await ganttDealtWith(stage)
      return `${(await desk.row(5))?.['text'] === 'Theirs' ? 'applies' : 'loses'} the others`
    },
    vendor: 'loses the others',
    ours: 'applies the others',
  },
  {
    ...gantt,
    id: 'DC17',
    what: 'Gantt: a viewer without a data processor hears of a change',
    query: { readonly: '1' },
    async observe(stage) {
      const { server, desk, errors } = stage
      server.tell('tasks', 'update-task', { ...TASK, text: 'Theirs' })
      const decided = async (): Promise<boolean> => errors.length > 0 || (await desk.row(5))?.['text'] === 'Theirs'
      await expect.poll(decided, 'shown, or thrown').toBe(true)
      return `${errors.length > 0 ? 'throws, ' : ''}${await textOf(stage, 5)}`
    },
    vendor: 'throws, shows “Before”',
    ours: 'shows “Theirs”',
  },
  {
    ...scheduler,
    id: 'DC18',
    what: 'The socket opens and never says `start`; the page calls a remote method',
    clock: true,
    unready: true,
    prepare(server) {
      events(server)
      server.greeting = 'silence'
    },
    async observe({ page, server }) {
      await expect.poll(() => server.sockets).toBeGreaterThan(0)
      await page.evaluate(() => window.desk.call('svc.add'))
      await pass(page, 120)
      return (await page.evaluate(() => window.desk.ended[0])) ?? 'waits for ever'
    },
    vendor: 'waits for ever',
    ours: 'rejected',
  },
]

function dates(day: number): { start_date: string; end_date: string } {
  return { start_date: `2025-04-${day} 09:00`, end_date: `2025-04-${day} 10:00` }
}
