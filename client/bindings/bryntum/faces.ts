/**
 * The two ways to talk with a project model: by changes, or, where its undo machinery was configured with
 * `revisionsEnabled`, by revisions. Revisions are numbered here, per tab: the order among clients is the sync engine's,
 * so the model's own revision is confirmed at once and never waits for a server.
 */

import type { StoreChanges } from '../../protocol/changeset.ts'
import { invalidArgument } from '../../protocol/errors.ts'
import type { Delta } from './mirror.ts'
import { type BryntumProject, type BryntumRevision, cancelOf, storesOf } from './project-model.ts'

/** What the model says: its user's edits, or (`computed`) what its engine made of what it was given. */
export type Hear = (changes: object, computed: boolean) => void

/** A way to talk. */
export interface Face {
  /** By revisions: nothing is taken within an undo step. */
  readonly revisions: boolean
  /** Resolves when the model is not at work on what it was told. */
  idle(): Promise<unknown>
  /** Resolves when the model has taken all that it was told, its own revisions too. */
  rest(): Promise<unknown>
  /** Everything was loaded. */
  loaded(): void
  /** Hands over what the model has to say and has not said by an event. */
  collect(computed: boolean): void
  /** Forgets what can be undone; false if that has to wait for what the model told and was not confirmed yet. */
  forgetUndo(): boolean
  /** What the user has done and the model has not said yet. */
  readonly unsaid: object | null
  /** The model is at work on what it was told, and may raise issues that its user did not cause. */
  readonly busy: boolean
  /** Makes the model take what others did. */
  apply(delta: Delta): Promise<unknown>
  stop(): void
}

/** The way that a model was configured for. `wake`: it has something to say. */
export function faceOf(project: BryntumProject, hear: Hear, wake: () => void, failed: (error: unknown) => void): Face {
  return project.stm.revisionsEnabled
    ? new RevisionsFace(project, hear, wake, failed)
    : new ChangesFace(project, hear, wake)
}

/** True for a model that failed to take a revision: its undo machinery refuses whatever follows. */
export function isBroken({ stm }: BryntumProject): boolean {
  return stm.isRestoring === true
}

/** A model whose undo machinery is in the middle of something refuses; what is loaded then has to do without. */
export function quietly(run: () => void): void {
  try {
    run()
  } catch {}
}

/** By changes, which a model of revisions takes as well. */
export class ChangesFace implements Face {
  readonly revisions = false
  readonly busy = false
  readonly #project: BryntumProject
  readonly #hear: Hear
  readonly stop: () => void

  constructor(project: BryntumProject, hear: Hear, wake: () => void) {
    this.#project = project
    this.#hear = hear
    // Within an undo step nothing is said; its end wakes as well. The event comes with every round of the engine until then.
    const changed = (): void => void (project.stm.isRecording || wake())
    const stops = [cancelOf(project.on({ hasChanges: changed }))]
    // One that is broken raises no such event; its stores do.
    if (project.stm.revisionsEnabled)
      for (const store of storesOf(project).values()) stops.push(cancelOf(store.on?.({ change: changed })))
    this.stop = () => {
      for (const stop of stops.splice(0)) stop()
    }
    // Undo takes back what this user did, not what others did (law 6).
    project.ignoreRemoteChangesInSTM = true
  }

  async idle(): Promise<void> {}

  async rest(): Promise<void> {}

  loaded(): void {}

  forgetUndo(): boolean {
    quietly(() => this.#project.stm.resetQueue())
    return true
  }

  get unsaid(): object | null {
    return this.#project.changes
  }

  collect(computed: boolean): void {
    const { changes } = this.#project
    if (!changes) return
    this.#project.acceptChanges()
    this.#hear(changes, computed)
  }

  apply({ stores, meta }: Delta): Promise<unknown> {
    return this.#project.applyProjectChanges({ ...stores, ...(meta ? { project: meta } : {}) })
  }
}

/** The name under which the model knows its own revisions; others' have another. */
const SELF = 'planwire-self'

class RevisionsFace implements Face {
  readonly revisions = true
  busy = false
  readonly #project: BryntumProject
  readonly #hear: Hear
  readonly #wake: () => void
  readonly #failed: (error: unknown) => void
  readonly stop: () => void
  #revisions = 0
  #applying = 0
  /** Own revisions that were told and are to be confirmed. */
  #unconfirmed = 0
  /** Grows with each load: what was said before is void. */
  #life = 0
  #loading = false
  /** Calls of the model one after another: it refuses a confirmation out of order. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(project: BryntumProject, hear: Hear, wake: () => void, failed: (error: unknown) => void) {
    if (!project.initRevisions || !project.applyRevisions)
      throw invalidArgument('stm.revisionsEnabled needs a ProjectModel with revisions (7.x)')
    this.#project = project
    this.#hear = hear
    this.#wake = wake
    this.#failed = failed
    this.stop = cancelOf(project.on({ revisionNotification: (revision: BryntumRevision) => this.#notified(revision) }))
  }

  idle(): Promise<unknown> {
    this.#life += 1
    this.#loading = true
    return this.#queue
  }

  async rest(): Promise<void> {
    for (let last: unknown; last !== this.#queue; ) await (last = this.#queue)
  }

  loaded(): void {
    if (this.#project.stm.disabled) this.#project.stm.enable()
    this.#life += 1
    this.#loading = false
    this.#unconfirmed = 0
    this.#project.initRevisions?.(SELF, this.#next())
  }

  /** The model forgets revisions with it, and fails to confirm one that it has forgotten. */
  forgetUndo(): boolean {
    if (this.#unconfirmed > 0 || this.busy || this.unsaid) return false
    quietly(() => this.#project.stm.resetQueue())
    return true
  }

  /** Between an edit and its revision, which the event brings. */
  get unsaid(): object | null {
    return this.#project.changes
  }

  collect(): void {}

  apply({ stores, meta }: Delta): Promise<unknown> {
    // The model takes `$input` alone.
    const asInput = Object.entries(stores).map(([store, part]): [string, StoreChanges] => [
      store,
      { ...part, $input: { ...part } },
    ])
    const changes = { ...Object.fromEntries(asInput), ...(meta ? { project: meta } : {}) }
    return this.#then(async () => {
      this.#applying += 1
      try {
        const revisionId = this.#next()
        await this.#project.applyRevisions?.([
          { revisionId, localRevisionId: revisionId, clientId: 'planwire', changes },
        ])
      } finally {
        this.#applying -= 1
      }
    })
  }

  #notified({ localRevisionId, conflictResolutionFor, changes }: BryntumRevision): void {
    const asked =
      conflictResolutionFor !== undefined ||
      Object.values(changes).some((part) => typeof part === 'object' && part !== null && '$input' in part)
    this.#hear(changes, this.#applying > 0 && !asked)
    const life = this.#life
    this.#unconfirmed += 1
    void this.#then(async () => {
      if (this.#loading || life !== this.#life) return
      this.#unconfirmed -= 1
      await this.#project.applyRevisions?.([
        {
          revisionId: this.#next(),
          localRevisionId,
          clientId: SELF,
          ...(conflictResolutionFor === undefined ? {} : { conflictResolutionFor }),
          changes,
        },
      ])
    }).then(this.#wake, (error: unknown) => this.#failed(error))
  }

  #then(run: () => Promise<unknown>): Promise<unknown> {
    const result = this.#queue.then(async () => {
      this.busy = true
      try {
        await run()
      } finally {
        this.busy = false
      }
    })
    this.#queue = result.catch(() => undefined)
    return result
  }

  #next(): string {
    this.#revisions += 1
    return `planwire-${this.#revisions}`
  }
}
