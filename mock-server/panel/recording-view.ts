/** Goes through one recording: a slider through time, the list of its entries, what each of them did, replay and minimise. */
import type { Player } from '../recorder/player.ts'
import type { Recording, WireEntry } from '../recorder/recording.ts'
import { button, h, setText } from './dom.ts'
import { directionOf, kindOf } from './entry-kind.ts'
import { recordIn, shows, type Wrong } from './failing-checks.ts'
import { jsonView, prettyOf } from './json-view.ts'
import { rawOf } from './message-filter.ts'
import { summaryOf } from './message-words.ts'
import { clockTime, span } from './numbers.ts'
import { changesView, nameOfChange } from './record-diff.ts'
import type { RecorderTools } from './recorder-tools.ts'
import { inSlices } from './slices.ts'
import { VirtualList } from './virtual-list.ts'

interface ViewPorts {
  readonly tools: RecorderTools
  readonly player: Player
  say(text: string): void
  /** Another recording is to be shown: what is left of this one. */
  replace(recording: Recording): void
  invalidate(): void
}

export interface RecordingView {
  readonly element: HTMLElement
  render(): void
  end(): void
}

export function createRecordingView({ tools, player, say, replace, invalidate }: ViewPorts): RecordingView {
  const { recording, changing } = player
  const { entries } = recording
  const first = entries[0]?.n ?? 1
  const changes = new Set(changing)
  let at = 0
  let all = false
  let drawn = -1
  let work: AbortController | undefined

  const list = new VirtualList<WireEntry>({
    label: 'Entries of the recording',
    rowHeight: 24,
    role: 'listbox',
    fill,
    selected: (_, index) => go(index),
    invalidate,
  })
  list.setItems(entries)
  const slider = h('input', {
    type: 'range',
    className: 'scrub',
    min: '0',
    max: String(Math.max(0, entries.length - 1)),
    value: '0',
    'aria-label': 'Moment of the recording',
    oninput: () => go(Number(slider.value)),
  })
  const moment = h('span', { className: 'small num' })
  const title = h('h2', { className: 'clip' })
  const about = h('p', { className: 'soft small' })
  const what = h('div', { className: 'stack' })
  const allFields = h('input', { type: 'checkbox', onchange: () => showAll(allFields.checked) })
  const outcome = h('div', { className: 'outcome', role: 'status' })
  const progress = h('progress', { className: 'progress', max: 1, 'aria-label': 'Progress', hidden: true })
  const stop = button('Stop', () => work?.abort(), { icon: 'stop', look: 'danger' })
  const text = h('input', {
    className: 'field',
    placeholder: 'text of a message',
    'aria-label': 'Text of a message',
    hidden: true,
  })
  const check = h(
    'select',
    {
      className: 'field',
      'aria-label': 'What must still be wrong',
      onchange: () => void (text.hidden = check.value !== 'text'),
    },
    h('option', { value: 'record' }, 'the changed record ends as it does'),
    h('option', { value: 'error' }, 'the server answers an error'),
    h('option', { value: 'text' }, 'a message holds the text'),
  )
  const element = h(
    'div',
    { className: 'recording' },
    h(
      'div',
      { className: 'bar scrub-bar' },
      button('Change before', () => step(-1), {
        icon: 'back',
        iconOnly: true,
        look: 'quiet',
        title: 'To the change before',
      }),
      slider,
      button('Next change', () => step(1), {
        icon: 'next',
        iconOnly: true,
        look: 'quiet',
        title: 'To the next change',
      }),
      moment,
    ),
    h(
      'div',
      { className: 'bar' },
      button('Replay', runReplay, { icon: 'play', title: 'Against a fresh server, every answer compared' }),
      button('Minimise', runMinimise, { icon: 'minus', title: 'To the messages without which it is not so' }),
      h('span', { className: 'small soft' }, 'while'),
      check,
      text,
      stop,
      progress,
      outcome,
    ),
    h(
      'div',
      { className: 'split lab' },
      h('div', { className: 'split-main' }, list.element),
      h(
        'section',
        { className: 'detail moment', 'aria-label': 'What this entry did' },
        h(
          'div',
          { className: 'detail-head' },
          h(
            'div',
            { className: 'line' },
            title,
            h('span', { className: 'space' }),
            h('label', { className: 'check small' }, allFields, 'all fields'),
          ),
          about,
        ),
        h('div', { className: 'scroll pad', tabIndex: 0, role: 'group', 'aria-label': 'Changes' }, what),
      ),
    ),
  )
  stop.hidden = true

  function showAll(wanted: boolean): void {
    all = wanted
    drawn = -1
    invalidate()
  }

  function go(index: number): void {
    at = Math.min(Math.max(0, index), Math.max(0, entries.length - 1))
    slider.value = String(at)
    if (list.selectedIndex !== at) list.select(at, false)
    invalidate()
  }

  /** To the next entry, or the one before, that changed a record. */
  function step(direction: 1 | -1): void {
    const here = first + at
    const to = direction > 0 ? changing.find((n) => n > here) : changing.filter((n) => n < here).at(-1)
    if (to === undefined) say(direction > 0 ? 'No change after this one' : 'No change before this one')
    else go(to - first)
  }

  function fill(row: HTMLElement, entry: WireEntry): void {
    if (row.children.length === 0)
      row.append(
        h('span', { className: 'mono soft m-time' }),
        h('span', { className: 'm-way', role: 'img' }),
        h('span', { className: 'clip m-party' }),
        h('span', { className: 'chip m-kind clip' }),
        h('span', { className: 'mono clip m-text' }),
        h('span', { className: 'dot' }),
      )
    const [time, way, who, kind, words, dot] = row.children
    if (!time || !way || !who || !kind || !words || !dot) return
    const to = directionOf(entry)
    setText(time, clockTime(entry.at).slice(0, 12))
    setText(way, { up: '↑', down: '↓', none: '✳' }[to])
    way.setAttribute('aria-label', { up: 'to the server', down: 'to the client', none: 'server' }[to])
    way.setAttribute('data-way', to)
    setText(who, entry.party)
    setText(kind, kindOf(entry))
    setText(words, summaryOf(entry, undefined))
    dot.setAttribute('data-tone', 'wait')
    dot.toggleAttribute('hidden', !changes.has(entry.n))
  }

  /** Does something that takes a while, with progress and a way to stop it. */
  async function during<Result>(
    job: (signal: AbortSignal, tell: (share: number | undefined, words: string) => void) => Promise<Result>,
  ): Promise<Result | undefined> {
    work?.abort()
    const mine = new AbortController()
    work = mine
    progress.hidden = stop.hidden = false
    progress.removeAttribute('value')
    try {
      return await job(mine.signal, (share, words) => {
        if (share !== undefined) progress.value = share
        setText(outcome, words)
      })
    } catch (error) {
      setText(outcome, mine.signal.aborted ? 'Stopped' : error instanceof Error ? error.message : String(error))
      return undefined
    } finally {
      if (work === mine) progress.hidden = stop.hidden = true
    }
  }

  async function runReplay(): Promise<void> {
    const found = await during((signal, tell) =>
      tools.replay(recording, {
        signal,
        pause: inSlices(),
        onProgress: (done, count) => tell(done / count, `${done} of ${count}`),
      }),
    )
    if (found === undefined) return
    const { same, compared, first: difference } = found
    if (same || difference === undefined) return setText(outcome, `The same: ${compared} frames and answers compared`)
    const { entry, path, expected, got } = difference
    const place = entry === 'end' ? 'the records at the end' : `number ${entry}`
    setText(outcome, `Differs first at ${place}, ${path || 'the whole'}: ${brief(expected)} was, ${brief(got)} is`)
    if (entry !== 'end') go(entry - first)
  }

  async function runMinimise(): Promise<void> {
    const wrong = wanted()
    if (wrong === undefined) return
    const small = await during((signal, tell) =>
      tools.minimise(recording, (attempt) => shows(wrong, attempt), {
        signal,
        pause: inSlices(),
        onProgress: (left, attempts) => tell(undefined, `${left} messages left after ${attempts} attempts`),
      }),
    )
    if (small === undefined) return
    say(`${small.entries.length} of ${entries.length} entries are left`)
    replace(small)
  }

  /** What the form asks for; says what is missing. */
  function wanted(): Wrong | undefined {
    if (check.value === 'error') return { kind: 'error' }
    if (check.value === 'text') {
      if (text.value !== '') return { kind: 'text', text: text.value }
      say('Type a text that a message holds')
      return undefined
    }
    const [change] = player.at(first + at).changes
    if (change !== undefined && recording.end !== undefined)
      return { kind: 'record', change, end: recordIn(recording.end, change) }
    say(
      change === undefined ? 'Go to an entry that changed a record first' : 'This recording does not hold how it ended',
    )
    return undefined
  }

  function render(): void {
    list.render()
    const entry = entries[at]
    setText(
      moment,
      entry === undefined ? 'empty' : `${at + 1} of ${entries.length} · ${span(entry.at - recording.startedAt)}`,
    )
    slider.setAttribute(
      'aria-valuetext',
      entry === undefined ? 'empty' : `${at + 1} of ${entries.length}, ${kindOf(entry)} of ${entry.party}`,
    )
    if (drawn === at || entry === undefined) return
    drawn = at
    const done = player.at(entry.n).changes
    setText(title, `${kindOf(entry)} · ${entry.party}`)
    const [only, ...others] = done
    if (only === undefined) setText(about, 'Changed no record')
    else setText(about, `Changed ${others.length === 0 ? nameOfChange(only) : `${done.length} records`}`)
    what.replaceChildren(
      ...changesView(done, all),
      h('details', {}, h('summary', {}, 'Message'), jsonView(prettyOf(rawOf(entry)), 'Message')),
    )
  }
  go(0)

  return { element, render, end: () => work?.abort() }
}

function brief(value: unknown): string {
  const words = value === undefined ? 'nothing' : JSON.stringify(value)
  return words.length > 80 ? `${words.slice(0, 80)}…` : words
}
