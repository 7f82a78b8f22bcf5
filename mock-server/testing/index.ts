/** Public entry `planwire/mock-server/testing`: the mock server inside Vitest and other test runners of Node. */
export type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from '../core/config.ts'
export type { CommandContext, CommandHandler, ServiceContext, ServiceMethod } from '../core/config-functions.ts'
export type { QuirkName } from '../core/quirk-names.ts'
export type { ServerState } from '../core/state-file.ts'
export { createDoctor, type Doctor } from '../doctor/doctor.ts'
export type { Finding, FindingCode, Severity } from '../doctor/finding.ts'
export type { Lab, LabRunOptions, LabState } from '../lab/lab.ts'
export type { LabEffect, LabEvent } from '../lab/lab-events.ts'
export type { LabSettings } from '../lab/lab-settings.ts'
export type { LabPreset } from '../lab/presets.ts'
export type { Fault, FaultName, LabScript, LabStep, LabTarget, LabTrigger } from '../lab/script.ts'
export { type FailingCheck, type MinimiseOptions, minimise } from '../recorder/minimise.ts'
export type { AbortSignalLike, PlayOptions, ReplayFunctions } from '../recorder/play-options.ts'
export { createPlayer, type Moment, type Player, type RecordChange } from '../recorder/player.ts'
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
export {
  type ReplayDifference,
  type ReplayOptions,
  type ReplayOutcome,
  replay,
} from '../recorder/replay.ts'
export { type MockFixtures, mockFixtures } from './fixtures.ts'
export { startMockServer, type TestMockServer, type TestServerOptions } from './start.ts'
