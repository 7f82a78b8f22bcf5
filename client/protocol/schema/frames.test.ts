/** Holds the hand-written codecs to the schema, and the schema to what vendors' clients and servers were seen to send. */
import Ajv, { type ValidateFunction } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  flatDownstream,
  flatUpstream,
  liveUpdatesDownstream,
  liveUpdatesUpstream,
  revisionsDownstream,
  revisionsUpstream,
} from '../dialects/arbitrary-messages.contract.ts'
import { flatClient } from '../dialects/bryntum-flat/client.ts'
import { flatServer } from '../dialects/bryntum-flat/server.ts'
import { revisionsClient } from '../dialects/bryntum-revisions/client.ts'
import { revisionsServer } from '../dialects/bryntum-revisions/server.ts'
import type { ClientCodec, ServerCodec } from '../dialects/codec.ts'
import { liveUpdatesClient } from '../dialects/dhtmlx/client.ts'
import { liveUpdatesServer } from '../dialects/dhtmlx/server.ts'
import { framesOf } from '../dialects/recordings/recording.contract.ts'
import type { Parsed } from '../errors.ts'
import type { Downstream, Upstream } from '../messages.ts'
import type { Fields } from '../records.ts'
import { type Instead, randomFields, randomId, randomObject } from './arbitrary.ts'
import { DIALECTS, type DialectShape, type FrameShape } from './frames.ts'
import type { Dialect, Shape } from './shape.ts'
import { frameSchema, NAMED, namedSchema } from './to-json-schema.ts'

interface Spoken {
  readonly client: ClientCodec
  readonly server: ServerCodec
  readonly upstream: fc.Arbitrary<Upstream>
  readonly downstream: fc.Arbitrary<Downstream>
  readonly recordings: readonly string[]
}

const SPOKEN: { readonly [dialect in Dialect]: Spoken } = {
  'bryntum-flat': {
    client: flatClient,
    server: flatServer,
    upstream: flatUpstream,
    downstream: flatDownstream,
    recordings: ['bryntum-flat'],
  },
  'bryntum-revisions': {
    client: revisionsClient,
    server: revisionsServer,
    upstream: revisionsUpstream,
    downstream: revisionsDownstream,
    recordings: ['bryntum-revisions'],
  },
  dhtmlx: {
    client: liveUpdatesClient,
    server: liveUpdatesServer,
    upstream: liveUpdatesUpstream,
    downstream: liveUpdatesDownstream,
    recordings: ['dhtmlx-scheduler', 'dhtmlx-gantt'],
  },
}

const ajv = new Ajv({ strict: false, allowUnionTypes: true })
for (const [name, shape] of NAMED) ajv.addSchema(namedSchema(shape, ''), name)

function frameOf(dialect: DialectShape, way: 'up' | 'down', type: string): FrameShape {
  const frame = dialect[way].find((entry) => entry.type === type)
  if (!frame) throw new Error(`${dialect.name} has no ${type}`)
  return frame
}

const compiled = new Map<FrameShape, ValidateFunction>()

function expectFit(frame: FrameShape, dialect: DialectShape, json: unknown): void {
  let fits = compiled.get(frame)
  if (!fits) compiled.set(frame, (fits = ajv.compile(frameSchema(frame, dialect, ''))))
  expect(fits(json) || `${frame.type}: ${ajv.errorsText(fits.errors)} ${JSON.stringify(json).slice(0, 300)}`).toBe(true)
}

/** A frame as its dialect has it on the wire. */
function enveloped(dialect: DialectShape, frame: FrameShape, fields: Fields, beside: Fields): string {
  const command = frame.command === '*' ? 'chat' : frame.command
  if (dialect.name === 'dhtmlx') return JSON.stringify({ ...fields, action: command })
  if (dialect.name === 'bryntum-flat') return JSON.stringify({ ...fields, ...beside, command })
  return JSON.stringify({ command, ...beside, data: fields })
}

/** What the shape alone does not say. */
const WIRE: Instead = {
  WireTask: fc.tuple(randomFields, randomId).map(([rest, id]) => ({ ...rest, id })),
  ChangesetKey: fc.oneof(
    randomObject({}),
    fc.nat().map((counter) => ({ counter })),
  ),
}

/** Something that no reader takes for a value of the shape. */
function wrong(shape: Shape): unknown {
  return shape.kind === 'text' || shape.kind === 'id' || shape.kind === 'list' ? {} : 'wrong'
}

const sides = DIALECTS.flatMap((dialect) =>
  (['up', 'down'] as const).map((way) => ({ name: dialect.name, dialect, way })),
)

describe.each(sides)('$name, $way', ({ dialect, way }) => {
  const { client, server, upstream, downstream, recordings } = SPOKEN[dialect.name]
  const decode = (frame: string): Parsed<Upstream | Downstream> =>
    way === 'up' ? server.decode(frame) : client.decode(frame)
  const typed: readonly FrameShape[] = dialect[way].filter(({ command }) => command !== '*')

  /** Messages that have the same command. */
  const namesakes = ({ type, command }: FrameShape): readonly string[] =>
    dialect[way].filter((other) => other.type !== type && other.command === command).map((other) => other.type)

  it('writes every message as the schema says', () => {
    const fits = (type: string, frame: string) => expectFit(frameOf(dialect, way, type), dialect, JSON.parse(frame))
    if (way === 'up') fc.assert(fc.property(upstream, (message) => fits(message.type, client.encode(message))))
    else
      fc.assert(
        fc.property(downstream, (message) => {
          // Under this command a refusal's reason is called `message`.
          if (message.type !== 'refused' || message.command !== 'error') fits(message.type, server.encode(message))
        }),
      )
  })

  it('describes every recorded frame of the vendors', () => {
    const dir = way === 'up' ? 'ws-out' : 'ws-in'
    const frames = recordings.flatMap((name) => framesOf(name).frames).filter((entry) => entry.dir === dir)
    expect(frames.length).toBeGreaterThan(10)
    for (const { frame } of frames) {
      const parsed = decode(JSON.stringify(frame))
      if (!parsed.ok) throw parsed.error
      expectFit(frameOf(dialect, way, parsed.message.type), dialect, frame)
    }
  })

  it('reads whatever the schema allows, as the message that it says', () => {
    for (const frame of typed) {
      const enough = (fields: Fields) => frame.either?.some((name) => name in fields) ?? true
      const body = randomObject(frame.fields, WIRE, dialect.name).filter(enough)
      fc.assert(
        fc.property(body, (fields) => {
          const parsed = decode(enveloped(dialect, frame, fields, {}))
          expect(parsed.ok ? parsed.message.type : parsed.error.message).toBe(frame.type)
        }),
        { numRuns: 40 },
      )
    }
  })

  it('refuses a frame without a field that it needs, or with another kind of value there, and names the place', () => {
    let broken = 0
    for (const frame of typed) {
      const [fields] = fc.sample(randomObject(frame.fields, WIRE, dialect.name), { numRuns: 1, seed: 1 })
      for (const [name, { shape, optional }] of Object.entries(frame.fields)) {
        // Of the extension a client takes what it understands: a vendor's server may pass on what another client sent.
        if (optional || name === 'planwire' || shape.kind === 'unknown') continue
        const { [name]: _, ...without } = fields ?? {}
        for (const body of [without, { ...without, [name]: wrong(shape) }]) {
          const parsed = decode(enveloped(dialect, frame, body, {}))
          // `login` without a user name, say, is another message's frame.
          if (parsed.ok && namesakes(frame).includes(parsed.message.type)) continue
          const place = parsed.ok ? `read as ${parsed.message.type}` : parsed.error.details.path
          // Without `revisions` it is read as the one change of a flat frame.
          expect(place === 'changes' && name === 'revisions' ? name : place, `${frame.type}.${name}`).toBe(name)
          broken += 1
        }
      }
    }
    expect(broken).toBeGreaterThan(0)
  })
})
