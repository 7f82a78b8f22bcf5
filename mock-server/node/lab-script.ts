/** Owns how `planwire serve --lab` finds its script, and how it tells what the lab does. */
import { readFile } from 'node:fs/promises'
import type { Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { Lab } from '../lab/lab.ts'
import type { LabEvent } from '../lab/lab-events.ts'
import { isPreset, type LabPreset, scriptOf } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import { checkScript } from '../lab/script-check.ts'
import { aboutFile } from './config-file.ts'

/** A preset by its name, else the script in a file. Rejects with `invalid-argument` that names the file and the path in it. */
export async function readLabScript(name: string): Promise<LabScript | LabPreset> {
  if (isPreset(name)) return name
  // Not the name of any file: then a preset was meant.
  if (!name.endsWith('.json')) return scriptOf(name)
  let text: string
  try {
    text = await readFile(name, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PlanwireError('invalid-argument', `--lab ${name} cannot be read: ${why}`, 'fatal', {}, { cause })
  }
  let script: unknown
  try {
    script = JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PlanwireError('invalid-argument', `${name} is not JSON: ${why}`, 'fatal', {}, { cause })
  }
  try {
    return checkScript(script)
  } catch (cause) {
    throw cause instanceof PlanwireError ? aboutFile(name, cause) : cause
  }
}

/** Tells of each event, also of those that were there before: in words, and as the details of a log. */
export function tellLab(lab: Lab, out: ((line: string) => void) | undefined, logger: Logger): void {
  const tell = (event: LabEvent): void => {
    if (out) out(`planwire lab: ${inWords(event)}`)
    else logger('info', 'Lab', { ...event })
  }
  for (const event of lab.events) tell(event)
  lab.subscribe(tell)
}

/** Such as `tunnel (half-open): ann silenced`. */
function inWords({ step, fault, target, effect: { type, ...detail } }: LabEvent): string {
  return `${step} (${fault}): ${[target, type, ...Object.values(detail)].join(' ')}`
}
