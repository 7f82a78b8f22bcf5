/** Owns the moment at which the panel began to listen: what a test or a replay of the messages since then starts from. */
import type { RecorderSnapshot } from '../recorder/recording.ts'
import type { PanelMock } from './panel-mock.ts'

/** How things stood. */
export type Opening = Pick<RecorderSnapshot, 'config' | 'state' | 'sockets'>

/** Takes it; undefined where the server is down. */
export async function openingOf({ recorder }: Pick<PanelMock, 'recorder'>): Promise<Opening | undefined> {
  try {
    const { config, state, sockets } = await recorder.snapshot()
    return { config, state, sockets }
  } catch {
    return undefined
  }
}
