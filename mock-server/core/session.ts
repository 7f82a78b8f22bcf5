/**
 * Owns one client on the project socket: who it is, which project it loaded, and the answer to each of its frames.
 * States: not logged in -> logged in -> (logged out =) closed; a login on the way starts over.
 */
import type { Clock, Logger } from '../../client/ports/ports.ts'
import type { ServerCodec } from '../../client/protocol/dialects/codec.ts'
import { assertNever, PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { Downstream, ExtensionGrant, ProjectInfo, Upstream, UpstreamOf } from '../../client/protocol/messages.ts'
import { EXTENSION_VERSION } from '../../client/protocol/version.ts'
import type { Auth, Rights, User } from './auth.ts'
import { changesetOf } from './author.ts'
import { AuthorMemory } from './author-memory.ts'
import type { ServerSocketListener } from './contract.ts'
import type { Crowd, CrowdMember } from './crowd.ts'
import { runCustomCommand } from './custom-command.ts'
import { BOUNDS, SERVER_VERSION, type Settings } from './defaults.ts'
import type { Deliveries } from './deliveries.ts'
import { isTooDeep } from './depth.ts'
import type { ChannelMember, ProjectChannel } from './project-channel.ts'
import type { Quirks } from './quirks.ts'
import type { SafeSocket } from './safe-socket.ts'
import type { Turns } from './turns.ts'

/** What a session needs of the hub. */
export interface SessionHub {
  readonly auth: Auth
  readonly clock: Clock
  readonly logger: Logger
  readonly frameLength: number
  readonly settings: Settings
  readonly turns: Turns
  readonly deliveries: Deliveries
  readonly quirks: Quirks
  readonly crowd: Crowd<Session>
  /** The codec that a first frame asks for. */
  codecOf(frame: string): ServerCodec
  /** A new id such as `client-1`, different in every run of the server. */
  newClient(): string
  projects(user: User): readonly ProjectInfo[]
  channel(project: ProjectId): ProjectChannel | undefined
  /** True once per project and interval. */
  grantAutoSave(project: ProjectId): boolean
}

/** Somebody who is logged in, as an author and as a listener. */
interface Member extends ChannelMember {
  readonly user: User
}

/** Refusals, word for word as the vendors' servers send them. */
const REFUSED = {
  credentials: 'Wrong username/password',
  authentication: 'Authentication required',
  authorization: 'Authorization required',
  subscription: 'Subscription to project is required. Load project first',
  project: 'Project id is required',
} as const

/** One connection of the project socket. */
export class Session implements ServerSocketListener, CrowdMember {
  readonly #hub: SessionHub
  readonly #socket: SafeSocket
  #codec: ServerCodec
  #member: Member | undefined
  #channel: ProjectChannel | undefined
  #closed = false

  constructor(hub: SessionHub, socket: SafeSocket) {
    this.#hub = hub
    this.#socket = socket
    this.#codec = hub.codecOf('')
  }

  /** The user's name; undefined before the login. */
  get userName(): string | undefined {
    return this.#member?.user.name
  }

  /** The dialect that it speaks, as far as it has shown. */
  get codec(): ServerCodec {
    return this.#codec
  }

  frame(text: string): void {
    if (this.#closed) return
    try {
      this.#answer(text)
    } catch (cause) {
      this.#hub.logger('error', 'A frame could not be handled', { cause })
      this.#refuse('error', 'Internal error')
    }
  }

  closed(): void {
    this.#socket.gone()
    this.#end()
  }

  /** Closes the socket from this side. */
  close(code: number, reason: string): void {
    this.#hub.deliveries.now()
    this.#socket.close(code, reason)
    this.#end()
  }

  /** Sends a message in the session's dialect. */
  send(message: Downstream): void {
    this.sendFrame(this.#codec.encode(this.#hub.quirks.told(message)))
  }

  /** Sends what was encoded by {@link codec}. */
  sendFrame(frame: string): void {
    this.#hub.deliveries.now()
    this.#socket.send(frame)
  }

  #answer(text: string): void {
    if (text.length > this.#hub.frameLength) {
      this.#refuse('error', 'Frame too large')
      return
    }
    if (isTooDeep(text)) {
      this.#refuse('error', 'Nested too deeply')
      return
    }
    // `{"command":"version"}` looks the same in both dialects, so the question stays open until the login.
    if (!this.#member) this.#codec = this.#hub.codecOf(text)
    if (this.#hub.quirks.ignores(text)) return
    const parsed = this.#codec.decode(text)
    if (parsed.ok) {
      this.#handle(parsed.message, text)
      return
    }
    this.#hub.logger('warn', 'A frame could not be read', { error: parsed.error.message })
    const { command } = parsed.error.details
    this.#refuse(typeof command === 'string' ? command.slice(0, BOUNDS.name) : 'error', parsed.error.message)
  }

  #handle(message: Upstream, text: string): void {
    if (message.type === 'version') {
      this.send({ type: 'version', version: SERVER_VERSION })
      return
    }
    if (message.type === 'login') {
      this.#login(message)
      return
    }
    if (message.type === 'custom' && !this.#hub.settings.commands.has(message.command)) {
      this.#refuse(message.command.slice(0, BOUNDS.name), 'Unknown command')
      return
    }
    const member = this.#member
    if (!member) {
      this.#refuse(message.type === 'custom' ? message.command : message.type, REFUSED.authentication)
      return
    }
    this.#channel?.idle.worked()
    switch (message.type) {
      case 'logout':
        this.send({ type: 'loggedOut' })
        this.#socket.close()
        this.#end()
        return
      case 'projects':
        this.send({ type: 'projects', projects: this.#hub.projects(member.user) })
        return
      case 'dataset':
        this.#load(member, message)
        return
      case 'change':
        this.#hub.quirks.commit(() => {
          if (this.#member === member) this.#change(member, message, text)
        })
        return
      case 'reset':
        this.#opened(member, message.type, message.project, 'mayWrite')?.room.reset(member.user.name)
        return
      case 'requestVersionAutoSave': {
        const channel = this.#opened(member, message.type, message.project, 'mayWrite')
        // A client that is not granted hears nothing: another one saves already.
        if (channel && this.#hub.grantAutoSave(channel.project)) {
          this.send({ type: 'versionAutoSaveOK', project: channel.project })
        }
        return
      }
      case 'loadVersionContent':
        this.#loadVersion(member, message)
        return
      case 'presence':
        if (member.extended) this.#channel?.presence.show(member, message.state, text.length)
        return
      case 'custom':
        this.#runCustom(member, message)
        return
      case 'subscribe':
      case 'unsubscribe':
      case 'call':
        this.#refuse(message.type, 'Unknown command')
        return
      default:
        assertNever(message)
    }
  }

  #login({ login, password, extension: asked }: UpstreamOf<'login'>): void {
    const user = this.#hub.auth.login(login, password)
    if (!user) {
      this.#refuse('login', REFUSED.credentials)
      return
    }
    // Rights and subscriptions of an earlier login on this socket end here.
    const before = this.userName
    this.#leave()
    const client = this.#hub.newClient()
    const codec = this.#codec
    // An id that nobody would make is no id to remember; the client goes on without the extension.
    const fits = asked && asked.client !== '' && asked.client.length <= BOUNDS.name
    const extension = fits && !this.#hub.quirks.has('no-ack') ? asked : undefined
    const flat = codec.name === 'bryntum-flat'
    this.#member = {
      user,
      userName: user.name,
      codec,
      extended: extension !== undefined,
      key: extension
        ? AuthorMemory.client(extension.client)
        : this.#hub.quirks.sessionKey(AuthorMemory.session(client)),
      client,
      clientId: extension?.client,
      ids: flat ? 'numbers' : 'strings',
      send: (frame) => this.sendFrame(frame),
      sendAll: (frames) => this.#socket.sendAll(frames),
    }
    const grant: { readonly extension?: ExtensionGrant } = extension
      ? { extension: { version: EXTENSION_VERSION } }
      : {}
    this.send({ type: 'loginAccepted', client, userName: user.name, ...grant })
    if (before !== undefined && before !== user.name) this.#hub.crowd.toOthers(this, { type: 'left', userName: before })
    this.#hub.crowd.toOthers(this, { type: 'joined', userName: user.name })
    this.#hub.crowd.tellUsers(this)
  }

  #load(member: Member, { project, resume }: UpstreamOf<'dataset'>): void {
    if (project === undefined) {
      this.#refuse('dataset', REFUSED.project)
      return
    }
    const channel = this.#allowed(member, 'dataset', project, 'mayRead')
    if (!channel) return
    channel.idle.worked()
    if (this.#channel !== channel) this.#leave()
    this.#channel = channel
    const known = member.extended ? resume : undefined
    if (known && channel.room.hasForgotten(member, known)) {
      this.send({ type: 'refused', command: 'dataset', project, error: 'Client expired', code: 'client-expired' })
      return
    }
    channel.join(member, known)
  }

  #change(member: Member, { project, revisions: sent }: UpstreamOf<'change'>, frame: string): void {
    const revisions = this.#hub.quirks.revisions(sent)
    const channel = this.#channel
    if (!channel || (project !== undefined && !sameProject(channel, project))) {
      this.#refuseChange(member, revisions, REFUSED.subscription, project)
      return
    }
    if (!member.user.mayWrite(channel.project)) {
      this.#refuseChange(member, revisions, REFUSED.authorization, channel.project)
      return
    }
    const text = revisions === sent ? () => member.codec.asWritten?.read(frame, channel.project) : undefined
    const result = channel.room.commit(revisions, member, frame.length, { text })
    if (result instanceof PlanwireError) this.#refuseChange(member, revisions, result.message, channel.project)
  }

  #refuseChange(
    member: Member,
    revisions: UpstreamOf<'change'>['revisions'],
    error: string,
    project: ProjectId | undefined,
  ): void {
    const changesets = revisions.flatMap((revision) => changesetOf(revision, member) ?? [])
    const about = project === undefined ? {} : { project }
    if (changesets.length === 0) this.send({ type: 'refused', command: 'change', error, ...about })
    for (const changeset of changesets) this.send({ type: 'refused', command: 'change', error, ...about, changeset })
  }

  #loadVersion(member: Member, { project, versionId, command }: UpstreamOf<'loadVersionContent'>): void {
    const channel = this.#opened(member, command ?? 'loadVersionContent', project, 'mayRead')
    if (!channel) return
    const content = channel.room.versionContent(versionId)
    if (content === undefined && !this.#hub.quirks.has('lost-content')) {
      this.#refuse(command ?? 'loadVersionContent', 'Not found', channel.project)
      return
    }
    const asked = command === undefined ? {} : { command }
    this.send({ type: 'versionContent', project: channel.project, versionId, content, ...asked })
  }

  #runCustom(member: Member, { command, payload }: UpstreamOf<'custom'>): void {
    const handler = this.#hub.settings.commands.get(command)
    if (!handler) return
    const channel = this.#channel
    const ifHere = (say: () => void): void => {
      if (this.#member === member) say()
    }
    runCustomCommand(command, payload, handler, {
      user: member.user,
      author: member,
      channel,
      reply: (as, fields) => ifHere(() => this.send({ type: 'custom', command: as, payload: fields })),
      broadcast: (as, fields) => channel?.tellOthers(member, { type: 'custom', command: as, payload: fields }),
      inTurn: (run) => this.#hub.turns.within(run),
      refuse: (error) => ifHere(() => this.#refuse(command, error, channel?.project)),
      failed: (cause) => this.#hub.logger('error', 'A custom command failed', { command, cause }),
    })
  }

  /** The project that a command names, or the loaded one. */
  #opened(
    member: Member,
    command: string,
    project: ProjectId | undefined,
    right: keyof Rights,
  ): ProjectChannel | undefined {
    if (project !== undefined) return this.#allowed(member, command, project, right)
    if (this.#channel) return this.#allowed(member, command, this.#channel.project, right)
    this.#refuse(command, REFUSED.subscription)
    return undefined
  }

  #allowed({ user }: Member, command: string, project: ProjectId, right: keyof Rights): ProjectChannel | undefined {
    const channel = user[right](project) ? this.#hub.channel(project) : undefined
    // A project that does not exist and one that is not for this user look the same from outside.
    if (!channel) this.#refuse(command, REFUSED.authorization, project)
    return channel
  }

  #refuse(command: string, error: string, project?: ProjectId): void {
    this.send({ type: 'refused', command, error, ...(project === undefined ? {} : { project }) })
  }

  #leave(): void {
    if (this.#member) this.#channel?.leave(this.#member)
    this.#channel = undefined
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    const name = this.userName
    this.#leave()
    if (!this.#hub.quirks.has('lingering-names')) this.#forget()
    if (name !== undefined) {
      this.#hub.crowd.toOthers(this, { type: 'left', userName: name })
      this.#hub.crowd.tellUsers()
    }
    this.#forget()
  }

  #forget(): void {
    this.#member = undefined
    this.#hub.crowd.delete(this)
  }
}

function sameProject({ project }: ProjectChannel, other: ProjectId): boolean {
  return String(project) === String(other)
}
