/** As much of a vendor's package, which is not on npm for everybody, as the documents use. */
declare module '@bryntum/gantt' {
  import type { BryntumProject } from 'planwire/bryntum'

  export const ProjectModel: new (config?: {
    readonly stm?: { readonly autoRecord?: boolean; readonly revisionsEnabled?: boolean }
  }) => BryntumProject
  export class Gantt {
    constructor(config: { readonly appendTo: string; readonly project: BryntumProject })
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
