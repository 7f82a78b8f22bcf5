/**
 * Owns who may come in and what they may do: passwords of the project socket, tokens of the live updates, rights of groups.
 *
 * Secrets are compared in a time that depends on what was given alone: every configured one is compared, wholly, whether
 * or not an earlier one fitted, and an unknown name costs what a known one does.
 */
import { idKey, type ProjectId } from '../../client/protocol/ids.ts'
import type { GroupConfig, Scope } from './config.ts'
import { BOUNDS, type Settings } from './defaults.ts'

/** What somebody may do. Ids of projects and names of collections alike. */
export interface Rights {
  mayRead(thing: ProjectId): boolean
  mayWrite(thing: ProjectId): boolean
}

/** Somebody who is logged in. */
export interface User extends Rights {
  readonly name: string
  /** True for names that the configuration does not know. */
  readonly anonymous: boolean
}

/** Checks credentials against the settings. */
export interface Auth {
  /** The user, or undefined when the name or the password is wrong. */
  login(name: string, password: string | undefined): User | undefined
  /** The rights of a token, or undefined for one that is not configured. */
  token(token: string | undefined): Rights | undefined
  /** The rights of a request: those of its token, without one those of anybody; undefined when it may do nothing at all. */
  request(token: string | undefined): Rights | undefined
}

/** Auth by the settings. Users are looked up in a map, so that names such as `__proto__` are names like any other. */
export function createAuth(settings: Settings): Auth {
  const users = new Map(settings.users.map((user) => [user.name, user]))
  const tokens = settings.tokens.map(({ token, groups }) => ({ token, rights: rightsOf(groups, settings.groups) }))
  const anybody = settings.anonymous === undefined ? undefined : rightsOf([settings.anonymous], settings.groups)

  const token = (given: string | undefined): Rights | undefined => {
    if (given === undefined) return undefined
    let rights: Rights | undefined
    for (const each of tokens) if (sameSecret(each.token, given)) rights = each.rights
    return rights
  }
  return {
    login(name, password) {
      const user = users.get(name)
      const secret = user?.password
      // Compared for an unknown name as well: how long a refusal takes does not tell who has an account.
      const same = sameSecret(secret ?? '', password ?? '')
      // The documents log in by name alone (`{ login: 'user' }`): whoever shows no password comes in as anybody would.
      if (!user || (secret !== undefined && password === undefined)) {
        return anybody && name.length <= BOUNDS.name ? { name, anonymous: true, ...anybody } : undefined
      }
      if (secret !== undefined && !same) return undefined
      return { name, anonymous: false, ...rightsOf(user.groups ?? ['users'], settings.groups) }
    },
    token,
    request(given) {
      if (given !== undefined) return token(given)
      return settings.restAuth === 'optional' ? anybody : undefined
    },
  }
}

/** The rights of several groups together. */
function rightsOf(names: readonly string[], groups: ReadonlyMap<string, GroupConfig>): Rights {
  const scopes = (right: keyof GroupConfig): readonly Scope[] => names.map((name) => groups.get(name)?.[right] ?? [])
  const mayWrite = inScopes(scopes('write'))
  const mayRead = inScopes(scopes('read'))
  return { mayRead: (thing) => mayRead(thing) || mayWrite(thing), mayWrite }
}

function inScopes(scopes: readonly Scope[]): (thing: ProjectId) => boolean {
  if (scopes.includes('*')) return () => true
  const things = new Set(scopes.flatMap((scope) => (scope === '*' ? [] : scope.map(idKey))))
  return (thing) => things.has(idKey(thing))
}

/** Compares in a time that depends on the length of `given` alone. */
export function sameSecret(secret: string, given: string): boolean {
  let difference = secret.length ^ given.length
  for (let i = 0; i < given.length; i += 1) {
    difference |= given.charCodeAt(i) ^ secret.charCodeAt(secret.length === 0 ? 0 : i % secret.length)
  }
  return difference === 0
}
