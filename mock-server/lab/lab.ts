/** The network lab of one mock server, as it is handed out. */
import type { Cancel } from '../../client/ports/ports.ts'
import type { LabEvent } from './lab-events.ts'
import type { LabSettings } from './lab-settings.ts'
import type { LabPreset } from './presets.ts'
import type { LabScript, LabStep } from './script.ts'

/** Whether a script runs. */
export type LabState =
  | { readonly state: 'idle' }
  | {
      readonly state: 'running'
      readonly script: LabScript
      readonly seed: number
      /** Milliseconds since the epoch. */
      readonly since: number
    }

/** The network lab, as it is handed out. */
export interface Lab {
  readonly state: LabState
  /** The standing faults that {@link set} began and nobody ended. */
  readonly settings: LabSettings
  /** What the faults did: the newest 2,000 events, oldest first. */
  readonly events: readonly LabEvent[]
  /**
   * Runs a script, or a preset by name, in place of the one that runs. `seed` decides all chance: the same one, the same
   * faults. Throws `invalid-argument` that names the path of what a script cannot hold.
   * @example
   * server.lab.run('train-tunnel', { seed: 7 })
   */
  run(script: LabScript | LabPreset, options?: LabRunOptions): void
  /**
   * One more fault, now, beside whatever runs: `{ fault: 'drop', to: { user: 'ann' } }`. Returns the name by which the log calls
   * it and {@link end} ends it: `id` of the step, else one that no other has.
   */
  inject(step: LabStep): string
  /** Ends what goes by this name before its time: a fault that was injected, or a step of the script. Idempotent. */
  end(name: string): void
  /** Standing faults for everybody: those given change, the others stay; 0 and false end one. */
  set(settings: LabSettings): void
  /** Ends everything: what is held back arrives, dead lines break. Idempotent. */
  stop(): void
  /** Resolves when the script that runs is over, or was stopped; at once if none runs. */
  whenDone(): Promise<void>
  /** Hears what the faults do. */
  subscribe(listener: (event: LabEvent) => void): Cancel
  /** Calls back when {@link state} or {@link settings} changed. */
  watch(changed: () => void): Cancel
}

/** How a script is run. */
export interface LabRunOptions {
  /** A whole number. Default: the script's own, else 1. */
  readonly seed?: number
}
