/**
 * The mock server of one test: a host in this process, or the one that the pages under test run. Owns the way to it, which is
 * the same for both.
 */

import type { Page } from '@playwright/test'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { ServerState } from '../core/state-file.ts'
import type { LabRunOptions } from '../lab/lab.ts'
import type { LabEvent } from '../lab/lab-events.ts'
import type { LabSettings } from '../lab/lab-settings.ts'
import type { LabPreset } from '../lab/presets.ts'
import type { LabScript, LabStep } from '../lab/script.ts'
import type { Recording, WireEntry } from '../recorder/recording.ts'

/** Which server the test has. */
export interface MockChoice {
  /**
   * `node` (default): one of its own in this process, on a free port of 127.0.0.1. `page`: the app starts the mock in its page;
   * tabs of one browser context share it. `none`: the app has a server of its own.
   */
  readonly host?: 'node' | 'page' | 'none'
  /** Projects, users and collections of the server in this process. A page brings its own. */
  readonly config?: MockServerConfig
}

/** The network lab. */
export interface MockLab {
  run(script: LabScript | LabPreset, options?: LabRunOptions): Promise<void>
  /** Resolves with the name that {@link end} takes. */
  inject(step: LabStep): Promise<string>
  /** Ends what goes by this name: a fault that was injected, or a step of the script. */
  end(name: string): Promise<void>
  set(settings: LabSettings): Promise<void>
  stop(): Promise<void>
  whenDone(): Promise<void>
  events(): Promise<readonly LabEvent[]>
}

/** The mock server of a test. */
export interface Mock {
  readonly host: 'node' | 'page' | 'none'
  /** No other test has it, in whatever worker: the `name` of a mock in the page, for example. */
  readonly name: string
  /** `ws://127.0.0.1:PORT`. Throws `invalid-argument` where the server is not in this process. */
  readonly url: string
  /** `http://127.0.0.1:PORT`, as {@link url}. */
  readonly httpUrl: string
  /** Puts one project, or everything, back to the configured state and tells every client. */
  reset(project?: ProjectId): Promise<void>
  /** Sends a custom message to the live-updates subscribers of an entity. */
  publish(entity: string, action: string, value?: unknown): Promise<void>
  /** The records of every project and collection. */
  export(): Promise<ServerState>
  /** Puts the records of an exported state back. */
  import(state: ServerState): Promise<void>
}

/** The mock server with its inner side. */
export interface OpenMock extends Mock {
  readonly lab: MockLab
  /** True once somebody asked for its address, or a page runs it: tabs are compared with it. */
  inUse(): Promise<boolean>
  /** What a server in the page calls the tab with that page. */
  tabIn(page: Page): Promise<string>
  /** Hears from now on what crosses the wire; in pages, of those that open from now on. */
  listen(heard: (entries: readonly WireEntry[]) => void): Promise<void>
  /** What was recorded since {@link listen}; undefined where nothing was. */
  recording(): Promise<Recording | undefined>
  close(): Promise<void>
}

const nowhere = (what: string): PlanwireError => new PlanwireError('invalid-argument', what, 'fatal')

/** Starts a server in this process. */
export async function startNodeMock(name: string, config: MockServerConfig): Promise<OpenMock> {
  // Loaded by the tests that want it.
  const { startMockServer } = await import('../node/index.ts')
  const server = await startMockServer({ ...config, name })
  let asked = false
  return {
    host: 'node',
    name,
    get url() {
      asked = true
      return server.url
    },
    get httpUrl() {
      asked = true
      return server.httpUrl
    },
    reset: (project) => server.reset(project),
    publish: async (entity, action, value) => server.publish(entity, action, value),
    export: async () => server.export(),
    import: (state) => server.import(state),
    lab: {
      run: async (script, options) => server.lab.run(script, options),
      inject: async (step) => server.lab.inject(step),
      end: async (name) => server.lab.end(name),
      set: async (settings) => server.lab.set(settings),
      stop: async () => server.lab.stop(),
      whenDone: () => server.lab.whenDone(),
      events: async () => [...server.lab.events],
    },
    inUse: async () => asked,
    tabIn: async () => {
      throw nowhere('A server in Node does not know tabs')
    },
    async listen(heard) {
      server.recorder.start({ name })
      server.recorder.subscribe(heard)
    },
    recording: async () => (server.recorder.state.state === 'recording' ? server.recorder.stop() : undefined),
    close: () => server.close(),
  }
}

/** No server that the kit knows. */
export function noMock(name: string): OpenMock {
  const none = (): never => {
    throw nowhere("This test has no mock server: choose one with test.use({ mockServer: { host: 'node' } })")
  }
  const refused = async (): Promise<never> => none()
  return {
    host: 'none',
    name,
    get url() {
      return none()
    },
    get httpUrl() {
      return none()
    },
    reset: refused,
    publish: refused,
    export: refused,
    import: refused,
    lab: {
      run: refused,
      inject: refused,
      end: refused,
      set: refused,
      stop: refused,
      whenDone: refused,
      events: refused,
    },
    inUse: async () => false,
    tabIn: refused,
    listen: refused,
    recording: async () => undefined,
    close: async () => {},
  }
}
