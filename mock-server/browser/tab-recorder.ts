/** The recorder as a page has it: the backend's, which hears all tabs. Owns the calls to it, and who listens in this page. */
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { RecorderSnapshot, RecorderState, Recording, RecordingOptions, WireEntry } from '../recorder/recording.ts'

/** What a tab asks of the recorder. */
export type RecorderCall =
  | { readonly do: 'start' | 'snapshot'; readonly options: RecordingOptions }
  | { readonly do: 'stop' | 'state' }

/** The recorder of all tabs: there is one, whichever tab asks. */
export interface BrowserRecorder {
  /** Whether a recording is being made. */
  state(): Promise<RecorderState>
  /** Begins a recording of all tabs; one that is being made is thrown away. */
  start(options?: RecordingOptions): Promise<void>
  /** Ends it. Rejects with `invalid-argument` when none is being made. */
  stop(): Promise<Recording>
  /**
   * What a recording of all tabs that begins now would begin with; one that is being made goes on. With what is heard from then
   * on it is a recording: `{ ...snapshot, entries: heard.filter(({ n }) => n > snapshot.after) }`.
   */
  snapshot(options?: RecordingOptions): Promise<RecorderSnapshot>
  /**
   * Hears what crosses the wire, of all tabs, in lists. A page that reads too slowly misses the oldest entries: then there is a
   * gap in their numbers. Nothing is kept while nobody listens.
   */
  subscribe(listener: (entries: readonly WireEntry[]) => void): Cancel
}

/** How a page reaches the backend. */
export interface RecorderLine {
  /** Resolves with the answer as JSON; empty for none. */
  ask(call: RecorderCall): Promise<string>
  listen(on: boolean): void
  /** What came last is read. */
  read(): void
  readonly logger: Logger
}

/** A page's end of the recorder. */
export class TabRecorder implements BrowserRecorder {
  readonly #line: RecorderLine
  readonly #listeners = new Set<(entries: readonly WireEntry[]) => void>()

  constructor(line: RecorderLine) {
    this.#line = line
  }

  async state(): Promise<RecorderState> {
    return JSON.parse(await this.#line.ask({ do: 'state' }))
  }

  async start(options: RecordingOptions = {}): Promise<void> {
    await this.#line.ask({ do: 'start', options })
  }

  async stop(): Promise<Recording> {
    return JSON.parse(await this.#line.ask({ do: 'stop' }))
  }

  async snapshot(options: RecordingOptions = {}): Promise<RecorderSnapshot> {
    return JSON.parse(await this.#line.ask({ do: 'snapshot', options }))
  }

  subscribe(listener: (entries: readonly WireEntry[]) => void): Cancel {
    // The same function twice is two listeners.
    const each = (entries: readonly WireEntry[]): void => listener(entries)
    this.#listeners.add(each)
    if (this.#listeners.size === 1) this.#line.listen(true)
    return () => {
      if (this.#listeners.delete(each) && this.#listeners.size === 0) this.#line.listen(false)
    }
  }

  /** Another backend took over: it does not know yet who listens. */
  rejoined(): void {
    if (this.#listeners.size > 0) this.#line.listen(true)
  }

  /** The backend told; `text` is a list of entries as JSON. */
  told(text: string): void {
    const entries: readonly WireEntry[] = JSON.parse(text)
    for (const listener of [...this.#listeners]) {
      try {
        listener(entries)
      } catch (cause) {
        this.#line.logger('error', 'A listener of the recorder failed', { cause })
      }
    }
    this.#line.read()
  }
}
