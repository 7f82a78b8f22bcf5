/** Owns the moment at which the panel began to listen: what a test or a replay of the messages since then starts from. */
import type { Recording } from '../recorder/recording.ts'
import type { PanelMock } from './panel-mock.ts'

/** How things stood. */
export type Opening = Pick<Recording, 'config' | 'state' | 'sockets'>

/**
 * Takes it, as a recording of nothing; undefined while somebody makes a recording, which that would end, and where the server
 * is down.
 */
export async function openingOf({ recorder }: Pick<PanelMock, 'recorder'>): Promise<Opening | undefined> {
  try {
    if ((await recorder.state()).state === 'recording') return undefined
    await recorder.start({ name: 'opening' })
    const { config, state, sockets } = await recorder.stop()
    return { config, state, sockets }
  } catch {
    return undefined
  }
}
