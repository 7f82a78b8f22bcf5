/** The pane that shows one message whole: pretty or raw, with what can be done with it. */
import type { WireEntry } from '../recorder/recording.ts'
import { button, h, setText } from './dom.ts'
import { directionOf, kindOf } from './entry-kind.ts'
import { jsonView, prettyOf } from './json-view.ts'
import { rawOf } from './message-filter.ts'
import { faultWords } from './message-words.ts'
import { clockTime, size } from './numbers.ts'

interface DetailPorts {
  copy(text: string, words: string): void
  copyTest(entry: WireEntry): void
  close(): void
  requestOf(entry: WireEntry & { readonly type: 'answer' }): (WireEntry & { readonly type: 'request' }) | undefined
}

export interface MessageDetail {
  readonly element: HTMLElement
  show(entry: WireEntry | undefined): void
  focus(): void
}

export function createMessageDetail(ports: DetailPorts): MessageDetail {
  let entry: WireEntry | undefined
  let raw = false
  const title = h('h2', { className: 'clip' })
  const about = h('p', { className: 'soft small' })
  const content = h('div', { className: 'detail-content' })
  const rawSwitch = button('Raw', () => {
    raw = !raw
    fill()
  })
  const close = button('Close the message', ports.close, { icon: 'close', iconOnly: true, look: 'quiet' })
  const element = h(
    'section',
    { className: 'detail', hidden: true, 'aria-label': 'Message' },
    h(
      'div',
      { className: 'detail-head' },
      h('div', { className: 'line' }, title, h('span', { className: 'space' }), close),
      about,
      h(
        'div',
        { className: 'line tight' },
        rawSwitch,
        button('Copy', () => entry && ports.copy(raw ? rawOf(entry) : prettyOf(rawOf(entry)), 'Message copied'), {
          icon: 'copy',
        }),
        button('Copy as test', () => entry && ports.copyTest(entry), {
          icon: 'test',
          title: 'A Vitest test of this client, up to this message',
        }),
      ),
    ),
    content,
  )

  function fill(): void {
    rawSwitch.setAttribute('aria-pressed', String(raw))
    if (entry === undefined) return
    const way = { up: `${entry.party} → server`, down: `server → ${entry.party}`, none: 'server' }[directionOf(entry)]
    setText(title, kindOf(entry))
    setText(about, `${way} · ${clockTime(entry.at)} · number ${entry.n}`)
    content.replaceChildren(...partsOf(entry, ports))
  }

  function partsOf(shown: WireEntry, { requestOf }: DetailPorts): HTMLElement[] {
    const text = (value: string, label: string): HTMLElement => jsonView(raw ? value : prettyOf(value), label)
    switch (shown.type) {
      case 'frame':
        return [text(shown.text, `Frame, ${size(shown.text.length)}`)]
      case 'request':
        return [
          heading(`${shown.method} ${shown.url}`),
          ...headers(shown.headers),
          ...(shown.body === '' ? [] : [heading('Body'), text(shown.body, 'Body')]),
        ]
      case 'answer': {
        const ask = requestOf(shown)
        const asked =
          ask === undefined
            ? []
            : [heading(`${ask.method} ${ask.url}`), ...(ask.body === '' ? [] : [text(ask.body, 'Body of the request')])]
        const status = shown.status === 0 ? 'No answer: the network failed' : `Answer ${shown.status}`
        return [
          ...asked,
          heading(status),
          ...headers(shown.headers),
          ...(shown.body === '' ? [] : [text(shown.body, 'Body of the answer')]),
        ]
      }
      case 'fault':
        return [h('p', {}, faultWords(shown.event)), text(JSON.stringify(shown.event), 'Event of the network lab')]
      default:
        return [text(rawOf(shown), 'Entry')]
    }
  }

  return {
    element,
    focus: () => close.focus(),
    show(next) {
      entry = next
      element.hidden = next === undefined
      fill()
    },
  }
}

const heading = (text: string): HTMLElement => h('p', { className: 'mono strong' }, text)

function headers(given: Readonly<Record<string, string>>): HTMLElement[] {
  const rows = Object.entries(given)
  if (rows.length === 0) return []
  return [
    h(
      'dl',
      { className: 'headers mono' },
      ...rows.flatMap(([name, value]) => [h('dt', { className: 'soft' }, name), h('dd', {}, value)]),
    ),
  ]
}
