/**
 * Owns whether two JSON values say the same but for what every run of a server makes anew: ids of clients, epochs, runs, and,
 * where a recording was cut down, real ids and revisions. Each of them stands for one other, in both directions.
 *
 *     recorded  {"added":[{"$PhantomId":"_p1","id":105}]}        replayed  {"added":[{"$PhantomId":"_p1","id":101}]}
 *     from then on 105 of the recording is 101 of the replay, wherever an id stands
 */
import { isObject } from '../../client/protocol/guards.ts'
import { REFERENCE_FIELDS } from '../../client/store/references.ts'

/** Where two values differ. */
export interface Mismatch {
  /** Such as `changes.tasks.updated[0].name`; empty: the whole value. */
  readonly path: string
  readonly expected: unknown
  readonly got: unknown
}

type Kind = 'id' | 'client' | 'epoch' | 'run' | 'revision' | 'etag' | 'position'
type Pair = readonly [kind: Kind, recorded: string | number, replayed: string | number]

const KINDS: { readonly [key: string]: Kind } = {
  ...Object.fromEntries(Object.keys(REFERENCE_FIELDS).map((key) => [key, 'id' as const])),
  id: 'id',
  tid: 'id',
  versionId: 'id',
  client: 'client',
  clientId: 'client',
  epoch: 'epoch',
  run: 'run',
  revision: 'revision',
  conflictResolutionFor: 'revision',
  etag: 'etag',
  position: 'position',
  since: 'position',
}
/** DHTMLX Gantt puts a task behind another one by `target: 'next:7'`. */
const AFTER = 'next:'

/** What of a recording stands for what of its replay. */
export class IdMatch {
  readonly #forth = new Map<string, string | number>()
  readonly #back = new Map<string, string | number>()

  /** Undefined where both say the same; what is new in them is known from then on. */
  compare(expected: unknown, got: unknown): Mismatch | undefined {
    const born: Pair[] = []
    const mismatch = this.#walk(expected, got, '', false, undefined, born)
    if (mismatch === undefined) for (const pair of born) this.#learn(pair)
    return mismatch
  }

  /** The same for frames and bodies; what is no JSON is compared as it is. */
  compareTexts(expected: string, got: string): Mismatch | undefined {
    if (expected === got && this.#forth.size === 0) return undefined
    const [one, other] = [jsonOf(expected), jsonOf(got)]
    if (one !== undefined && other !== undefined) return this.compare(one, other)
    return expected === got ? undefined : { path: '', expected, got }
  }

  /** Learns what it can from two values, the same or not. */
  learn(expected: string, got: string): void {
    const born: Pair[] = []
    this.#walk(jsonOf(expected), jsonOf(got), '', false, undefined, born, true)
    for (const pair of born) this.#learn(pair)
  }

  /** What a client sends, as it would have sent it in the replay. */
  translate(text: string): string {
    if (this.#forth.size === 0) return text
    const value = jsonOf(text)
    if (value === undefined) return text
    const translated = this.#translated(value, undefined)
    return translated === value ? text : JSON.stringify(translated)
  }

  /** The same for a path whose last part may be an id: `/data/task/1002`. */
  translatePath(url: string): string {
    const [, before = '', id = '', after = ''] = /^(.*\/)([^/?]+)(\?.*)?$/.exec(url) ?? []
    const other = this.#other('id', id)
    return other === undefined ? url : `${before}${other}${after}`
  }

  /** The same for a version in `If-Match`. */
  translateEtag(etag: string): string {
    const inside = /^"(.*)"$/.exec(etag)?.[1]
    if (positionOf(inside) !== undefined) return `"${this.#position(inside)}"`
    return String(this.#other('etag', etag) ?? etag)
  }

  #walk(
    expected: unknown,
    got: unknown,
    path: string,
    birth: boolean,
    kind: Kind | undefined,
    born: Pair[],
    goOn = false,
  ): Mismatch | undefined {
    if (Array.isArray(expected) && Array.isArray(got)) {
      const length = Math.max(expected.length, got.length)
      for (let at = 0; at < length; at += 1) {
        const mismatch = this.#walk(expected[at], got[at], `${path}[${at}]`, birth, kind, born, goOn)
        if (mismatch && !goOn) return mismatch
      }
      return undefined
    }
    if (isObject(expected) && isObject(got)) {
      const { type } = expected
      const isNew = birth || 'tid' in expected || '$PhantomId' in expected
      const tellsOfNew = typeof type === 'string' && type.startsWith('add-')
      for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
        const value = expected[key]
        const givesBirth =
          typeof value === 'object'
            ? key === 'added' || tellsOfNew || (isNew && key === 'item')
            : isNew && (key === 'id' || key === 'tid')
        const below = path === '' ? key : `${path}.${key}`
        const ofKey = startsWithName(expected, key) ? 'run' : KINDS[key]
        const mismatch = this.#walk(value, got[key], below, givesBirth, ofKey, born, goOn)
        if (mismatch && !goOn) return mismatch
      }
      return undefined
    }
    if (kind === 'position') {
      const [one, other] = [positionOf(expected), positionOf(got)]
      if (one && other) return this.#walk(one, other, path, false, undefined, born, goOn)
    }
    if (isName(expected) && isName(got) && kind !== undefined) {
      const known = this.#other(kind, expected) ?? born.find(([of, from]) => of === kind && from === expected)?.[2]
      if (known !== undefined ? known === got : expected === got) return undefined
      // Ids are given where something is added; the others are anybody's to name first.
      const isFree = known === undefined && !this.#back.has(`${kind} ${got}`)
      if (isFree && (kind !== 'id' || birth)) {
        born.push([kind, expected, got])
        return undefined
      }
    }
    return Object.is(expected, got) ? undefined : { path, expected, got }
  }

  #translated(value: unknown, kind: Kind | undefined): unknown {
    if (Array.isArray(value)) {
      const list = value.map((each) => this.#translated(each, kind))
      return list.some((each, at) => each !== value[at]) ? list : value
    }
    if (isObject(value)) {
      let copy: Record<string, unknown> | undefined
      for (const key of Object.keys(value)) {
        const other = this.#translated(value[key], upwardKind(key, value))
        if (other === value[key]) continue
        copy ??= { ...value }
        copy[key] = other
      }
      return copy ?? value
    }
    if (kind === 'position') return this.#position(value)
    return kind !== undefined && isName(value) ? (this.#other(kind, value) ?? value) : value
  }

  #position(text: unknown): unknown {
    const position = positionOf(text)
    if (position === undefined) return text
    const { epoch, revision, run } = position
    return [
      this.#other('epoch', epoch) ?? epoch,
      this.#other('revision', revision) ?? revision,
      this.#other('run', run) ?? run,
    ]
      .join('/')
      .replace(/\/$/, '')
  }

  #other(kind: Kind, name: string | number): string | number | undefined {
    if (kind === 'id' && typeof name === 'string' && name.startsWith(AFTER)) {
      const other = this.#forth.get(`id ${name.slice(AFTER.length)}`)
      return other === undefined ? undefined : AFTER + other
    }
    return this.#forth.get(`${kind} ${name}`)
  }

  #learn([kind, recorded, replayed]: Pair): void {
    this.#forth.set(`${kind} ${recorded}`, replayed)
    this.#back.set(`${kind} ${replayed}`, recorded)
  }
}

/** Revisions that a client numbers itself are its own; so are its ids of clients. */
function upwardKind(key: string, { epoch }: { readonly [key: string]: unknown }): Kind | undefined {
  const kind = KINDS[key]
  if (kind === 'client' || kind === 'etag') return undefined
  return kind === 'revision' && key === 'revision' && epoch === undefined ? undefined : kind
}

/** `{"action":"start","body":"1795327704310-xgxxnh8ms"}`: made anew for each socket. */
function startsWithName(frame: { readonly [key: string]: unknown }, key: string): boolean {
  return key === 'body' && frame['action'] === 'start'
}

function isName(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `EPOCH/8/RUN`, as the live updates write where a history stands. */
function positionOf(
  text: unknown,
): { readonly epoch: string; readonly revision: number; readonly run: string } | undefined {
  const [, epoch, revision, run = ''] = (typeof text === 'string' && /^([^/]+)\/(\d+)(?:\/(.*))?$/.exec(text)) || []
  return epoch === undefined ? undefined : { epoch, revision: Number(revision), run }
}
