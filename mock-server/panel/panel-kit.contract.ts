/** A mock server made of the contract alone, so that tests say what crosses the wire, and an element that shows it. */
import { vi } from 'vitest'
import type { ServerState } from '../core/state-file.ts'
import { type LabEvent, LabEvents } from '../lab/lab-events.ts'
import { scriptOf } from '../lab/presets.ts'
import type { RecorderState, Recording, WireEntry } from '../recorder/recording.ts'
import { DRAWN_WITHIN_MS } from './frame-loop.ts'
import type { PanelMock } from './panel-mock.ts'

type LabStands = Pick<PanelMock['lab'], 'state' | 'settings'>

export interface FakeMock extends PanelMock {
  /** What crosses the wire now. */
  emit(...entries: readonly WireEntry[]): void
  labEvent(event: LabEvent): void
  /** The lab is so now, whoever did that. */
  labStands(now: LabStands): void
  /** Who listens to the recorder. */
  readonly listeners: number
}

export const STATE: ServerState = {
  format: 'planwire-state',
  version: 1,
  at: '2026-11-23T00:00:00.000Z',
  projects: [
    {
      id: 1,
      name: 'House',
      tasksData: Array.from({ length: 500 }, (_, at) => ({ id: at + 1, name: `Task ${at + 1}` })),
      resourcesData: [{ id: 1, name: 'Ann' }],
    },
  ],
  collections: { events: [{ id: 7, text: 'Inspection' }] },
}

export function recordingOf(entries: readonly WireEntry[], state: ServerState = STATE): Recording {
  return {
    format: 'planwire-recording',
    version: 1,
    name: 'made',
    startedAt: 1000,
    config: { projects: state.projects, collections: state.collections },
    state,
    sockets: [],
    entries,
  }
}

export function fakeMock(): FakeMock {
  const log = new LabEvents(() => {})
  const listeners = new Set<(entries: readonly WireEntry[]) => void>()
  const watchers = new Set<() => void>()
  let stands: LabStands = { state: { state: 'idle' }, settings: {} }
  let state: RecorderState = { state: 'idle' }
  const stand = (now: LabStands): void => {
    stands = now
    for (const changed of [...watchers]) changed()
  }
  return {
    url: 'ws://localhost',
    mode: 'shared-worker',
    storage: 'indexeddb',
    tab: 'tab-1',
    reset: vi.fn(async () => {}),
    export: vi.fn(async () => STATE),
    import: vi.fn(async () => {}),
    lab: {
      get events() {
        return log.kept
      },
      get state() {
        return stands.state
      },
      get settings() {
        return stands.settings
      },
      run: vi.fn(async (script, { seed = 1 } = {}) => {
        stand({ ...stands, state: { state: 'running', script: scriptOf(script), seed, since: Date.now() } })
      }),
      inject: vi.fn(async () => 'inject-1'),
      end: vi.fn(async () => {}),
      set: vi.fn(async () => {}),
      stop: vi.fn(async () => stand({ state: { state: 'idle' }, settings: {} })),
      whenDone: () => new Promise(() => {}),
      subscribe: (listener) => log.subscribe(listener),
      watch(changed) {
        watchers.add(changed)
        return () => watchers.delete(changed)
      },
    },
    recorder: {
      state: async () => state,
      async start({ name = 'recording' } = {}) {
        state = { state: 'recording', name, since: 0, entries: 0, characters: 0, dropped: 0 }
      },
      async stop() {
        state = { state: 'idle' }
        return recordingOf([])
      },
      async snapshot({ name = 'snapshot' } = {}) {
        const { entries: _, ...start } = recordingOf([])
        return { ...start, name, after: 0 }
      },
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    emit: (...entries) => {
      for (const listener of [...listeners]) listener(entries)
    },
    labEvent: (event) => log.add(event),
    labStands: stand,
    get listeners() {
      return listeners.size
    },
  }
}

let last = 0

/** A frame with the next number. */
export function frame(
  text: string,
  more: Partial<WireEntry & { readonly type: 'frame' }> = {},
): WireEntry & { readonly type: 'frame' } {
  last += 1
  return {
    n: last,
    at: 1_700_000_000_000 + last,
    party: 'ann',
    tab: 'tab-1',
    type: 'frame',
    socket: 1,
    direction: 'up',
    text,
    ...more,
  }
}

/** A change of a task's name. */
export const change = (name: string): string =>
  JSON.stringify({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name }] } } })

/** Puts the panel's waiting under the test's hand; frames of the screen, intervals and the date go on by themselves. */
export function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
}

/** Resolves when everything that was asked for by now is drawn; what came by itself waits for held timers, which are moved on. */
export async function drawn(): Promise<void> {
  vi.advanceTimersByTime(DRAWN_WITHIN_MS)
  for (let count = 0; count < 2; count += 1) await new Promise((resolve) => requestAnimationFrame(resolve))
}
