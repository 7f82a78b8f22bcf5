/** The network lab as a page has it: the backend's, which all tabs share. Owns the calls to it and the copy of its log. */
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { LabRunOptions } from '../lab/lab.ts'
import { type LabEvent, LabEvents } from '../lab/lab-events.ts'
import type { LabSettings } from '../lab/lab-settings.ts'
import type { LabPreset } from '../lab/presets.ts'
import type { LabScript, LabStep } from '../lab/script.ts'

/** What a tab asks of the lab. */
export type LabCall =
  | { readonly do: 'run'; readonly script: LabScript | string; readonly options: LabRunOptions }
  /** Runs it unless something runs: another tab of the same address was first. */
  | { readonly do: 'join'; readonly script: LabScript | string; readonly options: LabRunOptions }
  | { readonly do: 'inject'; readonly step: LabStep }
  | { readonly do: 'set'; readonly settings: LabSettings }
  | { readonly do: 'stop' | 'wait' }

/** The network lab of all tabs. What one tab does is the same for all. */
export interface BrowserLab {
  /** What the faults did: the newest 2,000 events, oldest first. */
  readonly events: readonly LabEvent[]
  /**
   * Runs a script, or a preset by name, in place of the one that runs. `seed` decides all chance: the same one, the same
   * faults. Rejects with `invalid-argument` that names the path of what a script cannot hold.
   */
  run(script: LabScript | LabPreset, options?: LabRunOptions): Promise<void>
  /** One more fault, now, beside whatever runs: `{ fault: 'drop', to: { user: 'ann' } }`. */
  inject(step: LabStep): Promise<void>
  /** Standing faults for everybody: those given change, the others stay; 0 and false end one. */
  set(settings: LabSettings): Promise<void>
  /** Ends everything: what is held back arrives, dead lines break. Idempotent. */
  stop(): Promise<void>
  /** Resolves when the script that runs is over, or was stopped; at once if none runs. */
  whenDone(): Promise<void>
  subscribe(listener: (event: LabEvent) => void): Cancel
}

/** A page's end of the lab. */
export class TabLab implements BrowserLab {
  readonly #call: (call: LabCall) => Promise<void>
  readonly #log: LabEvents

  constructor(call: (call: LabCall) => Promise<void>, logger: Logger) {
    this.#call = call
    this.#log = new LabEvents(logger)
  }

  get events(): readonly LabEvent[] {
    return this.#log.kept
  }

  run(script: LabScript | LabPreset, options: LabRunOptions = {}): Promise<void> {
    return this.#call({ do: 'run', script, options })
  }

  join(script: LabScript | string, options: LabRunOptions): Promise<void> {
    return this.#call({ do: 'join', script, options })
  }

  inject(step: LabStep): Promise<void> {
    return this.#call({ do: 'inject', step })
  }

  set(settings: LabSettings): Promise<void> {
    return this.#call({ do: 'set', settings })
  }

  stop(): Promise<void> {
    return this.#call({ do: 'stop' })
  }

  whenDone(): Promise<void> {
    return this.#call({ do: 'wait' })
  }

  subscribe(listener: (event: LabEvent) => void): Cancel {
    return this.#log.subscribe(listener)
  }

  /** The backend told. */
  told(events: readonly LabEvent[]): void {
    for (const event of events) this.#log.add(event)
  }
}

/** The script that an address asks for: `?planwire-lab=train-tunnel&seed=7`. */
export function labOfAddress(search: string): { readonly script: string; readonly options: LabRunOptions } | undefined {
  const parameters = new URLSearchParams(search)
  const script = parameters.get('planwire-lab')
  const seed = Number(parameters.get('seed') ?? Number.NaN)
  if (script === null || script === '') return undefined
  return { script, options: Number.isSafeInteger(seed) && seed >= 0 ? { seed } : {} }
}
