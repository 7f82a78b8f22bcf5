/** The backend's end of the lab that tabs ask for: kept apart from theirs, so that pages load no presets. */
import type { Lab } from '../lab/lab.ts'
import { scriptOf } from '../lab/presets.ts'
import type { LabCall, LabStanding } from './tab-lab.ts'

/** How the lab stands, as JSON for tabs. */
export function labStanding({ state, settings }: Lab): string {
  const standing: LabStanding = { state, settings }
  return JSON.stringify(standing)
}

/** Does what a tab asked for; answers with text, or with nothing. Throws as the lab does. */
export async function doInLab(lab: Lab, call: LabCall): Promise<string | undefined> {
  switch (call.do) {
    case 'run':
      lab.run(scriptOf(call.script), call.options)
      return undefined
    case 'join':
      if (lab.state.state === 'idle') lab.run(scriptOf(call.script), call.options)
      return undefined
    case 'inject':
      return lab.inject(call.step)
    case 'end':
      lab.end(call.name)
      return undefined
    case 'set':
      lab.set(call.settings)
      return undefined
    case 'stop':
      lab.stop()
      return undefined
    case 'wait':
      await lab.whenDone()
      return undefined
  }
}
