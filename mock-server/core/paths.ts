/** Owns which paths a configuration names, with their defaults; apart, so that a page knows its mock's paths without the check of everything else. */
import type { MockServerConfig } from './config.ts'
import type { Settings } from './defaults.ts'

/** What of the settings decides where things live. */
export type PathSettings = Pick<
  Settings,
  'projectPaths' | 'liveUpdatesPath' | 'ganttPath' | 'websocket' | 'ganttProject' | 'collections'
>

/** The paths of a configuration, which is not checked here. */
export function pathSettingsOf(config: MockServerConfig): PathSettings {
  return {
    projectPaths: config.paths?.project ?? ['/', '/ws'],
    liveUpdatesPath: config.paths?.liveUpdates ?? '/api/v1',
    ganttPath: config.paths?.gantt ?? '/data',
    websocket: config.websocket ?? true,
    ganttProject: config.ganttProject ?? config.projects?.[0]?.id,
    collections: config.collections ?? { events: [] },
  }
}
