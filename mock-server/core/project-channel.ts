/**
 * Owns who hears what of a project: the broadcast rules of each dialect. A frame is made once per form (dialect, with
 * the extension or without), however many listen.
 *
 * | listener             | hears of                                                        |
 * |----------------------|-----------------------------------------------------------------|
 * | flat                 | changes of others; own ones only if they added records          |
 * | revisions            | everything, own changes too                                     |
 * | extension, in either | everything, own changes too, with its order; an ack when durable |
 *
 * What was committed in a turn of the event loop leaves in one go (`deliveries.ts`): with a hundred listeners, handing each
 * of them each frame cost more than the commits themselves.
 *
 * An author whose changeset could not stand as it was sent is told what became of it: with the own changes where these are
 * heard, else (flat, nothing added) by a change that looks like somebody else's and holds the correction alone.
 */
import type { Clock } from '../../client/ports/ports.ts'
import type { ServerCodec } from '../../client/protocol/dialects/codec.ts'
import type { Epoch, ProjectId } from '../../client/protocol/ids.ts'
import type { CommitOrder, Downstream, ResumePoint, ServerRevision } from '../../client/protocol/messages.ts'
import type { Author } from './author.ts'
import { correctedChanges } from './correction.ts'
import type { Deliveries } from './deliveries.ts'
import type { Commit } from './history.ts'
import type { IdleReset } from './idle-reset.ts'
import { Presence } from './presence.ts'
import type { ProjectQuirks } from './quirks.ts'
import type { Outcome, Replacement, Room, RoomListener } from './room.ts'

/** A session as a channel sees it: an author that listens. */
export interface ChannelMember extends Author {
  readonly userName: string
  readonly codec: ServerCodec
  /** Whether it was granted the extension. */
  readonly extended: boolean
  /** Never throws. What waits for anybody leaves before it. */
  send(frame: string): void
  /** Sends what waited. Never throws. */
  sendAll(frames: readonly string[]): void
}

/** What a channel is made of beside its room. */
export interface ChannelParts {
  readonly clock: Clock
  readonly idle: IdleReset
  readonly deliveries: Deliveries
  /** Undefined when there are none. */
  readonly quirks: ProjectQuirks | undefined
}

/** What one author committed without a break and waits to leave. */
interface Run {
  readonly author: Author
  /** Of the commits: the room's may be another when they leave. */
  readonly epoch: Epoch
  /** Who is not told. */
  readonly deaf: ChannelMember | undefined
  /** What became of each frame. */
  readonly commits: (readonly Outcome[])[]
}

/** Revisions of one author that are not acknowledged yet. */
interface Unacknowledged {
  first: number
  last: number
}

/** The sessions that loaded one project. */
export class ProjectChannel implements RoomListener {
  readonly project: ProjectId
  readonly room: Room
  readonly presence: Presence
  /** With the form of their frames: asked for with every commit. */
  readonly #members = new Map<Author, { readonly member: ChannelMember; readonly form: string }>()
  #waiting: Run[] = []
  readonly #unacknowledged = new Map<ChannelMember, Unacknowledged>()
  /** Dataset frames by form, until the next commit. */
  readonly #datasets = new Map<string, string>()

  readonly idle: IdleReset
  readonly #deliveries: Deliveries
  readonly #quirks: ProjectQuirks | undefined

  constructor(project: ProjectId, room: Room, { clock, idle, deliveries, quirks }: ChannelParts) {
    this.presence = new Presence(clock)
    this.project = project
    this.room = room
    this.idle = idle
    this.#deliveries = deliveries
    this.#quirks = quirks
    room.listen(this)
    // What the log brought may differ from what is configured.
    if (room.position.revision > 0) idle.changed()
  }

  get size(): number {
    return this.#members.size
  }

  /** Takes a member in and brings it up to date: by what it missed since `known`, else by the whole project. */
  join(member: ChannelMember, known?: ResumePoint): void {
    // What waits is in what the member is sent now.
    this.#deliveries.now()
    this.#members.set(member, { member, form: formOf(member) })
    this.room.startOver(member)
    const missed = known ? this.room.since(known) : 'lost'
    if (missed === 'lost') {
      member.send(this.datasetFrame(member, known !== undefined && this.room.hasLost(known)))
    } else {
      const frames: string[] = []
      this.#addFrames(frames, member, missed, this.room.epoch)
      member.sendAll(frames)
      member.send(member.codec.encode({ type: 'caughtUp', project: this.project, position: this.room.position }))
    }
    if (member.extended) this.presence.joined(member)
  }

  leave(member: ChannelMember): void {
    this.#deliveries.now()
    this.#members.delete(member)
    this.presence.left(member)
    this.#unacknowledged.delete(member)
    this.room.forget(member)
  }

  /** The frame with the whole project in a member's form. `lost`: it takes back some of what the member heard before. */
  datasetFrame(member: ChannelMember, lost = false): string {
    const form = formOf(member) + (lost ? ' lost' : '')
    let frame = this.#datasets.get(form)
    if (frame === undefined) {
      frame = member.codec.encode({
        type: 'dataset',
        project: this.project,
        dataset: this.#quirks?.dataset(this.room.dataset()) ?? this.room.dataset(),
        ...(member.extended ? { position: this.room.position } : {}),
        ...(lost ? { lost } : {}),
      })
      this.#datasets.set(form, frame)
    }
    return frame
  }

  committed(outcomes: readonly Outcome[], author: Author): void {
    if (this.#datasets.size > 0) this.#datasets.clear()
    if (outcomes.some(({ type }) => type === 'committed')) this.idle.changed()
    this.#quirks?.committed(outcomes)
    const deaf = this.#quirks?.deaf(
      [...this.#members.values()].flatMap(({ member }) => (member === author ? [] : member)),
    )
    const { epoch } = this.room
    const last = this.#waiting.at(-1)
    if (last?.author === author && last.epoch === epoch && last.deaf === deaf) last.commits.push(outcomes)
    else this.#waiting.push({ author, epoch, deaf, commits: [outcomes] })
    const own = this.#members.get(author)?.member
    if (own) this.#expectAck(own, outcomes)
    this.#deliveries.putOff(this.#deliver)
    if (own) this.#acknowledgeReplays(own, outcomes)
  }

  readonly #deliver = (): void => {
    const runs = this.#waiting
    this.#waiting = []
    for (const run of runs) {
      const made = new Map<string, readonly string[]>()
      for (const { member, form: usual } of this.#members.values()) {
        if (member === run.deaf) continue
        const own = member === run.author
        // Only the author's frames differ from those of others in the same form, and seldom.
        const form = own && !(hearsAll(member) && run.commits.every(isPlain)) ? 'own' : usual
        let frames = made.get(form)
        if (!frames) made.set(form, (frames = this.#framesOf(run, member, form === 'own' ? ownCommit : othersCommit)))
        if (frames.length > 0) member.sendAll(frames)
      }
    }
  }

  replaced(why: Replacement): void {
    this.#deliveries.now()
    this.#datasets.clear()
    if (why.type === 'reset') {
      this.idle.stop()
      this.#quirks?.replaced()
    }
    if (why.type === 'lost') {
      // Earlier revisions belong to an epoch that no longer counts; the dataset tells where everybody stands.
      this.#unacknowledged.clear()
    }
    for (const { member } of this.#members.values()) member.send(this.datasetFrame(member))
    if (why.type === 'lost') return
    this.#broadcast({ type: 'resetBy', userName: why.by, project: this.project })
    for (const { member } of this.#members.values()) this.room.startOver(member)
  }

  durable(revision: number): void {
    for (const [member, open] of this.#unacknowledged) {
      if (open.first > revision) continue
      if (open.last <= revision) this.#unacknowledged.delete(member)
      else open.first = revision + 1
      this.#acknowledge(member, revision)
    }
  }

  /** Tells every other member something that is no part of the project's history. */
  tellOthers(teller: ChannelMember, message: Downstream): void {
    this.#broadcast(message, teller)
  }

  #broadcast(message: Downstream, except?: ChannelMember): void {
    const frames = new Map<string, string>()
    for (const { member } of this.#members.values()) {
      if (member === except) continue
      let frame = frames.get(member.codec.name)
      if (frame === undefined) frames.set(member.codec.name, (frame = member.codec.encode(message)))
      member.send(frame)
    }
  }

  /** The frames of a run for a member and for all who are told the same in the same form. */
  #framesOf({ commits, epoch }: Run, member: ChannelMember, told: typeof ownCommit): readonly string[] {
    const frames: string[] = []
    for (const outcomes of commits) {
      const some: Commit[] = []
      for (const outcome of outcomes) {
        const commit = told(member, outcome)
        if (commit) some.push(commit)
      }
      this.#addFrames(frames, member, some, epoch)
    }
    return frames
  }

  #addFrames(frames: string[], member: ChannelMember, commits: readonly Commit[], epoch: Epoch): void {
    const { codec, extended } = member
    const encode = (part: readonly Commit[]): string => {
      const revisions = part.map((commit) => revisionOf(commit, extended ? orderOf(commit, epoch) : undefined))
      return codec.encode({ type: 'changed', project: this.project, revisions })
    }
    if (codec.name !== 'bryntum-flat') {
      if (commits.length > 0) frames.push(encode(commits))
      return
    }
    // A flat frame has room for one revision.
    for (const commit of commits) {
      frames.push(
        commit.text === undefined || !codec.asWritten
          ? encode([commit])
          : codec.asWritten.write(this.project, commit.text, extended ? orderOf(commit, epoch) : undefined),
      )
    }
  }

  #expectAck(member: ChannelMember, outcomes: readonly Outcome[]): void {
    if (!member.extended) return
    for (const { commit } of outcomes) {
      if (!commit || commit.revision <= this.room.durableRevision) continue
      const open = this.#unacknowledged.get(member)
      if (open) open.last = Math.max(open.last, commit.revision)
      else this.#unacknowledged.set(member, { first: commit.revision, last: commit.revision })
    }
  }

  /** A replay of something durable is acknowledged at once; what is still on its way has its ack coming. */
  #acknowledgeReplays(member: ChannelMember, outcomes: readonly Outcome[]): void {
    if (!member.extended) return
    const durable = this.room.durableRevision
    if (outcomes.some(({ type, commit }) => type === 'replayed' && (!commit || commit.revision <= durable))) {
      this.#acknowledge(member, durable)
    }
  }

  #acknowledge(member: ChannelMember, revision: number): void {
    const position = { epoch: this.room.epoch, revision }
    member.send(member.codec.encode({ type: 'ack', project: this.project, position }))
  }
}

/** What only those are told to whom the extension was granted. */
function orderOf({ revision, changeset, run }: Commit, epoch: Epoch): CommitOrder {
  return {
    epoch,
    revision,
    ...(changeset === undefined ? {} : { changeset }),
    ...(run === undefined ? {} : { run }),
  }
}

function revisionOf(commit: Commit, order: CommitOrder | undefined): ServerRevision {
  const { revision, changes, client, localRevision, conflictResolutionFor, extra } = commit
  return {
    changes,
    revision: `server-${revision}`,
    client,
    ...(localRevision === undefined ? {} : { localRevision }),
    ...(conflictResolutionFor === undefined ? {} : { conflictResolutionFor }),
    ...(extra === undefined ? {} : { extra }),
    ...(order === undefined ? {} : { order }),
  }
}

/** What an author is told of an own commit: the changes as they stand and what else became of them. */
function ownCommit(author: ChannelMember, outcome: Outcome): Commit | undefined {
  const { commit } = outcome
  if (!commit || outcome.type === 'replayed' || hearsAll(author) || outcome.added) return commit && corrected(commit)
  return commit.correction && { ...commit, changes: { stores: commit.correction } }
}

/** What everybody else is told. A replay concerns its author alone. */
function othersCommit(member: ChannelMember, { type, commit }: Outcome): Commit | undefined {
  if (!commit || type === 'replayed') return undefined
  // What has a text says something, and need not be looked at again.
  return hearsAll(member) || commit.text !== undefined || !isEmpty(commit) ? commit : undefined
}

/** Whether an author who hears everything is told the same as others. */
function isPlain(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(({ type, commit }) => type === 'committed' && !commit.correction)
}

function corrected(commit: Commit): Commit {
  return { ...commit, changes: correctedChanges(commit.changes, commit.correction) }
}

function hearsAll({ extended, codec }: ChannelMember): boolean {
  return extended || codec.name !== 'bryntum-flat'
}

/** True when nothing of the author's changes was left: a flat listener need not hear of it. */
function isEmpty({ changes: { stores, meta } }: Commit): boolean {
  if (meta) return false
  return Object.values(stores).every((part) => !part?.added?.length && !part?.updated?.length && !part?.removed?.length)
}

function formOf({ codec, extended }: ChannelMember): string {
  return extended ? `${codec.name}+` : codec.name
}
