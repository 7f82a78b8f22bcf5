/** Which defaults leave a server open that others can reach. They keep unmodified vendor clients working on one's own machine. */
import type { MockServerConfig } from '../core/config.ts'

/** What stands open, each with the setting that closes it; empty when only this machine can reach `host`, or all is closed. */
export function openDoors(config: MockServerConfig, host: string): readonly string[] {
  if (isLoopback(host)) return []
  return [
    ...(config.anonymous === false ? [] : ['anyone may log in without a password (anonymous: false)']),
    ...(config.users === undefined ? ['default passwords (users: [{ name, password }])'] : []),
    ...(config.tokens === undefined ? ["the default token 'token' (tokens: ['…'])"] : []),
    ...(config.auth?.rest === 'required' ? [] : ["requests need no token (auth: { rest: 'required' })"]),
  ]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}
