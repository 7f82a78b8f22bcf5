/** The backend's end of the recorder that tabs ask for. */
import type { Recorder } from '../recorder/recording.ts'
import type { RecorderCall } from './tab-recorder.ts'

/** Does what a tab asked for; answers with JSON, or with nothing. Throws as the recorder does. */
export function askRecorder(recorder: Recorder, call: RecorderCall): string | undefined {
  switch (call.do) {
    case 'start':
      recorder.start(call.options)
      return undefined
    case 'stop':
      return JSON.stringify(recorder.stop())
    case 'snapshot':
      return JSON.stringify(recorder.snapshot(call.options))
    case 'state':
      return JSON.stringify(recorder.state)
  }
}
