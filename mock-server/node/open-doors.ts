/** Which defaults leave a server open that others can reach. They keep unmodified vendor clients working on one's own machine. */
import type { MockServerConfig } from '../core/config.ts'
import { isLoopback, type Origins } from './origins.ts'

/** What stands open, each with the setting that closes it; empty when only this machine can reach `host`, or all is closed. */
export function openDoors(config: MockServerConfig, host: string, origins: Origins = 'any'): readonly string[] {
  if (isLoopback(host)) return []
  return [
    ...(config.anonymous === false ? [] : ['anyone may log in without a password (anonymous: false)']),
    ...(config.users === undefined ? ['default passwords (users: [{ name, password }])'] : []),
    ...(config.tokens === undefined ? ["the default token 'token' (tokens: ['…'])"] : []),
    // Without anonymous access a request needs a token anyway.
    ...(config.anonymous === false || config.auth?.rest === 'required'
      ? []
      : ["requests need no token (auth: { rest: 'required' }, or anonymous: false)"]),
    ...(origins === 'any' ? ['pages of any origin may connect (--allow-origin, allowOrigins)'] : []),
  ]
}
