/** The entry `planwire/dhtmlx`: bindings for DHTMLX widgets. */
export { type ConnectGanttOptions, connectGantt, type GanttConnection } from './connect-gantt.ts'
export {
  type ConnectSchedulerOptions,
  connectScheduler,
  type LiveSchedulerStore,
  type SchedulerConnection,
} from './connect-scheduler.ts'
export type { GanttApi } from './gantt-api.ts'
export type { GanttChange, GanttFields, GanttPlace, GanttSource, Rekeyed } from './gantt-source.ts'
export { type LiveGanttStore, liveSource } from './live-source.ts'
export { type ProjectForGantt, projectSource } from './project-source.ts'
export type { SchedulerApi, SchedulerEventObject, SchedulerUiState } from './scheduler-api.ts'
