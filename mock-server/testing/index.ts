/** Public entry `planwire/mock-server/testing`: the mock server inside Vitest and other test runners of Node. */
export type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from '../core/config.ts'
export type { CommandContext, CommandHandler, ServiceContext, ServiceMethod } from '../core/config-functions.ts'
export type { QuirkName } from '../core/quirk-names.ts'
export type { ServerState } from '../core/state-file.ts'
export { startMockServer, type TestMockServer, type TestServerOptions } from './start.ts'
