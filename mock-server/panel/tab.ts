/** The words between the panel and its tabs. */

import type { Opening } from './opening.ts'
import type { PanelMock } from './panel-mock.ts'
import type { Traffic } from './traffic.ts'

export type TabName = 'clients' | 'messages' | 'network' | 'bots' | 'recorder' | 'data' | 'doctor'

/** A number beside the name of a tab. */
export interface TabCount {
  readonly text: string
  /** What the number is, for readers. */
  readonly label: string
  readonly tone?: 'bad' | 'live'
}

/** What a tab works with. */
export interface PanelContext {
  readonly mock: PanelMock
  readonly traffic: Traffic
  /** How things stood before the first message that is kept: configuration, records, open sockets. */
  readonly opening: Promise<Opening | undefined>
  /** Makes this moment the one before the first message. */
  begin(): Promise<void>
  /** Tells what was done, in one sentence, for eyes and readers. */
  say(text: string): void
  /** Asks to be drawn in the next frame. */
  invalidate(): void
  /** The same for what came by itself, which may come often. */
  arrived(): void
  /** Goes to the tab of messages, at the entry of this number. */
  showMessage(n: number): void
}

/** One tab of the panel. */
export interface PanelTab {
  readonly element: HTMLElement
  /** Draws what has changed; called at most once per frame, and only while the tab is shown. */
  render(): void
  /** Drawn once a second as well: it shows times and paces. */
  readonly ticks?: boolean
  /** Called once a second, shown or not. */
  tick?(): void
  count?(): TabCount | undefined
  goTo?(n: number): void
  end?(): void
}
