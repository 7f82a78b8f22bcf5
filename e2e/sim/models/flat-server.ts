/**
 * Models of servers that speak the documented flat protocol, written from the wire facts:
 *
 *     document   one message after another; acknowledges nothing but adds; `projects` answered in order
 *     late       commits in order, but later; `projects` and `dataset` are answered at once from what is committed
 *     faulty     the server of 2022 (BO5): a moved task comes back under both parents, one that was moved and removed
 *                comes back, rows keep `$PhantomId`, `dataset` fails now and then, an unknown store is half applied
 */
import type { Random } from '../../../client/ports/ports.ts'
import type { ChangesetId } from '../../../client/protocol/ids.ts'
import type { FarSocket } from '../../../client/testing/memory-network.ts'
import { type Changes, nested, type Row, RowTables, STORES, withRealIds } from './rows.ts'
import type { Memory, ModelListener, Promises, Report, Rows, ServerModel } from './server-model.ts'

/** Which of them. */
export type FlatKind = 'document' | 'late' | 'faulty'

type Message = { readonly [key: string]: unknown }

class Peer {
  readonly socket: FarSocket
  userName: string | undefined
  /** Loaded the project: hears its changes. */
  subscribed = false

  constructor(socket: FarSocket) {
    this.socket = socket
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message))
  }
}

/** A flat server. */
export class FlatServerModel implements ServerModel {
  readonly promises: Promises
  readonly #kind: FlatKind
  readonly #random: Random
  readonly #report: Report
  readonly #rows = new RowTables()
  readonly #peers = new Set<Peer>()
  readonly #took = new Set<ChangesetId>()
  #order: ChangesetId[] = []
  /** Late: what was received and is not committed. */
  readonly #waiting: (() => void)[] = []
  #lastId = 100
  /** Faulty: earlier parents of a task, for ever. */
  readonly #formerParents = new Map<string, string[]>()
  /** Faulty: removed tasks that datasets show again. */
  readonly #ghosts = new Map<string, Row>()

  constructor(kind: FlatKind, random: Random, report: Report) {
    this.#kind = kind
    this.#random = random
    this.#report = report
    this.promises = { once: false, addedOnce: kind === 'faulty', whole: false, ghosts: kind === 'faulty' }
  }

  accept(socket: FarSocket): ModelListener {
    const peer = new Peer(socket)
    this.#peers.add(peer)
    return {
      frame: (text, changeset) => this.#frame(peer, JSON.parse(text) as Message, changeset),
      closed: () => {
        if (this.#peers.delete(peer) && peer.userName !== undefined) this.#tellUsers()
      },
    }
  }

  settle(): void {
    for (let work = this.#waiting.shift(); work; work = this.#waiting.shift()) work()
  }

  async restart(_memory: Memory): Promise<void> {
    // Its rows are in a database; what was received and not committed is gone with the process.
    this.settle()
    this.#peers.clear()
  }

  async close(): Promise<void> {
    this.#peers.clear()
  }

  stored(): Rows {
    return this.#rows.all()
  }

  order(): readonly ChangesetId[] {
    return this.#order
  }

  took(changeset: ChangesetId): boolean {
    return this.#took.has(changeset)
  }

  #frame(peer: Peer, message: Message, changeset: ChangesetId | undefined): void {
    if (!this.#peers.has(peer)) return
    // A database that is behind: some of what waits is committed whenever something arrives.
    for (let some = this.#pick(3); some > 0; some--) this.#waiting.shift()?.()
    const command = String(message['command'])
    if (command === 'login') {
      this.#login(peer, message)
      return
    }
    if (peer.userName === undefined) {
      peer.send({ command, error: 'Authentication required' })
      return
    }
    switch (command) {
      case 'projects':
        peer.send({ command, projects: [{ id: 1, name: 'Fleet' }] })
        return
      case 'dataset':
        this.#sendDataset(peer)
        return
      case 'reset':
        if (message['project'] === undefined) peer.send({ command, error: 'Project id is required' })
        else this.#inOrder(() => this.#reset(String(peer.userName)))
        return
      case 'projectChange':
        if (changeset) this.#took.add(changeset)
        this.#inOrder(() => this.#commit(peer, message['changes'] as Changes, changeset))
        return
      default:
        peer.send({ command, error: 'Unknown command' })
    }
  }

  #inOrder(work: () => void): void {
    if (this.#kind === 'late') this.#waiting.push(work)
    else work()
  }

  #login(peer: Peer, message: Message): void {
    peer.userName = String(message['login'])
    if (this.#kind === 'document') this.#broadcast({ command: 'login', userName: peer.userName })
    else {
      peer.send({ command: 'login' })
      this.#broadcast({ command: 'login', userName: peer.userName }, peer)
    }
    this.#tellUsers()
  }

  #tellUsers(): void {
    this.#broadcast({ command: 'users', users: [...this.#peers].flatMap(({ userName }) => userName ?? []) })
  }

  #broadcast(message: Message, but?: Peer): void {
    for (const peer of this.#peers) if (peer !== but && peer.userName !== undefined) peer.send(message)
  }

  #sendDataset(peer: Peer): void {
    peer.subscribed = true
    if (this.#kind === 'faulty' && this.#pick(8) === 0) {
      this.#report('the dataset fails')
      peer.send({ command: 'dataset', error: "Cannot read properties of undefined (reading 'children')" })
      return
    }
    peer.send({ command: 'dataset', project: 1, dataset: this.#dataset(), projectMeta: {} })
  }

  #dataset(): Message {
    const data: { [key: string]: unknown } = {}
    for (const store of STORES) data[`${store}Data`] = [...(this.#rows.get(store)?.values() ?? [])]
    const tasks = [...(this.#rows.get('tasks')?.values() ?? [])]
    if (this.#kind !== 'faulty') return { ...data, tasksData: nested(tasks) }
    return { ...data, tasksData: nested([...tasks, ...this.#ghosts.values()], this.#formerParents) }
  }

  #reset(userName: string): void {
    this.#rows.reset()
    this.#formerParents.clear()
    this.#ghosts.clear()
    this.#order = []
    for (const peer of this.#peers) {
      if (!peer.subscribed) continue
      peer.send({ command: 'dataset', project: 1, dataset: this.#dataset(), projectMeta: {} })
      peer.send({ command: 'reset', userName, project: 1 })
    }
  }

  #commit(author: Peer, sent: Changes, changeset: ChangesetId | undefined): void {
    if (changeset) this.#order.push(changeset)
    // Phantom ids are known within their frame alone.
    const changes = withRealIds(sent, new Map(), () => ++this.#lastId)
    let added = false
    for (const store of Object.keys(changes)) {
      const part = changes[store] ?? {}
      if (!this.#rows.get(store)) {
        author.send({ command: 'projectChange', project: 1, error: `Unknown store ${store}` })
        return
      }
      added ||= (part.added?.length ?? 0) > 0
      if (this.#kind === 'faulty' && store === 'tasks') this.#haunt(part.updated ?? [], part.removed ?? [])
      this.#rows.apply(store, part, this.#kind === 'faulty' ? undefined : withoutPhantom)
    }
    const message = { command: 'projectChange', project: 1, changes }
    for (const peer of this.#peers) if (peer.subscribed && (peer !== author || added)) peer.send(message)
  }

  /** Faulty: the tree keeps what the rows have forgotten. */
  #haunt(updated: readonly Message[], removed: readonly Message[]): void {
    const tasks = this.#rows.get('tasks')
    for (const { id, parentId } of updated) {
      const row = tasks?.get(String(id))
      const former = row?.['parentId']
      if (!row || parentId === undefined || former === undefined || former === null || former === parentId) continue
      this.#formerParents.set(String(id), [...(this.#formerParents.get(String(id)) ?? []), String(former)])
    }
    for (const { id } of removed) {
      const row = tasks?.get(String(id))
      if (row && this.#formerParents.has(String(id))) this.#ghosts.set(String(id), row)
    }
  }

  #pick(below: number): number {
    return Math.floor(this.#random.next() * below)
  }
}

function withoutPhantom({ $PhantomId: _, $PhantomParentId: __, ...row }: Message): Message {
  return row
}
