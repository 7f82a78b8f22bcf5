/**
 * One backend for all tabs without a SharedWorker: it runs in the tab that holds the lock `leader`; when that tab goes,
 * the browser hands the lock to the next. Used where a browser has no SharedWorker (Chrome on Android), and where the
 * configuration holds functions, which cannot travel to a worker.
 *
 * Tabs and leader meet in the hall, a BroadcastChannel that all of them have, and then talk on a line, one that only the
 * two have:
 *
 *     tab     hall  'seek ID'        at once, and whenever somebody begins to lead
 *     leader  hall  'lead'           when it is elected
 *     leader  line  'here'           the line is open at the leader's end
 *     tab     line  hello, ...       from here on as with a port to a worker (port-messages.ts)
 */
import { systemRandom } from '../../client/adapters/system.ts'
import type { Authority } from './authority.ts'
import { decodeAuthorityMessage, type TabPort } from './port-messages.ts'
import { type Locks, lockNames } from './web-locks.ts'

const LEAD = 'lead'
const HERE = 'here'
const SEEK = /^seek (.+)$/

const hallOf = (name: string): BroadcastChannel => new BroadcastChannel(`planwire-mock:${name}:hall`)
const lineOf = (name: string, id: string): BroadcastChannel => new BroadcastChannel(`planwire-mock:${name}:line:${id}`)

/**
 * Waits to be elected, then leads: `lead` makes the authority. The returned function withdraws or resigns, and resolves
 * when the next may lead; idempotent.
 */
export function standForLeader(name: string, locks: Locks, lead: () => Authority): () => Promise<void> {
  const withdrawal = new AbortController()
  let resign = (): void => {}
  const resigned = new Promise<void>((resolve) => (resign = resolve))
  const over = locks
    .request(lockNames(name).leader, { signal: withdrawal.signal }, async () => {
      const authority = lead()
      const known = new Set<string>()
      const hall = hallOf(name)
      hall.onmessage = ({ data }: MessageEvent) => {
        const id = SEEK.exec(String(data))?.[1]
        if (id === undefined || known.has(id)) return
        known.add(id)
        const line = lineOf(name, id)
        authority.connect(line)
        line.postMessage(HERE)
      }
      hall.postMessage(LEAD)
      await resigned
      hall.close()
      await authority.close()
    })
    // Withdrawn before it was elected.
    .catch(() => {})
  const retire = async (): Promise<void> => {
    removeEventListener('pagehide', retire)
    withdrawal.abort()
    resign()
    await over
  }
  // A page in the back/forward cache is frozen and cannot lead.
  addEventListener('pagehide', retire)
  return retire
}

/** A port to whoever leads the server called `name`, now or soon. */
export function connectLeader(name: string): TabPort {
  const id = systemRandom.id()
  const hall = hallOf(name)
  const line = lineOf(name, id)
  /** What was posted before a leader took the tab in: said again to the next one if that leader goes before. */
  let early: string[] | undefined = []
  let heard = false
  const seek = (): void => {
    heard = false
    hall.postMessage(`seek ${id}`)
  }
  const port: TabPort = {
    onmessage: null,
    postMessage(text) {
      early?.push(text)
      if (heard) line.postMessage(text)
    },
    close() {
      hall.close()
      line.close()
    },
  }
  hall.onmessage = ({ data }: MessageEvent) => {
    if (data === LEAD) seek()
  }
  line.onmessage = (event: MessageEvent) => {
    if (event.data === HERE) {
      heard = true
      for (const text of early ?? []) line.postMessage(text)
      return
    }
    const answer = decodeAuthorityMessage(event.data)?.type
    if (answer === 'ready' || answer === 'failed') {
      early = undefined
      hall.close()
    }
    port.onmessage?.(event)
  }
  seek()
  return port
}
