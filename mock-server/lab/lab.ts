/** The network lab of one mock server. Owns which faults are under way, and what becomes of them when they begin and end. */
import type { Cancel, Clock, Logger } from '../../client/ports/ports.ts'
import { ActiveFault, isStep, type Party, type StepOf } from './active-fault.ts'
import { type LabEffect, type LabEvent, LabEvents } from './lab-events.ts'
import { LabLines } from './lab-lines.ts'
import type { LabSettings } from './lab-settings.ts'
import { stepsOfSettings } from './lab-settings.ts'
import { type LabPreset, scriptOf } from './presets.ts'
import { type Happening, Schedule } from './schedule.ts'
import type { FaultName, LabScript, LabStep } from './script.ts'
import { checkStep, lasts } from './script-check.ts'

/** Whether a script runs. */
export type LabState =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly script: LabScript; readonly seed: number }

/** The network lab, as it is handed out. */
export interface Lab {
  readonly state: LabState
  /** What the faults did: the newest 2,000 events, oldest first. */
  readonly events: readonly LabEvent[]
  /**
   * Runs a script, or a preset by name, in place of the one that runs. `seed` decides all chance: the same one, the same
   * faults. Throws `invalid-argument` that names the path of what a script cannot hold.
   * @example
   * server.lab.run('train-tunnel', { seed: 7 })
   */
  run(script: LabScript | LabPreset, options?: LabRunOptions): void
  /** One more fault, now, beside whatever runs: `{ fault: 'drop', to: { user: 'ann' } }`. */
  inject(step: LabStep): void
  /** Standing faults for everybody: those given change, the others stay; 0 and false end one. */
  set(settings: LabSettings): void
  /** Ends everything: what is held back arrives, dead lines break. Idempotent. */
  stop(): void
  /** Resolves when the script that runs is over, or was stopped; at once if none runs. */
  whenDone(): Promise<void>
  subscribe(listener: (event: LabEvent) => void): Cancel
}

/** How a script is run. */
export interface LabRunOptions {
  /** A whole number. Default: the script's own, else 1. */
  readonly seed?: number
}

/** What the lab needs of the server it is in. */
export interface LabPorts {
  readonly clock: Clock
  readonly logger: Logger
  /** Stops the server, and starts it again; resolves when it is up. */
  restart(step: StepOf<'restart'>): Promise<void>
  /** The lab is stopped: a server that is down comes up now. */
  stopped(): void
}

/** A lab with its inner side. */
export class NetworkLab implements Lab {
  readonly lines: LabLines
  readonly #ports: LabPorts
  readonly #log: LabEvents
  #active: ActiveFault[] = []
  readonly #ends = new Map<ActiveFault, Cancel>()
  readonly #standing = new Map<FaultName, ActiveFault>()
  /** Restarts under way. */
  #restarting = 0
  #run: { readonly script: LabScript; readonly seed: number; readonly schedule: Schedule } | undefined
  #injected = 0
  readonly #done = new Set<() => void>()
  /** What travels now. */
  readonly #delayed = new Set<() => void>()

  constructor(ports: LabPorts) {
    this.#ports = ports
    this.#log = new LabEvents(ports.logger)
    this.lines = new LabLines(this, ports.clock)
  }

  get state(): LabState {
    const run = this.#run
    return run === undefined ? { state: 'idle' } : { state: 'running', script: run.script, seed: run.seed }
  }

  get events(): readonly LabEvent[] {
    return this.#log.kept
  }

  /** True while there is nothing to do for any frame or request. */
  get isIdle(): boolean {
    return this.#run === undefined && this.#active.length === 0
  }

  run(given: LabScript | LabPreset, options: LabRunOptions = {}): void {
    const script = scriptOf(given)
    const seed = options.seed ?? script.seed ?? 1
    this.#endRun()
    const schedule = new Schedule(this.#ports.clock, (step, name) => this.#begin(step, name, seed))
    this.#run = { script, seed, schedule }
    schedule.start(script, seed)
    this.#settle()
  }

  inject(step: LabStep): void {
    this.#injected += 1
    const { id = `inject-${this.#injected}` } = checkStep(step, 'the step')
    this.#begin(step, id, this.#run?.seed ?? 1)
  }

  set(settings: LabSettings): void {
    for (const { fault, step } of stepsOfSettings(settings, (name) => this.#standing.get(name)?.step)) {
      const standing = this.#standing.get(fault)
      if (standing) this.#end(standing)
      this.#standing.delete(fault)
      const begun = step && this.#begin(checkStep(step, 'settings'), `set-${fault}`, 1)
      if (begun) this.#standing.set(fault, begun)
    }
  }

  stop(): void {
    this.#endRun()
    this.#standing.clear()
    for (const fault of [...this.#active]) this.#end(fault)
    for (const arrive of [...this.#delayed]) arrive()
    this.lines.straighten()
    this.#ports.stopped()
  }

  whenDone(): Promise<void> {
    return this.#run === undefined ? Promise.resolve() : new Promise((resolve) => this.#done.add(resolve))
  }

  subscribe(listener: (event: LabEvent) => void): Cancel {
    return this.#log.subscribe(listener)
  }

  // The inner side.

  /** Faults of a kind that are for somebody. */
  for<Name extends FaultName>(
    name: Name,
    party: Party,
  ): readonly { readonly fault: ActiveFault; readonly step: StepOf<Name> }[] {
    const found: { fault: ActiveFault; step: StepOf<Name> }[] = []
    for (const fault of this.#active) {
      const { step } = fault
      if (isStep(step, name) && fault.isFor(party)) found.push({ fault, step })
    }
    return found
  }

  tell(fault: ActiveFault, target: string, effect: LabEffect): void {
    this.#log.add({ at: this.#ports.clock.now(), fault: fault.step.fault, step: fault.name, target, effect })
  }

  saw(happening: Happening): void {
    this.#run?.schedule.saw(happening)
  }

  /** Resolves after `ms`, or when the lab is stopped. */
  delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const arrive = (): void => {
        cancel()
        this.#delayed.delete(arrive)
        resolve()
      }
      const cancel = this.#ports.clock.after(ms, arrive)
      this.#delayed.add(arrive)
    })
  }

  #begin(step: LabStep, name: string, seed: number): ActiveFault | undefined {
    const fault = new ActiveFault(step, name, seed)
    if (!lasts(step.fault)) {
      this.#strike(fault)
      this.#settle()
      return undefined
    }
    this.#active.push(fault)
    this.tell(fault, 'everybody', step.for === undefined ? { type: 'began' } : { type: 'began', forMs: step.for })
    if (step.for !== undefined)
      this.#ends.set(
        fault,
        this.#ports.clock.after(step.for, () => this.#end(fault)),
      )
    this.lines.began(fault)
    this.saw({ event: 'begin', step: name })
    return fault
  }

  /** A fault that is over at once. */
  #strike(fault: ActiveFault): void {
    const { step, name } = fault
    this.saw({ event: 'begin', step: name })
    if (isStep(step, 'drop')) this.lines.drop(fault, step.code ?? 1006, step.reason)
    if (!isStep(step, 'restart')) {
      this.saw({ event: 'end', step: name })
      return
    }
    this.#restarting += 1
    this.tell(fault, 'everybody', { type: 'down' })
    this.#ports
      .restart(step)
      .then(
        () => this.tell(fault, 'everybody', { type: 'up', memory: step.memory }),
        (cause: unknown) => {
          const message = cause instanceof Error ? cause.message : String(cause)
          this.#ports.logger('error', 'The mock server did not start again', { cause })
          this.tell(fault, 'everybody', { type: 'failed', message })
        },
      )
      .finally(() => {
        this.#restarting -= 1
        this.saw({ event: 'end', step: name })
        this.#settle()
      })
  }

  #end(fault: ActiveFault): void {
    const at = this.#active.indexOf(fault)
    if (at < 0) return
    this.#active.splice(at, 1)
    this.#ends.get(fault)?.()
    this.#ends.delete(fault)
    this.lines.ended(fault)
    fault.end()
    this.tell(fault, 'everybody', { type: 'ended', touched: fault.touched })
    this.saw({ event: 'end', step: fault.name })
    this.#settle()
  }

  #endRun(): void {
    const run = this.#run
    if (run === undefined) return
    run.schedule.stop()
    const standing = new Set(this.#standing.values())
    for (const fault of [...this.#active]) if (!standing.has(fault)) this.#end(fault)
    this.#over()
  }

  /** The script is over when nothing of it lasts and nothing will begin. */
  #settle(): void {
    const standing = this.#standing.size
    if (this.#run?.schedule.isDone && this.#restarting === 0 && this.#active.length <= standing) this.#over()
  }

  #over(): void {
    this.#run = undefined
    if (this.isIdle) this.lines.straighten()
    for (const resolve of this.#done) resolve()
    this.#done.clear()
  }
}
