/** Owns which faults are under way, and what becomes of them when they begin and end. */
import type { Cancel, Clock, Logger } from '../../client/ports/ports.ts'
import { ActiveFault, isStep, type Party, type StepOf } from './active-fault.ts'
import type { Lab, LabRunOptions, LabState } from './lab.ts'
import { type LabEffect, type LabEvent, LabEvents } from './lab-events.ts'
import { LabLines } from './lab-lines.ts'
import { type LabSettings, settingsOfSteps, stepsOfSettings } from './lab-settings.ts'
import { type LabPreset, scriptOf } from './presets.ts'
import { type Happening, Schedule } from './schedule.ts'
import type { FaultName, LabScript, LabStep } from './script.ts'
import { checkStep, lasts } from './script-check.ts'
import { Watchers } from './watchers.ts'

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
  /** Of {@link set}. */
  readonly #standing = new Map<FaultName, ActiveFault>()
  /** Of the script. */
  readonly #scripted = new Set<ActiveFault>()
  /** Restarts under way. */
  #restarting = 0
  #run:
    | { readonly script: LabScript; readonly seed: number; readonly since: number; readonly schedule: Schedule }
    | undefined
  #injected = 0
  readonly #done = new Set<() => void>()
  readonly #watchers: Watchers
  /** What travels now. */
  readonly #delayed = new Set<() => void>()

  constructor(ports: LabPorts) {
    this.#ports = ports
    this.#log = new LabEvents(ports.logger)
    this.#watchers = new Watchers(ports.logger)
    this.lines = new LabLines(this, ports.clock)
  }

  get state(): LabState {
    const run = this.#run
    if (run === undefined) return { state: 'idle' }
    const { script, seed, since } = run
    return { state: 'running', script, seed, since }
  }

  get settings(): LabSettings {
    return settingsOfSteps([...this.#standing.values()].map(({ step }) => step))
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
    const { clock } = this.#ports
    const schedule = new Schedule(clock, (step, name) => this.#begin(step, name, seed, this.#scripted))
    this.#run = { script, seed, since: clock.now(), schedule }
    this.#watchers.changed()
    schedule.start(script, seed)
    this.#settle()
  }

  inject(step: LabStep): string {
    this.#injected += 1
    const { id = `inject-${this.#injected}` } = checkStep(step, 'the step')
    this.#begin(step, id, this.#run?.seed ?? 1)
    return id
  }

  end(name: string): void {
    const standing = new Set(this.#standing.values())
    for (const fault of [...this.#active]) if (fault.name === name && !standing.has(fault)) this.#end(fault)
  }

  set(settings: LabSettings): void {
    for (const { fault, step } of stepsOfSettings(settings, (name) => this.#standing.get(name)?.step)) {
      const standing = this.#standing.get(fault)
      if (standing) this.#end(standing)
      this.#standing.delete(fault)
      const begun = step && this.#begin(checkStep(step, 'settings'), `set-${fault}`, 1)
      if (begun) this.#standing.set(fault, begun)
      this.#watchers.changed()
    }
  }

  stop(): void {
    this.#endRun()
    const hadSettings = this.#standing.size > 0
    this.#standing.clear()
    for (const fault of [...this.#active]) this.#end(fault)
    if (hadSettings) this.#watchers.changed()
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

  watch(changed: () => void): Cancel {
    return this.#watchers.watch(changed)
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

  /** `among`: those that it belongs to. */
  #begin(step: LabStep, name: string, seed: number, among?: Set<ActiveFault>): ActiveFault | undefined {
    const fault = new ActiveFault(step, name, seed)
    if (!lasts(step.fault)) {
      this.#strike(fault)
      this.#settle()
      return undefined
    }
    this.#active.push(fault)
    among?.add(fault)
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
    this.#scripted.delete(fault)
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
    for (const fault of [...this.#scripted]) this.#end(fault)
    this.#over()
  }

  /** The script is over when nothing of it lasts and nothing will begin. */
  #settle(): void {
    if (this.#run?.schedule.isDone && this.#restarting === 0 && this.#scripted.size === 0) this.#over()
  }

  #over(): void {
    this.#run = undefined
    if (this.isIdle) this.lines.straighten()
    for (const resolve of this.#done) resolve()
    this.#done.clear()
    this.#watchers.changed()
  }
}
