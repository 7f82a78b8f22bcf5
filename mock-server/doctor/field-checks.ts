/** Looks at the records that clients send: fields that are nobody's business, HTML, ids that should be real by now, zones. */
import { isObject } from '../../client/protocol/guards.ts'
import { isPhantomId } from '../../client/store/phantom-ids.ts'
import { REFERENCE_FIELDS } from '../../client/store/references.ts'
import type { WireEntry } from '../recorder/recording.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Check } from './doctor.ts'
import type { Sighting } from './finding.ts'
import type { WireMessage, WireRecord } from './wire-message.ts'

const PROTOCOL_FIELDS = new Set(['$PhantomId', '$PhantomParentId', '$input'])
const ELEMENTS =
  'a|abbr|audio|b|body|br|button|code|div|em|embed|font|form|h[1-6]|head|hr|html|i|iframe|img|input|li|link|meta|object|ol|p|pre|script|select|small|span|strong|style|sub|sup|svg|table|tbody|td|textarea|th|tr|u|ul|video'
const HTML = new RegExp(`<\\/?(?:${ELEMENTS})(?:\\s[^<>]*)?\\/?>`, 'i')
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/
/** How long a change may be on its way. */
const ON_ITS_WAY_MS = 2_000
const LONGEST_TEXT = 20_000

export class FieldChecks implements Check {
  /** Temporary ids whose real one a line was told, by line and id. */
  readonly #told = new BoundedMap<{ readonly n: number; readonly at: number; readonly real: unknown }>(20_000)
  /** Connections whose server knows temporary ids for good, by planwire's extension. */
  readonly #remembered = new BoundedMap<true>(2_000)
  /** Whether a field came with a zone, by store and field. */
  readonly #zones = new BoundedMap<{ readonly n: number; readonly hasZone: boolean; readonly party: string }>(500)

  take(_: WireEntry, message: WireMessage | undefined): readonly Sighting[] {
    if (message === undefined) return []
    const found: Sighting[] = []
    const { line, direction, command, body } = message
    if (direction === 'down' && command === 'login' && isObject(body['planwire'])) this.#remembered.set(line, true)
    for (const record of message.records) {
      if (message.direction === 'down') this.#learn(record, message)
      else this.#look(record, message, found)
      this.#references(record, message, found)
    }
    return found
  }

  #look(record: WireRecord, message: WireMessage, found: Sighting[]): void {
    const { store, fields, id } = record
    const where = `${store} ${String(id ?? fields['$PhantomId'] ?? 'without an id')}`
    for (const [field, value] of Object.entries(fields)) {
      if (/^[$_]/.test(field) && !PROTOCOL_FIELDS.has(field)) {
        const cause = `${message.party} ${store} ${field}`
        found.push(
          sighting('private-fields', cause, message, `${message.party} sends the private field ${field} of ${where}.`),
        )
      }
      if (typeof value !== 'string' || value.length > LONGEST_TEXT) continue
      // A version holds whole projects, and a change log what others typed.
      if (HTML.test(value) && store !== 'versions' && store !== 'changelogs') {
        const [tag = ''] = HTML.exec(value) ?? []
        const text = `${message.party} sends HTML in ${field} of ${where}: ${tag.slice(0, 60)}.`
        found.push(sighting('html-in-text', `${message.party} ${store} ${field}`, message, text))
      }
      this.#zone(store, field, value, message, found)
    }
  }

  #zone(store: string, field: string, value: string, message: WireMessage, found: Sighting[]): void {
    const match = DATE.exec(value)
    // A day has no zone, and fields such as `savedAt` belong to one program alone.
    if (match === null || value.length <= 10 || store === 'versions' || store === 'changelogs') return
    const hasZone = match[1] !== undefined
    const known = this.#zones.get(`${store} ${field}`)
    if (known === undefined) this.#zones.set(`${store} ${field}`, { n: message.n, hasZone, party: message.party })
    else if (known.hasZone !== hasZone) {
      const [one, other] = hasZone ? ['with', 'without'] : ['without', 'with']
      const text = `${message.party} sends ${field} of ${store} ${one} a time zone; ${known.party} sent it ${other} one.`
      found.push({
        code: 'mixed-zones',
        cause: `${store} ${field}`,
        parties: [...new Set([known.party, message.party])],
        entries: [known.n, message.n],
        message: text,
      })
    }
  }

  #learn({ fields, id }: WireRecord, { line, n, at }: WireMessage): void {
    const phantom = fields['$PhantomId']
    if (id !== undefined && isPhantomId(phantom) && !this.#told.has(`${line} ${phantom}`))
      this.#told.set(`${line} ${phantom}`, { n, at, real: id })
  }

  /** A reference to a record whose real id this line was told before. */
  #references({ store, fields, id, kind }: WireRecord, message: WireMessage, found: Sighting[]): void {
    if (kind === 'removed') return
    for (const [field, value] of Object.entries(fields)) {
      if (field === '$PhantomParentId' || !isPhantomId(value) || !Object.hasOwn(REFERENCE_FIELDS, field)) continue
      const told = this.#told.get(`${message.line} ${value}`)
      if (told === undefined) continue
      // What was on its way by then could not know better; nor need it, where the server does.
      const isLate = message.at - told.at > ON_ITS_WAY_MS && !this.#remembered.has(message.line)
      if (message.direction === 'up' && !isLate) continue
      const who = message.direction === 'up' ? `${message.party} sends` : `The server tells ${message.party}`
      const text = `${who} the temporary id ${value} in ${field} of ${store} ${String(id ?? 'without an id')}; it is ${String(told.real)} since entry ${told.n}.`
      found.push({
        code: 'temporary-id',
        cause: `${message.direction} ${message.line} ${store} ${field}`,
        parties: [message.party],
        entries: told.n === message.n ? [message.n] : [told.n, message.n],
        message: text,
      })
    }
  }
}

function sighting(code: Sighting['code'], cause: string, { n, party }: WireMessage, message: string): Sighting {
  return { code, cause, parties: [party], entries: [n], message }
}
