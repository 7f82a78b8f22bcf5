/** Public entry `planwire/mock-server/node`: the mock server as a Node process. */
export type { MockServerConfig, ProjectConfig, UserConfig } from '../core/config.ts'
export { type NodeMockServer, type NodeServerOptions, startMockServer } from './start.ts'
export type { TlsOptions } from './tls-options.ts'
