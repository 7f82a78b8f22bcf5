/**
 * Entry `planwire/panel`: importing it puts the panel of the mock server on the page, as a small button. The one import of planwire
 * that does something (client/decisions/0017). A production build takes `nothing.ts` in its place; `planwire/panel/always` is this
 * module everywhere.
 * @example
 * import 'planwire/panel'
 */
import { definePanel, dockPanel } from './panel-element.ts'

export type { PlanwirePanel } from './panel-element.ts'
export type { PanelMock } from './panel-mock.ts'

definePanel()
dockPanel()
