import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { PlanwirePanel } from './index.ts'
import { change, drawn, type FakeMock, fakeMock, frame, holdTimers, recordingOf } from './panel-kit.contract.ts'
import { VirtualList } from './virtual-list.ts'

/** Code that is loaded when it is asked for, on a busy machine. */
const SLOW = { timeout: 10_000 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const end of ends.splice(0).reverse()) await end()
  localStorage.clear()
})

beforeEach(async () => {
  await page.viewport(1200, 800)
  holdTimers()
})

beforeAll(async () => {
  await import('./index.ts')
  // The one that docked itself; the tests place their own.
  for (const each of document.querySelectorAll('planwire-panel')) each.remove()
})

function place(mock: FakeMock | undefined, attributes: { readonly [name: string]: string } = {}): PlanwirePanel {
  const panel = document.createElement('planwire-panel')
  panel.mock = mock
  for (const [name, value] of Object.entries(attributes)) panel.setAttribute(name, value)
  document.body.append(panel)
  ends.push(() => panel.remove())
  return panel
}

/** In the shadow of a panel. */
function within(panel: PlanwirePanel): ShadowRoot {
  if (panel.shadowRoot === null) throw new Error('the panel has a shadow')
  return panel.shadowRoot
}

function one(panel: PlanwirePanel, selector: string): HTMLElement {
  const found = within(panel).querySelector<HTMLElement>(selector)
  if (found === null) throw new Error(`nothing is ${selector}`)
  return found
}

function named(panel: PlanwirePanel, name: string): HTMLElement {
  const found = [...within(panel).querySelectorAll<HTMLElement>('button, input, select, textarea, [role]')].find(
    (each) => (each.getAttribute('aria-label') ?? each.textContent?.trim()) === name && each.checkVisibility(),
  )
  if (found === undefined) throw new Error(`nothing is called ${name}`)
  return found
}

async function open(mock: FakeMock = fakeMock(), tab = 'clients'): Promise<{ panel: PlanwirePanel; mock: FakeMock }> {
  const panel = place(mock)
  await panel.open()
  one(panel, `#tab-${tab}`).click()
  await drawn()
  return { panel, mock }
}

const focused = (panel: PlanwirePanel): Element | null => within(panel).activeElement
const rows = (panel: PlanwirePanel): readonly HTMLElement[] => [
  ...within(panel).querySelectorAll<HTMLElement>('.tabpanel .virtual-row'),
]

describe('the button', () => {
  it('is all that an import puts on the page: nobody listens before it is pressed', async () => {
    const mock = fakeMock()
    const panel = place(mock)
    await drawn()
    expect(within(panel).querySelectorAll('button')).toHaveLength(1)
    expect(mock.listeners).toBe(0)
    named(panel, 'Open the planwire panel').click()
    await vi.waitFor(() => expect(mock.listeners).toBe(1), SLOW)
  })

  it('gives the focus to the tabs when it is pressed, and gets it back on Escape', async () => {
    const panel = place(fakeMock())
    named(panel, 'Open the planwire panel').focus()
    await userEvent.keyboard('{Enter}')
    await vi.waitFor(() => expect(focused(panel)?.id).toBe('tab-clients'), SLOW)
    expect(panel.isOpen).toBe(true)
    await userEvent.keyboard('{Escape}')
    await vi.waitFor(() => expect(focused(panel)?.className).toBe('launcher'), SLOW)
    expect(panel.isOpen).toBe(false)
  })

  it('leaves its place to a panel that the app places, and a page never has two', async () => {
    const { dockPanel } = await import('./panel-element.ts')
    dockPanel()
    dockPanel()
    expect(document.querySelectorAll('planwire-panel')).toHaveLength(1)
    const own = place(fakeMock())
    expect([...document.querySelectorAll('planwire-panel')]).toEqual([own])
  })

  it('opens by itself where it was open last', async () => {
    const { panel } = await open(fakeMock(), 'messages')
    panel.remove()
    const mock = fakeMock()
    const next = place(mock)
    await vi.waitFor(() => expect(next.isOpen && mock.listeners).toBe(1), SLOW)
    expect(one(next, '[aria-selected="true"]').id).toBe('tab-messages')
    expect(document.activeElement).toBe(document.body)
  })
})

describe('the panel', () => {
  it('goes from tab to tab with arrows, Home and End, and only the chosen one takes the tabulator key', async () => {
    const { panel } = await open()
    one(panel, '#tab-clients').focus()
    const went: string[] = []
    for (const key of ['{ArrowRight}', '{ArrowRight}', '{End}', '{ArrowRight}', '{ArrowLeft}', '{Home}']) {
      await userEvent.keyboard(key)
      went.push(focused(panel)?.id ?? '')
    }
    expect(went).toEqual(['tab-messages', 'tab-network', 'tab-doctor', 'tab-clients', 'tab-doctor', 'tab-clients'])
    expect(
      [...within(panel).querySelectorAll('[role=tab]')].filter((tab) => tab.getAttribute('tabindex') === '0'),
    ).toHaveLength(1)
    expect(one(panel, '[role=tabpanel]').getAttribute('aria-labelledby')).toBe('tab-clients')
  })

  it('keeps what is typed in it from the shortcuts of the page, and its looks from the styles of the page', async () => {
    const heard = vi.fn()
    for (const type of ['keydown', 'keypress', 'keyup']) document.addEventListener(type, heard)
    const style = document.createElement('style')
    style.textContent =
      '* { color: rgb(255, 0, 0) !important; font-size: 40px; letter-spacing: 9px } button { display: none !important }'
    document.head.append(style)
    ends.push(() => {
      style.remove()
      for (const type of ['keydown', 'keypress', 'keyup']) document.removeEventListener(type, heard)
    })
    const { panel } = await open(fakeMock(), 'messages')
    const search = named(panel, 'Filter by text')
    search.focus()
    await userEvent.keyboard('d{Delete}')
    expect(heard).not.toHaveBeenCalled()
    const look = getComputedStyle(one(panel, '#tab-messages'))
    expect([look.color, look.letterSpacing, look.display]).not.toEqual(expect.arrayContaining(['rgb(255, 0, 0)']))
    expect(look.letterSpacing).toBe('normal')
    expect(look.display).toBe('flex')
    expect(document.adoptedStyleSheets).toEqual([])
  })

  it('lets Escape empty a search before it closes the panel', async () => {
    const { panel } = await open(fakeMock(), 'messages')
    named(panel, 'Filter by text').focus()
    await userEvent.keyboard('x{Escape}')
    expect(panel.isOpen).toBe(true)
    await userEvent.keyboard('{Escape}')
    expect(panel.isOpen).toBe(false)
  })

  it('is resized with the arrow keys at its edge, docked elsewhere, and found so again', async () => {
    const { panel } = await open()
    const grip = one(panel, '.grip')
    grip.focus()
    const before = one(panel, '.panel').offsetHeight
    await userEvent.keyboard('{ArrowUp}{ArrowUp}')
    expect(one(panel, '.panel').offsetHeight).toBe(before + 48)
    named(panel, 'Dock to the right').click()
    expect(one(panel, '.panel').offsetHeight).toBe(800)
    panel.remove()
    const again = place(fakeMock())
    await vi.waitFor(() => expect(one(again, '.panel').dataset['dock']).toBe('right'), SLOW)
  })

  it('is a sheet at 360 pixels, where nothing is wider than the screen', async () => {
    await page.viewport(360, 740)
    const { panel } = await open()
    for (const tab of ['clients', 'messages', 'network', 'bots', 'recorder', 'data', 'doctor']) {
      one(panel, `#tab-${tab}`).click()
      await drawn()
      const body = one(panel, '.body')
      expect(body.scrollWidth, tab).toBeLessThanOrEqual(360)
      expect(one(panel, '.tabs').scrollWidth, tab).toBeLessThanOrEqual(360)
    }
    expect(one(panel, '.panel').dataset['dock']).toBe('sheet')
  })

  it('says what to do where no mock server runs, and finds one that starts later', async () => {
    const { putRunning } = await import('../browser/running.ts')
    const panel = place(undefined)
    await panel.open()
    expect(one(panel, '.empty').textContent).toContain('startMockServer')
    const mock = { ...fakeMock(), httpUrl: '', publish: async () => {}, handlers: () => [], close: async () => {} }
    ends.push(putRunning('late', { offer: () => {}, server: Promise.resolve(mock) }))
    await vi.waitFor(() => expect(one(panel, '#tab-clients').checkVisibility()).toBe(true), SLOW)
  })

  it('listens no more when it is taken off the page', async () => {
    const { panel, mock } = await open()
    expect(mock.listeners).toBe(1)
    panel.remove()
    await vi.waitFor(() => expect(mock.listeners).toBe(0), SLOW)
  })
})

describe('messages', () => {
  it('are chosen with the keyboard, shown whole, and left again', async () => {
    const { panel, mock } = await open(fakeMock(), 'messages')
    expect(one(panel, '.tabpanel .empty').textContent).toContain('Those from before are not shown')
    mock.emit(frame(change('first')), frame(change('second')), frame(change('third')))
    await drawn()
    one(panel, '[role=listbox]').focus()
    await userEvent.keyboard('{Home}{ArrowDown}')
    await drawn()
    const active = one(panel, '[role=listbox]').getAttribute('aria-activedescendant')
    expect(
      within(panel)
        .getElementById(active ?? '')
        ?.getAttribute('aria-posinset'),
    ).toBe('2')
    expect(one(panel, '.detail .code').textContent).toContain('"name": "second"')
    named(panel, 'Raw').click()
    expect(one(panel, '.detail .code').textContent).toBe(change('second'))
    named(panel, 'Close the message').click()
    expect(focused(panel)).toBe(one(panel, '[role=listbox]'))
  })

  it('shown whole take the place of the list on a narrow screen, and the focus with it, until they are closed', async () => {
    await page.viewport(360, 740)
    const { panel, mock } = await open(fakeMock(), 'messages')
    mock.emit(frame(change('first')))
    await drawn()
    const list = one(panel, '[role=listbox]')
    list.focus()
    await userEvent.keyboard('{Home}')
    await drawn()
    expect(list.checkVisibility()).toBe(false)
    expect(focused(panel)).toBe(named(panel, 'Close the message'))
    await userEvent.keyboard('{Enter}')
    await drawn()
    expect(focused(panel)).toBe(list)
  })

  it('are filtered by text, client, direction and kind', async () => {
    const { panel, mock } = await open(fakeMock(), 'messages')
    mock.emit(
      frame(change('alpha')),
      frame(change('beta'), { party: 'bob', socket: 2 }),
      frame('{"command":"ack"}', { direction: 'down' }),
    )
    await drawn()
    const texts = (): string[] => rows(panel).map((row) => row.textContent ?? '')
    expect(texts()).toHaveLength(3)
    const search = named(panel, 'Filter by text')
    search.focus()
    await userEvent.keyboard('BETA')
    await drawn()
    expect(texts()).toEqual([expect.stringContaining('bob')])
    await userEvent.keyboard('{Escape}')
    await userEvent.selectOptions(named(panel, 'Direction'), 'down')
    await drawn()
    expect(texts()).toEqual([expect.stringContaining('ack')])
    await userEvent.selectOptions(named(panel, 'Direction'), '')
    await userEvent.selectOptions(named(panel, 'Kind'), 'projectChange')
    await userEvent.selectOptions(named(panel, 'Client'), 'ann')
    await drawn()
    expect(texts()).toEqual([expect.stringMatching(/ann.*projectChange/)])
  })

  it('stand still while paused, and are all there afterwards', async () => {
    const { panel, mock } = await open(fakeMock(), 'messages')
    mock.emit(frame(change('before')))
    await drawn()
    named(panel, 'Pause').click()
    mock.emit(frame(change('meanwhile')))
    await drawn()
    expect(rows(panel)).toHaveLength(1)
    named(panel, 'Go on').click()
    await drawn()
    expect(rows(panel)).toHaveLength(2)
  })

  it('20,000 of them cost one drawing a frame, a bounded number of elements, and no parsing of what is not seen', async () => {
    const { panel, mock } = await open(fakeMock(), 'messages')
    await drawn()
    const draws = vi.spyOn(window, 'requestAnimationFrame')
    const parse = vi.spyOn(JSON, 'parse')
    ends.push(() => vi.restoreAllMocks())
    for (let at = 0; at < 20_000; at += 1) mock.emit(frame(change(`number ${at}`)))
    expect(draws.mock.calls.length).toBeLessThanOrEqual(1)
    expect(parse).not.toHaveBeenCalled()
    vi.restoreAllMocks()
    await drawn()
    expect(rows(panel).length).toBeGreaterThan(5)
    expect(rows(panel).length).toBeLessThan(60)
    expect(Number(one(panel, '[role=option]').getAttribute('aria-setsize'))).toBeLessThanOrEqual(6000)
    expect(within(panel).querySelectorAll('*').length).toBeLessThan(1500)
  })

  it('that keep coming are drawn a few times a second, not with every frame of the screen', async () => {
    const { mock } = await open(fakeMock(), 'messages')
    const draws = vi.spyOn(VirtualList.prototype, 'render')
    ends.push(() => vi.restoreAllMocks())
    for (let screen = 0; screen < 40; screen += 1) {
      mock.emit(frame(change('on and on')))
      vi.advanceTimersByTime(16)
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    // 640 ms: with every fifth frame of the screen.
    expect(draws.mock.calls.length).toBeGreaterThanOrEqual(6)
    expect(draws.mock.calls.length).toBeLessThanOrEqual(9)
  })

  it('that are not seen are not looked at: a list of 20,000 fills what is on the screen, and once', () => {
    const fill = vi.fn()
    const list = new VirtualList<number>({
      label: 'Numbers',
      rowHeight: 20,
      role: 'listbox',
      fill,
      invalidate: () => {},
    })
    list.element.style.cssText = 'display: block; height: 200px; overflow: auto; position: relative'
    document.body.append(list.element)
    ends.push(() => list.element.remove())
    list.setItems(Array.from({ length: 20_000 }, (_, at) => at))
    list.render()
    list.render()
    expect(fill.mock.calls.length).toBeLessThanOrEqual(10 + 6)
    list.element.scrollTop = 200_000
    list.render()
    expect(fill.mock.calls.at(-1)?.[1]).toBe(10_015)
    expect(list.drawnRows).toBeLessThanOrEqual(10 + 2 * 6)
  })
})

describe('the other tabs', () => {
  it('clients: one of them is dropped, or offline for a while', async () => {
    const { panel, mock } = await open()
    mock.emit({ n: 1, at: Date.now(), party: 'bob', tab: 'tab-2', type: 'open', socket: 2, url: '/ws' })
    await drawn()
    expect(one(panel, '.socket').textContent).toContain('bob')
    named(panel, 'Drop bob').click()
    expect(mock.lab.inject).toHaveBeenLastCalledWith({ fault: 'drop', to: { party: 'bob' } })
    named(panel, 'Offline 10 s: bob').click()
    expect(mock.lab.inject).toHaveBeenLastCalledWith({ fault: 'offline', for: 10_000, to: { party: 'bob' } })
  })

  it('network: a preset runs with the seed, its steps show how far it is, and stop ends it', async () => {
    const { panel, mock } = await open(fakeMock(), 'network')
    named(panel, 'Run Train tunnel').click()
    await vi.waitFor(
      () => expect(mock.lab.run).toHaveBeenCalledWith(expect.objectContaining({ name: 'train-tunnel' }), { seed: 1 }),
      SLOW,
    )
    mock.labEvent({
      at: Date.now(),
      fault: 'latency',
      step: 'fading',
      target: 'everybody',
      effect: { type: 'began', forMs: 5000 },
    })
    await drawn()
    expect(one(panel, '.steps [data-tone="wait"]').textContent).toBe('fading')
    expect(one(panel, '.log').textContent).toContain('began, for 5 s')
    named(panel, 'Stop').click()
    expect(mock.lab.stop).toHaveBeenCalled()
    await vi.waitFor(() => expect(one(panel, '.run').textContent).toContain('The network is fine'), SLOW)
  })

  it('network: what another tab runs and sets is shown with its progress, and so is its end', async () => {
    const { panel, mock } = await open(fakeMock(), 'network')
    mock.labStands({ state: { state: 'idle' }, settings: { latencyMs: 250, errorStatus: 502, paused: true } })
    await drawn()
    expect(one(panel, '.run').textContent).toContain('Switches are on')
    expect(named(panel, 'Latency').getAttribute('aria-valuetext')).toBe('250 milliseconds')
    const switches = one(panel, '.switches')
    expect([...switches.querySelectorAll('select')].map(({ value }) => value)).toEqual(['0', '0', '502'])
    expect([...switches.querySelectorAll<HTMLInputElement>('[type=checkbox]')].map(({ checked }) => checked)).toEqual([
      false,
      true,
      false,
    ])
    const script = {
      format: 'planwire-lab',
      version: 1,
      name: 'elsewhere',
      steps: [{ fault: 'drop', at: 60_000 }],
    } as const
    mock.labStands({ state: { state: 'running', script, seed: 12, since: Date.now() - 15_000 }, settings: {} })
    await drawn()
    expect(one(panel, '.run').textContent).toMatch(/^elsewhere.*15 s of 1 min.*seed 12/)
    expect(one(panel, '.run progress').getAttribute('value')).toMatch(/^0\.25/)
    expect(named(panel, 'Latency').getAttribute('aria-valuetext')).toBe('off')
    mock.labStands({ state: { state: 'idle' }, settings: {} })
    await drawn()
    expect(one(panel, '.run').textContent).toContain('The network is fine')
  })

  it('network: a script that cannot be is refused with its path, and does not run', async () => {
    const { panel } = await open(fakeMock(), 'network')
    const editor = named(panel, 'Script as JSON')
    await userEvent.fill(editor, '{"format":"planwire-lab","version":1,"steps":[{"fault":"latency"}]}')
    expect(within(panel).getElementById(editor.getAttribute('aria-describedby') ?? '')?.textContent).toContain(
      'steps[0].ms',
    )
    expect(named(panel, 'Run script').hasAttribute('disabled')).toBe(true)
  })

  it('bots: projects are offered as soon as a server that restarts answers, and none can be started before', async () => {
    const mock = fakeMock()
    const { export: answers } = mock
    mock.export = () => Promise.reject(new Error('The mock server restarts'))
    const { panel } = await open(mock, 'bots')
    const offered = (): string[] =>
      [...one(panel, 'select[aria-label=Project]').children].map((each) => each.textContent)
    await vi.waitFor(() => expect(offered()).toEqual(['The server does not answer']), SLOW)
    expect(named(panel, 'Start bots').matches(':disabled')).toBe(true)
    mock.export = answers
    await vi.waitFor(() => expect(offered()).toEqual(['House']), SLOW)
    expect(named(panel, 'Start bots').matches(':disabled')).toBe(false)
  })

  it('data: tables of thousands draw what is seen; a reset asks first; a broken file is told', async () => {
    const { panel, mock } = await open(fakeMock(), 'data')
    await vi.waitFor(() => expect(one(panel, '.data-table').textContent).toContain('Task 1'), SLOW)
    expect(rows(panel).length).toBeLessThan(60)
    named(panel, 'Reset all').click()
    expect(mock.reset).not.toHaveBeenCalled()
    named(panel, 'Reset everything?').click()
    await vi.waitFor(() => expect(mock.reset).toHaveBeenCalledWith(undefined), SLOW)
    const files = new DataTransfer()
    files.items.add(new File(['{ no json'], 'state.json'))
    one(panel, '.tabpanel').dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, composed: true }))
    await vi.waitFor(
      () => expect(one(panel, '[role=alert]').textContent).toMatch(/^state\.json was not imported/),
      SLOW,
    )
    expect(mock.import).not.toHaveBeenCalled()
  })

  it('doctor: a finding is counted at its tab, and leads to the message that shows it', async () => {
    const { panel, mock } = await open()
    const bad = frame(
      '{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"name":"<script>x</script>"}]}}}',
    )
    mock.emit(bad)
    await vi.waitFor(() => expect(one(panel, '#tab-doctor .count').textContent).toBe('1'), SLOW)
    one(panel, '#tab-doctor').click()
    await drawn()
    named(panel, `#${bad.n}: show this message`).click()
    await drawn()
    expect(one(panel, '[aria-selected="true"][role=tab]').id).toBe('tab-messages')
    expect(one(panel, '.detail .code').textContent).toContain('<script>')
  })

  it('recorder: a long recording is opened and replayed while the page goes on, and both can be stopped on the way', async () => {
    const mock = fakeMock()
    const entries = Array.from({ length: 20_000 }, (_, at) => ({ ...frame(change(`${at}`)), n: at + 1 }))
    const { stop } = mock.recorder
    mock.recorder.stop = async () => {
      await stop()
      return recordingOf(entries)
    }
    const { panel } = await open(mock, 'recorder')
    // Long work looks at the clock to see when the page wants its turn.
    vi.useRealTimers()
    const about = (): string => one(panel, '.tabpanel .bar .clip').textContent
    const played = async (): Promise<void> => {
      named(panel, 'Record').click()
      await vi.waitFor(() => named(panel, 'Stop').click(), SLOW)
      await vi.waitFor(() => expect(about()).toMatch(/ [1-9]\d? %$/), { ...SLOW, interval: 5 })
    }
    await played()
    named(panel, 'Cancel').click()
    await vi.waitFor(() => expect(about()).toBe(''), SLOW)
    expect(one(panel, '.problem').hidden).toBe(true)
    await played()
    await vi.waitFor(() => expect(about()).toContain('20000 entries'), SLOW)
    named(panel, 'Replay').click()
    await vi.waitFor(
      () => expect(Number(one(panel, '.recording progress').getAttribute('value'))).toBeGreaterThan(0),
      SLOW,
    )
    named(panel, 'Stop').click()
    await vi.waitFor(() => expect(one(panel, '.outcome').textContent).toBe('Stopped'), SLOW)
  })

  it('recorder: records, stops, and goes through what there is', async () => {
    const { panel } = await open(fakeMock(), 'recorder')
    named(panel, 'Record').click()
    await vi.waitFor(() => expect(one(panel, '#tab-recorder .count').textContent).toBe('rec'), SLOW)
    named(panel, 'Stop').click()
    await vi.waitFor(() => expect(named(panel, 'Moment of the recording').checkVisibility()).toBe(true), SLOW)
  })
})

interface Axe {
  run(
    context: Node,
    options: object,
  ): Promise<{
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
  }>
}
declare global {
  interface Window {
    axe?: Axe
  }
}

describe('accessibility', () => {
  beforeAll(async () => {
    const script = document.createElement('script')
    script.src = '/node_modules/axe-core/axe.min.js'
    const loaded = new Promise((resolve) => script.addEventListener('load', resolve))
    document.head.append(script)
    await loaded
  })

  it.each([
    ['light', 1200],
    ['dark', 360],
  ] as const)('axe finds nothing in any tab, %s, %i pixels wide', async (theme, width) => {
    await page.viewport(width, 800)
    document.documentElement.dataset['theme'] = theme
    ends.push(() => delete document.documentElement.dataset['theme'])
    const { panel, mock } = await open()
    mock.emit(
      { n: 1, at: Date.now(), party: 'ann', tab: 'tab-1', type: 'open', socket: 1, url: '/' },
      frame('{"command":"presence","planwire":{"state":{"task":3}}}'),
      frame('{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"name":"<b>x</b>"}]}}}'),
    )
    mock.labEvent({ at: 0, fault: 'drop', step: 'x', target: 'ann', effect: { type: 'closed', code: 1006 } })
    for (const tab of ['clients', 'messages', 'network', 'bots', 'recorder', 'data', 'doctor']) {
      one(panel, `#tab-${tab}`).click()
      await drawn()
      if (tab === 'messages') rows(panel)[1]?.click()
      await drawn()
      // axe has timers of its own.
      vi.useRealTimers()
      const found = await window.axe?.run(panel, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'],
      })
      holdTimers()
      const problems = found?.violations.map(
        ({ id, nodes }) => `${tab}: ${id} ${nodes.map(({ html }) => html).join(' ')}`,
      )
      expect(problems, tab).toEqual([])
    }
  })
})
