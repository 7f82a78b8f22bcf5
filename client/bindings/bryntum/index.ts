/** The entry `planwire/bryntum`: live sync for Bryntum's ProjectModel. */
export {
  type BryntumConnection,
  type ConnectProjectOptions,
  connectProject,
  type ProjectSocket,
} from './connect-project.ts'
export type {
  BryntumProject,
  BryntumRecord,
  BryntumRevision,
  BryntumRevisionInfo,
  BryntumStm,
  BryntumStore,
} from './project-model.ts'
