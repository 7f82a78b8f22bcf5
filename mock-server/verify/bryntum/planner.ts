/** Owns one client of a Bryntum server as a clause drives it: commands and their answers, changes out and in. */
import type { ProjectId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import type { Inbox } from '../inbox.ts'
import type { VerifySettings, VerifyUser } from '../options.ts'
import type { Peer } from '../peer.ts'
import { failed } from '../verdict.ts'
import { type PlanRows, readDataset } from './rows.ts'
import { type BryntumDialect, changeCommand, frameOf, type HeardChange, type Said } from './speech.ts'

type Word = Extract<Said, { type: 'word' }>

/** A client that may or may not be logged in. */
export class Planner {
  readonly peer: Peer<Said>
  readonly dialect: BryntumDialect
  /** The id that the revisions dialect gives a client at its login. */
  client: unknown
  readonly #settings: VerifySettings
  readonly #said: Inbox<Said>
  readonly #quietMs: number
  #local = 0

  constructor(peer: Peer<Said>, dialect: BryntumDialect, settings: VerifySettings, quietMs: number) {
    this.peer = peer
    this.dialect = dialect
    this.#said = peer.inbox
    this.#settings = settings
    this.#quietMs = quietMs
  }

  /** Sends a command in the dialect's envelope. */
  say(command: string, fields: Fields = {}): void {
    this.peer.send(frameOf(this.dialect, command, fields))
  }

  /** Sends a command and takes the answer, an error too. */
  ask(command: string, fields: Fields = {}): Promise<Word> {
    this.say(command, fields)
    return this.word(command)
  }

  /** The next frame of a command, or an error that names none. */
  async word(command: string): Promise<Word> {
    const said = await this.#said.next(
      this.#settings.timeoutMs,
      `answer to "${command}"`,
      (item) => item.type === 'word' && (item.command === command || item.command === 'error'),
    )
    return said.type === 'word' ? said : failed('the frame is none')
  }

  /** A frame that fits, or undefined when none came within a time. */
  heard(fits: (said: Said) => boolean, ms: number): Promise<Said | undefined> {
    return this.#said.within(ms, fits)
  }

  /**
   * A frame that fits, or undefined for silence: nothing within the quiet time, nor before the answer to a question asked
   * after it. The question is for machines that are so busy that a timer proves nothing.
   */
  async orSilence(fits: (said: Said) => boolean): Promise<Said | undefined> {
    const said = await this.#said.within(this.#quietMs, fits)
    if (said) return said
    this.say('projects')
    await this.#said.within(this.#settings.timeoutMs, (item) => item.type === 'word' && item.command === 'projects')
    return this.#said.within(0, fits)
  }

  /** Logs in; answers what the server said. */
  async login(user: VerifyUser, extension?: Fields): Promise<Word> {
    const answer = await this.ask('login', {
      login: user.login,
      ...(user.password === undefined ? {} : { password: user.password }),
      ...(extension === undefined ? {} : { planwire: extension }),
    })
    if (answer.error === undefined) this.client = answer.fields['client']
    return answer
  }

  /** Loads a project, or says why not. */
  async load(project: ProjectId, extension?: Fields): Promise<PlanRows> {
    const answer = await this.ask('dataset', { project, ...(extension === undefined ? {} : { planwire: extension }) })
    if (answer.error !== undefined) failed(`"dataset" was refused: ${answer.error}`)
    return readDataset(answer.fields['dataset']) ?? failed('the answer to "dataset" holds no dataset')
  }

  /** Resolves when the server has answered a command that was sent after all else. */
  async fence(): Promise<Word> {
    return this.ask('projects')
  }

  /** Sends one change; answers the local revision that names it. */
  change(project: ProjectId, changes: Fields, { local = this.nextLocal(), extension }: ChangeOptions = {}): string {
    this.changes(project, [{ changes, local, extension }])
    return local
  }

  /** Sends several revisions in one frame; the flat dialect has frames of one change alone. */
  changes(project: ProjectId, revisions: readonly Revision[]): void {
    const command = changeCommand(this.dialect)
    if (this.dialect === 'bryntum-flat') {
      for (const { changes, extension } of revisions) {
        this.say(command, { project, changes, ...(extension === undefined ? {} : { planwire: extension }) })
      }
      return
    }
    this.say(command, {
      project,
      client: this.client,
      revisions: revisions.map(({ changes, local, extension }) => ({
        revision: local,
        clientId: this.client,
        changes,
        ...(extension === undefined ? {} : { planwire: extension }),
      })),
    })
  }

  nextLocal(): string {
    this.#local += 1
    return `local-${this.#local}`
  }

  /** The first change that fits; fails with `what` when none comes, or when the server refuses one meanwhile. */
  async heardChange(what: string, fits: (change: HeardChange) => boolean): Promise<HeardChange> {
    const refusal = changeCommand(this.dialect)
    const said = await this.#said.next(this.#settings.timeoutMs, what, (item) =>
      item.type === 'change'
        ? fits(item.change)
        : item.error !== undefined && (item.command === refusal || item.command === 'error'),
    )
    return said.type === 'change' ? said.change : failed(`${what}: the server answered "${said.error ?? ''}"`)
  }

  /** The change that fits and should not come; undefined after a quiet time without it. */
  async unwanted(fits: (change: HeardChange) => boolean): Promise<HeardChange | undefined> {
    const said = await this.orSilence((item) => item.type === 'change' && fits(item.change))
    return said?.type === 'change' ? said.change : undefined
  }

  /** The error with which the server refused a change; undefined when a quiet time brought none. */
  async refusal(): Promise<string | undefined> {
    const said = await this.orSilence((item) => item.type === 'word' && item.error !== undefined)
    return said?.type === 'word' ? said.error : undefined
  }

  /** Forgets what came so far. */
  forget(): void {
    this.#said.clear()
  }
}

interface ChangeOptions {
  readonly local?: string
  readonly extension?: Fields
}

/** One change of a frame. */
export interface Revision {
  readonly changes: Fields
  readonly local: string
  readonly extension?: Fields | undefined
}
