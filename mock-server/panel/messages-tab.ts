/** The tab of messages: everything that crosses the wire, of all tabs, filtered, stopped, copied, and looked at one by one. */
import type { WireEntry } from '../recorder/recording.ts'
import { copyText } from './clipboard.ts'
import { testOf } from './copy-as-test.ts'
import { button, h, icon, setText } from './dom.ts'
import { directionOf, groupOf, kindOf } from './entry-kind.ts'
import { createMessageDetail } from './message-detail.ts'
import { FilteredEntries, groupKey, type MessageFilter, rawOf } from './message-filter.ts'
import { summaryOf } from './message-words.ts'
import { clockTime, short } from './numbers.ts'
import type { PanelContext, PanelTab } from './tab.ts'
import { VirtualList } from './virtual-list.ts'

const ROW = 26
/** Entries of a copied test: more are no test that anybody reads. */
const COPIED = 400

export function createMessagesTab(context: PanelContext): PanelTab {
  const { traffic, invalidate, say } = context
  const filtered = new FilteredEntries(traffic)
  let paused = false
  let selected: WireEntry | undefined

  const list = new VirtualList<WireEntry>({
    label: 'Messages, oldest first',
    rowHeight: ROW,
    role: 'listbox',
    fill,
    selected: (entry) => show(entry),
    invalidate,
  })
  list.follows = true

  const text = h('input', {
    type: 'search',
    className: 'field grow',
    placeholder: 'Filter by text',
    'aria-label': 'Filter by text',
    spellcheck: false,
    oninput: refilter,
  })
  const party = picker('Client', [['', 'All clients']])
  const direction = picker('Direction', [
    ['', 'Both ways'],
    ['up', '↑ to the server'],
    ['down', '↓ to the client'],
  ])
  const kind = picker('Kind', [])
  const pause = button('Pause', () => setPaused(!paused), { icon: 'pause', iconOnly: true, look: 'quiet' })
  const state = h('span', { className: 'soft small num', role: 'note' })
  const newest = button(
    'Newest',
    () => {
      list.follows = true
      list.setItems(filtered.list)
      invalidate()
    },
    { icon: 'down' },
  )
  newest.classList.add('newest')
  const detail = createMessageDetail({
    copy: (what, words) => void copy(what, words),
    copyTest: (entry) => void copyTest(entry),
    close: () => {
      list.unselect()
      show(undefined)
      list.element.focus()
    },
    requestOf: (entry) => traffic.requestOf(entry),
  })
  const empty = h('div', { className: 'empty' }, icon('messages'), h('h2', {}, ''), h('p', {}, ''))
  const split = h(
    'div',
    { className: 'split' },
    h('div', { className: 'split-main' }, list.element, newest, empty),
    detail.element,
  )
  const element = h(
    'div',
    {},
    h(
      'div',
      { className: 'bar' },
      text,
      party,
      direction,
      kind,
      h(
        'div',
        { className: 'line tight' },
        pause,
        button('Clear', clear, { icon: 'trash', iconOnly: true, look: 'quiet' }),
        button('Copy what is listed', () => copy(filtered.list.map(lineOf).join('\n'), listed('copied')), {
          icon: 'copy',
          iconOnly: true,
          look: 'quiet',
        }),
        button('Copy what is listed as a test', () => copyTest(undefined), {
          icon: 'test',
          iconOnly: true,
          look: 'quiet',
        }),
      ),
      state,
    ),
    split,
  )

  function picker(label: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
    return h(
      'select',
      { className: 'field', 'aria-label': label, onchange: refilter },
      ...options.map(([value, name]) => h('option', { value }, name)),
    )
  }

  /** Offers what has been seen, without disturbing what is chosen. */
  function offer(select: HTMLSelectElement, options: readonly (readonly [string, string])[]): void {
    if (select.options.length === options.length) return
    const { value } = select
    select.replaceChildren(...options.map(([key, name]) => h('option', { value: key }, name)))
    select.value = value
  }

  function refilter(): void {
    const way = direction.value === 'up' || direction.value === 'down' ? direction.value : ''
    const filter: MessageFilter = { text: text.value, party: party.value, direction: way, kind: kind.value }
    filtered.filter = filter
    filtered.update()
    list.setItems(filtered.list)
    reselect()
    invalidate()
  }

  /** What was selected stays so, wherever it stands now. */
  function reselect(): void {
    const at = selected === undefined ? -1 : filtered.list.indexOf(selected)
    if (at >= 0) list.select(at, false)
    else list.unselect()
  }

  function setPaused(wanted: boolean): void {
    paused = wanted
    pause.replaceChildren(icon(paused ? 'play' : 'pause'))
    pause.setAttribute('aria-pressed', String(paused))
    pause.title = paused ? 'Go on' : 'Pause'
    pause.setAttribute('aria-label', pause.title)
    invalidate()
  }

  function clear(): void {
    traffic.clear()
    void context.begin()
    show(undefined)
    say('Messages cleared')
  }

  function show(entry: WireEntry | undefined): void {
    selected = entry
    detail.show(entry)
    const hadFocus = list.element.matches(':focus')
    split.classList.toggle('with-detail', entry !== undefined)
    // On a narrow screen the message takes the place of the list, and the focus with it.
    if (hadFocus && !list.element.checkVisibility()) detail.focus()
    invalidate()
  }

  const listed = (what: string): string =>
    `${filtered.list.length} ${filtered.list.length === 1 ? 'message' : 'messages'} ${what}`

  async function copy(what: string, words: string): Promise<void> {
    try {
      await copyText(what, element)
      say(words)
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }

  /** Of the whole list, or of the client of an entry up to that entry. */
  async function copyTest(entry: WireEntry | undefined): Promise<void> {
    const wanted =
      entry === undefined
        ? filtered.list
        : traffic.entries.filter(({ n, party: who }) => who === entry.party && n <= entry.n)
    const entries = wanted.slice(-COPIED)
    const source = testOf({ entries, opening: await context.opening })
    const left = wanted.length > entries.length ? `, the newest ${COPIED} messages` : ''
    await copy(source, `Copied as a Vitest test${left}`)
  }

  function fill(row: HTMLElement, entry: WireEntry): void {
    const cells = row.children
    if (cells.length === 0) {
      row.append(
        h('span', { className: 'mono soft m-time' }),
        h('span', { className: 'm-way' }),
        h('span', { className: 'clip m-party' }),
        h('span', { className: 'chip m-kind clip' }),
        h('span', { className: 'mono clip m-text' }),
        h('span', { className: 'mono soft num m-size' }),
      )
    }
    const [time, way, who, what, words, length] = cells
    if (!time || !way || !who || !what || !words || !length) return
    const to = directionOf(entry)
    setText(time, clockTime(entry.at))
    setText(way, { up: '↑', down: '↓', none: '✳' }[to])
    way.setAttribute('aria-label', { up: 'to the server', down: 'to the client', none: 'server' }[to])
    way.setAttribute('role', 'img')
    way.setAttribute('data-way', to)
    setText(who, entry.party)
    setText(what, kindOf(entry))
    what.setAttribute('data-tone', toneOf(entry))
    setText(words, summaryOf(entry, entry.type === 'answer' ? traffic.requestOf(entry) : undefined))
    setText(length, entry.type === 'frame' ? short(entry.text.length) : 'body' in entry ? short(entry.body.length) : '')
  }

  function render(): void {
    if (!paused) {
      const follows = list.follows
      const gone = filtered.update()
      list.follows = follows
      list.setItems(filtered.list, gone === 'all' ? 0 : gone)
      if (gone === 'all') reselect()
    }
    offer(party, [
      ['', 'All clients'],
      [`tab:${context.mock.tab}`, 'This tab'],
      ...[...traffic.parties].map((name) => [name, name] as const),
    ])
    const kinds = [...traffic.kinds].sort().map((name) => [name, name] as const)
    offer(kind, [
      ['', 'All kinds'],
      [groupKey('frames'), 'Frames'],
      [groupKey('requests'), 'Requests'],
      [groupKey('connections'), 'Connections'],
      [groupKey('server'), 'Faults and server'],
      ...kinds,
    ])
    list.render()
    const shown = filtered.list.length
    const all = traffic.entries.length
    const waiting = traffic.entries.length > 0 && paused ? ', paused' : ''
    const missed = traffic.missed > 0 ? `, ${traffic.missed} missed` : ''
    setText(state, `${shown === all ? '' : `${shown} of `}${all}${missed}${waiting}`)
    newest.hidden = list.follows || shown === 0 || list.element.scrollHeight <= list.element.clientHeight + 4
    empty.hidden = shown > 0
    list.element.hidden = shown === 0
    const [, title, words] = empty.children
    if (shown === 0 && title && words) {
      const since = traffic.era === 0 ? 'the panel was opened' : 'the list was cleared'
      setText(title, all === 0 ? `Nothing has crossed the wire since ${since}` : 'Nothing fits the filter')
      setText(
        words,
        all > 0
          ? `${all} messages are kept; loosen the filter to see them.`
          : 'Frames and requests of every tab of this origin appear here as they travel. Those from before are not shown.',
      )
    }
  }

  return {
    element,
    render,
    goTo(n) {
      if (filtered.list.every((entry) => entry.n !== n)) {
        text.value = ''
        for (const each of [party, direction, kind]) each.value = ''
        refilter()
      }
      const at = filtered.list.findIndex((entry) => entry.n === n)
      if (at < 0) return say('That message is no longer kept')
      list.render()
      list.select(at)
      list.element.focus()
    },
  }
}

function toneOf(entry: WireEntry): string {
  switch (groupOf(entry)) {
    case 'server':
      return 'wait'
    case 'connections':
      return entry.type === 'close' ? 'bad' : 'good'
    case 'requests':
      return entry.type === 'answer' && (entry.status === 0 || entry.status >= 400) ? 'bad' : 'violet'
    case 'frames':
      return kindOf(entry) === 'error' ? 'bad' : /change|-(?:task|event|link)$/i.test(kindOf(entry)) ? 'accent' : ''
  }
}

/** An entry as one line of text. */
const lineOf = (entry: WireEntry): string =>
  [
    clockTime(entry.at),
    { up: '>', down: '<', none: '*' }[directionOf(entry)],
    entry.party,
    rawOf(entry).replaceAll('\n', ' '),
  ].join('\t')
