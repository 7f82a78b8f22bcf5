/** As much of a vendor's package, which is not on npm for everybody, as the documents use. */
/** The part of the real declarations (7.3) that the binding touches, with their own parameter types: narrower than `object`, wider than an id. */
declare module '@bryntum/gantt' {
  type Listeners = Record<string, object | boolean | number | string> & {
    readonly thisObj?: object
    readonly once?: boolean
  }
  type On = (config: Listeners | string, thisObj?: object | (() => void), oldThisObj?: object) => () => void
  export class Model {
    id: string | number
    readonly isPhantom: boolean
    readonly children: boolean | object[] | Model[]
    get(fieldName: string): unknown
  }
  class Store {
    readonly records: Model[]
    readonly rootNode: Model
    getById(id: Model | string | number): Model
    on: On
  }
  export class ProjectModel extends Model {
    constructor(config?: { stm?: { autoRecord?: boolean; revisionsEnabled?: boolean } })
    readonly changes: object
    crudStores: { storeId?: string; store?: Store }[]
    ignoreRemoteChangesInSTM: boolean
    loadUrl: string
    stm: {
      readonly disabled: boolean
      readonly isRecording: boolean
      readonly isRestoring: boolean
      enable(): void
      disable(): void
      resetQueue(): void
      on: On
    }
    taskStore: Store
    resourceStore: Store
    dependencyStore: Store
    assignmentStore: Store
    acceptChanges(): void
    applyProjectChanges(changes: object): Promise<unknown>
    applyRevisions(revisions: object | object[]): Promise<unknown>
    commitAsync(): Promise<void>
    initRevisions(clientId: string, revisionId?: string): void
    loadInlineData(dataPackage: object): Promise<void>
    trigger(eventName: string, param?: { bubbles?: boolean; [key: string]: unknown }): Promise<unknown>
    on: On
  }
  export class Gantt {
    constructor(config: { appendTo: string; project: ProjectModel; features?: { versions?: boolean } })
    project: ProjectModel
  }
}
declare module '*.css'
declare module 'dhtmlx-scheduler' {
  import type { SchedulerApi } from 'planwire/dhtmlx'

  export const scheduler: SchedulerApi & {
    plugins(names: { readonly recurring?: boolean }): void
    init(element: string, date: Date, view: string): void
  }
}
