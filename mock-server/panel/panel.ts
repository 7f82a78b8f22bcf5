/**
 * The panel behind the button: frame, tabs, and the mock server that they show. Loaded when it is opened; goes on listening
 * while it is closed, within the bounds of its buffers.
 */
import { createBotsTab } from './bots-tab.ts'
import { createClientsTab } from './clients-tab.ts'
import { createDataTab } from './data-tab.ts'
import { createDoctorTab } from './doctor-tab.ts'
import { button, h, type IconName, icon, setText } from './dom.ts'
import { missing, whereItRuns } from './found-mock.ts'
import { createFrameLoop } from './frame-loop.ts'
import { createLabTab } from './lab-tab.ts'
import { remember, remembered } from './memory.ts'
import { createMessagesTab } from './messages-tab.ts'
import { type Opening, openingOf } from './opening.ts'
import { type FoundMock, followMock, type PanelMock } from './panel-mock.ts'
import { createPlace } from './place.ts'
import { createRecorderTab } from './recorder-tab.ts'
import { baseSheet } from './styles.ts'
import type { PanelContext, PanelTab, TabName } from './tab.ts'
import { tabSheet } from './tab-styles.ts'
import { createTabBar } from './tabs.ts'
import { Traffic } from './traffic.ts'

/** What the element gives. */
export interface ShellPorts {
  readonly host: HTMLElement
  /** Where the panel is put, in the element's shadow. */
  readonly root: HTMLElement
  readonly close: () => void
  /** The mock that the app named, in place of the page's own. */
  readonly mock: PanelMock | undefined
}

/** The panel, as the element holds it. */
export interface Shell {
  show(focus: boolean): void
  /** True if the focus was in it. */
  hide(): boolean
  use(mock: PanelMock | undefined): void
  end(): void
}

const TABS: readonly { readonly name: TabName; readonly label: string; readonly icon: IconName }[] = [
  { name: 'clients', label: 'Clients', icon: 'clients' },
  { name: 'messages', label: 'Messages', icon: 'messages' },
  { name: 'network', label: 'Network', icon: 'network' },
  { name: 'bots', label: 'Bots', icon: 'bots' },
  { name: 'recorder', label: 'Recorder', icon: 'recorder' },
  { name: 'data', label: 'Data', icon: 'data' },
  { name: 'doctor', label: 'Doctor', icon: 'doctor' },
]

const MAKERS: { readonly [name in TabName]: (context: PanelContext) => PanelTab } = {
  clients: createClientsTab,
  messages: createMessagesTab,
  network: createLabTab,
  bots: createBotsTab,
  recorder: createRecorderTab,
  data: createDataTab,
  doctor: createDoctorTab,
}

/** Tabs of one mock server. */
interface Session {
  readonly tabs: ReadonlyMap<TabName, PanelTab>
  end(): void
}

/** How long a word of the panel stays to be read. */
const SAID_MS = 2500

/** Makes the panel, closed. */
export function createShell({ host, root, close, mock: given }: ShellPorts): Shell {
  const shadow = root.getRootNode()
  if (shadow instanceof ShadowRoot) shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, baseSheet(), tabSheet()]
  const where = h('span', { className: 'where' })
  const status = h('div', { className: 'toast', role: 'status' })
  const body = h('div', { className: 'body' })
  const bar = createTabBar(TABS, (name) => {
    remember({ tab: name })
    showTab()
  })
  const inline = host.getAttribute('placement') === 'inline'
  const place = createPlace(inline)
  const head = h(
    'div',
    { className: 'head' },
    h('div', { className: 'brand' }, icon('brand'), h('span', {}, 'planwire'), where),
    bar.element,
    h(
      'div',
      { className: 'head-tools' },
      place.button,
      !inline && button('Close the panel', close, { icon: 'close', iconOnly: true, look: 'quiet' }),
    ),
  )
  const panel = place.panel
  panel.append(place.grip, head, body, status)
  panel.hidden = true
  panel.setAttribute('role', inline ? 'region' : 'complementary')
  panel.setAttribute('aria-label', 'planwire panel')
  panel.addEventListener('keydown', onKey)
  // What is typed here is not for the page, whose shortcuts would take it for its own.
  for (const type of ['keyup', 'keypress', 'beforeinput', 'input', 'paste', 'copy', 'cut'])
    panel.addEventListener(type, (event) => event.stopPropagation())
  root.append(panel)

  let session: Session | undefined
  let shown = false
  let quiet: ReturnType<typeof setTimeout> | undefined
  const loop = createFrameLoop(draw)
  const tick = setInterval(() => {
    for (const tab of session?.tabs.values() ?? []) tab.tick?.()
    if (shown && session?.tabs.get(bar.selected)?.ticks) loop.invalidate()
  }, 1000)

  function draw(): void {
    if (!shown || session === undefined) return
    for (const { name } of TABS) bar.count(name, session.tabs.get(name)?.count?.())
    session.tabs.get(bar.selected)?.render()
  }

  function showTab(): void {
    const tab = session?.tabs.get(bar.selected)
    if (tab === undefined) return
    if (body.firstElementChild !== tab.element) body.replaceChildren(tab.element)
    bar.controls(tab.element)
    loop.invalidate()
  }

  function say(text: string): void {
    setText(status, text)
    status.classList.add('shown')
    clearTimeout(quiet)
    quiet = setTimeout(() => status.classList.remove('shown'), SAID_MS)
  }

  function attend(mock: PanelMock): Session {
    const traffic = new Traffic(() => loop.arrived())
    const stop = mock.recorder.subscribe((entries) => {
      const { generation } = traffic
      traffic.take(entries)
      if (traffic.generation !== generation) void begin()
    })
    let opening: Promise<Opening | undefined> = Promise.resolve(undefined)
    const begin = async (): Promise<void> => {
      opening = openingOf(mock)
      const found = await opening
      if (found !== undefined) traffic.connections.found(found.sockets, Date.now())
      loop.invalidate()
    }
    void begin()
    const tabs = new Map<TabName, PanelTab>()
    const context: PanelContext = {
      mock,
      traffic,
      get opening() {
        return opening
      },
      begin,
      say,
      invalidate: () => loop.invalidate(),
      arrived: () => loop.arrived(),
      showMessage(n) {
        bar.select('messages')
        tabs.get('messages')?.goTo?.(n)
      },
    }
    for (const { name } of TABS) tabs.set(name, MAKERS[name](context))
    const unlisten = mock.lab.subscribe(() => loop.arrived())
    return {
      tabs,
      end() {
        stop()
        unlisten()
        for (const tab of tabs.values()) tab.end?.()
      },
    }
  }

  function found(mock: FoundMock): void {
    session?.end()
    session = undefined
    setText(where, mock.state === 'running' ? whereItRuns(mock) : '')
    if (mock.state !== 'running') {
      bar.element.hidden = true
      body.replaceChildren(missing(mock))
      return
    }
    bar.element.hidden = false
    session = attend(mock.mock)
    showTab()
  }

  /** Escape closes, unless something in the panel has a use for it. */
  function onKey(event: KeyboardEvent): void {
    event.stopPropagation()
    if (event.key !== 'Escape' || event.defaultPrevented || inline) return
    const [target] = event.composedPath()
    if (target instanceof HTMLInputElement && target.type === 'search' && target.value !== '') return
    event.preventDefault()
    close()
  }

  let unfollow = (): void => {}
  function follow(mock: PanelMock | undefined): void {
    unfollow()
    if (mock === undefined) unfollow = followMock(found)
    else {
      unfollow = () => {}
      found({ state: 'running', name: '', mock })
    }
  }
  const first = TABS.find(({ name }) => name === remembered().tab)?.name ?? 'clients'
  bar.select(first)
  follow(given)

  return {
    show(focus) {
      shown = true
      panel.hidden = false
      loop.invalidate()
      if (focus) bar.focus(panel)
    },
    hide() {
      const focused = panel.contains(panel.getRootNode() instanceof ShadowRoot ? shadowFocus(panel) : null)
      shown = false
      panel.hidden = true
      return focused
    },
    use: follow,
    end() {
      unfollow()
      session?.end()
      session = undefined
      loop.close()
      clearInterval(tick)
      place.end()
      clearTimeout(quiet)
      panel.remove()
    },
  }
}

function shadowFocus(panel: HTMLElement): Element | null {
  const root = panel.getRootNode()
  return root instanceof ShadowRoot ? root.activeElement : null
}
