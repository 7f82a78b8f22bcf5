/** A tab of a fleet: a real client, what it holds, and what became of every changeset that it let go. */

import type {
  ClientLocks,
  Clock,
  OutboxStorage,
  Random,
  Socket,
  SocketListener,
  Transport,
} from '../../client/ports/ports.ts'
import { undoing } from '../../client/project/late-history.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import { keeping } from '../../client/project/project-core.ts'
import type { ProjectClientOptions } from '../../client/project/project-options.ts'
import type { Changeset } from '../../client/protocol/changeset.ts'
import { type ChangesetId, type ClientId, parseChangesetId } from '../../client/protocol/ids.ts'
import { changesOf } from '../../client/store/as-changes.ts'
import { isPhantomId } from '../../client/store/phantom-ids.ts'
import type { Pending } from '../../client/sync/replica.ts'
import { checkReplica } from '../../client/sync/replica-invariants.ts'
import type { SessionState } from '../../client/sync/session-types.ts'
import type { Happening } from './happenings.ts'
import { watch } from './watch.ts'

// Fleets move time themselves: what is loaded later has to be there from the start.
await keeping.load()
await undoing.load()

/** What a tab needs of its fleet. */
export interface TabHost {
  readonly transport: Transport
  readonly clock: Clock
  /** The server says what it stored for sure. */
  readonly acknowledges: boolean
  /** True if the server took the changeset. */
  took(changeset: ChangesetId): boolean
  /** A change left the tab on a connection. */
  sent(socket: string, changeset: ChangesetId): void
  log(line: string): void
  happened(what: Happening): void
  /** A frame that this tab sent or heard. */
  frame(line: string): void
  failed(what: string): void
}

/** What a tab is. */
export interface TabOptions {
  readonly id: ClientId
  readonly user: string
  readonly random: Random
  readonly client: Pick<ProjectClientOptions, 'dialect' | 'flatServer' | 'extension'>
  /** Milliseconds by which this tab's clock is wrong. */
  readonly skewMs: number
  readonly outbox: { readonly storage: OutboxStorage; readonly locks: ClientLocks & { crash(): void } } | undefined
  /** Ids that this tab had before: what `sessionStorage` holds. */
  readonly former: ClientId[]
}

/** A changeset that a tab no longer holds; `taken`: the server had it at that moment. */
interface LetGo {
  readonly id: ChangesetId
  readonly pending: Pending
  readonly taken: boolean
}

const CHANGE = /"project_?[cC]hange"/
/** Errors that a fleet provokes; any other is a failure. */
const EXPECTED = new Set(['connection-lost', 'timeout', 'closed'])

/** A tab. */
export class Tab {
  readonly options: TabOptions
  readonly client: ProjectClient
  /** What the app was told is refused. */
  readonly refused = new Set<ChangesetId>()
  /** The page is gone; its storage is not. */
  gone = false
  online = true
  /** Change frames that are heard twice, from the next one on. */
  repeated = 0
  state: SessionState | undefined
  readonly #host: TabHost
  readonly #stop: () => void
  /** Own changesets from their commit until they are let go. */
  #held = new Map<ChangesetId, Pending>()
  /** Let go of and not yet accounted for: the server has it, or the app was told. */
  readonly #gone: LetGo[] = []
  /** Changes that the app was told of as refused. */
  readonly #told: string[] = []
  /** Change frames whose changesets are not known yet. */
  readonly #frames: string[] = []
  readonly #onTheWay = new Set<ChangesetId>()
  #sockets = 0
  #woken: (() => void) | undefined

  constructor(options: TabOptions, host: TabHost) {
    this.options = options
    this.#host = host
    this.#stop = watch(options.id, (state) => this.#look(state))
    const { clock } = host
    this.client = new ProjectClient({
      ...options.client,
      wsAddress: 'ws://fleet/',
      wsProjectId: 1,
      credentials: { login: options.user },
      clientId: options.id,
      transport: { open: (url, listener) => this.#open(url, listener) },
      clock: { now: () => clock.now() + options.skewMs, after: (delayMs, run) => clock.after(delayMs, run) },
      random: options.random,
      logger: () => {},
      outbox: options.outbox ?? false,
      wakeups: (woken) => {
        this.#woken = woken
        return () => (this.#woken = undefined)
      },
    })
    this.client.on('rejected', ({ error, changes }) => {
      this.#told.push(JSON.stringify(changes))
      host.happened('rejections told')
      host.log(`  ${options.id} is told: rejected, ${error.code}`)
    })
    this.client.on('conflict', () => host.happened('conflicts told'))
    this.client.on('error', ({ code, message }) => {
      if (EXPECTED.has(code)) host.log(`  ${options.id} is told: ${code}`)
      else host.failed(`${options.id} reports ${code}: ${message}`)
    })
    this.client.on('refused', ({ message }) => host.log(`  ${options.id} is told: refused, ${message}`))
  }

  /** What the tab holds: pending or not yet acknowledged, of every user who worked here. */
  get held(): ReadonlySet<ChangesetId> {
    return new Set(this.#held.keys())
  }

  /** The network of this tab goes away; connections are refused until it is back. */
  offline(): void {
    this.online = false
  }

  back(wake: boolean): void {
    this.online = true
    if (wake) this.#woken?.()
  }

  /** The page dies without a word. What it held is in its storage, or in nobody's. */
  die(): void {
    this.gone = true
    this.#stop()
    this.options.outbox?.locks.crash()
    this.client.close()
  }

  /** Throws if an invariant of the replica is broken, the tree is not whole, or something was lost in silence. */
  check(final = false): void {
    // Two changesets may say the same, and the app is told what was refused by what it said: the word is for the one that the
    // server does not have.
    for (const left of this.#gone.splice(0).sort((a, b) => Number(a.taken) - Number(b.taken))) {
      const { id, taken } = left
      if (this.#wasTold(left)) this.refused.add(id)
      else if (taken || (!this.#host.acknowledges && this.#host.took(id))) continue
      // Without acks: what left on a line that is still open may yet arrive, and is judged at the end.
      else if (!final && !this.#host.acknowledges && this.#onTheWay.has(id)) this.#gone.push(left)
      else this.#host.failed(`${this.options.id} let go of ${id}, which the server never had, without a word`)
    }
    for (const copy of this.state?.copies ?? []) checkReplica(copy.replica)
    const { tasks } = this.client
    let shown = 0
    const open = [...tasks.children(null)]
    for (let task = open.pop(); task; task = open.pop()) {
      if (++shown > tasks.size) break
      open.push(...tasks.children(task.id))
    }
    if (shown !== tasks.size) throw new Error(`${this.options.id} shows ${shown} of ${tasks.size} tasks in its tree`)
  }

  #look(state: SessionState): void {
    this.state = state
    const held = new Map<ChangesetId, Pending>()
    for (const { replica, ordered } of state.copies) {
      for (const pending of replica.pending) {
        const status = pending.delivery?.status
        if (status !== 'draft') held.set(pending.id, pending)
        if (status === 'draft' || status === 'waiting') this.#onTheWay.delete(pending.id)
        else if (!this.#onTheWay.has(pending.id)) {
          this.#onTheWay.add(pending.id)
          const socket = this.#frames.shift()
          if (socket !== undefined) this.#host.sent(socket, pending.id)
        }
      }
      for (const [id, { pending }] of ordered) held.set(id, pending)
    }
    this.#frames.length = 0
    const before = this.#held
    this.#held = held
    for (const id of held.keys()) if (!before.has(id)) this.#noteMaker(id)
    for (const [id, pending] of before) if (!held.has(id)) this.#gone.push({ id, pending, taken: this.#host.took(id) })
  }

  #noteMaker(id: ChangesetId): void {
    const maker = parseChangesetId(id)?.client
    if (maker === undefined || maker === this.options.id) return
    const former = this.options.former.includes(maker)
    this.#host.happened(former ? 'changesets taken back by a reloaded tab' : 'changesets adopted from another tab')
  }

  /** Law 2: nothing that the user did is lost in silence. */
  #wasTold({ pending: { operations } }: LetGo): boolean {
    if (this.#told.length === 0) return false
    const { stores, meta } = changesOf(operations, isPhantomId)
    const changes: Changeset = { tasks: {}, resources: {}, dependencies: {}, assignments: {}, ...stores }
    const told = this.#told.indexOf(JSON.stringify(meta ? { ...changes, project: meta } : changes))
    if (told >= 0) this.#told.splice(told, 1)
    return told >= 0
  }

  #open(url: string, listener: SocketListener): Socket {
    if (!this.online) {
      let cancel: (() => void) | undefined = this.#host.clock.after(1, () => listener.closed(1006, 'offline'))
      return {
        send: () => {},
        close: () => {
          cancel?.()
          cancel = undefined
        },
      }
    }
    const name = `${this.options.id}/${++this.#sockets}`
    const socket = this.#host.transport.open(`${url}?socket=${name}`, {
      opened: () => listener.opened(),
      frame: (text) => {
        this.#host.frame(`    ${name} < ${text}`)
        listener.frame(text)
        if (this.repeated === 0 || !CHANGE.test(text.slice(0, 40))) return
        this.repeated -= 1
        this.#host.happened('frames heard twice')
        listener.frame(text)
      },
      closed: (code, reason) => listener.closed(code, reason),
    })
    return {
      send: (frame) => {
        this.#host.frame(`    ${name} > ${frame}`)
        if (CHANGE.test(frame.slice(0, 40))) this.#frames.push(name)
        socket.send(frame)
      },
      close: () => socket.close(),
    }
  }
}
