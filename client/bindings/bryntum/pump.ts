/**
 * Moves changes between a client and a project model, one round after the other:
 *
 *     1  let the model's engine settle; hand what its user did to the client
 *     2  give the model what the client shows differently
 *     3  what the engine made of that goes back, if it differs still
 *
 * A round never loses an edit: fields that the user is changing are left out of 2 until the model has said them.
 */
import type { Cancel, Clock, Logger, Random } from '../../ports/ports.ts'
import type { ProjectClient } from '../../project/project-client.ts'
import type { ProjectCore } from '../../project/project-core.ts'
import { PlanwireError } from '../../protocol/errors.ts'
import { isRecordId, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import { currentCopy } from '../../sync/copies.ts'
import { Computed } from './computed.ts'
import { type EditTarget, makeEdits, makeOrderEdits } from './edits.ts'
import { ChangesFace, type Face, faceOf, isBroken, quietly } from './faces.ts'
import { type Delta, Mirror } from './mirror.ts'
import { busyFields, numberedTasks, PLACE, withoutNumbers } from './model-changes.ts'
import { type BryntumProject, type BryntumStore, cancelOf, fieldsOf, recordOf, storesOf } from './project-model.ts'
import { resolveIssues } from './scheduling-issues.ts'
import { childrenOf, orderChildren } from './tree-order.ts'
import { Untold } from './untold.ts'

/** A model that takes longer for one change than this has stopped working. */
const STUCK_MS = 30_000

/** What a pump connects. */
export interface PumpParts {
  readonly project: BryntumProject
  readonly client: ProjectClient
  readonly core: ProjectCore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly readOnly: boolean
  isDate(store: string, field: string): boolean
  failed(error: unknown): void
}

/** The mover. */
export class Pump {
  readonly #parts: PumpParts
  readonly #mirror: Mirror
  #face: Face
  readonly #target: EditTarget
  readonly #computed: Computed
  #untold: Untold | undefined
  readonly #stops: Cancel[] = []
  /** Tasks whose places among their siblings may be others than the records say. */
  readonly #placed = new Set<RecordId>()
  /** Tasks that the model numbered anew within an undo step because others' came or went: not what the user did. */
  readonly #renumbered = new Set<RecordKey>()
  /** Tasks that have another number since the model took others' changes: its user may have moved them in that moment. */
  readonly #moved = new Map<RecordKey, RecordId>()
  #reload = true
  #loaded = false
  #round: Promise<void> | undefined
  #again = false
  #giving = false
  #undoIsOld = false
  #stopped = false
  /** Loads in a row that followed a failure. */
  #failures = 0

  constructor(parts: PumpParts) {
    const { project, client, core, isDate } = parts
    this.#parts = parts
    this.#mirror = new Mirror(client, () => storesOf(project).keys())
    const childrenInModel = (parent: RecordId | null): readonly RecordId[] =>
      childrenOf(project.taskStore, parent === null ? null : this.#mirror.modelId('tasks', parent))
    this.#target = { core, mirror: this.#mirror, isDate, childrenInModel }
    this.#computed = new Computed(this.#target, parts)
    this.#untold = project.stm.revisionsEnabled ? new Untold(project) : undefined
    this.#face = faceOf(
      project,
      (changes, computed) => this.#hear(changes, computed),
      () => this.wake(),
      parts.failed,
    )
    this.#stops.push(
      () => this.#face.stop(),
      () => this.#computed.stop(),
      () => this.#untold?.stop(),
      cancelOf(project.stm.on({ recordingStop: () => this.wake() })),
      resolveIssues(
        project,
        { children: (id) => client.tasks.children(id), parent: (id) => client.tasks.parent(id) },
        () => this.#giving || this.#face.busy,
        // Revisions that were taken back and repeated meanwhile may have left anything.
        () => this.#face.revisions && this.reload(),
      ),
      client.on('change', (batch) => {
        this.#mirror.note(batch)
        this.wake()
      }),
    )
  }

  /** The client shows another project, or all of it anew. */
  reload(): void {
    this.#reload = true
    this.wake()
  }

  /** Somebody put the project back: what was done before cannot be undone. */
  forgetUndo(): void {
    this.#undoIsOld = true
    this.wake()
  }

  /** Something may have to be moved. */
  wake(): void {
    this.#again = true
    if (this.#round || this.#stopped) return
    this.#round = this.#run()
  }

  /** Resolves when nothing is left to be moved. */
  async settled(): Promise<void> {
    this.wake()
    while (this.#round) await this.#round
  }

  stop(): void {
    if (this.#stopped) return
    if (this.#loaded && !this.#parts.project.stm.isRecording) this.#face.collect(false)
    this.#stopped = true
    for (const stop of this.#stops.splice(0)) stop()
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      // A whole turn of edits, and of what arrived, is one round.
      this.#again = false
      await undefined
      let stopWatch: Cancel | undefined
      let hangs = false
      try {
        const work = this.#reload ? this.#load() : this.#move()
        const byRevisions = this.#face.revisions && !this.#reload
        const tooLong = new Promise<void>((done) => {
          stopWatch = this.#parts.clock.after(STUCK_MS, () => {
            this.#parts.failed(stuck())
            hangs = byRevisions
            if (hangs) done()
          })
        })
        await Promise.race([work, tooLong])
        if (hangs) {
          // What it waits for never comes.
          this.#goOnByChanges()
          this.#failures += 1
          this.#reload = this.#again = true
        } else if (!this.#reload) this.#failures = 0
      } catch (error) {
        this.#parts.failed(error)
        if (this.#face.revisions && isBroken(this.#parts.project)) this.#goOnByChanges()
        // The model may have taken half of it: begin anew, but not for ever.
        this.#failures += 1
        this.#reload = this.#failures < 3
        this.#again ||= this.#reload
      } finally {
        stopWatch?.()
      }
    }
    // Not a microtask later: who wakes in between would wake nobody.
    this.#round = undefined
  }

  /** Without this the model would fail at whatever follows, and tell nothing of what its user does. */
  #goOnByChanges(): void {
    const { project, logger } = this.#parts
    this.#face.stop()
    this.#untold?.stop()
    this.#untold = undefined
    // One that hangs would go on to make revisions of what is edited; one that broke down refuses, and makes none.
    quietly(() => project.stm.disable())
    this.#giving = false
    this.#face = new ChangesFace(
      project,
      (changes, computed) => this.#hear(changes, computed),
      () => this.wake(),
    )
    const text =
      'The undo machinery of the ProjectModel broke down when it took a revision (onError has the cause). The stored plan is shown, it goes on by changes, and nothing can be undone until the page is loaded'
    logger('warn', text, {})
  }

  async #load(): Promise<void> {
    const { project, client, core } = this.#parts
    if (client.wsProjectId === undefined || !currentCopy(core.session.state)?.loaded) return
    const { stm } = project
    if (this.#loaded && this.#failures === 0) {
      // What the user is at would be lost; the end of the undo step wakes.
      if (stm.isRecording) return
      this.#face.collect(false)
    }
    this.#reload = false
    await this.#face.idle()
    const wasOff = stm.disabled
    if (!wasOff) quietly(() => stm.disable())
    this.#giving = true
    this.#loaded = false
    try {
      this.#computed.clear()
      this.#placed.clear()
      this.#moved.clear()
      // The model goes on with the objects that it is given, and writes to them.
      await project.loadInlineData(structuredClone(this.#mirror.dataset()))
      project.acceptChanges()
    } finally {
      this.#giving = false
      if (!wasOff) quietly(() => stm.enable())
    }
    quietly(() => stm.resetQueue())
    this.#untold?.clear()
    this.#face.loaded()
    this.#loaded = true
    this.#again = true
  }

  async #move(): Promise<void> {
    const { project } = this.#parts
    if (!this.#loaded) return
    const face = this.#face
    // One that comes to its senses after it was given up meets another round at work.
    const isOver = (): boolean => this.#stopped || this.#reload || face !== this.#face
    await project.commitAsync()
    if (isOver()) return
    if (!project.stm.isRecording) {
      face.collect(false)
      this.#undoIsOld &&= !face.forgetUndo()
    }
    // A model of revisions takes nothing within an undo step; what waits there would be old by then.
    if (face.revisions && project.stm.isRecording) return
    await this.#hearUntold()
    if (isOver() || (face.revisions && project.stm.isRecording)) return
    if (this.#mirror.stale) {
      const unsaid = busyFields(face.unsaid)
      const delta = this.#mirror.delta(unsaid)
      if (delta) return await this.#give(delta)
    }
    if (await this.#order()) face.collect(true)
    if (this.#moved.size === 0 || this.#mirror.stale || project.stm.isRecording || this.#stopped) return
    makeOrderEdits(this.#target, [...this.#moved.values()])
    this.#moved.clear()
  }

  /** What a model of revisions kept to itself is heard all the same. If it is not at rest, its next event wakes. */
  async #hearUntold(): Promise<void> {
    const { project } = this.#parts
    if (!this.#untold?.some) return
    await this.#face.rest()
    await project.commitAsync()
    if (this.#stopped || this.#reload || !this.#loaded || project.stm.isRecording || this.#face.unsaid) return
    if (!this.#untold) return
    const { edits, computed } = this.#untold.take(this.#target, !this.#mirror.stale && this.#placed.size === 0)
    if (Object.keys(edits).length > 0) this.#hear(edits, false)
    if (Object.keys(computed).length > 0) this.#hear(computed, true)
  }

  async #give(delta: Delta): Promise<void> {
    const face = this.#face
    // An undo step that was open is the user's, also if it ended meanwhile.
    const typing = this.#parts.project.stm.isRecording
    const numbered = typing ? numberedTasks(this.#face.unsaid) : undefined
    const renamed = this.#named(delta)
    this.#giving = true
    try {
      this.#computed.given(delta)
      const given = givenUp(delta)
      if (given) await face.apply(structuredClone(given))
      await face.apply(structuredClone(delta))
      if (face === this.#face) this.#mirror.given(delta)
    } finally {
      if (face === this.#face) this.#giving = false
    }
    // Given up meanwhile: it took too long.
    if (this.#stopped || face !== this.#face) return
    for (const { store, id, had, model } of renamed) {
      // By changes the removal of what has no name yet is not told: what the model made of the name is another, empty one.
      const now = recordOf(model, id)
      if (now && now !== had) this.#target.core.run(() => this.#target.core.store(store).remove([id]), 'edit', {})
    }
    const { added = [], updated = [] } = delta.stores['tasks'] ?? {}
    for (const { id } of added) if (id !== undefined) this.#placed.add(id)
    for (const task of updated) if (PLACE.some((field) => field in task)) this.#placed.add(task.id)
    if (numbered)
      for (const key of numberedTasks(this.#face.unsaid).keys()) if (!numbered.has(key)) this.#renumbered.add(key)
    if (typing && !this.#parts.project.stm.isRecording) this.#face.collect(false)
    await this.#order()
    if (this.#stopped || face !== this.#face) return
    if (!this.#parts.project.stm.isRecording) this.#face.collect(true)
    this.#computed.overruled(delta, busyFields(this.#face.unsaid))
    if (this.#untold?.some) this.#again = true
  }

  /** The model's records that get their names from the server. */
  #named({ stores }: Delta): { store: string; id: RecordId; model: BryntumStore | undefined; had: unknown }[] {
    const models = storesOf(this.#parts.project)
    return Object.entries(stores).flatMap(([store, { added = [] }]) =>
      added.flatMap(({ $PhantomId: phantom, id }) => {
        if (!isRecordId(phantom) || id === undefined || sameId(phantom, id)) return []
        const model = models.get(store)
        return [{ store, id, model, had: recordOf(model, phantom) }]
      }),
    )
  }

  /** Not while an undo step is open: this is nobody's to undo. */
  async #order(): Promise<boolean> {
    const { project, client } = this.#parts
    if (this.#placed.size === 0 || project.stm.isRecording || this.#stopped) return false
    const face = this.#face
    const { stm } = project
    const wasOff = stm.disabled
    if (!wasOff) quietly(() => stm.disable())
    this.#giving = true
    try {
      const parents = new Set([...this.#placed].map((id) => client.tasks.parent(id)?.id ?? null))
      this.#placed.clear()
      for (const parent of parents) orderChildren(project.taskStore, parent, client.tasks.children(parent))
      await project.commitAsync()
    } finally {
      // Given up meanwhile, it is off for good.
      if (face === this.#face) {
        this.#giving = false
        if (!wasOff) quietly(() => stm.enable())
      }
    }
    return face === this.#face
  }

  #hear(changes: object, computed: boolean): void {
    if (!this.#loaded) return
    if (computed) {
      this.#computed.said(changes)
      if (this.#face.revisions || this.#parts.readOnly) return
      for (const [key, id] of numberedTasks(changes)) this.#moved.set(key, id)
      this.#again ||= this.#moved.size > 0
      return
    }
    this.#computed.edited()
    if (this.#parts.readOnly) {
      this.#refuse(changes)
      return
    }
    try {
      makeEdits(this.#target, withoutNumbers(changes, this.#renumbered), false)
      this.#renumbered.clear()
    } catch (error) {
      // Refused by the client (a full outbox, a schema): the model shows what is stored again.
      this.#parts.failed(error)
      this.reload()
    }
  }

  /** Nothing that was edited stays. What the engine computed of the project itself is no edit. */
  #refuse(changes: object): void {
    const lists = Object.entries(changes).flatMap(([store, part]) =>
      store === 'project' ? [] : Object.values(fieldsOf(part)),
    )
    if (lists.some((list) => Array.isArray(list) && list.length > 0)) this.reload()
  }
}

function stuck(): PlanwireError {
  const text = `The ProjectModel has not finished what it was given ${STUCK_MS / 1000} s ago: it shows nothing new, and what is edited in it is not sent. Load the page, or make a new ProjectModel and connect that one`
  return new PlanwireError('timeout', text, 'fatal')
}

/** Links that become inactive do so before others come: together they could close a circle for a moment. */
function givenUp({ stores }: Delta): Delta | undefined {
  const { added = [], updated = [] } = stores['dependencies'] ?? {}
  const known = updated.filter(({ id, active }) => active === false && !added.some((link) => sameId(link.id, id)))
  return known.length > 0 && added.length > 0
    ? { stores: { dependencies: { updated: known } }, meta: undefined }
    : undefined
}
