/** Public entry `planwire/mock-server/testing`: the mock server inside Vitest and other test runners of Node. */
export type { MockServerConfig, ProjectConfig, UserConfig } from '../core/config.ts'
export { startMockServer, type TestMockServer, type TestServerOptions } from './start.ts'
