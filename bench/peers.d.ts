/**
 * What the benchmarks use of their peers, which are packages of `bench` alone: the types are checked whether they are
 * installed or not.
 */
declare module '@tldraw/store' {
  interface Task {
    readonly id: string
    readonly typeName: string
    readonly percentDone: number
  }
  export interface RecordType {
    readonly typeName: string
  }
  export function createRecordType(typeName: string, config: { readonly scope: 'document' }): RecordType
  // biome-ignore lint/complexity/noStaticOnlyClass: that is how the package has it.
  export class StoreSchema {
    static create(types: Readonly<Record<string, RecordType>>): StoreSchema
  }
  export class Store {
    constructor(config: { readonly schema: StoreSchema; readonly props: object })
    listen(listener: () => void): () => void
    mergeRemoteChanges(run: () => void): void
    atomic(run: () => void): void
    put(records: readonly Task[]): void
    get(id: string): Task | undefined
    update(id: string, update: (record: Task) => Task): void
    extractingChanges(run: () => void): {
      readonly updated: Readonly<Record<string, readonly [before: Task, after: Task]>>
    }
  }
}

declare module '@tanstack/db' {
  export interface SyncWriter<T> {
    begin(): void
    write(message: { readonly type: 'insert' | 'update'; readonly value: T }): void
    truncate(): void
    commit(): void
    markReady(): void
  }
  export interface Collection<T> {
    subscribeChanges(listener: (changes: readonly unknown[]) => void): unknown
    get(key: number): T | undefined
    update(keys: readonly number[], edit: (drafts: { -readonly [K in keyof T]: T[K] }[]) => void): unknown
  }
  export function createCollection<T>(config: {
    readonly getKey: (record: T) => number
    readonly startSync: boolean
    readonly sync: { readonly sync: (writer: SyncWriter<T>) => void }
    readonly onUpdate: (given: {
      readonly transaction: { readonly mutations: readonly { readonly key: number; readonly changes: Partial<T> }[] }
    }) => Promise<unknown>
  }): Collection<T>
}

declare module 'yjs' {
  interface SharedMap<T> {
    get(key: string): T | undefined
    set(key: string, value: T): void
    observe(listener: (event: { readonly keysChanged: ReadonlySet<string | null> }) => void): void
  }
  export class Doc {
    getMap<T>(name: string): SharedMap<T>
    transact(run: () => void): void
    once(event: 'update', listener: (update: Uint8Array) => void): void
  }
  export function encodeStateAsUpdate(doc: Doc): Uint8Array
  export function applyUpdate(doc: Doc, update: Uint8Array): void
}

declare module 'dhtmlx-scheduler' {
  export const scheduler: {
    init(element: string, date: Date, view: string): void
    createDataProcessor(router: () => Promise<unknown>): unknown
    clearAll(): void
    parse(data: string): void
    getEvent(id: number): { readonly done?: number } | undefined
    readonly ext: { readonly liveUpdates: { readonly remoteUpdates: { events(message: unknown): void } } }
  }
}

declare module '*.css'
