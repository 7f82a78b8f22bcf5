/** Owns the lab's ready-made scripts: what people meet on trains, in hotels, with laptops and on release days. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { LabScript, LabStep } from './script.ts'
import { checkScript } from './script-check.ts'

/** Name of a ready-made script. */
export type LabPreset = 'train-tunnel' | 'hotel-wifi' | 'laptop-wakes-up' | 'deploy-in-mid-edit'

const script = (name: string, steps: readonly LabStep[]): LabScript => ({
  format: 'planwire-lab',
  version: 1,
  name,
  steps,
})

/** Scripts by name. Each is over by itself within two minutes. */
export const LAB_PRESETS: { readonly [name in LabPreset]: LabScript } = {
  /** The signal fades, is gone without a word, stays away, and comes back slowly. 35 s. */
  'train-tunnel': script('train-tunnel', [
    { id: 'fading', at: 0, for: 5_000, fault: 'latency', ms: 200, jitterMs: 300 },
    { id: 'last-words', at: 4_000, for: 1_000, fault: 'lose-ack', chance: 0.5 },
    { id: 'tunnel', at: 5_000, for: 12_000, fault: 'half-open' },
    { id: 'no-signal', after: { event: 'end', step: 'tunnel' }, for: 6_000, fault: 'offline' },
    { id: 'back', after: { event: 'end', step: 'no-signal' }, for: 12_000, fault: 'latency', ms: 400, jitterMs: 400 },
  ]),
  /** Slow for everybody, with pauses, broken lines, lost answers and a proxy that is sometimes in the way. 60 s. */
  'hotel-wifi': script('hotel-wifi', [
    { id: 'slow', for: 60_000, fault: 'latency', ms: 250, jitterMs: 250 },
    { id: 'narrow', for: 60_000, fault: 'bandwidth', bytesPerSecond: 48_000 },
    { id: 'hiccups', at: 3_000, every: 7_000, times: 8, for: 1_500, fault: 'pause' },
    { id: 'breaks', at: 5_000, every: 9_000, times: 6, fault: 'drop', to: { share: 0.6 } },
    { id: 'answers', for: 60_000, fault: 'lose-ack', chance: 0.1 },
    { id: 'requests', for: 60_000, fault: 'lose-before-commit', chance: 0.05 },
    { id: 'proxy', for: 60_000, fault: 'status', status: 503, chance: 0.1 },
    { id: 'twice', for: 60_000, fault: 'duplicate', chance: 0.1 },
    { id: 'overtaken', for: 60_000, fault: 'reorder', chance: 0.1, ms: 500 },
  ]),
  /** Half of the clients fall silent for a while and wake up with dead lines and expired sessions. 44 s. */
  'laptop-wakes-up': script('laptop-wakes-up', [
    { id: 'asleep', at: 3_000, for: 30_000, fault: 'half-open', to: { share: 0.5 } },
    { id: 'expired', after: { event: 'end', step: 'asleep' }, for: 500, fault: 'expired-token' },
    { id: 'waking', after: { event: 'end', step: 'asleep' }, for: 8_000, fault: 'latency', ms: 600, jitterMs: 400 },
    {
      id: 'flood',
      at: 3_000,
      after: { event: 'end', step: 'asleep' },
      for: 5_000,
      fault: 'slow-consumer',
      framesPerSecond: 20,
    },
  ]),
  /** A new version goes out after the second commit: lost answers, a restart, a proxy that says 503, and once more in a hurry. */
  'deploy-in-mid-edit': script('deploy-in-mid-edit', [
    { id: 'draining', after: { event: 'commit', count: 2 }, for: 2_000, fault: 'lose-ack', count: 2 },
    { id: 'deploy', at: 1_500, after: { event: 'commit', count: 2 }, fault: 'restart', memory: 'kept', downMs: 3_000 },
    {
      id: 'starting',
      at: 3_000,
      after: { event: 'begin', step: 'deploy' },
      for: 2_000,
      fault: 'refuse-handshake',
      status: 503,
    },
    { id: 'proxy', at: 3_000, after: { event: 'begin', step: 'deploy' }, for: 2_000, fault: 'status', status: 503 },
    {
      id: 'hotfix',
      at: 9_000,
      after: { event: 'begin', step: 'deploy' },
      fault: 'restart',
      memory: 'kept',
      downMs: 1_000,
      code: 1006,
    },
  ]),
}

/**
 * The preset of a name, or the script, also as the JSON that an address holds; checked. Throws `invalid-argument` that names the path
 * or the presets there are.
 */
export function scriptOf(given: LabScript | LabPreset | string): LabScript {
  if (typeof given !== 'string') return checkScript(given)
  if (isPreset(given)) return LAB_PRESETS[given]
  if (given.startsWith('{')) return checkScript(parsed(given))
  const names = Object.keys(LAB_PRESETS).join(', ')
  throw new PlanwireError('invalid-argument', `There is no lab preset "${given.slice(0, 40)}": use ${names}`, 'fatal')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PlanwireError('invalid-argument', `The lab script is not JSON: ${why}`, 'fatal', {}, { cause })
  }
}

/** True for the name of a preset. */
export function isPreset(name: string): name is LabPreset {
  return Object.hasOwn(LAB_PRESETS, name)
}
