/** An outbox and the locks of tabs in memory: hand one of each to several clients and let tabs crash, reload and be duplicated. */
import type { ClientLocks, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { type ChangesetId, type ClientId, compareChangesets } from '../protocol/ids.ts'

/** Storage that outlives clients, as that of a browser outlives tabs. */
export class MemoryOutbox implements OutboxStorage {
  /** What is stored, by changeset id; open to tests. */
  readonly stored: Map<ChangesetId, StoredChangeset> = new Map()
  /** Set to make every call fail, as refused storage does. */
  refused = false

  async read(box: string): Promise<readonly StoredChangeset[]> {
    this.#check()
    return [...this.stored.values()]
      .filter((changeset) => changeset.box === box)
      .sort((a, b) => compareChangesets(a.id, b.id))
  }

  async write(kept: readonly StoredChangeset[], forgotten: readonly ChangesetId[]): Promise<void> {
    this.#check()
    for (const id of forgotten) this.stored.delete(id)
    // Through JSON, as real storage clones: nobody holds what another may still change.
    for (const changeset of kept) this.stored.set(changeset.id, JSON.parse(JSON.stringify(changeset)))
  }

  close(): void {}

  #check(): void {
    if (this.refused) throw new Error('storage is refused')
  }
}

/** The locks of one tab, and what may become of it. */
export interface MemoryTab extends ClientLocks {
  /** Frees its locks without a word. */
  crash(): void
  /** As a crash, but the tab lives on: its locks lapse, as leases do. */
  sleep(): void
  /** The page is about to go, as `pagehide` says. */
  hide(): void
}

/** A browser's locks; each tab has its own {@link ClientLocks} on them. */
export class MemoryLocks {
  readonly #held = new Map<ClientId, symbol>()
  readonly #users = new Map<string, string>()
  readonly #tabUsers = new WeakMap<ClientId[], Map<string, string | null>>()

  /** A tab. `former`: ids that it had before (sessionStorage), shared by a reloaded or duplicated tab. */
  tab(former: ClientId[] = []): MemoryTab {
    const tab = Symbol('tab')
    const users = this.#tabUsers.get(former) ?? new Map<string, string | null>()
    this.#tabUsers.set(former, users)
    const goodbyes = new Set<() => void>()
    let lapsed: readonly ClientId[] = []
    const holder = (client: ClientId): symbol => this.#held.get(client) ?? tab
    const crash = (): void => {
      for (const [client, by] of this.#held) if (by === tab) this.#held.delete(client)
    }
    return {
      take: async (client) => {
        const free = holder(client) === tab && !lapsed.includes(client)
        lapsed = lapsed.filter((other) => other !== client)
        if (free) this.#held.set(client, tab)
        return free
      },
      release: (client) => {
        if (holder(client) === tab) this.#held.delete(client)
      },
      isFree: async (client) => holder(client) === tab,
      formerIds: (current) => {
        const before = former.filter((id) => id !== current)
        if (!former.includes(current)) former.push(current)
        return before
      },
      lastUser: (server, now) => {
        if (now !== undefined) this.#users.set(server, now)
        return this.#users.get(server)
      },
      lapsed: (client) => lapsed.includes(client),
      tabUser: (server, now) => {
        if (now !== undefined) users.set(server, now)
        return users.get(server) ?? undefined
      },
      leaving: (run) => {
        goodbyes.add(run)
        return () => void goodbyes.delete(run)
      },
      hide: () => {
        for (const run of goodbyes) run()
      },
      releaseAll: crash,
      crash,
      sleep: () => {
        lapsed = [...this.#held].flatMap(([client, by]) => (by === tab ? client : []))
        crash()
      },
    }
  }
}
