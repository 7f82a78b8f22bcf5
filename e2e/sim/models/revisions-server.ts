/**
 * A model of the vendor's server of 2025, written from the wire facts: `{command, data}` frames, changes as revisions that
 * come back to everyone with `server-N`, string ids, and one map of phantom ids for the whole server, in which a phantom
 * that is sent again is taken for an edit of the record that it became.
 */
import type { ChangesetId } from '../../../client/protocol/ids.ts'
import type { FarSocket } from '../../../client/testing/memory-network.ts'
import { type Changes, nested, RowTables, STORES, withRealIds } from './rows.ts'
import type { Memory, ModelListener, Promises, Rows, ServerModel } from './server-model.ts'

type Message = { readonly [key: string]: unknown }

class Peer {
  readonly socket: FarSocket
  readonly client: string
  userName: string | undefined
  subscribed = false

  constructor(socket: FarSocket, client: string) {
    this.socket = socket
    this.client = client
  }

  send(command: string, data: Message): void {
    this.socket.send(JSON.stringify({ command, data }))
  }

  refuse(command: string, error: string): void {
    this.socket.send(JSON.stringify({ command, error }))
  }
}

/** A revisions server. */
export class RevisionsServerModel implements ServerModel {
  readonly promises: Promises = { once: false, addedOnce: true, whole: false, ghosts: false }
  readonly #rows = new RowTables(idOf)
  readonly #peers = new Set<Peer>()
  /** Real ids of phantoms, of all clients. */
  readonly #phantoms = new Map<string, string | number>()
  readonly #took = new Set<ChangesetId>()
  #order: ChangesetId[] = []
  #lastId = 100
  #lastClient = 0
  #lastRevision = 0

  accept(socket: FarSocket): ModelListener {
    const peer = new Peer(socket, `client-${++this.#lastClient}`)
    this.#peers.add(peer)
    return {
      frame: (text, changeset) => this.#frame(peer, JSON.parse(text) as Message, changeset),
      closed: () => {
        if (this.#peers.delete(peer) && peer.userName !== undefined) this.#tellUsers()
      },
    }
  }

  settle(): void {}

  async restart(_memory: Memory): Promise<void> {
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
    const command = String(message['command'])
    const data = (message['data'] ?? {}) as Message
    if (command === 'version') peer.send(command, { version: '1.0.3' })
    else if (command === 'login') this.#login(peer, data)
    else if (peer.userName === undefined) peer.refuse(command, 'Authentication required')
    else if (command === 'projects') peer.send(command, { projects: [{ id: 1, name: 'Fleet' }] })
    else if (command === 'dataset') {
      peer.subscribed = true
      this.#sendDataset(peer)
    } else if (!peer.subscribed) peer.refuse(command, 'Subscription to project is required. Load project first')
    else if (command === 'reset') this.#reset(peer)
    else if (command === 'project_change') this.#commit(peer, data, changeset)
    else peer.refuse(command, 'Unknown command')
  }

  #login(peer: Peer, data: Message): void {
    peer.userName = String(data['login'])
    peer.send('login', { client: peer.client, userName: peer.userName })
    for (const other of this.#peers)
      if (other !== peer && other.userName) other.send('join', { userName: peer.userName })
    this.#tellUsers()
  }

  #tellUsers(): void {
    const users = [...this.#peers].flatMap(({ userName }) => userName ?? [])
    for (const peer of this.#peers) if (peer.userName !== undefined) peer.send('users', { users })
  }

  #sendDataset(peer: Peer): void {
    const dataset: { [key: string]: unknown } = { project: {} }
    for (const store of STORES) {
      const rows = [...(this.#rows.get(store)?.values() ?? [])]
      dataset[`${store}Data`] = store === 'tasks' ? nested(rows) : rows
    }
    peer.send('dataset', { project: 1, dataset })
  }

  #reset(by: Peer): void {
    this.#rows.reset()
    // The real server keeps its phantoms, so that an add which is sent again after a reset is lost (BS5). No client can
    // tell that from success; the model forgets them.
    this.#phantoms.clear()
    this.#order = []
    for (const peer of this.#peers) {
      if (!peer.subscribed) continue
      this.#sendDataset(peer)
      peer.send('reset', { userName: by.userName, project: 1 })
    }
  }

  #commit(author: Peer, data: Message, changeset: ChangesetId | undefined): void {
    if (changeset) {
      this.#took.add(changeset)
      this.#order.push(changeset)
    }
    const revisions = (data['revisions'] as readonly Message[]).map((revision) => {
      const known = new Map<string, string | number>()
      const changes = withRealIds(revision['changes'] as Changes, this.#phantoms, (store, phantom) => {
        const before = this.#phantoms.get(phantom)
        if (before !== undefined) known.set(phantom, before)
        return before ?? idOf(store, ++this.#lastId)
      })
      for (const store of Object.keys(changes)) {
        const part = changes[store] ?? {}
        const swallowed = (row: Message): boolean => known.has(String(row['$PhantomId']))
        const added = (part.added ?? []).filter((row) => !swallowed(row))
        const updated = [...(part.added ?? []).filter(swallowed).map(withoutPhantom), ...(part.updated ?? [])]
        this.#rows.apply(store, { added, updated, ...(part.removed ? { removed: part.removed } : {}) }, withoutPhantom)
      }
      return {
        revision: `server-${++this.#lastRevision}`,
        localRevision: revision['revision'],
        client: author.client,
        changes,
      }
    })
    for (const peer of this.#peers) if (peer.subscribed) peer.send('project_change', { revisions, project: 1 })
  }
}

/** Tasks are filed as events on this server. */
function idOf(store: string, n: string | number): string {
  return `${store === 'tasks' ? 'events' : store}-${n}`
}

function withoutPhantom({ $PhantomId: _, $PhantomParentId: __, ...row }: Message): Message {
  return row
}
