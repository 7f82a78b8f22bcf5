/** Public entry `planwire`: exports, nothing else. */

export { createScheduler, type EventFields, Scheduler, type SchedulerEvent } from './live-updates/event-store.ts'
export { createGanttStore, type GanttLink, GanttStore, type GanttTask } from './live-updates/gantt-store.ts'
export { type DataProcessor, type LiveClientOptions, remoteUpdates } from './live-updates/live-client.ts'
export { RemoteEvents, type RemoteHandler, type RemoteHandlers } from './live-updates/remote-events.ts'
export type { Cancel, Clock, HttpPort, Logger, Random, Transport } from './ports/ports.ts'
export type { ChangeBatch, ChangeOrigin, StoreBatch } from './project/change-batch.ts'
export type { Commands } from './project/commands.ts'
export { ProjectClient, type ProjectClientOptions, type ProjectEvents } from './project/project-client.ts'
export { type NewFields, RecordStore, type StoreEvent } from './project/record-store.ts'
export { TaskStore } from './project/task-store.ts'
export type { AddedRecord, Changeset, RemovedRecord, StoreChanges, UpdatedRecord } from './protocol/changeset.ts'
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
export type { ConnectionState } from './sync/connection.ts'
export type { Peer } from './sync/presence.ts'
export type { Credentials, CredentialsProvider } from './sync/session-types.ts'
