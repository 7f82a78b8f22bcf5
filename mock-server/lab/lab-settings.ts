/** Owns the lab's switches for everybody: what a slider or a checkbox sets. */
import type { FaultName, LabStep } from './script.ts'

/** Standing faults. What is left out stays as it is; 0 and false end one. */
export interface LabSettings {
  /** Milliseconds that everything takes longer, in either direction. */
  readonly latencyMs?: number
  /** Up to so many milliseconds more, by chance. */
  readonly jitterMs?: number
  readonly bytesPerSecond?: number
  /** What clients read at most. */
  readonly framesPerSecond?: number
  readonly offline?: boolean
  readonly paused?: boolean
  readonly halfOpen?: boolean
  /** Requests are answered with this status, 400 to 599. */
  readonly errorStatus?: number
}

/** The standing faults that these settings change, each with its new step or none. Unchanged ones are left out. */
export function stepsOfSettings(
  settings: LabSettings,
  current: (fault: FaultName) => LabStep | undefined,
): readonly { readonly fault: FaultName; readonly step: LabStep | undefined }[] {
  const { latencyMs, jitterMs, bytesPerSecond, framesPerSecond, offline, paused, halfOpen, errorStatus } = settings
  const changes: { fault: FaultName; step: LabStep | undefined }[] = []
  const change = (fault: FaultName, step: LabStep | undefined): void => {
    if (JSON.stringify(step) !== JSON.stringify(current(fault))) changes.push({ fault, step })
  }
  if (latencyMs !== undefined || jitterMs !== undefined) {
    const before = current('latency')
    const was = before?.fault === 'latency' ? before : { ms: 0, jitterMs: 0 }
    const [ms, jitter] = [latencyMs ?? was.ms, jitterMs ?? was.jitterMs ?? 0]
    change('latency', ms !== 0 || jitter !== 0 ? { fault: 'latency', ms, jitterMs: jitter } : undefined)
  }
  if (bytesPerSecond !== undefined)
    change('bandwidth', bytesPerSecond !== 0 ? { fault: 'bandwidth', bytesPerSecond } : undefined)
  if (framesPerSecond !== undefined)
    change('slow-consumer', framesPerSecond !== 0 ? { fault: 'slow-consumer', framesPerSecond } : undefined)
  if (offline !== undefined) change('offline', offline ? { fault: 'offline' } : undefined)
  if (paused !== undefined) change('pause', paused ? { fault: 'pause' } : undefined)
  if (halfOpen !== undefined) change('half-open', halfOpen ? { fault: 'half-open' } : undefined)
  if (errorStatus !== undefined)
    change('status', errorStatus !== 0 ? { fault: 'status', status: errorStatus } : undefined)
  return changes
}

/** The settings that these standing faults are. */
export function settingsOfSteps(steps: readonly LabStep[]): LabSettings {
  return Object.assign({}, ...steps.map(settingOf))
}

function settingOf(step: LabStep): LabSettings {
  switch (step.fault) {
    case 'latency': {
      const { ms, jitterMs = 0 } = step
      return { ...(ms !== 0 && { latencyMs: ms }), ...(jitterMs !== 0 && { jitterMs }) }
    }
    case 'bandwidth':
      return { bytesPerSecond: step.bytesPerSecond }
    case 'slow-consumer':
      return { framesPerSecond: step.framesPerSecond }
    case 'offline':
      return { offline: true }
    case 'pause':
      return { paused: true }
    case 'half-open':
      return { halfOpen: true }
    case 'status':
      return { errorStatus: step.status }
    default:
      return {}
  }
}
