/** The commands of `wsSend`: what each takes and what answers it (source: "Sync multiple clients in real-time with WebSockets", Protocol). */
import { invalidArgument } from '../protocol/errors.ts'
import { isRecordId, type ProjectId, type RecordId } from '../protocol/ids.ts'
import type { DownstreamOf, Upstream } from '../protocol/messages.ts'
import type { Fields } from '../protocol/records.ts'

/** Data and answer of each command that the documents define. */
export interface Commands {
  login: { data: { readonly login: string; readonly password?: string }; answer: DownstreamOf<'loginAccepted'> }
  /** Refused with `changes-pending` while own changes are not stored, unless forced: they wait in the outbox for this user's return. */
  logout: { data: { readonly force?: boolean }; answer: DownstreamOf<'loggedOut'> }
  projects: { data: Record<string, never>; answer: DownstreamOf<'projects'> }
  version: { data: Record<string, never>; answer: DownstreamOf<'version'> }
  dataset: { data: { readonly project: ProjectId }; answer: DownstreamOf<'dataset'> }
  reset: { data: { readonly project?: ProjectId }; answer: DownstreamOf<'resetBy'> }
  requestVersionAutoSave: { data: { readonly project?: ProjectId }; answer: DownstreamOf<'versionAutoSaveOK'> }
  loadVersionContent: {
    data: { readonly project?: ProjectId; readonly versionId: RecordId }
    answer: DownstreamOf<'versionContent'>
  }
}

/** The message of a command; unknown commands travel as they are. `loaded` stands in for a missing project. Error `invalid-argument`. */
export function messageOf(command: string, data: Fields, loaded: ProjectId | undefined): Upstream {
  const project = isRecordId(data['project']) ? data['project'] : loaded
  const withProject = project === undefined ? {} : { project }
  switch (command) {
    case 'login': {
      const { login, password } = data
      if (typeof login !== 'string' || login === '')
        throw invalidArgument("wsSend('login', { login }) needs the user's name")
      return typeof password === 'string' ? { type: 'login', login, password } : { type: 'login', login }
    }
    case 'logout':
    case 'projects':
    case 'version':
      return { type: command }
    case 'dataset':
      if (project === undefined) throw invalidArgument("wsSend('dataset', { project }) needs a project id")
      return { type: 'dataset', project }
    case 'reset':
    case 'requestVersionAutoSave':
      return { type: command, ...withProject }
    case 'loadVersionContent':
      if (!isRecordId(data['versionId']))
        throw invalidArgument("wsSend('loadVersionContent', { versionId }) needs a version id")
      return { type: 'loadVersionContent', ...withProject, versionId: data['versionId'] }
    default:
      return { type: 'custom', command, payload: data }
  }
}
