/** The network lab as a page has it: the backend's, which all tabs share. Owns the calls to it and the copy of its log. */
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { LabRunOptions, LabState } from '../lab/lab.ts'
import { type LabEvent, LabEvents } from '../lab/lab-events.ts'
import type { LabSettings } from '../lab/lab-settings.ts'
import type { LabPreset } from '../lab/presets.ts'
import type { LabScript, LabStep } from '../lab/script.ts'
import { Watchers } from '../lab/watchers.ts'

/** What a tab asks of the lab. */
export type LabCall =
  | { readonly do: 'run'; readonly script: LabScript | string; readonly options: LabRunOptions }
  /** Runs it unless something runs: another tab of the same address was first. */
  | { readonly do: 'join'; readonly script: LabScript | string; readonly options: LabRunOptions }
  | { readonly do: 'inject'; readonly step: LabStep }
  | { readonly do: 'set'; readonly settings: LabSettings }
  | { readonly do: 'end'; readonly name: string }
  | { readonly do: 'stop' | 'wait' }

/** What tabs are told of how the lab stands. */
export interface LabStanding {
  readonly state: LabState
  readonly settings: LabSettings
}

/** The network lab of all tabs. What one tab does is the same for all. */
export interface BrowserLab {
  /** Whether a script runs, whoever started it. */
  readonly state: LabState
  /** The standing faults that {@link set} began in any tab, and nobody ended. */
  readonly settings: LabSettings
  /** What the faults did: the newest 2,000 events, oldest first. */
  readonly events: readonly LabEvent[]
  /**
   * Runs a script, or a preset by name, in place of the one that runs. `seed` decides all chance: the same one, the same
   * faults. Rejects with `invalid-argument` that names the path of what a script cannot hold.
   */
  run(script: LabScript | LabPreset, options?: LabRunOptions): Promise<void>
  /**
   * One more fault, now, beside whatever runs: `{ fault: 'drop', to: { user: 'ann' } }`. Resolves with the name by which the log
   * calls it and {@link end} ends it: `id` of the step, else one that no other has.
   */
  inject(step: LabStep): Promise<string>
  /** Ends what goes by this name before its time: a fault that was injected, or a step of the script. Idempotent. */
  end(name: string): Promise<void>
  /** Standing faults for everybody: those given change, the others stay; 0 and false end one. */
  set(settings: LabSettings): Promise<void>
  /** Ends everything: what is held back arrives, dead lines break. Idempotent. */
  stop(): Promise<void>
  /** Resolves when the script that runs is over, or was stopped; at once if none runs. */
  whenDone(): Promise<void>
  /** Hears what the faults do. */
  subscribe(listener: (event: LabEvent) => void): Cancel
  /** Calls back when {@link state} or {@link settings} changed. */
  watch(changed: () => void): Cancel
}

/** A page's end of the lab. */
export class TabLab implements BrowserLab {
  readonly #ask: (call: LabCall) => Promise<string>
  readonly #log: LabEvents
  readonly #watchers: Watchers
  #standing: LabStanding = { state: { state: 'idle' }, settings: {} }

  /** `ask` resolves with the answer, empty where there is none. */
  constructor(ask: (call: LabCall) => Promise<string>, logger: Logger) {
    this.#ask = ask
    this.#log = new LabEvents(logger)
    this.#watchers = new Watchers(logger)
  }

  get state(): LabState {
    return this.#standing.state
  }

  get settings(): LabSettings {
    return this.#standing.settings
  }

  get events(): readonly LabEvent[] {
    return this.#log.kept
  }

  run(script: LabScript | LabPreset, options: LabRunOptions = {}): Promise<void> {
    return this.#do({ do: 'run', script, options })
  }

  join(script: LabScript | string, options: LabRunOptions): Promise<void> {
    return this.#do({ do: 'join', script, options })
  }

  inject(step: LabStep): Promise<string> {
    return this.#ask({ do: 'inject', step })
  }

  end(name: string): Promise<void> {
    return this.#do({ do: 'end', name })
  }

  set(settings: LabSettings): Promise<void> {
    return this.#do({ do: 'set', settings })
  }

  stop(): Promise<void> {
    return this.#do({ do: 'stop' })
  }

  whenDone(): Promise<void> {
    return this.#do({ do: 'wait' })
  }

  subscribe(listener: (event: LabEvent) => void): Cancel {
    return this.#log.subscribe(listener)
  }

  watch(changed: () => void): Cancel {
    return this.#watchers.watch(changed)
  }

  /** The backend told what happened. */
  told(events: readonly LabEvent[]): void {
    for (const event of events) this.#log.add(event)
  }

  /** The backend told how the lab stands. */
  stands(standing: LabStanding): void {
    this.#standing = standing
    this.#watchers.changed()
  }

  async #do(call: LabCall): Promise<void> {
    await this.#ask(call)
  }
}

/** What an address asks for: `?planwire-lab=train-tunnel&seed=7`, or a whole script as JSON. */
export function labOfAddress(search: string): { readonly script: string; readonly options: LabRunOptions } | undefined {
  const parameters = new URLSearchParams(search)
  const script = parameters.get('planwire-lab')
  const seed = Number(parameters.get('seed') ?? Number.NaN)
  if (script === null || script === '') return undefined
  return { script, options: Number.isSafeInteger(seed) && seed >= 0 ? { seed } : {} }
}
