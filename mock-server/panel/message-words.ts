/** Owns how an entry of the wire reads in one line. Parses it: only for rows that are seen, and each once. */
import { assertNever } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { LabEvent } from '../lab/lab-events.ts'
import type { ControlAction, WireEntry } from '../recorder/recording.ts'

/** Longer ones are not parsed for a line. */
const LONGEST = 20_000
/** Characters of a line. */
const LINE = 160
const seen = new WeakMap<WireEntry, string>()

/** What an entry says beside its kind. */
export function summaryOf(entry: WireEntry, ask: (WireEntry & { readonly type: 'request' }) | undefined): string {
  // An answer reads better with its request, which may come to be known later.
  if (entry.type === 'answer') return answerOf(entry, ask)
  let text = seen.get(entry)
  if (text === undefined) seen.set(entry, (text = summarise(entry)))
  return text
}

function summarise(entry: Exclude<WireEntry, { type: 'answer' }>): string {
  switch (entry.type) {
    case 'frame':
      return frameOf(entry.text)
    case 'request':
      return `${entry.url}${entry.body === '' ? '' : `  ${cut(entry.body)}`}`
    case 'open':
      return entry.url
    case 'close':
      return entry.refused === undefined
        ? [`by the ${entry.by}`, entry.code, entry.reason].filter(Boolean).join(' · ')
        : `handshake refused${entry.refused === 0 ? ', no answer' : ` with ${entry.refused}`}`
    case 'arrival':
      return `number ${entry.of}, held back by the network lab, reached the server`
    case 'fault':
      return faultWords(entry.event)
    case 'control':
      return controlWords(entry.action)
    default:
      return assertNever(entry)
  }
}

function answerOf(
  { at, body }: WireEntry & { readonly type: 'answer' },
  ask: (WireEntry & { readonly type: 'request' }) | undefined,
): string {
  const to = ask === undefined ? '' : `${ask.method} ${ask.url} · ${Math.max(0, at - ask.at)} ms`
  return [to, cut(body)].filter((part) => part !== '').join('  ')
}

function controlWords(action: ControlAction): string {
  switch (action.do) {
    case 'reset':
      return action.project === undefined ? 'everything was reset' : `project ${action.project} was reset`
    case 'import':
      return 'a state was imported'
    case 'publish':
      return cut(`${action.entity} ${action.action} ${action.value === undefined ? '' : JSON.stringify(action.value)}`)
    case 'configure':
      return 'the server goes on with another configuration'
    default:
      return assertNever(action)
  }
}

/** What a fault did, in words. */
export function faultWords({ target, effect }: LabEvent): string {
  switch (effect.type) {
    case 'began':
      return effect.forMs === undefined ? 'began' : `began, for ${inSeconds(effect.forMs)}`
    case 'ended':
      return `ended, touched ${effect.touched}`
    case 'lost':
      return `${target}: ${effect.what} never arrived`
    case 'ack-lost':
      return `${target}: ${effect.what} was done, its answer lost`
    case 'closed':
      return effect.code === 1006 ? `${target}: the line broke (1006)` : `${target}: closed with ${effect.code}`
    case 'silenced':
      return `${target}: the line is dead, and nobody was told`
    case 'released':
      return `${target}: ${effect.frames} held back ${effect.frames === 1 ? 'frame' : 'frames'} let go`
    case 'refused':
      return `${target}: refused${effect.status === 0 ? ', no answer' : ` with ${effect.status}`}`
    case 'answered':
      return `${target}: ${effect.what} answered with ${effect.status}`
    case 'repeated':
      return `${target}: ${effect.what} done twice`
    case 'overtaken':
      return `${target}: ${effect.what} was overtaken`
    case 'overflowed':
      return `${target}: ${effect.characters} characters waited, cut off`
    case 'down':
      return 'the server is down'
    case 'up':
      return `the server is up, memory ${effect.memory}`
    case 'failed':
      return `failed: ${effect.message}`
    default:
      return assertNever(effect)
  }
}

const inSeconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`)

/** What a frame says beside its command: what it changes in numbers, else its fields as they stand. */
function frameOf(text: string): string {
  if (text.length > LONGEST) return `${Math.round(text.length / 1000)} thousand characters`
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return cut(text)
  }
  if (!isObject(frame)) return cut(text)
  const { command, action, data, body, ...rest } = frame
  const inner = isObject(data)
    ? { ...rest, ...data }
    : { ...rest, ...(isObject(body) ? body : body === undefined ? {} : { body }) }
  const changed = changesIn(inner)
  const { revisions, changes, planwire, value, ...left } = inner
  const order =
    isObject(planwire) && typeof planwire['revision'] === 'number' ? ` · revision ${planwire['revision']}` : ''
  if (changed !== '') return changed + order
  if (isObject(value)) return cut(JSON.stringify(value))
  const shown = Object.keys(left).length > 0 ? cut(JSON.stringify(left).slice(1, -1)) : ''
  return (shown + order).replace(/^ · /, '')
}

/** `tasks ~2 +1 · links −1`. */
function changesIn(inner: { readonly [key: string]: unknown }): string {
  const lists = Array.isArray(inner['revisions']) ? inner['revisions'] : [inner]
  const stores = new Map<string, [number, number, number]>()
  for (const each of lists) {
    const changes: unknown = isObject(each) ? each['changes'] : undefined
    if (!isObject(changes)) continue
    for (const [store, change] of Object.entries(changes)) {
      if (!isObject(change)) continue
      const counts = stores.get(store) ?? [0, 0, 0]
      for (const [at, key] of ['added', 'updated', 'removed'].entries()) {
        const list: unknown = change[key]
        counts[at] = (counts[at] ?? 0) + (Array.isArray(list) ? list.length : 0)
      }
      stores.set(store, counts)
    }
  }
  return [...stores]
    .map(([store, [added, updated, removed]]) =>
      [store, added > 0 && `+${added}`, updated > 0 && `~${updated}`, removed > 0 && `−${removed}`]
        .filter(Boolean)
        .join(' '),
    )
    .join(' · ')
}

function cut(text: string): string {
  const line = text.slice(0, LINE * 2).replace(/\s+/g, ' ')
  return line.length > LINE ? `${line.slice(0, LINE)}…` : line
}
