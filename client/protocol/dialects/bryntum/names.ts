/** Owns the commands of the Bryntum dialects: what each upstream message is called on the wire. */
import { invalidArgument } from '../../errors.ts'
import type { ProjectDialectName, Upstream } from '../../messages.ts'
import type { Fields } from '../../records.ts'

/** A frame without its envelope: the command, and what a dialect puts beside it or into `data`. */
export interface Body {
  readonly command: string
  readonly fields: Fields
  /** What stands beside `command` in every dialect: the reason of a refusal. */
  readonly beside?: Fields
}

/** Upstream messages whose command is another word than their type, as each dialect's own server knows it. */
const COMMANDS: { readonly [dialect in ProjectDialectName]: { readonly [type: string]: string } } = {
  'bryntum-flat': { change: 'projectChange' },
  'bryntum-revisions': {
    change: 'project_change',
    requestVersionAutoSave: 'request_version_autosave',
    loadVersionContent: 'load_version_content',
  },
}

/** The command of an upstream message's type; any other word is a command already. */
export function commandOf(type: string, dialect: ProjectDialectName): string {
  const commands = COMMANDS[dialect]
  return (Object.hasOwn(commands, type) && commands[type]) || type
}

const TYPES: { readonly [command: string]: Upstream['type'] } = {
  projectChange: 'change',
  projectChanges: 'change',
  project_change: 'change',
  request_version_autosave: 'requestVersionAutoSave',
  load_version_content: 'loadVersionContent',
}
const OWN_NAMES = [
  'login',
  'logout',
  'version',
  'projects',
  'dataset',
  'reset',
  'requestVersionAutoSave',
  'loadVersionContent',
  'presence',
] as const

/** The upstream message that a command means, in either dialect and in the documents' spelling; undefined for a custom command. */
export function typeOfCommand(command: string): Upstream['type'] | undefined {
  return Object.hasOwn(TYPES, command) ? TYPES[command] : OWN_NAMES.find((name) => name === command)
}

/** The one revision that a flat frame can hold. Throws `invalid-argument` for none or several: they are frames of their own. */
export function onlyRevision<T>(revisions: readonly T[]): T {
  const [revision, second] = revisions
  if (revision !== undefined && second === undefined) return revision
  throw invalidArgument(`A flat frame holds one revision, not ${revisions.length}`)
}
