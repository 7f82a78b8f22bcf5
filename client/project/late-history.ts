/**
 * Undo and redo of a client. Their code is loaded beside it: until it is there, what happens is noted in its order, and
 * nothing can be undone yet.
 */
import { PlanwireError } from '../protocol/errors.ts'
import { type Later, later, made } from '../sync/later.ts'
import type { HistoryState, UndoHistory } from '../sync/undo.ts'

/** What is loaded beside a client that has undo. */
export const undoing: Later<typeof import('../sync/undo.ts')> = later(() => import('../sync/undo.ts'))

/** What is noted at most while the code does not come: a line that hangs must not fill the memory. */
const MOST_NOTES = 10_000

const NOTHING: HistoryState = { canUndo: false, canRedo: false, undoLabel: undefined, redoLabel: undefined }

/** The history of one client. */
export class LateHistory {
  #history: UndoHistory | undefined
  /** What happened before the code was there; undefined once it is, and where there is none. */
  #notes: ((history: UndoHistory) => void)[] | undefined
  readonly #failed: (error: PlanwireError) => void

  /** `limit`: how many steps are kept; with 0 nothing is loaded. `there`: the code is there, and what can be undone may be another. */
  constructor(limit: number, there: () => void, failed: (error: PlanwireError) => void) {
    this.#failed = failed
    if (limit <= 0) return
    this.#notes = []
    const history = made(undoing, (code) => new code.UndoHistory(limit))
    const take = (history: UndoHistory): void => {
      const notes = this.#notes
      if (!notes) return
      this.#notes = undefined
      this.#history = history
      for (const note of notes) note(history)
    }
    if (!(history instanceof Promise)) take(history)
    else history.then(take, (cause: unknown) => this.#giveUp(cause)).then(there)
  }

  /** What can be done now. */
  get state(): HistoryState {
    return this.#history?.state ?? NOTHING
  }

  record(...edit: Parameters<UndoHistory['record']>): void {
    this.#do((history) => history.record(...edit))
  }

  close(...step: Parameters<UndoHistory['close']>): void {
    this.#do((history) => history.close(...step))
  }

  next(...asked: Parameters<UndoHistory['next']>): ReturnType<UndoHistory['next']> {
    return this.#history?.next(...asked)
  }

  rejected(...what: Parameters<UndoHistory['rejected']>): void {
    this.#do((history) => history.rejected(...what))
  }

  seen(...what: Parameters<UndoHistory['seen']>): void {
    // Of what was seen before the first edit a history remembers nothing.
    if (this.#history || this.#notes?.length) this.#do((history) => history.seen(...what))
  }

  clear(): void {
    if (this.#notes) this.#notes = []
    this.#history?.clear()
  }

  #do(step: (history: UndoHistory) => void): void {
    if (this.#history) step(this.#history)
    else if (this.#notes && this.#notes.push(step) > MOST_NOTES) this.#giveUp('it does not come')
  }

  #giveUp(cause: unknown): void {
    if (!this.#notes) return
    this.#notes = undefined
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `Undo could not be loaded (${why}): edits go on without it; reload the page to have it`
    this.#failed(new PlanwireError('connection-lost', text, 'retry', {}, { cause }))
  }
}
