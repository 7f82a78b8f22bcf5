/** Public entry `planwire`: exports, nothing else. */

export { ReconnectingSocket, type ReconnectingSocketOptions } from './connection/reconnecting-socket.ts'
export {
  createScheduler,
  type Dates,
  type EventFields,
  Scheduler,
  type SchedulerEvent,
  type SchedulerView,
  type SchedulerWidgetEvents,
} from './live-updates/event-store.ts'
export {
  createGanttStore,
  type GanttLink,
  GanttStore,
  type GanttTask,
  type GanttUrls,
} from './live-updates/gantt-store.ts'
export { type DataProcessor, type LiveClientOptions, remoteUpdates } from './live-updates/live-client.ts'
export type { LivePorts, TokenSource } from './live-updates/live-ports.ts'
export type { DateRange } from './live-updates/live-runner.ts'
export type { LiveConflict, LiveRejection } from './live-updates/live-state.ts'
export type { LiveRecordStatus, LiveStoreEvents } from './live-updates/live-voice.ts'
export {
  type RemoteApi,
  RemoteEvents,
  type RemoteEventsEvents,
  type RemoteHandle,
  type RemoteHandler,
  type RemoteHandlers,
} from './live-updates/remote-events.ts'
export type { DataProcessorOptions, SaveTarget } from './live-updates/rest-client.ts'
export { deleteOccurrence, editOccurrence } from './live-updates/series.ts'
export type { DateOptions } from './live-updates/widget-dates.ts'
export type {
  Cancel,
  ClientLocks,
  Clock,
  HttpPort,
  Logger,
  OutboxStorage,
  Random,
  StoredChangeset,
  Transport,
} from './ports/ports.ts'
export type { ChangeBatch, ChangeOrigin, StoreBatch } from './project/change-batch.ts'
export type { Commands } from './project/commands.ts'
export { ProjectClient } from './project/project-client.ts'
export type {
  ClientSnapshot,
  ProjectClientOptions,
  ProjectEvents,
  ProjectSchema,
  TransactOptions,
} from './project/project-options.ts'
export type { RecordStatus, StatusChange } from './project/record-status.ts'
export { type EditFields, type NewFields, RecordStore, type StoreEvent } from './project/record-store.ts'
export { TaskStore } from './project/task-store.ts'
export type { Issue, StandardSchema } from './project/validation.ts'
export type { AddedRecord, Changeset, RemovedRecord, StoreChanges, UpdatedRecord } from './protocol/changeset.ts'
export type { DateZone } from './protocol/dialects/dhtmlx/date-rules.ts'
export { type ErrorCode, PlanwireError, type Recovery } from './protocol/errors.ts'
export type { ClientId, ProjectId, RecordId } from './protocol/ids.ts'
export type { ProjectDialectName } from './protocol/messages.ts'
export type {
  Assignment,
  Calendar,
  Changelog,
  Dependency,
  Fields,
  PlainRecord,
  Resource,
  Task,
  Version,
} from './protocol/records.ts'
export type { Abort, SendOptions } from './sync/abort.ts'
export type { ConnectionState } from './sync/connection.ts'
export type { Peer } from './sync/presence.ts'
export type { Credentials, CredentialsProvider } from './sync/session-types.ts'
export type { WaitOptions } from './sync/sync-waiters.ts'
export type { HistoryState } from './sync/undo.ts'
