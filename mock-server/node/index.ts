/** Public entry `planwire/mock-server/node`: the mock server as a Node process. */
export type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from '../core/config.ts'
export type { CommandContext, CommandHandler, ServiceContext, ServiceMethod } from '../core/config-functions.ts'
export type { QuirkName } from '../core/quirk-names.ts'
export type { ServerState } from '../core/state-file.ts'
export { type NodeMockServer, type NodeServerOptions, startMockServer } from './start.ts'
export type { TlsOptions } from './tls-options.ts'
