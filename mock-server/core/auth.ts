/** Owns who may come in: passwords of the project socket, tokens of the live updates, rights to projects. */
import type { ProjectId } from '../../client/protocol/ids.ts'
import { sameId } from '../../client/protocol/ids.ts'
import { BOUNDS, type Settings } from './defaults.ts'

/** Somebody who is logged in. */
export interface User {
  readonly name: string
  /** True for names that the configuration does not know. */
  readonly anonymous: boolean
}

/** Checks credentials against the settings. */
export interface Auth {
  /** The user, or undefined when the name or the password is wrong. */
  login(name: string, password: string | undefined): User | undefined
  /** True for one of the configured tokens. */
  token(token: string | undefined): boolean
  /** True if the user may open the project. */
  mayOpen(user: User, project: ProjectId): boolean
}

/** Auth by the settings. Users are looked up in a map, so that names such as `__proto__` are names like any other. */
export function createAuth(settings: Settings): Auth {
  const users = new Map(settings.users.map((user) => [user.name, user]))
  return {
    login(name, password) {
      const user = users.get(name)
      // The documents log in by name alone (`{ login: 'user' }`): whoever shows no password comes in as anybody would.
      if (!user || (user.password !== undefined && password === undefined)) {
        return settings.anonymous && name.length <= BOUNDS.name ? { name, anonymous: true } : undefined
      }
      if (user.password !== undefined && !sameSecret(user.password, password ?? '')) return undefined
      return { name, anonymous: false }
    },
    token: (token) => {
      // Every token is compared, so that the time taken tells nothing about which one came close.
      let known = false
      if (token !== undefined) for (const each of settings.tokens) if (sameSecret(each, token)) known = true
      return known
    },
    mayOpen: (_user, project) => settings.projects.some(({ id }) => sameId(id, project)),
  }
}

/** Compares in a time that depends on the length of `given` alone. */
export function sameSecret(secret: string, given: string): boolean {
  let difference = secret.length ^ given.length
  for (let i = 0; i < given.length; i += 1) {
    difference |= given.charCodeAt(i) ^ secret.charCodeAt(secret.length === 0 ? 0 : i % secret.length)
  }
  return difference === 0
}
