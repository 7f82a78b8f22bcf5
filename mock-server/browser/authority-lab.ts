/** The backend's end of the lab that tabs ask for: kept apart from theirs, so that pages load no presets. */
import type { Lab } from '../lab/lab.ts'
import { scriptOf } from '../lab/presets.ts'
import type { LabCall } from './tab-lab.ts'

/** Does what a tab asked for. Throws as the lab does. */
export function doInLab(lab: Lab, call: LabCall): void | Promise<void> {
  switch (call.do) {
    case 'run':
      lab.run(scriptOf(call.script), call.options)
      return
    case 'join':
      if (lab.state.state === 'idle') lab.run(scriptOf(call.script), call.options)
      return
    case 'inject':
      lab.inject(call.step)
      return
    case 'set':
      lab.set(call.settings)
      return
    case 'stop':
      lab.stop()
      return
    case 'wait':
      return lab.whenDone()
  }
}
