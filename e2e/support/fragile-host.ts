/** A host that goes away and comes back: the same address, and what it had stored. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NodeHost, startNodeHost } from './node-host.ts'

/** The mock server in Node with a log on disk. */
export interface FragileHost {
  /** Stays the same over restarts. */
  readonly url: string
  /** Ends the process, by default in order; `kill`: in the middle of whatever it does. */
  goAway(how?: 'close' | 'kill'): Promise<void>
  /** Starts it again. `empty`: without what it had stored, as after the loss of a disk. */
  comeBack(as?: 'before' | 'empty'): Promise<void>
  /** Ends it for good. */
  remove(): Promise<void>
}

/** Starts a host with an empty log. */
export async function startFragileHost(): Promise<FragileHost> {
  const folder = await mkdtemp(join(tmpdir(), 'planwire-e2e-'))
  let logs = 1
  const data = (): string => join(folder, String(logs))
  let host: NodeHost | undefined = await startNodeHost({ data: data() })
  const { url } = host
  const goAway = async (how: 'close' | 'kill' = 'close'): Promise<void> => {
    await host?.[how]()
    host = undefined
  }
  return {
    url,
    goAway,
    async comeBack(as = 'before') {
      if (as === 'empty') logs += 1
      host = await startNodeHost({ port: new URL(url).port, data: data() })
    },
    async remove() {
      await goAway()
      await rm(folder, { recursive: true })
    },
  }
}
