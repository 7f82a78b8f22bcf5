/** A test kit: tabs of one browser that share its storage and locks, each with a scripted server of its own. */

import { MemoryLocks, MemoryOutbox } from '../testing/memory-outbox.ts'
import type { ProjectClientOptions } from './project-client.ts'
import { keeping } from './project-core.ts'
import { datasetFrame, type Frame, Script } from './scripted-server.contract.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await keeping.load()

/** Tabs of one browser: they share storage and locks; each has its own server script. */
export class Browser {
  readonly storage: MemoryOutbox
  readonly locks: MemoryLocks = new MemoryLocks()
  #tabs = 0

  constructor(storage: MemoryOutbox = new MemoryOutbox()) {
    this.storage = storage
  }

  /** A tab of `login` on project 1, which is loaded; `former`: the ids that its sessionStorage remembers. */
  tab(login: string, former: string[] = [], options: ProjectClientOptions = {}): Promise<Tab> {
    return this.#open('extension', login, former, options)
  }

  /** The same on a server that does not know the extension. */
  flatTab(login: string): Promise<Tab> {
    return this.#open('flat', login, [], {})
  }

  async #open(
    kind: 'extension' | 'flat',
    login: string,
    former: string[],
    options: ProjectClientOptions,
  ): Promise<Tab> {
    const locks = this.locks.tab(former)
    this.#tabs += 1
    const script = new Script({ clientId: `t${this.#tabs}`, outbox: { storage: this.storage, locks }, ...options })
    if (options.wsAddress === undefined) script.client.wsAddress = 'ws://server/'
    script.client.wsSend('login', { login })
    script.client.wsProjectId = 1
    await turns()
    script.heard()
    script.say({ command: 'login', ...(kind === 'extension' ? { planwire: { version: 1 } } : {}) })
    await turns()
    script.say(datasetFrame(kind, [{ id: 1, name: 'a' }]))
    await turns()
    return { script, crash: () => locks.crash() }
  }
}

/** A tab; `crash` frees its locks without a word. */
export interface Tab {
  readonly script: Script
  crash(): void
}

/** Lets everything happen that waits for nothing but a promise. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

/** The changes among frames. */
export const changes = (frames: Frame[]): Frame[] => frames.filter((frame) => frame['command'] === 'projectChange')
/** Names of the tasks that a tab shows. */
export const names = ({ script }: Tab): unknown[] => script.client.tasks.all().map((task) => task.name)
/** Task 1 gets another name. */
export const rename = ({ script }: Tab, name: string): void =>
  script.client.transact(() => void script.client.tasks.update(1, { name }))
