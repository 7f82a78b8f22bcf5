/** The mock server that the pages under test run, reached through the first of them that has it. */
import type { BrowserContext, JSHandle, Page } from '@playwright/test'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { BrowserMockServer } from '../browser/index.ts'
import type { WireEntry } from '../recorder/recording.ts'
import type { OpenMock } from './mock.ts'

/** The servers that the page runs, oldest first. Sent into the page as text. */
async function runningServers(): Promise<BrowserMockServer[]> {
  const running: unknown = Reflect.get(window, Symbol.for('planwire.running-mock-servers'))
  return Promise.all([...(running instanceof Map ? running.values() : [])].map(({ server }) => server))
}

/** What a page calls with entries of the wire, as JSON. */
const TELL = 'planwireTellsWire'

/** Before the scripts of a page: listens to the recorder of each server that it will run. Sent into the page as text. */
function tellWire(): void {
  const known = new Set<unknown>()
  const listen = async (running: { readonly server: Promise<BrowserMockServer> }): Promise<void> => {
    const { recorder } = await running.server
    recorder.subscribe((entries) => void Reflect.get(window, 'planwireTellsWire')(JSON.stringify(entries)))
    const { state } = await recorder.state()
    if (state === 'idle') await recorder.start()
  }
  addEventListener('planwire-running-mock-servers', () => {
    const all: unknown = Reflect.get(window, Symbol.for('planwire.running-mock-servers'))
    for (const running of all instanceof Map ? all.values() : []) {
      if (known.has(running)) continue
      known.add(running)
      // A server that does not start says so to the app.
      listen(running).catch(() => {})
    }
  })
}

/** The pages of a test, as {@link pageMock} needs them. */
export interface WatchedPages {
  /** Those that are open. */
  readonly pages: readonly Page[]
  /** Prepares each context of the test, those to come as well. */
  prepare(each: (context: BrowserContext) => Promise<void>): Promise<void>
}

/** A way to the server of the pages. */
export function pageMock(name: string, watched: WatchedPages): OpenMock {
  const find = async (): Promise<JSHandle<BrowserMockServer> | undefined> => {
    for (const page of watched.pages) {
      if (page.isClosed()) continue
      const list = await page.evaluateHandle(runningServers)
      const [oldest] = (await list.getProperties()).values()
      await list.dispose()
      if (oldest) return oldest
    }
    return undefined
  }
  /** Runs code on the server, where it is. */
  const reach = async <R>(use: (server: JSHandle<BrowserMockServer>) => Promise<R>): Promise<R> => {
    const server = await find()
    if (!server) {
      const what = 'No open tab runs the mock server: open a page that calls startMockServer() first'
      throw new PlanwireError('invalid-argument', what, 'fatal')
    }
    try {
      return await use(server)
    } finally {
      await server.dispose()
    }
  }
  const noAddress = (): never => {
    const what =
      "A mock server in the page has the page's own address: choose test.use({ mockServer: { host: 'node' } }) for another one"
    throw new PlanwireError('invalid-argument', what, 'fatal')
  }
  return {
    host: 'page',
    name,
    get url() {
      return noAddress()
    },
    get httpUrl() {
      return noAddress()
    },
    reset: (project) => reach((server) => server.evaluate((mock, id) => mock.reset(id), project)),
    publish: (...said) =>
      reach((server) => server.evaluate((mock, [to, what, value]) => mock.publish(to, what, value), said)),
    export: () => reach((server) => server.evaluate((mock) => mock.export())),
    import: (state) => reach((server) => server.evaluate((mock, records) => mock.import(records), state)),
    lab: {
      run: (...run) => reach((server) => server.evaluate(({ lab }, [script, how]) => lab.run(script, how), run)),
      inject: (step) => reach((server) => server.evaluate(({ lab }, fault) => lab.inject(fault), step)),
      end: (name) => reach((server) => server.evaluate(({ lab }, fault) => lab.end(fault), name)),
      set: (settings) => reach((server) => server.evaluate(({ lab }, faults) => lab.set(faults), settings)),
      stop: () => reach((server) => server.evaluate(({ lab }) => lab.stop())),
      whenDone: () => reach((server) => server.evaluate(({ lab }) => lab.whenDone())),
      events: () => reach((server) => server.evaluate(({ lab }) => [...lab.events])),
    },
    async inUse() {
      const handle = await find()
      await handle?.dispose()
      return handle !== undefined
    },
    async tabIn(page) {
      const list = await page.evaluateHandle(runningServers)
      const tab = await list.evaluate((servers) => servers[0]?.tab)
      await list.dispose()
      if (tab === undefined) throw new PlanwireError('invalid-argument', 'The tab runs no mock server', 'fatal')
      return tab
    },
    async listen(heard) {
      let last = { n: 0, at: 0 }
      await watched.prepare(async (context) => {
        await context.exposeFunction(TELL, (text: string) => {
          const entries: readonly WireEntry[] = JSON.parse(text)
          // Every page hears the wire of all. After the last of them is gone, the next server counts from 1 again.
          const fresh = entries.filter(({ n, at }) => n > last.n || at > last.at)
          last = fresh.at(-1) ?? last
          heard(fresh)
        })
        await context.addInitScript(tellWire)
      })
    },
    async recording() {
      const handle = await find()
      return handle?.evaluate(async ({ recorder }) =>
        (await recorder.state()).state === 'recording' ? recorder.stop() : undefined,
      )
    },
    close: async () => {},
  }
}
