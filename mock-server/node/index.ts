/** Public entry `planwire/mock-server/node`: the mock server as a Node process. */
export type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from '../core/config.ts'
export type { CommandContext, CommandHandler, ServiceContext, ServiceMethod } from '../core/config-functions.ts'
export type { QuirkName } from '../core/quirk-names.ts'
export type { ServerState } from '../core/state-file.ts'
export type { Lab, LabRunOptions, LabState } from '../lab/lab.ts'
export type { LabEffect, LabEvent } from '../lab/lab-events.ts'
export type { LabSettings } from '../lab/lab-settings.ts'
export type { LabPreset } from '../lab/presets.ts'
export type { Fault, FaultName, LabScript, LabStep, LabTarget, LabTrigger } from '../lab/script.ts'
export type {
  ControlAction,
  EarlierSocket,
  Recorder,
  RecorderSnapshot,
  RecorderState,
  Recording,
  RecordingOptions,
  RecordingStart,
  RoomMark,
  WireEntry,
  WireEntryOf,
} from '../recorder/recording.ts'
export { type NodeMockServer, type NodeServerOptions, startMockServer } from './start.ts'
export type { TlsOptions } from './tls-options.ts'
