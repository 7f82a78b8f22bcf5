/**
 * What every dialect must do, replayed on recorded frames of the vendors' clients and servers: read all of them, write them
 * back as they were, keep what it does not know, and answer anything else with a typed error.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorCode, Parsed } from '../errors.ts'
import type { Downstream, Upstream } from '../messages.ts'
import type { Fields } from '../records.ts'
import type { ClientCodec, ServerCodec } from './codec.ts'
import { framesOf, type RecordedFrame } from './recordings/recording.contract.ts'

/** A recorded frame that comes back in another form, and why. */
export interface Exception {
  readonly why: string
  readonly frames: number
  matches(recorded: RecordedFrame): boolean
  /** What comes back, made of what was recorded (and, where only the order of keys or rows may differ, of what came back). */
  rewritten(frame: Fields, back: Fields): unknown
}

/** A frame that must be refused. */
export interface Malformed {
  readonly half: 'client' | 'server'
  readonly frame: string
  readonly code: ErrorCode
  /** Where the fault is, as the message and `details.path` say it. */
  readonly path?: string
}

/** A dialect, and what its recordings hold. */
export interface DialectSubject {
  readonly client: ClientCodec
  readonly server: ServerCodec
  readonly recordings: readonly string[]
  readonly frames: number
  readonly cut: number
  readonly exceptions: readonly Exception[]
  readonly malformed: readonly Malformed[]
  /** Adds an unknown key wherever an envelope or a record may have one. */
  withUnknownKeys(frame: Fields): Fields
  /** Messages of every kind that the dialect has. */
  readonly upstream: fc.Arbitrary<Upstream>
  readonly downstream: fc.Arbitrary<Downstream>
  /** One message of every kind that the vendors send, to be compared with the recorded frames of the same command. */
  readonly samples: { readonly upstream: readonly Upstream[]; readonly downstream: readonly Downstream[] }
  /** The keys of a frame on every level that belongs to the envelope, and its command. */
  shapeOf(frame: Fields): string
}

function unwrap<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw parsed.error
  return parsed.message
}

export function describeDialect(subject: DialectSubject): void {
  const { client, server } = subject
  const recordings = subject.recordings.map(framesOf)
  const recorded = recordings.flatMap(({ frames }) => frames)

  /** What the other half writes after one half has read. */
  const roundTrip = ({ dir, frame }: RecordedFrame): Fields => {
    const text = JSON.stringify(frame)
    return JSON.parse(
      dir === 'ws-in' ? server.encode(unwrap(client.decode(text))) : client.encode(unwrap(server.decode(text))),
    )
  }

  describe(`dialect ${client.name}`, () => {
    it('names both halves alike', () => {
      expect(server.name).toBe(client.name)
    })

    it(`reads all ${subject.frames} recorded frames (${subject.cut} were cut by the recording)`, () => {
      expect(recorded).toHaveLength(subject.frames)
      expect(recordings.reduce((sum, { cut }) => sum + cut, 0)).toBe(subject.cut)
      for (const { dir, frame } of recorded) {
        const parsed = (dir === 'ws-in' ? client : server).decode(JSON.stringify(frame))
        expect(parsed.ok || parsed.error.message, JSON.stringify(frame).slice(0, 200)).toBe(true)
      }
    })

    it('takes no frame of the vendors for a custom one', () => {
      const custom = recorded.filter(({ dir, frame }) => {
        const message: Upstream | Downstream = unwrap<Upstream | Downstream>(
          (dir === 'ws-in' ? client : server).decode(JSON.stringify(frame)),
        )
        return message.type === 'custom'
      })
      expect(custom).toEqual([])
    })

    it('writes recorded frames back as they were, but for the listed exceptions', () => {
      const seen = new Map<Exception, number>()
      for (const entry of recorded) {
        const exception = subject.exceptions.find((candidate) => candidate.matches(entry))
        if (exception) seen.set(exception, (seen.get(exception) ?? 0) + 1)
        const back = roundTrip(entry)
        expect(back).toEqual(exception ? exception.rewritten(entry.frame, back) : entry.frame)
        if (exception) expect(back, exception.why).not.toEqual(entry.frame)
      }
      const counts = subject.exceptions.map((exception) => [exception.why, seen.get(exception) ?? 0])
      expect(counts).toEqual(subject.exceptions.map(({ why, frames }) => [why, frames]))
    })

    it('keeps keys that it does not know, in frames, revisions and records', () => {
      for (const entry of recorded) {
        const frame = subject.withUnknownKeys(entry.frame)
        const exception = subject.exceptions.find((candidate) => candidate.matches(entry))
        const back = roundTrip({ ...entry, frame })
        expect(back).toEqual(exception ? exception.rewritten(frame, back) : frame)
      }
    })

    it('emits frames of the recorded shapes', () => {
      const shapes = (dir: RecordedFrame['dir']) =>
        new Set(recorded.filter((entry) => entry.dir === dir).map(({ frame }) => subject.shapeOf(frame)))
      const [up, down] = [shapes('ws-out'), shapes('ws-in')]
      for (const message of subject.samples.upstream)
        expect([...up]).toContain(subject.shapeOf(JSON.parse(client.encode(message))))
      for (const message of subject.samples.downstream)
        expect([...down]).toContain(subject.shapeOf(JSON.parse(server.encode(message))))
    })

    it('brings every message over the wire unchanged', () => {
      fc.assert(
        fc.property(subject.upstream, (message) => {
          expect(unwrap(server.decode(client.encode(message)))).toEqual(message)
        }),
        { numRuns: 500 },
      )
      fc.assert(
        fc.property(subject.downstream, (message) => {
          expect(unwrap(client.decode(server.encode(message)))).toEqual(message)
        }),
        { numRuns: 500 },
      )
    })

    it.each(subject.malformed)('refuses with $code: $half reads $frame', ({ half, frame, code, path }) => {
      const parsed = (half === 'client' ? client : server).decode(frame)
      if (parsed.ok) throw new Error(`was read as ${JSON.stringify(parsed.message)}`)
      expect(parsed.error.code).toBe(code)
      expect(parsed.error.recovery).toBe(half === 'client' ? 'resync' : 'fatal')
      if (path === undefined) return
      expect(parsed.error.details.path).toBe(path)
      expect(parsed.error.message).toContain(path)
    })

    it('never throws and never touches a prototype, whatever arrives', () => {
      const decodes = (text: string) => {
        expect(typeof client.decode(text).ok).toBe('boolean')
        expect(typeof server.decode(text).ok).toBe('boolean')
      }
      fc.assert(fc.property(fc.string(), decodes), { numRuns: 500 })
      fc.assert(fc.property(fc.json(), decodes), { numRuns: 500 })
      fc.assert(fc.property(mutated(recorded), decodes), { numRuns: 1000 })
      expect(Object.keys(Object.prototype)).toEqual([])
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    })
  })
}

const GARBAGE = [null, true, 0, -1, 1.5, 1e308, '', 'x', [], [null], [[]], {}, { __proto__: null, id: null }]
const MARK = 'here goes the garbage'
const KEYS = ['__proto__', 'constructor', 'toString', 'id', 'command', 'data', 'planwire', 'polluted']

/** Recorded frames with one value somewhere replaced by garbage, or a hostile key added. */
function mutated(recorded: readonly RecordedFrame[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(...recorded),
      fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...GARBAGE),
      fc.option(fc.constantFrom(...KEYS)),
    )
    .map(([{ frame }, steps, garbage, added]) => {
      const text = JSON.stringify(replaced(frame, steps))
      // Text, since only JSON.parse makes an own key of `__proto__`.
      const hostile = `{"${added}":{"polluted":true},"inner":${JSON.stringify(garbage)}}`
      return text.replace(JSON.stringify(MARK), () => (added === null ? JSON.stringify(garbage) : hostile))
    })
}

function replaced(value: unknown, [step, ...steps]: readonly number[]): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return MARK
  const entries = Object.entries(value)
  const at = entries.length === 0 ? 0 : step % entries.length
  const changed = entries.map(([key, inner], index) => [key, index === at ? replaced(inner, steps) : inner] as const)
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed)
}
